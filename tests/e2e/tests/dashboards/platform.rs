//! A platform: two services, a node's agent, a collector, Elasticsearch, and Prometheus with the shipped rules.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use prost::Message;
use serde_json::{Value, json};
use tempfile::TempDir;
use weir_dashboards::Kind;
use weir_e2e::{Page, PageServer, Weir, post_until_acknowledged, world_readable_folder};
use weir_proto::generated::otlp::collector_logs::ExportLogsServiceRequest;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::{AnyValue, KeyValue, any_value};
use weir_proto::generated::otlp::logs::{LogRecord, ResourceLogs, ScopeLogs};
use weir_proto::generated::otlp::resource::Resource;
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span, Status};
use weir_stack::{Elasticsearch, Prometheus, PrometheusMode, free_port};

/// Objectives whose past is written, so that sums over days have their steps.
const SLOS: [&str; 6] = [
    "checkout-availability",
    "checkout-latency",
    "inventory-availability",
    "orders-completed",
    "payment-availability",
    "payment-latency",
];

const WEEK: u64 = 7 * 86_400;

pub(crate) struct Platform {
    folder: TempDir,
    /// In log records and in no trace.
    trace_id: u128,
    otlp: u16,
    tier_http: u16,
    prometheus: Prometheus,
    elasticsearch: Elasticsearch,
    agent: Weir,
    collector: Weir,
    /// Ends with the platform.
    _service: PageServer,
}

fn alert_rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../alert-rules")
}

/// Numbers of services that grow from page to page, in waves, with errors among them.
fn page(number: u64) -> Page {
    let at = number as f64;
    let count = (100.0 * (at + 1.0) + 600.0 * (1.0 - (at / 12.0).cos())) as u64;
    let mut page = String::new();
    for (family, kind, samples) in [
        (
            "http_requests_total",
            "counter",
            &[
                ("", "service=\"checkout\",status=\"200\"", 97),
                ("", "service=\"checkout\",status=\"500\"", 3),
                ("", "service=\"catalog\",status=\"200\"", 160),
                ("", "service=\"search\",status=\"200\"", 45),
            ][..],
        ),
        (
            "http_request_duration_seconds",
            "histogram",
            &[
                ("_bucket", "service=\"checkout\",le=\"0.1\"", 60),
                ("_bucket", "service=\"checkout\",le=\"0.3\"", 99),
                ("_bucket", "service=\"checkout\",le=\"+Inf\"", 100),
                ("_count", "service=\"checkout\"", 100),
                ("_bucket", "service=\"search\",le=\"0.1\"", 44),
                ("_bucket", "service=\"search\",le=\"0.3\"", 45),
                ("_bucket", "service=\"search\",le=\"+Inf\"", 45),
                ("_count", "service=\"search\"", 45),
            ],
        ),
        ("grpc_server_handled_total", "counter", &[("", "service=\"inventory\",grpc_code=\"OK\"", 100)]),
        ("orders_placed_total", "counter", &[("", "service=\"orders\"", 20)]),
        ("orders_failed_total", "counter", &[("", "service=\"orders\"", 1)]),
    ] {
        // Writing to a string does not fail.
        let _ = writeln!(page, "# TYPE {family} {kind}");
        for (end, labels, share) in samples {
            let _ = writeln!(page, "{family}{end}{{{labels}}} {}", count * share / 100);
        }
    }
    Page::text(page)
}

