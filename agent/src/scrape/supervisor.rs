//! Which loops run: targets from the configuration and from files, applied by difference.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::{JoinError, JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep_until};
use tracing::{error, warn};
use weir_config::{FileSdConfig, KubernetesSdConfig, ScrapeConfig};
use weir_http_client::HttpClient;
use weir_kubernetes::{Discovery, Groups, KubernetesMetrics};

use super::file_sd::{FileTargets, FolderWatch, folders};
use super::labelling::LabelRules;
use super::scrape_loop::{Ending, PassedLimit, Predecessor, ScrapeLoop, Shared};
use super::status::{Entry, Targets};
use super::target::{Dropped, JobParts, Target};
use super::{ScrapeError, ScrapeSettings};

/// Dropped targets that are remembered, for a person who looks for one.
const DROPPED_MAX: usize = 1_000;

/// Without scrapes for this long, the loops' buffers are given back.
const IDLE: Duration = Duration::from_secs(60);

/// New settings with the clients that they need.
pub(super) struct Prepared {
    jobs: Vec<Job>,
    common: BTreeMap<String, String>,
}

/// A request to apply new settings, and where to say that it is done.
pub(super) struct Apply {
    pub(super) prepared: Prepared,
    pub(super) done: oneshot::Sender<()>,
}

/// A job.
struct Job {
    config: ScrapeConfig,
    client: Arc<HttpClient>,
    files: FileTargets,
    /// One per entry of `kubernetes_sd_configs`, once it is started.
    discoveries: Vec<Discovery>,
    /// Targets of discoveries that are not configured any more, until all that are configured know theirs.
    replaced: Vec<Groups>,
    /// Addresses that were none when targets were made last, and why.
    refused: HashSet<(String, String)>,
    passed_limit: Arc<PassedLimit>,
}

/// What a job's discovery comes to.
#[derive(Default)]
struct Discovered {
    /// By key, each once.
    targets: HashMap<u64, Target>,
    /// Dropped by relabelling; those beyond [`DROPPED_MAX`] are only counted.
    dropped: Vec<Dropped>,
    dropped_total: u64,
    refused: HashSet<(String, String)>,
}

/// A loop that runs.
struct Running {
    target: Arc<Target>,
    entry: Arc<Entry>,
    ending: oneshot::Sender<Ending>,
}

/// Makes clients, which fails when certificates or URLs are wrong.
pub(super) fn prepare(settings: ScrapeSettings) -> Result<Prepared, ScrapeError> {
    let ScrapeSettings { jobs, global, resource_labels } = settings;
    let mut common = global.external_labels;
    for (name, value) in resource_labels {
        common.entry(name).or_insert(value);
    }
    let jobs = jobs.into_iter().map(Job::new).collect::<Result<_, _>>()?;
    Ok(Prepared { jobs, common })
}

impl Job {
    fn new(config: ScrapeConfig) -> Result<Self, ScrapeError> {
        let client = HttpClient::new(&config.http, config.scrape_timeout)
            .map_err(|source| ScrapeError::Client { job: config.job_name.clone(), source })?;
        Ok(Self {
            client: Arc::new(client),
            files: FileTargets::default(),
            discoveries: Vec::new(),
            replaced: Vec::new(),
            refused: HashSet::new(),
            passed_limit: Arc::default(),
            config,
        })
    }

    /// Takes over what the same job had before.
    fn inherit(&mut self, old: Self) {
        if old.config.http == self.config.http {
            self.client = old.client;
        }
        if old.config.file_sd_configs == self.config.file_sd_configs {
            self.files = old.files;
        }
        self.discoveries = old.discoveries;
        self.replaced = old.replaced;
        self.refused = old.refused;
        self.passed_limit = old.passed_limit;
    }

    /// Goes on with inherited discoveries that are still configured, and starts the others.
    fn start_discoveries(&mut self, metrics: &KubernetesMetrics, changed: &Arc<Notify>) {
        let configs = &self.config.kubernetes_sd_configs;
        let inherited = std::mem::take(&mut self.discoveries).into_iter();
        let (mut kept, replaced): (Vec<_>, Vec<_>) =
            inherited.partition(|discovery| configs.contains(discovery.config()));
        self.replaced.extend(replaced.iter().filter_map(Discovery::groups));
        let go_on = |config: &KubernetesSdConfig| match kept
            .iter()
            .position(|discovery| discovery.config() == config)
        {
            Some(at) => kept.swap_remove(at),
            None => Discovery::start(config.clone(), metrics.clone(), Arc::clone(changed)),
        };
        self.discoveries = configs.iter().map(go_on).collect();
    }

