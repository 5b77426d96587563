//! The stage of these tests: a server whose answer can be changed, a scraper, a spool that is read.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, Request, Response};
use parking_lot::Mutex;
use prometheus::Registry;
use prost::Message;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use weir_config::{Global, HttpClientConfig, ScrapeConfig, ScrapeLimits, StaticConfig};
use weir_intake::{Intake, IntakeSettings};
use weir_kubernetes::KubernetesMetrics;
use weir_ledger::Ledger;
use weir_model::{Receiver, Signal};
use weir_proto::generated::remote_write_v2;
use weir_spool::{Reader, Spool, SpoolSettings, TakeLimits};

use crate::scrape::{Health, ScrapeError, ScrapeSettings, Scraper, TargetStatus};

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often targets are scraped.
const INTERVAL: Duration = Duration::from_millis(100);
const STALE: u64 = 0x7ff0_0000_0000_0002;

/// What the server says.
#[derive(Clone)]
pub(super) struct Answer {
    status: u16,
    headers: BTreeMap<&'static str, String>,
    body: Vec<u8>,
    hangs: bool,
}

impl Answer {
    pub(super) fn page(page: &str) -> Self {
        let headers = [("content-type", "text/plain; version=0.0.4".to_owned())].into();
        Self { status: 200, headers, body: page.as_bytes().to_vec(), hangs: false }
    }

    pub(super) fn status(status: u16) -> Self {
        Self { status, ..Self::page("a 1\n") }
    }

    pub(super) fn hang() -> Self {
        Self { hangs: true, ..Self::page("") }
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.to_owned());
        self
    }

    pub(super) fn gzip(mut self) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&self.body).unwrap();
        self.body = encoder.finish().unwrap();
        self.header("content-encoding", "gzip")
    }
}

#[derive(Clone)]
struct Server {
    answer: Arc<Mutex<Answer>>,
    headers: Arc<Mutex<HeaderMap>>,
    requests: watch::Sender<u64>,
}