impl Platform {
    pub(crate) fn start() -> Self {
        let folder = world_readable_folder();
        write_history(folder.path());
        let rules = alert_rules();
        let config = format!(
            "global: {{evaluation_interval: 5s}}\nrule_files: [{0}/*.rules.yaml, {0}/generated/*.rules.yaml]\n",
            rules.display()
        );
        let prometheus =
            Prometheus::start(PrometheusMode::TypedReceiver, &folder.path().join("prometheus"), &config)
                .expect("prometheus starts");
        let elasticsearch =
            Elasticsearch::start(&folder.path().join("elasticsearch")).expect("elasticsearch starts");
        let service = PageServer::start(page);
        // Version 2.0 says the type of each metric.
        let write = format!(
            "remote_write: [{{url: \"{}/api/v1/write\", protobuf_message: io.prometheus.write.v2.Request}}]\n",
            prometheus.url()
        );
        let (otlp, tier, tier_http) = (free_port(), free_port(), free_port());
        // Nobody listens there: an exporter that fails.
        let closed = free_port();
        let collector = format!(
            "{write}otlp: {{grpc: {{listen: \"127.0.0.1:{tier}\"}}, http: {{listen: \"127.0.0.1:{tier_http}\"}}}}\nspan_metrics: {{interval: 2s}}\n\
             tail_sampling: {{decision_wait_after_root: 0s, policies: [{{name: errors, error: {{}}}}]}}\n\
             jaeger: [{{endpoint: \"http://127.0.0.1:{closed}\"}}]\n"
        );
        let collector = Weir::start_collector(&folder.path().join("collector"), &collector);
        let log = folder.path().join("app.log");
        let own = |weir: &Weir| weir.url("").trim_start_matches("http://").to_owned();
        // The agent scrapes itself: its own port is known once it has one.
        let config = |own_address: &str| {
            format!(
                "{write}host_metrics: {{interval: 2s}}\nelasticsearch: [{{urls: [\"{}\"]}}]\n\
                 logs: [{{name: app, paths: [\"{}\"], attributes: {{service.name: payment}}}}]\n\
                 otlp: {{http: {{listen: \"127.0.0.1:{otlp}\"}}}}\nforward: [{{endpoint: \"http://127.0.0.1:{tier}\"}}]\n\
                 scrape_configs:\n  - {{job_name: weir, scrape_interval: 2s, static_configs: [{{targets: [\"{}\", \"{own_address}\"]}}]}}\n  \
                 - {{job_name: services, scrape_interval: 2s, static_configs: [{{targets: [\"{}\"]}}]}}\n  \
                 - {{job_name: gone, scrape_interval: 2s, static_configs: [{{targets: [\"127.0.0.1:{closed}\"]}}]}}\n",
                elasticsearch.url(),
                log.display(),
                own(&collector),
                service.address()
            )
        };
        let mut agent = Weir::start(&folder.path().join("agent"), &config("127.0.0.1:9"));
        agent.write_config(&config(&own(&agent)));
        agent.hang_up();
        Self {
            folder,
            trace_id: fastrand::u128(1..),
            otlp,
            tier_http,
            prometheus,
            elasticsearch,
            agent,
            collector,
            _service: service,
        }
    }

    /// What happens all the time: log lines, and traces with server and client spans, some of them errors. The collector
    /// also gets a log record, which none of its exporters takes.
    pub(crate) fn act(&self, traces: usize) {
        let log = File::options().create(true).append(true).open(self.folder.path().join("app.log"));
        let told = json!({"message": "the card was refused", "level": "error", "trace_id": format!("{:032x}", self.trace_id)});
        writeln!(log.expect("a log"), "an order was placed\n{told}").expect("log lines");
        let url = format!("http://127.0.0.1:{}/v1/logs", self.tier_http);
        post_until_acknowledged(&url, &record().encode_to_vec(), Duration::from_secs(30));
        let body = ExportTraceServiceRequest {
            resource_spans: (0..traces)
                .flat_map(|index| trace(index == 0 && fastrand::u8(..4) == 0))
                .collect(),
        };
        let url = format!("http://127.0.0.1:{}/v1/traces", self.otlp);
        post_until_acknowledged(&url, &body.encode_to_vec(), Duration::from_secs(30));
    }

    /// Whether an instant query gives a number.
    pub(crate) fn has_data(&self, query: &str) -> bool {
        let answer = self.prometheus.api("query", &[("query", query)]);
        let series = answer["result"].as_array().cloned().unwrap_or_default();
        let value = |series: &serde_json::Value| series["value"][1].as_str()?.parse::<f64>().ok();
        series.iter().filter_map(value).any(|value| !value.is_nan())
    }

    /// Whether a query of log records finds some.
    pub(crate) fn has_records(&self, kind: Kind, query: &str, field: &str) -> bool {
        let answer = self.records(kind, query, field).unwrap_or_default();
        let found = match kind {
            Kind::RecordCounts => &answer["aggregations"]["field"]["buckets"],
            _ => &answer["hits"]["hits"],
        };
        found.as_array().is_some_and(|found| !found.is_empty())
    }