    /// What the discoveries know.
    fn discovered(&mut self) -> Vec<Groups> {
        let known: Vec<Groups> = self.discoveries.iter().filter_map(Discovery::groups).collect();
        if known.len() == self.discoveries.len() {
            self.replaced.clear();
        }
        known.into_iter().chain(self.replaced.iter().cloned()).collect()
    }

    /// Warns of addresses that were not refused before; gives how many these are.
    fn refuse(&mut self, refused: HashSet<(String, String)>) -> u64 {
        let before = std::mem::replace(&mut self.refused, refused);
        let new = self.refused.difference(&before);
        new.map(|(address, error)| warn!(job = self.config.job_name, address, error, "not a target")).count()
            as u64
    }

    fn discover(&mut self, common: &BTreeMap<String, String>) -> Discovered {
        let discovered = self.discovered();
        let config = &self.config;
        let rules = LabelRules {
            honor_labels: config.honor_labels,
            relabel: config.metric_relabel_configs.clone(),
            limits: config.limits.clone(),
            common: common.clone(),
        };
        let relabel = config.relabel_configs.as_slice().into();
        let parts = JobParts { client: Arc::clone(&self.client), rules: Arc::new(rules), relabel };
        let mut found = Discovered::default();
        let others = self.files.groups().chain(discovered.iter().flat_map(|groups| groups.iter()));
        for group in config.static_configs.iter().chain(others) {
            for address in &group.targets {
                match Target::new(config, &parts, group, address) {
                    Ok(Some(target)) => drop(found.targets.entry(target.key).or_insert(target)),
                    Ok(None) => {
                        found.dropped_total += 1;
                        if found.dropped.len() < DROPPED_MAX {
                            found.dropped.push(Dropped::new(config, &parts, group, address));
                        }
                    }
                    Err(error) => {
                        found.refused.insert((address.clone(), error.to_string()));
                    }
                }
            }
        }
        found
    }
}

/// Owns all loops.
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    jobs: Vec<Job>,
    common: BTreeMap<String, String>,
    running: HashMap<u64, Running>,
    loops: JoinSet<()>,
    targets: Targets,
    watch: FolderWatch,
    next_refresh: Option<Instant>,
    kubernetes: KubernetesMetrics,
    /// Told when a job's discoveries found something else.
    discovered: Arc<Notify>,
}

impl Supervisor {
    pub(super) fn new(shared: Arc<Shared>, targets: Targets, kubernetes: KubernetesMetrics) -> Self {
        Self {
            shared,
            jobs: Vec::new(),
            common: BTreeMap::new(),
            running: HashMap::new(),
            loops: JoinSet::new(),
            targets,
            watch: FolderWatch::new(),
            next_refresh: None,
            kubernetes,
            discovered: Arc::default(),
        }
    }