async fn serve(State(server): State<Server>, request: Request<Body>) -> Response<Body> {
    *server.headers.lock() = request.headers().clone();
    server.requests.send_modify(|requests| *requests += 1);
    let answer = server.answer.lock().clone();
    if answer.hangs {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap()
}

/// The samples of one batch.
pub(super) struct Samples {
    values: BTreeMap<String, u64>,
    pub(super) timestamp: i64,
}

impl Samples {
    fn decode(payload: &[u8]) -> Self {
        let request = remote_write_v2::Request::decode(payload).unwrap();
        let text = |index: u32| request.symbols[index as usize].as_str();
        let mut samples = Self { values: BTreeMap::new(), timestamp: 0 };
        for series in &request.timeseries {
            let mut name = "";
            let mut labels = Vec::new();
            for pair in series.labels_refs.chunks(2) {
                match (text(pair[0]), text(pair[1])) {
                    ("__name__", metric) => name = metric,
                    (label, value) => labels.push(format!("{label}={value:?}")),
                }
            }
            let sample = &series.samples[0];
            samples.timestamp = sample.timestamp;
            samples.values.insert(format!("{name}{{{}}}", labels.join(",")), sample.value.to_bits());
        }
        samples
    }

    pub(super) fn value(&self, series: &str) -> Option<f64> {
        self.values.get(series).map(|&bits| f64::from_bits(bits))
    }

    pub(super) fn values_of(&self, metric: &str) -> Vec<f64> {
        let of_metric = self.values.iter().filter(|(name, _)| name.starts_with(&format!("{metric}{{")));
        of_metric.map(|(_, &bits)| f64::from_bits(bits)).collect()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    pub(super) fn has_stale(&self, part: &str) -> bool {
        self.values.iter().any(|(name, &bits)| bits == STALE && name.contains(part))
    }

    pub(super) fn stale_count(&self) -> usize {
        self.values.values().filter(|&&bits| bits == STALE).count()
    }
}

pub(super) struct Stage {
    pub(super) address: SocketAddr,
    server: Server,
    serving: tokio::task::JoinHandle<()>,
    scraper: Option<Scraper>,
    shutdown: CancellationToken,
    registry: Registry,
    ledger: Ledger,
    intake: Intake,
    spool: Spool,
    reader: Reader,
    _folder: TempDir,
}

/// A job with one target that is scraped all the time.
pub(super) fn job(name: &str, stage: &Stage) -> ScrapeConfig {
    job_of(name, &stage.address.to_string())
}

pub(super) fn job_of(name: &str, target: &str) -> ScrapeConfig {
    ScrapeConfig {
        job_name: name.to_owned(),
        scrape_interval: INTERVAL,
        scrape_timeout: INTERVAL,
        metrics_path: "/metrics".to_owned(),
        scheme: "http".to_owned(),
        params: BTreeMap::new(),
        honor_labels: false,
        honor_timestamps: true,
        track_timestamps_staleness: false,
        enable_compression: true,
        http: HttpClientConfig { follow_redirects: true, ..HttpClientConfig::default() },
        limits: ScrapeLimits::default(),
        static_configs: vec![StaticConfig { targets: vec![target.to_owned()], labels: BTreeMap::new() }],
        file_sd_configs: Vec::new(),
        kubernetes_sd_configs: Vec::new(),
        relabel_configs: Vec::new(),
        metric_relabel_configs: Vec::new(),
    }
}

/// Settings with `jobs` and no common labels.
pub(super) fn settings(jobs: Vec<ScrapeConfig>) -> ScrapeSettings {
    let global = Global {
        scrape_interval: Duration::from_secs(60),
        scrape_timeout: Duration::from_secs(10),
        external_labels: BTreeMap::new(),
    };
    ScrapeSettings { jobs, global, resource_labels: BTreeMap::new() }
}

impl Stage {
    pub(super) async fn new() -> Self {
        Self::with_spool(SpoolSettings::default().bytes_max).await
    }

    /// With a spool of this many bytes.
    pub(super) async fn with_spool(bytes_max: u64) -> Self {
        let server = Server {
            answer: Arc::new(Mutex::new(Answer::page(""))),
            headers: Arc::default(),
            requests: watch::Sender::new(0),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(serve).with_state(server.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::new();
        let settings =
            SpoolSettings { path: folder.path().to_owned(), bytes_max, ..SpoolSettings::default() };
        let spool = Spool::open(settings, ledger.clone()).unwrap();
        let reader = spool.subscribe(Signal::Metrics, "test").unwrap();
        let intake = IntakeSettings {
            resource: Vec::new(),
            correlation_keys: Vec::new(),
            traces_ratio: 1.0,
            logs_follow_traces: false,
            has_exporter: [true; 3],
        };
        Self {
            address,
            server,
            serving,
            scraper: None,
            shutdown: CancellationToken::new(),
            registry: Registry::new(),
            ledger: ledger.clone(),
            intake: Intake::new(intake, spool.clone(), ledger),
            spool,
            reader,
            _folder: folder,
        }
    }

    pub(super) fn answer(&self, answer: Answer) {
        *self.server.answer.lock() = answer;
    }

    pub(super) fn start(&mut self, settings: ScrapeSettings) {
        let (intake, ledger) = (self.intake.clone(), self.ledger.clone());
        let (registry, shutdown) = (&self.registry, self.shutdown.clone());
        let kubernetes = KubernetesMetrics::register(registry).unwrap();
        let scraper = Scraper::start(settings, intake, ledger, registry, kubernetes, shutdown);
        self.scraper = Some(scraper.unwrap());
    }

    pub(super) async fn apply(&mut self, settings: ScrapeSettings) {
        self.try_apply(settings).await.unwrap();
    }

    pub(super) async fn try_apply(&mut self, settings: ScrapeSettings) -> Result<(), ScrapeError> {
        self.scraper.as_mut().expect("started").apply(settings).await
    }

    pub(super) fn targets(&self) -> Vec<TargetStatus> {
        self.scraper.as_ref().expect("started").targets().list()
    }

    /// Number of targets that are up.
    pub(super) fn up(&self) -> usize {
        self.targets().iter().filter(|target| target.health == Health::Up).count()
    }

    /// The next batch.
    pub(super) async fn scrape(&self) -> Samples {
        self.scrape_where(|_| true).await
    }

    /// The next batch in which a report sample has `value`.
    pub(super) async fn scrape_until(&self, metric: &str, value: f64) -> Samples {
        self.scrape_where(|samples| samples.values_of(metric).contains(&value)).await
    }

    /// The next batch that is as wanted.
    pub(super) async fn scrape_where(&self, wanted: impl Fn(&Samples) -> bool) -> Samples {
        let found = async {
            loop {
                let limits = TakeLimits { entries_max: 1, ..TakeLimits::default() };
                for entry in self.reader.take(&limits).await {
                    self.reader.settle(&[entry.id]);
                    let samples = Samples::decode(&entry.batch.payload);
                    if wanted(&samples) {
                        return samples;
                    }
                }
            }
        };
        timeout(PATIENCE, found).await.expect("no such batch came")
    }

    /// Waits until something holds.
    pub(super) async fn until(&self, holds: impl Fn(&Self) -> bool, what: &str) {
        let wait = async {
            while !holds(self) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("not in time: {what}"));
    }

    /// Waits for a request that comes after this call.
    pub(super) async fn until_requested(&self) {
        let mut requests = self.server.requests.subscribe();
        requests.mark_unchanged();
        timeout(PATIENCE, requests.changed()).await.expect("no request came").unwrap();
    }

    pub(super) fn request_headers(&self) -> HeaderMap {
        self.server.headers.lock().clone()
    }

    pub(super) fn outcome(&self, outcome: &str) -> u64 {
        self.metric("weir_scrapes_total", Some(outcome))
    }

    pub(super) fn spool_is_full(&self) -> bool {
        self.spool.is_full(Signal::Metrics)
    }

    pub(super) fn skipped(&self) -> u64 {
        self.metric("weir_scrapes_skipped_total", None)
    }

    pub(super) fn targets_refused(&self) -> u64 {
        self.metric("weir_scrape_targets_refused_total", None)
    }

    pub(super) fn file_errors(&self) -> u64 {
        self.metric("weir_file_sd_read_errors_total", None)
    }

    pub(super) fn dropped(&self) -> Vec<(String, u64)> {
        let snapshot = self.ledger.snapshot();
        let dropped = snapshot.signal(Signal::Metrics).dropped.iter();
        dropped.map(|(_, reason, records)| (reason.as_str().to_owned(), *records)).collect()
    }

    fn metric(&self, name: &str, label: Option<&str>) -> u64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name).unwrap();
        let of_label = |metric: &&prometheus::proto::Metric| {
            label.is_none_or(|label| metric.get_label().iter().any(|pair| pair.value() == label))
        };
        family
            .get_metric()
            .iter()
            .filter(of_label)
            .map(|metric| metric.get_counter().get_value() as u64)
            .sum()
    }

    /// Shuts down; what was left in the spool comes back. Everything that was received is in the spool or dropped.
    pub(super) async fn stop_and_check_books(mut self) -> Vec<Samples> {
        self.shutdown.cancel();
        let scraper = self.scraper.take().expect("started");
        timeout(PATIENCE, scraper.stop()).await.expect("the loops end");
        self.serving.abort();
        let mut left = Vec::new();
        loop {
            let entries = self.reader.try_take(&TakeLimits::default());
            if entries.is_empty() {
                break;
            }
            left.extend(entries.iter().map(|entry| Samples::decode(&entry.batch.payload)));
        }
        let snapshot = self.ledger.snapshot();
        let metrics = snapshot.signal(Signal::Metrics);
        assert_eq!(metrics.pending, 0);
        assert!(metrics.received[Receiver::Scrape.index()].1 > 0);
        left
    }
}
