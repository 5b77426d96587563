//! Pages, good and bad, read by weir and by the real Prometheus: what one refuses the other refuses, what one takes the
//! other takes with the same series and values.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use weir_e2e::{Page, PageServer, Weir};
use weir_stack::{Prometheus, PrometheusMode, wait_until};

const WAIT: Duration = Duration::from_secs(60);
const TEXT: &str = "text/plain; version=0.0.4";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Content type and page. Which of them are refused is for Prometheus to say.
const PAGES: [(&str, &str); 36] = [
    (TEXT, "a 1\nb{x=\"1\"} 2\n"),
    (TEXT, "# HELP a Text.\n# TYPE a counter\na{x=\"y\"} 3.5e2\n"),
    (TEXT, "a{x=\"with \\\"quotes\\\", \\\\ and \\n\"} 1\n"),
    (TEXT, "a{x=\"1\",} 1\n"),
    (TEXT, "a { x = \"1\" } 1\n"),
    (TEXT, "a +Inf\nb -Inf\nc 0x1p-2\nd 1_000\n"),
    (TEXT, "a +Inf\nb -Inf\nc 0.5e-3\n"),
    (TEXT, "a 0x10\n"),
    (TEXT, "a 1\na 1\n"),
    (TEXT, "a 1\na 2\n"),
    (TEXT, "a{x=\"1\",x=\"2\"} 1\n"),
    (TEXT, "a\n"),
    (TEXT, "a one\n"),
    (TEXT, "a 1 2 3\n"),
    (TEXT, "a{x=\"1\" 1\n"),
    (TEXT, "a{x='1'} 1\n"),
    (TEXT, "1a 1\n"),
    (TEXT, "a{1x=\"1\"} 1\n"),
    (TEXT, "a 1"),
    (TEXT, "\n\n  \na 1\n"),
    (TEXT, "{\"a.b\", \"x.y\"=\"1\"} 1\n"),
    (TEXT, "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 2\na_sum 3\na_count 2\n"),
    (TEXT, "# TYPE a summary\na{quantile=\"0.5\"} 1\na_sum 3\na_count 2\n"),
    (TEXT, "# TYPE a nonsense\na 1\n"),
    (TEXT, ""),
    (OPEN_METRICS, "# TYPE a counter\na_total 1\n# EOF\n"),
    (OPEN_METRICS, "# TYPE a counter\na_total 1\n"),
    (OPEN_METRICS, "# TYPE a counter\na_total 1\n# EOF\nb 2\n"),
    (OPEN_METRICS, "# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n"),
    (OPEN_METRICS, "# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1\n# EOF\n"),
    (OPEN_METRICS, "# TYPE a counter\na_total 1 # {trace_id=\"x\"} 0.5\n# EOF\n"),
    (OPEN_METRICS, "# TYPE a counter\na_total 1 # {trace_id=\"x\"} half\n# EOF\n"),
    (OPEN_METRICS, "a 1\n\nb 2\n# EOF\n"),
    (OPEN_METRICS, "# TYPE a info\na_info{version=\"1\"} 1\n# EOF\n"),
    (OPEN_METRICS, "# TYPE a stateset\na{a=\"on\"} 1\na{a=\"off\"} 0\n# EOF\n"),
    ("application/json", "{\"a\": 1}"),
];

/// Series without the label that tells who read them, with their values.
type Series = BTreeMap<String, String>;

#[test]
fn weir_reads_every_page_as_prometheus_does() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let servers: Vec<PageServer> = PAGES.iter().map(|&(kind, body)| serve(kind, body)).collect();
    let jobs: String = servers
        .iter()
        .enumerate()
        .map(|(case, server)| {
            format!(
                "- {{job_name: case-{case}, static_configs: [{{targets: [\"{}\"]}}]}}\n",
                server.address()
            )
        })
        .collect();
    let scrapes = format!("scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n{jobs}");
    let config = format!("global: {{{scrapes}");
    let prometheus = Prometheus::start(PrometheusMode::Receiver, &folder.path().join("prometheus"), &config)
        .expect("prometheus starts");
    let config = format!(
        "remote_write: [{{url: \"{}/api/v1/write\", protobuf_message: io.prometheus.write.v2.Request}}]\nglobal: \
         {{external_labels: {{via: weir}}, {scrapes}",
        prometheus.url()
    );
    let mut weir = Weir::start(&folder.path().join("weir"), &config);
    let mut refused = 0;
    for (case, (kind, body)) in PAGES.iter().enumerate() {
        let theirs = wait_until("prometheus has read the page", WAIT, || series(&prometheus, case, ""));
        let ours = wait_until("weir has read the page", WAIT, || series(&prometheus, case, "weir"));
        assert_eq!(ours, theirs, "case {case}: {kind}: {body:?}");
        refused +=
            usize::from(theirs.iter().any(|(labels, value)| labels.contains("\"up\"") && value == "0"));
    }
    assert!((10..=26).contains(&refused), "the table has both kinds of pages: {refused} were refused");
    weir.finish();
}

fn serve(content_type: &'static str, body: &'static str) -> PageServer {
    PageServer::start(move |_| Page { status: 200, content_type, body: body.to_owned() })
}

/// All series of a case that were read by one of the two, once `up` is there.
fn series(prometheus: &Prometheus, case: usize, via: &str) -> Result<Series, String> {
    let query = format!(
        "{{job=\"case-{case}\",via=\"{via}\",__name__!~\"scrape_duration_seconds|scrape_series_added\"}}"
    );
    let answer = prometheus.api("query", &[("query", &query)]);
    let found: Series = answer["result"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| {
            let mut labels = entry["metric"].clone();
            let _ = labels.as_object_mut().and_then(|labels| labels.remove("via"));
            (labels.to_string(), entry["value"][1].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    let up = found
        .keys()
        .any(|labels| serde_json::from_str::<Value>(labels).is_ok_and(|labels| labels["__name__"] == "up"));
    if up { Ok(found) } else { Err(format!("no up for case {case} via {via:?}")) }
}
