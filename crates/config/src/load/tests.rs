//! Whole files: what loads, as what, and what is said about those that do not.

use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use weir_model::Signal;

use crate::{
    Compression, Config, Durability, LineFormat, Loaded, MemoryLimit, Mistakes, OtlpProtocol,
    RemoteWriteMessage, StartAt, StaticConfig, WhenFull, load, parse, parse_in, parse_target_groups,
};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)
}

fn config(text: &str) -> Config {
    loaded(text).config
}

fn loaded(text: &str) -> Loaded {
    parse(text, "/etc/weir/weir.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn mistakes(text: &str) -> Mistakes {
    parse(text, "weir.yaml").expect_err("the text is wrong")
}

fn only_mistake(text: &str) -> String {
    let mistakes = mistakes(text);
    assert_eq!(mistakes.list().len(), 1, "{mistakes}");
    mistakes.to_string()
}

#[test]
fn an_empty_file_is_every_default() {
    let config = config("");
    assert_eq!(config.global.scrape_interval, Duration::from_secs(60));
    assert_eq!(config.global.scrape_timeout, Duration::from_secs(10));
    assert!(config.scrape_configs.is_empty() && config.remote_write.is_empty() && config.logs.is_empty());
    assert_eq!((config.host_metrics, config.otlp.grpc, config.otlp.http), (None, None, None));
    assert_eq!((config.traces_ratio, config.logs_follow_traces), (1.0, false));
    assert_eq!(config.spool.path, Path::new("/var/lib/weir"));
    assert_eq!((config.spool.bytes_max, config.spool.age_max), (2 << 30, Duration::from_secs(24 * 3600)));
    assert_eq!(
        (config.spool.durability, config.spool.when_full),
        (Durability::ProcessCrash, WhenFull::Block)
    );
    assert_eq!(config.limits.memory, MemoryLimit::Auto);
    assert_eq!(config.telemetry.listen.to_string(), "127.0.0.1:9464");
    assert_eq!((config.telemetry.log_level.as_str(), config.telemetry.traces), ("info", None));
    assert_eq!(config.shutdown_timeout, Duration::from_secs(30));
}

#[test]
fn the_example_of_the_design_loads() {
    let config = load(&sample("weir.yaml")).unwrap_or_else(|mistakes| panic!("{mistakes}")).config;
    assert_eq!(config.global.external_labels["cluster"], "eu-1");
    assert_eq!(config.scrape_configs[0].static_configs[0].targets, ["127.0.0.1:8080"]);
    assert_eq!(config.host_metrics.expect("it is on").interval, Duration::from_secs(15));
    let logs = &config.logs[0];
    assert_eq!(
        (logs.name.as_str(), logs.format, logs.start_at),
        ("pods", LineFormat::Cri, StartAt::Beginning)
    );
    assert_eq!((logs.paths[0].as_str(), logs.exclude[0].as_str()), ("/var/log/pods/*/*/*.log", "*.gz"));
    assert_eq!(config.otlp.grpc.expect("it is on").request_bytes_max, 16 << 20);
    assert_eq!(config.resource["deployment.environment.name"], "production");
    assert_eq!(config.correlation_keys, ["x-request-id", "correlation_id"]);
    assert_eq!(config.traces_ratio, 0.1);
    assert_eq!(config.elasticsearch[0].data_stream.name(), "logs-app-default");
    assert_eq!(config.elasticsearch[0].compression, Compression::Gzip(1));
    assert_eq!(config.elasticsearch[0].timeout, Duration::from_secs(60));
    assert_eq!(
        (config.jaeger[0].protocol, &config.jaeger[0].signals),
        (OtlpProtocol::Grpc, &vec![Signal::Traces])
    );
    assert_eq!(config.forward[0].signals, [Signal::Traces, Signal::Logs]);
    assert_eq!((config.forward[0].name.as_str(), config.forward[0].requests_max), ("forward", 4));
}

#[test]
fn a_prometheus_file_loads_unchanged_and_means_what_prometheus_reads() {
    let path = sample("prometheus.yml");
    let config = load(&path).unwrap_or_else(|mistakes| panic!("{mistakes}")).config;
    let folder = path.parent().expect("the sample lies in a folder");
    assert_eq!(config.global.external_labels["replica"], "0");
    let [own, node] = &config.scrape_configs[..] else { panic!("two jobs are in the file") };
    assert_eq!((own.job_name.as_str(), own.scrape_interval.as_secs()), ("prometheus", 30));
    assert_eq!(
        (own.static_configs[0].labels["app"].as_str(), own.limits.sample_limit),
        ("prometheus", 50_000)
    );
    assert_eq!(own.static_configs[0].labels["tier"], "");
    assert_eq!((node.scrape_interval.as_secs(), node.scrape_timeout.as_secs()), (90, 10));
    assert_eq!((node.scheme.as_str(), node.metrics_path.as_str()), ("https", "/node/metrics"));
    assert_eq!(node.params["collect[]"], ["cpu", "meminfo"]);
    assert!(
        node.honor_labels && node.honor_timestamps && node.enable_compression && node.http.follow_redirects
    );
    assert_eq!((node.limits.body_size_limit, node.limits.label_limit), (10 << 20, 30));
    let basic = node.http.basic_auth.as_ref().expect("the job has credentials");
    assert_eq!(basic.password_file, Some(folder.join("secrets/node.password")));
    assert_eq!(node.http.tls.ca_file.as_deref(), Some(Path::new("/etc/ssl/node-ca.pem")));
    let files = [folder.join("targets/*.json"), PathBuf::from("/etc/prometheus/nodes.yml")];
    assert_eq!(node.file_sd_configs[0].files, files);
    assert_eq!((node.relabel_configs.len(), node.metric_relabel_configs.len()), (3, 1));
    assert_eq!(node.relabel_configs[2].spec().replacement.as_deref(), Some("eu-1"));
    let [central, backup] = &config.remote_write[..] else { panic!("two destinations are in the file") };
    assert_eq!((central.name.as_str(), central.message), ("central", RemoteWriteMessage::V2));
    assert_eq!((central.shards, central.samples_per_send), (8, 5000));
    assert_eq!(central.http.headers["X-Scope-OrgID"].0, "team-a");
    assert_eq!((backup.name.as_str(), backup.message), ("remote_write-2", RemoteWriteMessage::V1));
    assert_eq!((backup.shards, backup.backoff_min), (4, Duration::from_millis(30)));
}

#[test]
fn every_mistake_is_reported_at_once_with_its_place_and_what_to_do() {
    let path = sample("mistakes.yaml");
    let text = std::fs::read_to_string(&path).expect("the sample is there");
    let found = parse(&text, "weir.yaml").expect_err("the sample is wrong").to_string();
    let expected = std::fs::read_to_string(sample("mistakes.txt")).expect("the expectation is there");
    assert_eq!(found, expected.trim_end(), "\nfound:\n{found}\n");
}

#[test]
fn settings_of_prometheus_that_are_not_built_are_refused_by_name() {
    let job = |setting: &str| format!("scrape_configs:\n- job_name: a\n  {setting}\n");
    let discovery = only_mistake(&job("consul_sd_configs: [{server: x}]"));
    assert!(discovery.contains("weir.yaml:3:3: scrape_configs[0].consul_sd_configs: is a Prometheus setting that weir does not support yet"), "{discovery}");
    assert!(discovery.contains("static_configs"), "{discovery}");
    let refused = [
        "scrape_protocols: [PrometheusProto]",
        "scrape_protocols: [OpenMetricsText1.0.0]",
        "fallback_scrape_protocol: PrometheusText0.0.4",
        "scrape_native_histograms: true",
        "native_histogram_bucket_limit: 100",
        "metric_name_validation_scheme: legacy",
        "oauth2: {client_id: x}",
        "enable_http2: true",
        "tls_config: {min_version: TLS10}",
        "basic_auth: {username_file: x}",
    ];
    for setting in refused {
        only_mistake(&job(setting));
    }
    let top = [
        "alerting: {alertmanagers: [{static_configs: [{targets: [a]}]}]}",
        "storage: {tsdb: {out_of_order_time_window: 1h}}",
    ];
    for setting in
        top.into_iter().chain(["remote_read: [{url: x}]", "tracing: {endpoint: x}", "runtime: {gogc: 50}"])
    {
        assert!(only_mistake(setting).contains("does not support yet"), "{setting}");
    }
    assert!(only_mistake("otlp: {promote_resource_attributes: [a]}").contains("does not support yet"));
}

#[test]
fn settings_of_prometheus_that_say_what_weir_does_are_taken() {
    let job = "scrape_configs:\n- job_name: a\n  scrape_native_histograms: false\n  enable_http2: false\n  \
               scrape_protocols: [OpenMetricsText1.0.0, OpenMetricsText0.0.1, PrometheusText1.0.0, PrometheusText0.0.4]\n";
    assert_eq!(config(job).scrape_configs.len(), 1);
    let write = "remote_write:\n- url: http://a\n  queue_config: {retry_on_http_429: true, sample_age_limit: 0s, min_shards: 6}\n";
    assert_eq!(config(write).remote_write[0].shards, 6);
}

#[test]
fn the_environment_stands_in_own_sections_and_credentials_only() {
    let text = "remote_write:\n- url: http://a\n  basic_auth: {username: '${USER_NAME}', password: '${PASSWORD}'}\n  \
                write_relabel_configs: [{regex: 'a${USER_NAME}', action: labeldrop}]\n\
                global: {external_labels: {node: '$NODE', price: '5$$'}}\n\
                resource: {attributes: {node: '${NODE}', literal: '$${NODE}'}}\nshutdown_timeout: ${SECONDS}s\n";
    let environment = |name: &str| match name {
        "USER_NAME" => Some("weir".to_owned()),
        "PASSWORD" => Some("hunter2".to_owned()),
        "NODE" => Some("node-1".to_owned()),
        "SECONDS" => Some("5".to_owned()),
        _ => None,
    };
    let config =
        parse_in(text, "weir.yaml", &environment).unwrap_or_else(|mistakes| panic!("{mistakes}")).config;
    let basic = config.remote_write[0].http.basic_auth.clone().expect("credentials are given");
    assert_eq!(
        (basic.username.as_str(), basic.password.expect("it is given").0.as_str()),
        ("weir", "hunter2")
    );
    assert_eq!(
        config.remote_write[0].write_relabel_configs[0].spec().regex.as_deref(),
        Some("a${USER_NAME}")
    );
    assert_eq!(
        (&*config.global.external_labels["node"], &*config.global.external_labels["price"]),
        ("node-1", "5$")
    );
    assert_eq!((&*config.resource["node"], &*config.resource["literal"]), ("node-1", "${NODE}"));
    assert_eq!(config.shutdown_timeout, Duration::from_secs(5));
    let missing = parse_in(text, "weir.yaml", &|_| None).expect_err("no variable is set");
    assert_eq!(missing.list().len(), 5, "{missing}");
}

#[test]
fn relative_paths_start_at_the_folder_of_the_file() {
    let text = "spool: {path: data}\nlogs: [{paths: ['logs/*.log', /var/log/a.log]}]\n";
    let config = config(text);
    assert_eq!(config.spool.path, Path::new("/etc/weir/data"));
    assert_eq!(config.logs[0].paths, ["/etc/weir/logs/*.log", "/var/log/a.log"]);
}

#[test]
fn exporters_are_named_after_their_section_and_no_two_share_a_name() {
    let config =
        config("jaeger: [{endpoint: 'http://a'}, {endpoint: 'http://b'}, {endpoint: 'http://c', name: x}]\n");
    assert_eq!(
        config.jaeger.iter().map(|each| each.name.as_str()).collect::<Vec<_>>(),
        ["jaeger", "jaeger-2", "x"]
    );
    let shared =
        only_mistake("jaeger: [{endpoint: 'http://a'}]\nforward: [{endpoint: 'http://b', name: jaeger}]\n");
    assert!(shared.contains("2:40: forward[0].name: `jaeger` is the name of jaeger[0] already"), "{shared}");
    assert!(only_mistake("jaeger: [{endpoint: 'http://a', name: ../x}]").contains("is not a name"));
}

#[test]
fn a_listener_needs_only_its_key_and_an_address_of_its_own() {
    let both = config("otlp: {grpc: , http: {}}\nhost_metrics:\n");
    assert_eq!(both.otlp.grpc.expect("its key is there").listen.port(), 4317);
    assert_eq!(both.otlp.http.expect("its key is there").listen.port(), 4318);
    assert!(both.host_metrics.is_some());
    let taken = only_mistake("otlp: {grpc: , http: {listen: '127.0.0.1:4317'}}");
    assert!(taken.contains("otlp.http: otlp.grpc listens on 127.0.0.1:4317 already"), "{taken}");
    config("otlp: {grpc: {listen: '127.0.0.1:0'}, http: {listen: '127.0.0.1:0'}}");
}

#[test]
fn a_secret_is_never_shown() {
    let text = "elasticsearch:\n- urls: ['http://es:9200']\n  basic_auth: {username: u, password: hunter2}\n  \
                proxy_url: http://u:hunter2@proxy:1\n  http_headers: {X-Key: {secrets: [hunter2]}}\n\
                jaeger: [{endpoint: 'http://a', headers: {x-key: hunter2}}]\n";
    let loaded = loaded(text);
    assert_eq!(loaded.config.jaeger[0].headers["x-key"].0, "hunter2");
    assert!(!loaded.rendered.contains("hunter2"), "{}", loaded.rendered);
    let wrong = format!(
        "{text}remote_write: [{{url: 'ftp://u:hunter2@x', bearer_token: hunter2, pasword: hunter2, oauth2: {{client_secret: hunter2}}}}]\n"
    );
    let mistakes = parse(&wrong, "weir.yaml").expect_err("the last section is wrong");
    assert_eq!(mistakes.list().len(), 3, "{mistakes}");
    let drawn = mistakes.draw(false);
    for shown in
        [mistakes.to_string(), drawn, format!("{:?}", loaded.config.jaeger), format!("{:?}", mistakes.list())]
    {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_secret_in_a_text_that_is_not_yaml_is_not_shown() {
    let wrong = mistakes("basic_auth:\n  password: \"hunter2\n  list:\n  - hunter2\nb: [\n");
    assert!(!wrong.draw(false).contains("hunter2"), "{}", wrong.draw(false));
}

#[test]
fn mistakes_are_drawn_with_the_line_they_stand_in() {
    let drawn = mistakes("spool:\n  pth: /data\n").draw(false);
    assert!(drawn.contains("weir.yaml:2:3"), "{drawn}");
    assert!(drawn.contains("spool.pth: is not a setting"), "{drawn}");
    assert!(drawn.contains("\n 2 \u{2502}   pth: *****\n"), "{drawn}");
    assert!(drawn.contains("did you mean `path`?"), "{drawn}");
}

#[test]
fn a_file_that_cannot_be_read_is_a_mistake_of_its_own() {
    let missing = load(Path::new("/nonexistent/weir.yaml")).expect_err("there is no such file");
    assert!(missing.to_string().starts_with("/nonexistent/weir.yaml: cannot be read: "), "{missing}");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("weir.yaml");
    std::fs::write(&path, [0xff, 0xfe, b'a']).expect("the folder is writable");
    assert!(load(&path).expect_err("the file is not UTF-8").to_string().contains("cannot be read"));
}

#[test]
fn what_is_not_a_mapping_or_not_yaml_is_refused() {
    assert!(only_mistake("- a\n").contains("is a list; a mapping belongs here"));
    assert!(only_mistake("a: [\n").contains("not YAML"));
}

#[test]
fn target_files_are_read_as_yaml_and_as_json() {
    let json = r#"[{"targets": ["a:1", "b:2"], "labels": {"env": "prod", "n": 1}}, {"targets": []}]"#;
    let yaml = "- targets: [a:1, b:2]\n  labels: {env: prod, n: 1}\n- targets:\n";
    let groups = parse_target_groups(json, "targets.json").unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let labels = [("env", "prod"), ("n", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let first = StaticConfig { targets: vec!["a:1".to_owned(), "b:2".to_owned()], labels: labels.into() };
    assert_eq!(groups[0], first);
    assert_eq!(parse_target_groups(yaml, "targets.yml").expect("the text is right"), groups);
    let wrong =
        parse_target_groups("- target: [a]\n", "targets.yml").expect_err("the key is misspelt").to_string();
    assert!(
        wrong.contains("targets.yml:1:3: [0].target: is not a setting (did you mean `targets`?)"),
        "{wrong}"
    );
}

#[test]
fn the_page_shows_defaults_as_comments_and_reads_as_the_same_configuration() {
    for name in ["weir.yaml", "prometheus.yml"] {
        let first = load(&sample(name)).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let readable = first.rendered.replace("<secret>", "team-a");
        let file = sample(name).display().to_string();
        let second = parse(&readable, &file).unwrap_or_else(|mistakes| panic!("{mistakes}\n{readable}"));
        assert_eq!(first.config, second.config, "{readable}");
        assert!(first.rendered.contains("\n# shutdown_timeout: 30s\n"), "{}", first.rendered);
    }
}

proptest! {
    #[test]
    fn no_text_of_known_keys_makes_the_reader_panic(words in prop::collection::vec(word(), 0..40)) {
        let text = words.concat();
        if let Err(mistakes) = parse_in(&text, "weir.yaml", &|_| None) {
            prop_assert!(!mistakes.list().is_empty());
            for mistake in mistakes.list() {
                prop_assert!(mistake.place.is_some());
            }
        }
    }
}

const KEYS: &[&str] = &[
    "global",
    "scrape_configs",
    "remote_write",
    "logs",
    "otlp",
    "grpc",
    "elasticsearch",
    "urls",
    "url",
    "jaeger",
    "endpoint",
    "static_configs",
    "targets",
    "relabel_configs",
    "regex",
    "basic_auth",
    "headers",
    "paths",
    "job_name",
    "name",
    "spool",
    "telemetry",
    "listen",
    "traces",
    "ratio",
    "queue_config",
    "nonsense",
];
const VALUES: &[&str] =
    &["x", "1s", "10MB", "'http://a:1'", "true", "${X}", "~", "[]", "{}", "[a, {b: c}]", "\"\\u00fc\""];
const BREAKS: &[&str] = &["\n", "\n  ", "\n- ", "\n  - ", "\n    "];

/// Pieces that make many texts YAML and let readers of every kind meet values of every kind.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(KEYS).prop_map(|key| format!("{key}: ")),
        prop::sample::select(VALUES).prop_map(str::to_owned),
        prop::sample::select(BREAKS).prop_map(str::to_owned),
    ]
}
