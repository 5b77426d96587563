//! Prometheus' rules for targets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use weir_config::{HttpClientConfig, ScrapeConfig, ScrapeLimits, StaticConfig};
use weir_http_client::HttpClient;
use weir_relabel::{Rule, RuleSpec};

use super::{JobParts, PAGE_BYTES_MAX, Target, TargetError};

fn config() -> ScrapeConfig {
    ScrapeConfig {
        job_name: "j".into(),
        scrape_interval: Duration::from_secs(15),
        scrape_timeout: Duration::from_secs(10),
        metrics_path: "/metrics".into(),
        scheme: "http".into(),
        params: BTreeMap::new(),
        honor_labels: false,
        honor_timestamps: true,
        track_timestamps_staleness: false,
        enable_compression: true,
        http: HttpClientConfig::default(),
        limits: ScrapeLimits::default(),
        static_configs: Vec::new(),
        file_sd_configs: Vec::new(),
        kubernetes_sd_configs: Vec::new(),
        relabel_configs: Vec::new(),
        metric_relabel_configs: Vec::new(),
    }
}

fn target_with(
    config: &ScrapeConfig,
    labels: &[(&str, &str)],
    address: &str,
) -> Result<Option<Target>, TargetError> {
    let client = HttpClient::new(&config.http, config.scrape_timeout).unwrap();
    let relabel = config.relabel_configs.as_slice().into();
    let parts = JobParts { client: Arc::new(client), rules: Arc::default(), relabel };
    let labels = labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    let group = StaticConfig { targets: vec![address.to_owned()], labels };
    Target::new(config, &parts, &group, address)
}

fn target(config: &ScrapeConfig, labels: &[(&str, &str)], address: &str) -> Target {
    target_with(config, labels, address).unwrap().expect("no rule drops it")
}

fn replace(source: &str, regex: &str, target: &str, replacement: &str) -> Rule {
    Rule::new(RuleSpec {
        source_labels: Some(vec![source.into()]),
        regex: Some(regex.into()),
        target_label: Some(target.into()),
        replacement: Some(replacement.into()),
        ..RuleSpec::default()
    })
    .unwrap()
}

fn labels(target: &Target) -> Vec<(&str, &str)> {
    target.labels().iter().collect()
}

#[test]
fn a_plain_target_has_job_instance_and_the_group_s_labels() {
    let target = target(&config(), &[("env", "x"), ("__hidden", "y")], "a:80");
    assert_eq!(labels(&target), [("env", "x"), ("instance", "a:80"), ("job", "j")]);
    assert_eq!(target.settings.url, "http://a:80/metrics");
    assert_eq!((target.settings.interval.as_secs(), target.settings.timeout.as_secs()), (15, 10));
    assert_eq!(target.settings.body_bytes_max, PAGE_BYTES_MAX);
    let discovered: Vec<_> = target.origin.discovered.iter().collect();
    assert_eq!(
        discovered,
        [
            ("__address__", "a:80"),
            ("__hidden", "y"),
            ("__metrics_path__", "/metrics"),
            ("__scheme__", "http"),
            ("__scrape_interval__", "15s"),
            ("__scrape_timeout__", "10s"),
            ("env", "x"),
            ("job", "j"),
        ]
    );
}

#[test]
fn the_group_s_labels_win_over_those_of_the_job() {
    let group =
        [("job", "other"), ("__scheme__", "https"), ("__scrape_interval__", "1m"), ("__param_m", "x y")];
    let target = target(&config(), &group, "a");
    assert_eq!(labels(&target), [("instance", "a"), ("job", "other")]);
    assert_eq!(target.settings.url, "https://a/metrics?m=x+y");
    assert_eq!(target.settings.interval.as_secs(), 60);
}

#[test]
fn rules_write_what_is_scraped() {
    let mut config = config();
    config.params = [("target".to_owned(), vec!["first".to_owned(), "second".to_owned()])].into();
    config.relabel_configs = vec![
        replace("__address__", "(.*)", "__param_target", "$1"),
        replace("__address__", "(.*):.*", "instance", "$1"),
        replace("__param_target", "(.*)", "__metrics_path__", "/probe"),
        replace("job", "(.*)", "__address__", "prober:9115"),
    ];
    let target = target(&config, &[], "a:80");
    assert_eq!(target.settings.url, "http://prober:9115/probe?target=a%3A80&target=second");
    assert_eq!(labels(&target), [("instance", "a"), ("job", "j")]);
}

#[test]
fn a_target_that_a_rule_drops_is_none() {
    let drop_all = RuleSpec { action: Some("drop".into()), ..RuleSpec::default() };
    let config = ScrapeConfig { relabel_configs: vec![Rule::new(drop_all).unwrap()], ..config() };
    assert!(target_with(&config, &[], "a").unwrap().is_none());
}

#[test]
fn what_cannot_be_scraped_says_why() {
    let error = |labels: &[(&str, &str)], address: &str| target_with(&config(), labels, address).unwrap_err();
    assert_eq!(error(&[], ""), TargetError::NoAddress);
    assert_eq!(error(&[], "http://a"), TargetError::Address("http://a".into()));
    for value in ["soon", "0s", "-1s"] {
        let duration = TargetError::Duration { label: "__scrape_interval__", value: value.into() };
        assert_eq!(error(&[("__scrape_interval__", value)], "a"), duration);
    }
    assert_eq!(error(&[("__scrape_timeout__", "16s")], "a"), TargetError::Timeout);
}

#[test]
fn the_key_names_the_target_whatever_else_changes() {
    let key =
        |config: &ScrapeConfig, labels: &[(&str, &str)], address: &str| target(config, labels, address).key;
    let plain = key(&config(), &[], "a");
    assert_eq!(plain, key(&config(), &[("__scrape_interval__", "1m")], "a"));
    assert_ne!(plain, key(&config(), &[], "b"));
    assert_ne!(plain, key(&config(), &[("env", "x")], "a"));
    assert_ne!(plain, key(&config(), &[("__metrics_path__", "/b")], "a"));
    assert_ne!(plain, key(&ScrapeConfig { job_name: "k".into(), ..config() }, &[("job", "j")], "a"));
}

#[test]
fn settings_that_are_made_again_are_the_same() {
    let parts_config = config();
    let client = Arc::new(HttpClient::new(&parts_config.http, parts_config.scrape_timeout).unwrap());
    let group = StaticConfig { targets: vec!["a".into()], labels: BTreeMap::new() };
    let make = |config: &ScrapeConfig| {
        let parts = JobParts { client: Arc::clone(&client), rules: Arc::default(), relabel: Arc::default() };
        Target::new(config, &parts, &group, "a").unwrap().unwrap().settings
    };
    assert!(make(&config()).same(&make(&config())));
    let slower = ScrapeConfig { scrape_interval: Duration::from_secs(20), ..config() };
    assert!(!make(&config()).same(&make(&slower)));
    let honoring = ScrapeConfig { honor_timestamps: false, ..config() };
    assert!(!make(&config()).same(&make(&honoring)));
}