    /// What Elasticsearch answers to a query of log records, asked as Grafana does.
    pub(crate) fn records(&self, kind: Kind, query: &str, field: &str) -> Result<Value, String> {
        let query = query.replace("$trace_id", &format!("{:032x}", self.trace_id));
        let filter = json!([
            {"range": {"@timestamp": {"gte": "now-1h", "lte": "now", "format": "epoch_millis"}}},
            {"query_string": {"analyze_wildcard": true, "query": query}},
        ]);
        let by_time = json!({"time": {"date_histogram": {"field": "@timestamp", "fixed_interval": "10s"}}});
        let by_field = json!({"field": {"terms": {"field": field, "size": 10}, "aggs": by_time}});
        let counts = kind == Kind::RecordCounts;
        let body = json!({
            "size": if counts { 0 } else { 20 },
            "query": {"bool": {"filter": filter}},
            "sort": [{"@timestamp": {"order": "desc", "unmapped_type": "boolean"}}],
            "aggs": if counts { by_field } else { json!({}) },
        });
        self.elasticsearch.ask("logs-*-*", &body)
    }

    pub(crate) fn prometheus(&self) -> &Prometheus {
        &self.prometheus
    }

    pub(crate) fn finish(mut self) {
        self.agent.finish();
        self.collector.kill();
        self.prometheus.stop();
        self.elasticsearch.stop();
    }
}

fn record() -> ExportLogsServiceRequest {
    let log_records = vec![LogRecord { time_unix_nano: 1, ..LogRecord::default() }];
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    ExportLogsServiceRequest { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] }
}

/// A trace of one of the services: what it does, and the query that this takes most of its time for.
fn trace(is_error: bool) -> Vec<ResourceSpans> {
    const SERVICES: [(&str, &str, f64); 4] = [
        ("payment", "POST /pay", 0.02),
        ("checkout", "POST /orders", 0.06),
        ("checkout", "GET /cart", 0.008),
        ("search", "GET /search", 0.03),
    ];
    let (service, operation, typical_seconds) =
        if is_error { SERVICES[0] } else { SERVICES[fastrand::usize(..SERVICES.len())] };
    let id: u128 = fastrand::u128(..);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
    let took = (typical_seconds * 1e9 * (0.5 + fastrand::f64() + 3.0 * fastrand::f64().powi(8))) as u64;
    let span = |span_id: u64, kind: i32, name: &str, took: u64| Span {
        trace_id: id.to_be_bytes().to_vec(),
        span_id: span_id.to_be_bytes().to_vec(),
        parent_span_id: if span_id == 1 { Vec::new() } else { 1_u64.to_be_bytes().to_vec() },
        name: name.to_owned(),
        kind,
        start_time_unix_nano: now - took,
        end_time_unix_nano: now,
        status: is_error.then(|| Status { code: 2, ..Status::default() }),
        ..Span::default()
    };
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(service.to_owned())) });
    let name = KeyValue { key: "service.name".to_owned(), value, ..KeyValue::default() };
    let resource = Some(Resource { attributes: vec![name], ..Resource::default() });
    let spans = vec![span(2, 3, "SELECT", took * 7 / 10), span(1, 2, operation, took)];
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }]
}

/// Half an hour of what the rules would have recorded.
fn write_history(folder: &Path) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut page = String::new();
    for (of, rate) in [("total", 10.0), ("bad", 0.001)] {
        let _ = writeln!(page, "# TYPE slo:events_{of}:rate5m gauge");
        for slo in SLOS {
            let service = slo.split('-').next().unwrap_or_default();
            for at in (now - 1800..now).step_by(60) {
                let labels = format!("service=\"{service}\",slo=\"{slo}\",slo_id=\"{slo}\"");
                let _ = writeln!(page, "slo:events_{of}:rate5m{{{labels}}} {rate} {at}");
            }
        }
    }
    // And orders of a week ago.
    let _ = writeln!(page, "# TYPE orders_placed counter");
    for (number, at) in (now - WEEK - 1800..now - WEEK + 3600).step_by(10).enumerate() {
        let _ = writeln!(page, "orders_placed_total{{service=\"orders\"}} {} {at}", number * 90);
    }
    Prometheus::write_history(&folder.join("prometheus"), &page).expect("promtool writes it");
}