    /// Runs until the shutdown and then until every loop has ended. Dropped half way, the loops are aborted.
    pub(super) async fn run(mut self, first: Prepared, mut commands: mpsc::Receiver<Apply>) {
        self.apply(first).await;
        let shutdown = self.shared.shutdown.clone();
        loop {
            let refresh = self.next_refresh;
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Some(Apply { prepared, done }) = commands.recv() => {
                    self.apply(prepared).await;
                    // The caller is only gone at a shutdown.
                    let _ = done.send(());
                }
                () = self.watch.changed() => self.refresh().await,
                () = self.discovered.notified() => self.sync(),
                () = wait_until(refresh) => self.refresh().await,
                Some(ended) = self.loops.join_next() => report(&ended),
                () = tokio::time::sleep(IDLE) => self.shared.buffers.shrink(),
            }
        }
        while let Some(ended) = self.loops.join_next().await {
            report(&ended);
        }
    }

    async fn apply(&mut self, prepared: Prepared) {
        let mut old: HashMap<String, Job> =
            self.jobs.drain(..).map(|job| (job.config.job_name.clone(), job)).collect();
        self.jobs = prepared.jobs;
        self.common = prepared.common;
        for job in &mut self.jobs {
            if let Some(old) = old.remove(&job.config.job_name) {
                job.inherit(old);
            }
            job.start_discoveries(&self.kubernetes, &self.discovered);
        }
        self.refresh().await;
    }

    fn file_configs(&self) -> impl Iterator<Item = &FileSdConfig> {
        self.jobs.iter().flat_map(|job| &job.config.file_sd_configs)
    }

    /// Reads files with targets again and brings the loops in line.
    async fn refresh(&mut self) {
        self.watch.set(&folders(self.file_configs()));
        let interval = self.file_configs().map(|config| config.refresh_interval).min();
        self.next_refresh = interval.map(|interval| Instant::now() + interval);
        for job in &mut self.jobs {
            if job.config.file_sd_configs.is_empty() {
                continue;
            }
            let (mut files, configs) = (std::mem::take(&mut job.files), job.config.file_sd_configs.clone());
            let work = spawn_blocking(move || {
                let errors = files.read(&configs);
                (files, errors)
            });
            if let Ok((files, errors)) = work.await {
                job.files = files;
                self.shared.metrics.file_errors.inc_by(errors);
            }
        }
        self.sync();
    }

    /// Starts, replaces and ends loops so that they are what the jobs say.
    fn sync(&mut self) {
        let mut wanted = HashMap::new();
        let (mut dropped, mut dropped_total) = (Vec::new(), 0);
        for job in &mut self.jobs {
            let Discovered { targets, dropped: of_job, dropped_total: total, refused } =
                job.discover(&self.common);
            self.shared.metrics.targets_refused.inc_by(job.refuse(refused));
            dropped_total += total;
            dropped.extend(of_job.into_iter().take(DROPPED_MAX - dropped.len()));
            let limit = job.config.limits.target_limit;
            let passed = if limit > 0 && targets.len() as u64 > limit { limit } else { 0 };
            job.passed_limit.store(passed, Ordering::Relaxed);
            let targets = targets.into_values().map(|target| (target, Arc::clone(&job.passed_limit)));
            wanted
                .extend(targets.map(|(target, passed_limit)| (target.key, (Arc::new(target), passed_limit))));
        }
        let gone: Vec<u64> = self.running.keys().filter(|key| !wanted.contains_key(key)).copied().collect();
        for running in gone.iter().filter_map(|key| self.running.remove(key)) {
            // A loop that is gone already has nothing to end.
            let _ = running.ending.send(Ending::Remove);
        }
        for (target, passed_limit) in wanted.into_values() {
            self.ensure(target, passed_limit);
        }
        let entries = self.running.values().map(|running| Arc::clone(&running.entry)).collect();
        self.targets.set(entries, dropped, dropped_total);
        self.shared.metrics.targets.set(self.running.len() as i64);
    }

    /// Leaves a loop alone that scrapes the target as it should; starts or replaces it otherwise.
    fn ensure(&mut self, target: Arc<Target>, passed_limit: Arc<PassedLimit>) {
        let mut predecessor = None;
        let mut entry = None;
        if let Some(running) = self.running.remove(&target.key) {
            running.entry.update(&target);
            if running.target.settings.same(&target.settings) {
                self.running.insert(target.key, running);
                return;
            }
            let (hand_over, memory) = oneshot::channel();
            let same_page_settings = running.target.settings.page == target.settings.page;
            let _ = running.ending.send(Ending::HandOver(hand_over));
            predecessor = Some(Predecessor { memory, same_page_settings });
            entry = Some(running.entry);
        }
        let entry = entry.unwrap_or_else(|| Arc::new(Entry::new(&target)));
        let (ending, endings) = oneshot::channel();
        let scrape_loop = ScrapeLoop {
            target: Arc::clone(&target),
            entry: Arc::clone(&entry),
            passed_limit,
            shared: Arc::clone(&self.shared),
            endings,
            predecessor,
        };
        self.loops.spawn(scrape_loop.run());
        self.running.insert(target.key, Running { target, entry, ending });
    }
}

/// A loop ends when it is told to; anything else is a bug.
fn report(ended: &Result<(), JoinError>) {
    if let Err(error) = ended {
        error!(%error, "scrape loop ended before its time");
    }
}

async fn wait_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => pending().await,
    }
}
