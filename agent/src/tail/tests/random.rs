//! Random writers and operators against a simple model: every line that was written arrives, under one id.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::timeout;
use weir_config::LineFormat;

use super::decoded::Decoded;
use super::stage::{DEADLINE, Stage, bodies, by_id, config};

const ACTIONS: usize = 80;

/// A program that writes one log, and what has been done to its file.
struct Writer {
    name: &'static str,
    is_cri: bool,
    file: File,
    /// Bodies that must arrive.
    expected: Vec<String>,
    /// What is left of the line being written.
    unfinished: Option<String>,
    /// Parts of messages without their last part, per stream.
    open_parts: [String; 2],
    rotations: usize,
}

impl Writer {
    fn new(stage: &Stage, name: &'static str, is_cri: bool) -> Self {
        let file = stage.open(name);
        let open_parts = [String::new(), String::new()];
        Self { name, is_cri, file, expected: Vec::new(), unfinished: None, open_parts, rotations: 0 }
    }

    fn put(&mut self, text: &str) {
        self.file.write_all(text.as_bytes()).expect("write");
    }

    /// Writes a line, or the first half of one.
    fn write(&mut self, rng: &mut Rng) {
        if let Some(rest) = self.unfinished.take() {
            return self.put(&rest);
        }
        let line = if self.is_cri { self.cri_line(rng) } else { self.plain_line(rng) };
        if rng.u8(..) < 64 {
            let half = rng.usize(..line.len());
            self.put(&line[..half]);
            self.unfinished = Some(line[half..].to_owned());
        } else {
            self.put(&line);
        }
    }

    fn plain_line(&mut self, rng: &mut Rng) -> String {
        let text = format!("{} {} {}", self.name, self.expected.len(), "x".repeat(rng.usize(..300)));
        let body = if rng.bool() { text } else { format!("{{\"level\":\"info\",\"msg\":\"{text}\"}}") };
        self.expected.push(body.clone());
        body + if rng.bool() { "\n" } else { "\r\n" }
    }

    fn cri_line(&mut self, rng: &mut Rng) -> String {
        let stream = rng.usize(..2);
        let is_partial = rng.u8(..) < 100;
        let part = format!("{} {} {} ", self.name, self.expected.len(), rng.u64(..));
        self.open_parts[stream].push_str(&part);
        if !is_partial {
            self.expected.push(std::mem::take(&mut self.open_parts[stream]));
        }
        let (stream, tag) = (["stdout", "stderr"][stream], if is_partial { "P" } else { "F" });
        format!("2026-11-24T12:00:00.123456789Z {stream} {tag} {part}\n")
    }

    /// Ends the line and messages being written.
    fn finish(&mut self) {
        if let Some(rest) = self.unfinished.take() {
            self.put(&rest);
        }
        for stream in 0..2 {
            if !self.open_parts[stream].is_empty() {
                self.expected.push(std::mem::take(&mut self.open_parts[stream]));
                let name = ["stdout", "stderr"][stream];
                self.put(&format!("2026-11-24T12:00:00Z {name} F \n"));
            }
        }
    }

    fn rename(&mut self, stage: &Stage) {
        self.finish();
        self.rotations += 1;
        stage.rename(self.name, &format!("{}.{}", self.name, self.rotations));
        self.file = stage.open(self.name);
    }

    /// As logrotate does it. What was not read by then would be lost, so everything must have arrived.
    fn copytruncate(&mut self, stage: &Stage) {
        self.finish();
        fs::copy(stage.path(self.name), stage.path(&format!("copies/{}", self.rotations))).expect("copy");
        OpenOptions::new()
            .write(true)
            .open(stage.path(self.name))
            .expect("open")
            .set_len(0)
            .expect("truncate");
    }

    /// The oldest rotated file, read long ago.
    fn remove_oldest(&mut self, stage: &Stage) {
        for number in 1..=self.rotations {
            let path = stage.path(&format!("{}.{number}", self.name));
            if path.exists() {
                return fs::remove_file(path).expect("remove");
            }
        }
    }
}

