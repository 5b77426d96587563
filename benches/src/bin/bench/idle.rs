//! An agent with every part switched on and nothing to do: the host's metrics each 15 s, no other input.

use std::error::Error;
use std::thread;
use std::time::Duration;

use weir_benches::child::Helper;

use crate::subject::Weir;
use crate::table::{Row, Table};

const SECONDS: u64 = 30;

pub(crate) fn run() -> Result<Table, Box<dyn Error>> {
    let mut sink = Helper::start("http-sink", &[])?;
    let mut otlp = Helper::start("otlp-sink", &[])?;
    let (sink_address, otlp_address) = (sink.line()?, otlp.line()?);
    let folder = tempfile::tempdir()?;
    let config = format!(
        "host_metrics: {{interval: 15s}}\nlogs: [{{name: none, paths: [\"{}/none-*.log\"]}}]\notlp: {{grpc: {{listen: \
         \"127.0.0.1:0\"}}, http: {{listen: \"127.0.0.1:0\"}}}}\nremote_write: [{{url: \"http://{sink_address}/write\", \
         protobuf_message: io.prometheus.write.v2.Request}}]\nelasticsearch: [{{urls: [\"http://{sink_address}\"]}}]\n\
         jaeger: [{{endpoint: \"http://{otlp_address}\"}}]\n",
        folder.path().display()
    );
    let weir = Weir::start(folder.path(), &config)?;
    let before = weir.usage()?;
    thread::sleep(Duration::from_secs(SECONDS));
    let usage = weir.usage()?;
    weir.stop();
    let row = Row {
        load: format!("{SECONDS} s"),
        subject: "weir".to_owned(),
        records: SECONDS,
        cpu_seconds: usage.cpu_seconds - before.cpu_seconds,
        peak_resident_bytes: usage.peak_resident_bytes,
        wire_bytes: None,
    };
    Ok(Table { title: "Idle", record: "second", rows: vec![row] })
}
