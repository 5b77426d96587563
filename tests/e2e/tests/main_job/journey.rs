//! Weir with everything around it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use weir_e2e::{
    Backends, LineShape, Page, PageServer, Rotation, Weir, Writer, while_written, world_readable_folder,
};
use weir_stack::{free_port, wait_until};

pub(crate) const INDEX: &str = "logs-e2e-default";
/// How many pages of the text target show `e2e_first_pages_only`.
pub(crate) const FIRST_PAGES: u64 = 3;
const GENERATED_LOGS: u64 = 200;

pub(crate) struct Journey {
    pub(crate) weir: Weir,
    pub(crate) backends: Backends,
    pub(crate) text_target: PageServer,
    pub(crate) open_metrics_target: PageServer,
    pub(crate) plain: Writer,
    pub(crate) json: Writer,
    pub(crate) cri: Writer,
    grpc_port: u16,
    http_port: u16,
    _folder: tempfile::TempDir,
}

impl Journey {
    /// How often weir is killed on the way.
    pub(crate) const KILLS: usize = 2;

    pub(crate) fn start() -> Self {
        let folder = world_readable_folder();
        let logs = folder.path().join("logs");
        let plain = Writer::create(&logs, "plain", LineShape::Plain);
        let json = Writer::create(&logs, "json", LineShape::Json);
        let cri = Writer::create(&logs.join("pods"), "cri", LineShape::Cri);
        let exemplar = json.trace_id(0);
        let backends = Backends::start(folder.path());
        let text_target = PageServer::start(|number| Page::text(text_page(number)));
        let open_metrics_target =
            PageServer::start(move |number| Page::open_metrics(open_metrics_page(number, &exemplar)));
        let (grpc_port, http_port) = (free_port(), free_port());
        let config = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
             scrape_configs:\n\
             - {{job_name: text, static_configs: [{{targets: [\"{text}\"]}}]}}\n\
             - {{job_name: openmetrics, static_configs: [{{targets: [\"{open_metrics}\"]}}]}}\n\
             host_metrics: {{interval: 1s}}\n\
             remote_write:\n\
             - {{url: \"{prometheus}/api/v1/write\", protobuf_message: io.prometheus.write.v2.Request}}\n\
             logs:\n\
             - {{name: files, paths: [\"{logs}/*.log*\"], exclude: [\"*.copy\"], format: auto}}\n\
             - {{name: pods, paths: [\"{logs}/pods/*.log*\"], exclude: [\"*.copy\"], format: cri}}\n\
             otlp: {{grpc: {{listen: \"127.0.0.1:{grpc_port}\"}}, http: {{listen: \"127.0.0.1:{http_port}\"}}}}\n\
             resource: {{attributes: {{deployment.environment.name: e2e}}}}\n\
             elasticsearch:\n\
             - {{urls: [\"{elasticsearch}\"], data_stream: {{dataset: e2e, namespace: default}}}}\n\
             jaeger: [{{endpoint: \"{jaeger}\", protocol: grpc}}]\n",
            text = text_target.address(),
            open_metrics = open_metrics_target.address(),
            prometheus = backends.prometheus.url(),
            logs = logs.display(),
            elasticsearch = backends.elasticsearch.url(),
            jaeger = backends.jaeger.grpc_endpoint(),
        );
        let weir = Weir::start(&folder.path().join("weir"), &config);
        Self {
            weir,
            backends,
            text_target,
            open_metrics_target,
            plain,
            json,
            cri,
            grpc_port,
            http_port,
            _folder: folder,
        }
    }

    pub(crate) fn otlp_grpc(&self) -> String {
        format!("http://127.0.0.1:{}", self.grpc_port)
    }

    pub(crate) fn otlp_http(&self) -> String {
        format!("http://127.0.0.1:{}", self.http_port)
    }

    pub(crate) fn writers(&self) -> impl Iterator<Item = &Writer> {
        [&self.plain, &self.json, &self.cri].into_iter()
    }

    /// The trace ids of some JSON lines.
    pub(crate) fn json_trace_ids(&self, lines: Range<u64>) -> Vec<String> {
        lines.map(|number| self.json.trace_id(number)).collect()
    }

    pub(crate) fn write_lines(&mut self, count: u64) {
        for writer in [&mut self.plain, &mut self.json, &mut self.cri] {
            writer.write(count);
        }
    }

    pub(crate) fn rotate(&mut self, rotation: Rotation) {
        for writer in [&mut self.plain, &mut self.json, &mut self.cri] {
            writer.rotate(rotation);
        }
    }

    /// Renames every file, kills weir, renames again and starts weir, while each file is being written to all the time.
    pub(crate) fn rotate_and_kill_while_lines_are_written(&mut self) {
        let Self { weir, plain, json, cri, .. } = self;
        while_written([plain, json, cri], |files| {
            files.await_lines(100);
            files.rename();
            files.await_lines(50);
            weir.kill();
            files.await_lines(50);
            files.rename();
            files.await_lines(50);
            weir.start_again();
            files.await_lines(50);
            files.rename();
            files.await_lines(50);
        });
    }

    /// Waits until each target has shown `count` more pages.
    pub(crate) fn await_pages(&self, count: u64) {
        for target in [&self.text_target, &self.open_metrics_target] {
            let goal = target.shown() + count;
            wait_until("pages are scraped", Duration::from_secs(30), || match target.shown() {
                shown if shown >= goal => Ok(()),
                shown => Err(format!("{shown} of {goal}")),
            });
        }
    }

    /// Waits until Elasticsearch holds as many documents as lines were written.
    pub(crate) fn await_documents(&self, timeout: Duration) {
        let goal = self.writers().map(|writer| writer.expected().len() as u64).sum::<u64>() + GENERATED_LOGS;
        let began = Instant::now();
        wait_until("documents are there", timeout, || match self.backends.elasticsearch.count(INDEX)? {
            found if found >= goal => Ok(()),
            // Only the last complaint is shown, so only that one need be thorough.
            found if began.elapsed() < timeout => Err(format!("{found} of {goal}")),
            found => Err(format!("{found} of {goal}; {}\n{:?}", self.missing(), self.weir.books())),
        });
    }

    /// Which lines of each file Elasticsearch does not have, as ranges.
    fn missing(&self) -> String {
        let found: BTreeSet<String> = self
            .documents()
            .into_iter()
            .filter_map(|(_, document)| document["message"].as_str().map(str::to_owned))
            .collect();
        let mut text = String::new();
        for writer in self.writers() {
            let missing: Vec<u64> =
                (0..writer.written()).filter(|&number| !found.contains(&writer.message(number))).collect();
            let ranges = missing.chunk_by(|a, b| a + 1 == *b).map(|run| (run[0], run[run.len() - 1]));
            text.push_str(&format!("{} lacks {:?}; ", writer.message(0), ranges.collect::<Vec<_>>()));
        }
        text
    }

    pub(crate) fn documents(&self) -> Vec<(String, Value)> {
        self.backends.elasticsearch.search(INDEX, &json!({"match_all": {}})).expect("elasticsearch answers")
    }
}

fn text_page(number: u64) -> String {
    let first_only =
        if number < FIRST_PAGES { "# TYPE e2e_first_pages_only gauge\ne2e_first_pages_only 1\n" } else { "" };
    format!(
        "# HELP e2e_pages_total Pages shown before.\n# TYPE e2e_pages_total counter\ne2e_pages_total {number}\n{first_only}"
    )
}

fn open_metrics_page(number: u64, trace_id: &str) -> String {
    let count = number + 1;
    format!(
        "# HELP e2e_pages Pages shown before.\n# TYPE e2e_pages counter\ne2e_pages_total {number}\n\
         # TYPE e2e_latency_seconds histogram\n# UNIT e2e_latency_seconds seconds\n\
         e2e_latency_seconds_bucket{{le=\"0.5\"}} {count} # {{trace_id=\"{trace_id}\"}} 0.25\n\
         e2e_latency_seconds_bucket{{le=\"+Inf\"}} {count}\ne2e_latency_seconds_sum {count}\n\
         e2e_latency_seconds_count {count}\n# EOF\n"
    )
}
