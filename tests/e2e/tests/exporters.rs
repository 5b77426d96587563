//! The rules for Elasticsearch, Kafka, PostgreSQL and Redis ask for what the usual exporters say of the real ones.

#[path = "dashboards/asked.rs"]
mod asked;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use asked::{Selector, find, rules, selectors};
use weir_e2e::{Weir, world_readable_folder};
use weir_stack::{Database, Elasticsearch, Prometheus, PrometheusMode, exporter, wait_until};

const WAIT: Duration = Duration::from_secs(60);

fn folder(parent: &Path, name: &str) -> PathBuf {
    let folder = parent.join(name);
    fs::create_dir(&folder).expect("a folder");
    folder
}

#[test]
fn rules_ask_for_metrics_that_exporters_have_and_of_the_right_type() {
    let root = world_readable_folder();
    let at = root.path();
    let kafka = Database::kafka(&folder(at, "kafka"), "orders", "billing").expect("kafka starts");
    let primary = Database::redis(&folder(at, "redis"), None).expect("redis starts");
    let replica = Database::redis(&folder(at, "replica"), Some(&primary)).expect("the replica starts");
    let postgres = Database::postgres(&folder(at, "postgres")).expect("postgres starts");
    let elasticsearch = Elasticsearch::start(&at.join("elasticsearch")).expect("elasticsearch starts");
    let exporters = [
        exporter("kafka_exporter", at, &[&format!("--kafka.server={}", kafka.address())], &[]),
        exporter("redis_exporter", at, &[&format!("--redis.addr=redis://{}", primary.address())], &[]),
        exporter("redis_exporter", at, &[&format!("--redis.addr=redis://{}", replica.address())], &[]),
        exporter(
            "postgres_exporter",
            at,
            &[],
            &[(
                "DATA_SOURCE_NAME",
                &format!("postgresql://weir@{}/postgres?sslmode=disable", postgres.address()),
            )],
        ),
        exporter("elasticsearch_exporter", at, &[&format!("--es.uri={}", elasticsearch.url())], &[]),
    ]
    .map(|started| started.unwrap_or_else(|error| panic!("{error}")));

    let alert_rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../alert-rules");
    let files = ["elasticsearch", "kafka", "postgresql", "redis"]
        .map(|name| alert_rules.join(format!("{name}.rules.yaml")).display().to_string());
    let config = format!("rule_files: [{}]\n", files.join(", "));
    let mut prometheus = Prometheus::start(PrometheusMode::TypedReceiver, &at.join("prometheus"), &config)
        .expect("prometheus starts");
    let targets: Vec<&str> = exporters.iter().map(|(_, address)| address.as_str()).collect();
    let config = format!(
        "remote_write: [{{url: \"{}/api/v1/write\", protobuf_message: io.prometheus.write.v2.Request}}]\n\
         scrape_configs: [{{job_name: exporters, scrape_interval: 1s, static_configs: [{{targets: [\"{}\"]}}]}}]\n",
        prometheus.url(),
        targets.join("\", \"")
    );
    let mut weir = Weir::start(&at.join("weir"), &config);
    let mut wrong = Vec::new();
    let found = rules(&prometheus);
    let mut missing: BTreeSet<Selector> =
        found.recordings.iter().chain(&found.alerts).flat_map(|expr| selectors(expr)).collect();
    assert!(missing.len() > 15, "{missing:?}");
    wait_until("every metric that is asked for is there", WAIT, || {
        wrong.extend(find(&mut missing, &prometheus));
        if missing.is_empty() { Ok(()) } else { Err(format!("{missing:#?}")) }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Once more, now that all of it is there: labels that do not match would be an error.
    rules(&prometheus);
    weir.finish();
    prometheus.stop();
}
