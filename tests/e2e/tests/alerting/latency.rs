//! How long it takes from a fault to PagerDuty, with the shipped settings.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use weir_e2e::{Event, EventsApi, Page, PageServer, Weir};
use weir_stack::{Alertmanager, Prometheus, PrometheusMode};

use super::{alert_rules, configured};

/// Names how many faults are made; docs/alerting.md has a run of 100.
const FAULTS_VARIABLE: &str = "WEIR_ALERT_FAULTS";
const FAULTS: usize = 20;
/// Requests of each service per second.
const RATE: f64 = 20.0;
/// Of healthy traffic before the test.
const HISTORY: Duration = Duration::from_secs(75 * 60);
/// Until the first fault may come, for scrapes and evaluations to be under way.
const SETTLE: Duration = Duration::from_secs(45);
/// Faults come at random within this time.
const SPREAD: Duration = Duration::from_secs(60);
/// A total outage of a 99.9 % objective burns 14.4 times too fast over an hour after so long (docs/slo.md).
const CONDITION: Duration = Duration::from_millis(51_840);
/// What everything must be below.
const LIMIT: Duration = Duration::from_secs(30);

/// A service, and when everything that is asked of it begins to fail.
#[derive(Clone, Debug)]
struct Service {
    name: String,
    fault: SystemTime,
}

impl Service {
    /// Good and bad requests at `now`, since `began`.
    fn counts(&self, began: SystemTime, now: SystemTime) -> (u64, u64) {
        let seconds =
            |from: SystemTime, to: SystemTime| to.duration_since(from).unwrap_or_default().as_secs_f64();
        let good = seconds(began, now.min(self.fault)) * RATE;
        (good as u64, (seconds(self.fault, now) * RATE) as u64)
    }
}

fn faults() -> usize {
    std::env::var(FAULTS_VARIABLE).ok().and_then(|faults| faults.parse().ok()).unwrap_or(FAULTS)
}

fn services(start: SystemTime) -> Vec<Service> {
    let mut random = fastrand::Rng::new();
    let fault = |random: &mut fastrand::Rng| start + SETTLE + SPREAD.mul_f64(random.f64());
    (0..faults()).map(|number| Service { name: format!("s{number:03}"), fault: fault(&mut random) }).collect()
}

