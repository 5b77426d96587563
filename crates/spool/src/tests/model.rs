//! Random action lists against a simple model.
//!
//! `WEIR_SPOOL_SEED=n` replays one seed, `WEIR_SPOOL_SEEDS=n` runs the first n.

mod exporter;
mod hazards;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use tokio::time::timeout;
use weir_model::{Batch, OrderKey, Reason, Signal, UnixNanos};

use self::exporter::Exporter;
use self::hazards::Hazards;
use super::rig::{ALL, NOON, Rig};
use crate::{AppendError, EntryId, TakeLimits};

const SEEDS: u64 = 60;
const ACTIONS: usize = 150;
const EXPORTERS: [&str; 2] = ["first", "second"];
const SECOND: u64 = 1_000_000_000;

struct Run {
    rng: Rng,
    hazards: Hazards,
    rig: Rig,
    batches: BTreeMap<u64, Batch>,
    exporters: [Exporter; 2],
    /// Appended since the last sync.
    unsynced: BTreeSet<u64>,
    now: UnixNanos,
    next: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let hazards = Hazards::draw(&mut rng);
        let rig = Rig::with(|settings| hazards.apply(settings, &mut rng));
        let mut run = Self {
            rng,
            hazards,
            rig,
            batches: BTreeMap::new(),
            exporters: Default::default(),
            unsynced: BTreeSet::new(),
            // Segments are created by the wall clock, so that is where the run's clock starts.
            now: UnixNanos::now().max(NOON),
            next: 0,
        };
        run.subscribe(0);
        run
    }

    async fn play(&mut self) {
        for _ in 0..ACTIONS {
            self.now.0 += self.rng.u64(..SECOND);
            match self.rng.u8(..100) {
                0..40 => self.append().await,
                40..60 => self.take().await,
                60..76 => self.settle(),
                76..81 => self.give_back(),
                81..86 => self.write_cursors(),
                86..91 => self.maintain(),
                91..93 => self.toggle_reader(),
                93..95 if self.hazards.disk_full => self.rig.storage.set_room(Some(self.rng.u64(..400))),
                95..96 => self.rig.storage.set_room(None),
                96..97 if self.hazards.sync_fails => self.rig.storage.set_sync_fails(self.rng.bool()),
                97..98 => self.restart(),
                98..99 if self.hazards.kills => self.kill(),
                99..100 if self.hazards.power_cuts => self.cut_power(),
                _ => {}
            }
            self.check();
        }
        self.drain().await;
    }

    async fn append(&mut self) {
        let number = self.next;
        self.next += 1;
        let batch = self.new_batch(number);
        self.batches.insert(number, batch.clone());
        match self.rig.append_batch(batch).await {
            Ok(_) => {
                if !self.hazards.power_loss_setting {
                    self.unsynced.insert(number);
                }
                for exporter in self.exporters.iter_mut().filter(|exporter| exporter.joined) {
                    exporter.owed.insert(number);
                }
            }
            Err(AppendError::Full) => assert!(self.hazards.small),
            Err(AppendError::DiskFull(_)) => assert!(self.hazards.disk_full),
            Err(AppendError::Io { .. }) => assert!(self.hazards.sync_fails),
            Err(error) => panic!("{error}"),
        }
    }

    fn new_batch(&mut self, number: u64) -> Batch {
        let mut payload = format!("{number} ").into_bytes();
        payload.resize(payload.len() + self.rng.usize(..300), b'x');
        Batch {
            signal: self.hazards.signal,
            records: self.rng.u32(1..5),
            key: OrderKey(self.rng.u64(..3)),
            received: self.now,
            payload: Bytes::from(payload),
        }
    }

    async fn take(&mut self) {
        let index = self.rng.usize(..2);
        let limits = TakeLimits {
            bytes_max: self.rng.usize(..1000),
            records_max: self.rng.u64(..20),
            entries_max: self.rng.usize(..5),
        };
        self.take_up_to(index, &limits).await;
    }

    /// Takes, and checks what comes. False when nothing came.
    async fn take_up_to(&mut self, index: usize, limits: &TakeLimits) -> bool {
        let exporter = &mut self.exporters[index];
        let Some(reader) = &exporter.reader else { return false };
        let in_flight: u64 =
            exporter.in_flight.values().map(|number| self.batches[number].records as u64).sum();
        let entries = loop {
            if reader.held_records() == in_flight {
                assert!(reader.try_take(limits).is_empty());
                return false;
            }
            // What is left may be damaged; then it is settled, and nothing comes.
            if let Ok(entries) = timeout(Duration::from_millis(20), reader.take(limits)).await {
                break entries;
            }
        };
        assert!(!entries.is_empty());
        for entry in entries {
            let text = String::from_utf8(entry.batch.payload.to_vec()).unwrap();
            let number: u64 = text.split(' ').next().unwrap().parse().unwrap();
            assert_eq!(entry.batch, self.batches[&number], "as it was appended");
            assert!(
                exporter.owed.contains(&number) || exporter.again.remove(&number),
                "{number} was never acknowledged, or comes twice"
            );
            if self.hazards.signal == Signal::Metrics {
                assert!(exporter.last < Some(number), "{number} after {:?}", exporter.last);
                exporter.last = Some(number);
            }
            assert_eq!(exporter.in_flight.insert(entry.id, number), None);
        }
        true
    }

    fn settle(&mut self) {
        let index = self.rng.usize(..2);
        let ids = self.some_in_flight(index);
        self.settle_ids(index, &ids);
    }

    fn settle_ids(&mut self, index: usize, ids: &[EntryId]) {
        let exporter = &mut self.exporters[index];
        let Some(reader) = &exporter.reader else { return };
        for id in ids {
            let number = exporter.in_flight.remove(id).unwrap();
            exporter.owed.remove(&number);
            exporter.at_risk.remove(&number);
            exporter.unwritten.insert(number);
            exporter.unsynced.insert(number);
            let batch = self.batches[&number].clone();
            self.rig.deliver(reader, EXPORTERS[index], &[crate::Entry { batch, id: *id }]);
        }
    }

    fn give_back(&mut self) {
        let index = self.rng.usize(..2);
        let ids = self.some_in_flight(index);
        let exporter = &mut self.exporters[index];
        let Some(reader) = &exporter.reader else { return };
        reader.give_back(&ids);
        for id in ids {
            exporter.return_one(id);
        }
    }

    fn some_in_flight(&mut self, index: usize) -> Vec<EntryId> {
        let ids: Vec<EntryId> = self.exporters[index].in_flight.keys().copied().collect();
        ids.into_iter().filter(|_| self.rng.u8(..3) > 0).collect()
    }

    fn write_cursors(&mut self) {
        self.rig.write_cursors();
        self.exporters.iter_mut().for_each(|exporter| exporter.unwritten.clear());
    }

    fn maintain(&mut self) {
        let shared = self.rig.spool().shared();
        let result = crate::saving::maintain(shared, self.now);
        assert!(result.is_ok() || self.hazards.sync_fails);
        if result.is_ok() {
            self.unsynced.clear();
            for exporter in &mut self.exporters {
                exporter.unwritten.clear();
                exporter.unsynced.clear();
            }
        }
    }

    fn toggle_reader(&mut self) {
        let index = self.rng.usize(..2);
        let exporter = &mut self.exporters[index];
        if exporter.reader.take().is_some() {
            exporter.return_all();
        } else {
            self.subscribe(index);
        }
    }

    fn subscribe(&mut self, index: usize) {
        let exporter = &mut self.exporters[index];
        let subscribed = self.rig.spool().subscribe(self.hazards.signal, EXPORTERS[index]);
        exporter.reader = Some(subscribed.unwrap());
        exporter.joined = true;
    }

    fn restart(&mut self) {
        self.close_readers();
        self.note_drops();
        self.rig.reopen();
        self.exporters.iter_mut().for_each(|exporter| exporter.unwritten.clear());
        self.reopen_readers();
    }

    fn kill(&mut self) {
        self.note_drops();
        let readers = self.exporters.iter_mut().filter_map(|exporter| exporter.reader.take()).collect();
        self.rig.kill(readers);
        for exporter in &mut self.exporters {
            exporter.return_all();
            exporter.again.append(&mut exporter.unwritten);
        }
        self.rig.open();
        self.reopen_readers();
    }

    fn cut_power(&mut self) {
        self.note_drops();
        let readers = self.exporters.iter_mut().filter_map(|exporter| exporter.reader.take()).collect();
        self.rig.storage.set_sync_fails(false);
        self.rig.lose_power(readers, &mut self.rng);
        for exporter in &mut self.exporters {
            exporter.return_all();
            exporter.unwritten.clear();
            exporter.again.append(&mut exporter.unsynced);
            let at_risk = exporter.owed.intersection(&self.unsynced).copied();
            exporter.at_risk.extend(at_risk);
        }
        self.unsynced.clear();
        self.rig.open();
        self.reopen_readers();
    }

    fn close_readers(&mut self) {
        for exporter in &mut self.exporters {
            exporter.reader = None;
            exporter.return_all();
        }
    }

    fn reopen_readers(&mut self) {
        for index in 0..2 {
            if self.exporters[index].joined {
                self.subscribe(index);
            }
        }
    }

    /// Adds up the drops of the ledger that ends here.
    fn note_drops(&mut self) {
        for index in 0..2 {
            self.exporters[index].dropped_before = self.dropped(index);
        }
    }

    fn dropped(&self, index: usize) -> u64 {
        let snapshot = self.rig.ledger.snapshot();
        let drops = &snapshot.signal(self.hazards.signal).dropped;
        let present: u64 = drops
            .iter()
            .filter(|(exporter, reason, _)| exporter == EXPORTERS[index] && self.may_drop(*reason))
            .map(|&(_, _, records)| records)
            .sum();
        self.exporters[index].dropped_before + present
    }

    fn may_drop(&self, reason: Reason) -> bool {
        match reason {
            Reason::SpoolFull => assert!(self.hazards.drop_oldest && self.hazards.small),
            Reason::Expired => assert!(self.hazards.ages),
            Reason::Damaged => assert!(self.hazards.power_cuts),
            _ => panic!("{reason}"),
        }
        true
    }

    /// The equations that hold at every instant.
    fn check(&self) {
        for (exporter, name) in self.exporters.iter().zip(EXPORTERS) {
            if let Some(reader) = &exporter.reader {
                self.rig.check(reader, name);
            }
        }
        let stats = self.rig.spool().stats();
        let state = self.rig.spool().shared().log(self.hazards.signal).state.lock();
        let listed: u64 = state.segments.iter().map(|segment| segment.bytes()).sum();
        assert_eq!(stats.signals[self.hazards.signal.index()].bytes, listed);
        assert!(!self.hazards.small || stats.signals[self.hazards.signal.index()].bytes <= 33 * 500 + 4000);
    }

    /// Delivers everything and checks that what did not come was counted.
    async fn drain(&mut self) {
        self.rig.storage.set_room(None);
        self.rig.storage.set_sync_fails(false);
        for index in 0..2 {
            if !self.exporters[index].joined {
                continue;
            }
            if self.exporters[index].reader.is_none() {
                self.subscribe(index);
            }
            loop {
                let ids: Vec<EntryId> = self.exporters[index].in_flight.keys().copied().collect();
                self.settle_ids(index, &ids);
                if !self.take_up_to(index, &ALL).await {
                    break;
                }
            }
            self.check_drained(index);
        }
        self.maintain();
        self.check();
    }

    fn check_drained(&self, index: usize) {
        let exporter = &self.exporters[index];
        assert_eq!(exporter.reader.as_ref().unwrap().held_records(), 0);
        let records = |numbers: &mut dyn Iterator<Item = &u64>| -> u64 {
            numbers.map(|number| u64::from(self.batches[number].records)).sum()
        };
        let dropped = self.dropped(index);
        let missing = records(&mut exporter.owed.difference(&exporter.at_risk));
        assert!(missing <= dropped, "{missing} records did not come, {dropped} were counted");
        if !self.hazards.kills && !self.hazards.power_cuts {
            assert_eq!(missing, dropped);
        }
    }
}

#[test]
fn random_actions_agree_with_the_model() {
    let number = |name: &str| std::env::var(name).ok().map(|seed| seed.parse::<u64>().unwrap());
    let seeds = match number("WEIR_SPOOL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("WEIR_SPOOL_SEEDS").unwrap_or(SEEDS),
    };
    for seed in seeds {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut run = Run::new(seed);
        println!("WEIR_SPOOL_SEED={seed} {:?}", run.hazards);
        runtime.block_on(run.play());
    }
}
