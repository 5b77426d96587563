//! From a fault to PagerDuty: the shipped rules and Alertmanager settings, with the real Prometheus and Alertmanager.

#[path = "alerting/latency.rs"]
mod latency;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use weir_e2e::EventsApi;
use weir_stack::{Alertmanager, amtool, get_json, wait_until};

const WAIT: Duration = Duration::from_secs(60);

fn alert_rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../alert-rules")
}

/// The shipped configuration in `folder`, with secrets and with PagerDuty at `events`. Nothing else is changed.
fn configured(folder: &Path, events: &EventsApi) -> PathBuf {
    fs::create_dir_all(folder.join("secrets")).expect("a folder");
    fs::create_dir_all(folder.join("templates")).expect("a folder");
    for (name, secret) in [
        ("pagerduty-routing-key", "0123456789abcdef0123456789abcdef"),
        ("slack-webhook-url", "http://127.0.0.1:9/slack"),
        ("ticket-webhook-url", "http://127.0.0.1:9/ticket"),
    ] {
        fs::write(folder.join("secrets").join(name), secret).expect("a secret");
    }
    fs::copy(alert_rules().join("templates/links.tmpl"), folder.join("templates/links.tmpl"))
        .expect("copied");
    let shipped = fs::read_to_string(alert_rules().join("alertmanager.yaml")).expect("it ships");
    let secrets = folder.join("secrets");
    let shipped = shipped.replace("/etc/alertmanager/secrets", secrets.to_str().expect("UTF-8"));
    let key = format!("routing_key_file: {}/pagerduty-routing-key\n", secrets.display());
    assert_eq!(shipped.matches(&key).count(), 1);
    let config = shipped.replace(&key, &format!("{key}        url: {}\n", events.url()));
    let path = folder.join("alertmanager.yaml");
    fs::write(&path, config).expect("written");
    path
}

fn ran(arguments: &[&str]) -> String {
    let program = amtool().expect("it is installed");
    let output = Command::new(program).args(arguments).output().expect("amtool runs");
    let words = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{words}");
    words
}

#[test]
fn amtool_finds_the_configuration_good_and_routes_alerts_to_whom_they_concern() {
    let config = alert_rules().join("alertmanager.yaml");
    let config = config.to_str().expect("UTF-8");
    assert!(ran(&["check-config", config]).contains("SUCCESS"));
    let file = format!("--config.file={config}");
    for (labels, receiver) in [
        (["severity=page", "slo_id=checkout", "alertname=SLOOutage"], "pagerduty"),
        (["severity=page", "instance=n1", "alertname=WeirLedgerImbalance"], "pagerduty"),
        (["severity=ticket", "slo_id=checkout", "alertname=SLOErrorBudgetBurn"], "tickets"),
        (["severity=ticket", "instance=n1", "alertname=NodeIOPressure"], "tickets"),
        (["severity=info", "slo_id=checkout", "alertname=SLONoTraffic"], "webhook"),
    ] {
        let routed = ran(&[&["config", "routes", "test", &file], labels.as_slice()].concat());
        assert_eq!(routed.trim(), receiver, "{labels:?}");
    }
}

fn alert(labels: &Value) -> Value {
    json!({"labels": labels, "annotations": {"summary": "a test", "runbook_url": "r", "dashboard_url": "/d/slo-detail"}})
}

/// The names of alerts that Alertmanager has, and whether each is inhibited.
fn inhibited(alertmanager: &Alertmanager) -> Vec<(String, bool)> {
    let alerts = get_json(&format!("http://{}/api/v2/alerts", alertmanager.address()));
    let alerts = alerts.as_array().cloned().unwrap_or_default();
    let mut found: Vec<_> = alerts
        .iter()
        .map(|alert| {
            let name =
                format!("{}/{}", alert["labels"]["alertname"], alert["labels"]["severity"]).replace('"', "");
            (name, alert["status"]["inhibitedBy"] != json!([]))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn what_a_page_explains_is_inhibited_and_an_event_is_tried_again_with_its_links() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let events = EventsApi::start(2, 429);
    let config = configured(folder.path(), &events);
    let alertmanager = Alertmanager::start(folder.path(), &config).expect("alertmanager starts");
    let alerts = [
        json!({"alertname": "SLOErrorBudgetBurn", "severity": "page", "slo_id": "a", "service": "shop", "burn": "fast"}),
        json!({"alertname": "SLOErrorBudgetBurn", "severity": "ticket", "slo_id": "a", "service": "shop"}),
        json!({"alertname": "SLOErrorBudgetExhausted", "severity": "ticket", "slo_id": "b", "service": "shop"}),
        json!({"alertname": "WeirLedgerImbalance", "severity": "page", "instance": "n1"}),
        json!({"alertname": "NodeIOPressure", "severity": "ticket", "instance": "n1"}),
        json!({"alertname": "WeirDown", "severity": "ticket", "instance": "n2"}),
        json!({"alertname": "WeirDeliveryLag", "severity": "ticket", "instance": "n2"}),
    ];
    let body = Value::Array(alerts.iter().map(alert).collect());
    let url = format!("http://{}/api/v2/alerts", alertmanager.address());
    ureq::post(&url).content_type("application/json").send(body.to_string()).expect("taken");
    wait_until("alerts are inhibited", WAIT, || {
        let found = inhibited(&alertmanager);
        let wanted = [
            ("NodeIOPressure/ticket", false),
            ("SLOErrorBudgetBurn/page", false),
            ("SLOErrorBudgetBurn/ticket", true),
            ("SLOErrorBudgetExhausted/ticket", false),
            ("WeirDeliveryLag/ticket", true),
            ("WeirDown/ticket", false),
            ("WeirLedgerImbalance/page", false),
        ];
        let wanted = wanted.map(|(name, is_inhibited)| (name.to_owned(), is_inhibited));
        if found == wanted { Ok(()) } else { Err(format!("{found:?}")) }
    });
    let event = wait_until("the page is taken after two refusals", WAIT, || {
        let of_slo = |event: &weir_e2e::Event| event.body["payload"]["group"] == "a";
        events.events().into_iter().find(of_slo).ok_or_else(|| alertmanager.log())
    });
    let body = &event.body;
    assert_eq!(body["event_action"], "trigger");
    assert_eq!(body["routing_key"], "0123456789abcdef0123456789abcdef");
    assert_eq!(body["payload"]["severity"], "critical");
    assert_eq!(body["payload"]["summary"], "a test");
    let links: Vec<&str> =
        body["links"].as_array().expect("links").iter().filter_map(|link| link["href"].as_str()).collect();
    assert_eq!(links[0], "http://grafana:3000/d/slo-detail");
    assert!(links[1].starts_with("http://jaeger:16686/search?service=shop&"), "{links:?}");
    assert!(links[2].contains("service.name:") && links[2].contains("shop"), "{links:?}");
    assert_eq!(body["payload"]["custom_details"]["runbook"], "r");
}