/// The shipped objective of availability, for each service.
fn write_rules(folder: &Path, services: &[Service]) {
    let shipped = fs::read_to_string(alert_rules().join("slos/checkout-http.yaml")).expect("it ships");
    let document = shipped.split("\n---\n").next().unwrap_or_default();
    let documents: Vec<String> =
        services.iter().map(|service| document.replace("checkout", &service.name)).collect();
    fs::write(folder.join("slos.yaml"), documents.join("\n---\n")).expect("written");
    let path = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
    let made = Weir::run(&["slo", "generate", &path("slos.yaml"), "--out", &path("rules")]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// An hour of healthy traffic, written into Prometheus' folder before it starts: a burn over an hour needs one.
fn write_history(
    folder: &Path,
    target: &str,
    services: &[Service],
    (began, start): (SystemTime, SystemTime),
) {
    let mut page = String::from("# TYPE http_requests counter\n");
    for service in services {
        let mut at = began;
        while at < start {
            let seconds = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
            let (good, _) = service.counts(began, at);
            // Writing to a string does not fail.
            let _ = writeln!(
                page,
                "http_requests_total{{instance=\"{target}\",job=\"services\",service=\"{}\",status=\"200\"}} {good} {seconds}",
                service.name
            );
            at += Duration::from_secs(30);
        }
    }
    Prometheus::write_history(&folder.join("prometheus"), &page).expect("promtool writes it");
}

/// Times from the fault to the first event that tells of an alert, by service; none for one that never came.
fn until_told(services: &[Service], events: &[Event], words: &str) -> Vec<Option<Duration>> {
    let tells = |event: &Event, service: &Service| {
        let payload = &event.body["payload"];
        let alerts = payload["custom_details"]["alerts"].as_str().unwrap_or_default();
        payload["group"] == format!("{}-availability", service.name) && alerts.contains(words)
    };
    let told = |service: &Service| {
        let event = events.iter().find(|event| tells(event, service))?;
        event.at.duration_since(service.fault).ok()
    };
    services.iter().map(told).collect()
}

/// Minimum, median, 95th percentile and maximum in seconds, as text; and the maximum.
fn distribution(what: &str, times: &[Duration]) -> (String, f64) {
    let mut seconds: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
    seconds.sort_by(f64::total_cmp);
    let at = |share: f64| seconds[((seconds.len() - 1) as f64 * share).round() as usize];
    let (min, median, high, max) = (at(0.0), at(0.5), at(0.95), at(1.0));
    let count = seconds.len();
    (format!("{what}: n {count} | min {min:.2} | p50 {median:.2} | p95 {high:.2} | max {max:.2} s"), max)
}

#[test]
fn every_fault_reaches_pagerduty_within_30_seconds_of_its_condition_and_an_outage_of_itself() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let start = SystemTime::now();
    let began = start - HISTORY;
    let services = services(start);
    write_rules(folder.path(), &services);
    let shown = services.clone();
    let page = PageServer::start(move |_| {
        let now = SystemTime::now();
        let mut page = String::from("# TYPE http_requests_total counter\n");
        for service in &shown {
            let (good, bad) = service.counts(began, now);
            for (status, count) in [("200", good), ("500", bad)] {
                let _ = writeln!(
                    page,
                    "http_requests_total{{service=\"{}\",status=\"{status}\"}} {count}",
                    service.name
                );
            }
        }
        Page::text(page)
    });
    write_history(folder.path(), &page.address(), &services, (began, start));
    let events = EventsApi::start(0, 202);
    let config = configured(&folder.path().join("alertmanager"), &events);
    let alertmanager =
        Alertmanager::start(&folder.path().join("alertmanager"), &config).expect("alertmanager starts");
    let prometheus = format!(
        "global: {{evaluation_interval: 15s}}\nrule_files: [{}/rules/*.rules.yaml]\n\
         alerting: {{alertmanagers: [{{static_configs: [{{targets: [\"{}\"]}}]}}]}}\n",
        folder.path().display(),
        alertmanager.address()
    );
    let prometheus =
        Prometheus::start(PrometheusMode::Receiver, &folder.path().join("prometheus"), &prometheus)
            .expect("prometheus starts");
    let agent = format!(
        "remote_write: [{{url: \"{}/api/v1/write\"}}]\nscrape_configs: [{{job_name: services, scrape_interval: 5s, \
         static_configs: [{{targets: [\"{}\"]}}]}}]\n",
        prometheus.url(),
        page.address()
    );
    let mut agent = Weir::start(&folder.path().join("agent"), &agent);
    let last = start + SETTLE + SPREAD + CONDITION + LIMIT + Duration::from_secs(5);
    let is_over = |events: &[Event]| {
        until_told(&services, events, "SLOErrorBudgetBurn (fast)").iter().all(Option::is_some)
    };
    while SystemTime::now() < last && !is_over(&events.events()) {
        std::thread::sleep(Duration::from_millis(500));
    }
    let taken = events.events();
    let outage = until_told(&services, &taken, "SLOOutage");
    let burn = until_told(&services, &taken, "SLOErrorBudgetBurn (fast)");
    let missing: Vec<&str> = services
        .iter()
        .zip(outage.iter().zip(&burn))
        .filter(|(_, (outage, burn))| outage.is_none() || burn.is_none())
        .map(|(service, _)| service.name.as_str())
        .collect();
    assert!(missing.is_empty(), "no event of {missing:?} of {} events", taken.len());
    let outage: Vec<Duration> = outage.into_iter().flatten().collect();
    let burn: Vec<Duration> = burn.into_iter().flatten().map(|time| time.saturating_sub(CONDITION)).collect();
    for (what, times) in [("outage, from the fault", &outage), ("burn, from its condition", &burn)] {
        let (text, worst) = distribution(what, times);
        println!("{text}");
        assert!(worst < LIMIT.as_secs_f64(), "{text}");
    }
    assert!(burn.iter().all(|time| !time.is_zero()), "no page comes before its condition");
    agent.finish();
}