/// Finishes what is being written and waits until all of it has arrived.
async fn all_arrived(stage: &Stage, writers: &mut [Writer]) {
    writers.iter_mut().for_each(Writer::finish);
    let expected: BTreeSet<String> = writers.iter().flat_map(|writer| writer.expected.clone()).collect();
    let arrived = |records: &[Decoded]| -> BTreeSet<String> { bodies(records).into_iter().collect() };
    let mut records = stage.sink.watch();
    let done = records.wait_for(|records| expected.is_subset(&arrived(records)));
    if timeout(DEADLINE, done).await.is_err() {
        let arrived = arrived(&stage.sink.records());
        panic!("missing: {:?}", expected.difference(&arrived).collect::<Vec<_>>());
    }
}

/// Whether the tailer runs: what needs it started waits for that.
async fn ensure_running(stage: &mut Stage, runs: &mut bool) {
    if !*runs {
        stage.start().await;
        *runs = true;
    }
}

async fn restart(stage: &mut Stage, runs: &mut bool, rng: &mut Rng) {
    match (*runs, rng.bool()) {
        (true, true) => stage.stop().await,
        (true, false) => stage.kill(),
        (false, _) => stage.start().await,
    }
    *runs = !*runs;
}

async fn act(stage: &mut Stage, writers: &mut [Writer], runs: &mut bool, rng: &mut Rng) {
    let chosen = rng.usize(..writers.len());
    match rng.u8(..100) {
        0..70 => (0..rng.usize(1..20)).for_each(|_| writers[chosen].write(rng)),
        70..80 => writers[chosen].rename(stage),
        80..86 => {
            ensure_running(stage, runs).await;
            all_arrived(stage, &mut writers[chosen..=chosen]).await;
            writers[chosen].copytruncate(stage);
            // Quick writers: the file may be longer than before when it is looked at next.
            (0..rng.usize(..40)).for_each(|_| writers[chosen].write(rng));
        }
        86..90 => {
            ensure_running(stage, runs).await;
            all_arrived(stage, &mut writers[chosen..=chosen]).await;
            writers[chosen].remove_oldest(stage);
        }
        90..93 => stage.sink.set_syncs(rng.bool()),
        _ => restart(stage, runs, rng).await,
    }
}

async fn run(seed: u64) {
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let mut stage = Stage::new();
    stage.settings.reconcile_interval = Duration::from_millis(50);
    fs::create_dir(stage.path("copies")).expect("create");
    stage.configs =
        vec![config("plain", &stage.path("logs/*.log*")), config("cri", &stage.path("logs/*.cri*"))];
    stage.configs[1].format = LineFormat::Cri;
    let mut writers = [
        Writer::new(&stage, "logs/a.log", false),
        Writer::new(&stage, "logs/b.log", false),
        Writer::new(&stage, "logs/c.cri", true),
    ];
    let mut runs = false;
    for _ in 0..ACTIONS {
        act(&mut stage, &mut writers, &mut runs, &mut rng).await;
    }
    ensure_running(&mut stage, &mut runs).await;
    all_arrived(&stage, &mut writers).await;
    stage.stop().await;

    let records = stage.sink.records();
    let mut arrived: Vec<String> = by_id(&records).into_values().collect();
    let mut expected: Vec<String> = writers.into_iter().flat_map(|writer| writer.expected).collect();
    arrived.sort_unstable();
    expected.sort_unstable();
    assert!(arrived == expected, "seed {seed}: {}", difference(&arrived, &expected));
}

fn difference(arrived: &[String], expected: &[String]) -> String {
    let missing = expected.iter().find(|line| arrived.binary_search(line).is_err());
    let extra = arrived.iter().find(|line| expected.binary_search(line).is_err());
    let twice = arrived.windows(2).find(|pair| pair[0] == pair[1]);
    format!("missing {missing:?}, never written {extra:?}, under two ids {twice:?}")
}

#[tokio::test]
async fn every_line_arrives_under_one_id_whatever_happens_to_files_and_tailer() {
    for seed in 0..6 {
        run(seed).await;
    }
}

/// Set `WEIR_TAIL_SEED` to see one run again, or `WEIR_TAIL_SEEDS` to try so many others.
#[tokio::test]
async fn a_run_can_be_replayed_by_its_seed() {
    let number = |name| std::env::var(name).ok().and_then(|text: String| text.parse::<u64>().ok());
    let first = number("WEIR_TAIL_SEED").unwrap_or(1000);
    for seed in first..first + number("WEIR_TAIL_SEEDS").unwrap_or(1) {
        run(seed).await;
    }
}
