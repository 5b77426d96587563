//! The pipeline's parts and the books as the console is told about them.

use std::time::{SystemTime, UNIX_EPOCH};

use weir_ledger::{ExporterSnapshot, SignalSnapshot, Snapshot};
use weir_model::{Receiver, Signal, UnixNanos};
use weir_query_api::{
    ComponentDrops, DeliveredFlow, DropCount, DroppedFlow, Drops, ExporterAccount, ExporterFlow,
    ExporterState, Ledger, Pipeline, PipelineState, ProcessorFlow, ReceivedCount, ReceivedFlow, ReceiverFlow,
    SignalBooks, SpoolFlow, SpooledFlow,
};
use weir_spool::SpoolStats;

use super::history::{History, drops};
use super::{RunningReceiver, Seen};
use crate::exporters::ExporterStatus;

pub(super) fn pipeline(seen: &Seen, reasons: Vec<String>) -> Pipeline {
    let history = &seen.history;
    Pipeline {
        window_seconds: history.window().as_secs_f64(),
        state: if reasons.is_empty() { PipelineState::Ready } else { PipelineState::NotReady },
        reasons,
        receivers: seen.receivers.iter().map(|receiver| receiver_flow(history, *receiver)).collect(),
        processors: processors(seen),
        spool: spool(history, &seen.spool),
        exporters: seen.exporters.iter().map(|exporter| exporter_flow(seen, exporter)).collect(),
        drops: Signal::ALL.into_iter().flat_map(|signal| all_drops(history, signal)).collect(),
    }
}

fn receiver_flow(history: &History, (receiver, endpoint): RunningReceiver) -> ReceiverFlow {
    let flow = |signal: Signal| {
        let bytes = |of: &super::Counts| of.received_bytes[signal.index()][receiver.index()];
        ReceivedFlow {
            signal: signal.to_string(),
            records_total: history.newest().received(signal, receiver),
            records_per_second: history.rate(|counts| counts.received(signal, receiver)),
            bytes_total: Some(bytes(history.newest())),
            bytes_per_second: Some(history.rate(bytes)),
        }
    };
    ReceiverFlow {
        name: receiver.to_string(),
        endpoint: endpoint.map(|address| address.to_string()),
        flows: Signal::ALL.into_iter().filter(|&signal| receiver.brings(signal)).map(flow).collect(),
    }
}

/// What is dropped by neither a receiver nor an exporter, by component.
fn processors(seen: &Seen) -> Vec<ProcessorFlow> {
    let is_processor = |component: &str| {
        Receiver::ALL.iter().all(|receiver| receiver.as_str() != component)
            && seen.exporters.iter().all(|exporter| exporter.name != component)
    };
    let mut processors: Vec<ProcessorFlow> = Vec::new();
    for signal in Signal::ALL {
        for (component, reason, _) in drops(seen.history.newest().books.signal(signal)) {
            if !is_processor(component) {
                continue;
            }
            let count = drop_count(&seen.history, signal, component, reason);
            let index = processors.iter().position(|it| it.name == component).unwrap_or_else(|| {
                processors.push(ProcessorFlow { name: component.to_owned(), flows: Vec::new() });
                processors.len() - 1
            });
            let flows = &mut processors[index].flows;
            match flows.iter_mut().find(|flow| flow.signal == signal.as_str()) {
                Some(flow) => flow.dropped.push(count),
                None => flows.push(DroppedFlow { signal: signal.to_string(), dropped: vec![count] }),
            }
        }
    }
    processors
}

fn all_drops(history: &History, signal: Signal) -> Vec<Drops> {
    let books = history.newest().books.signal(signal);
    let entry = |(component, reason, _): (&str, _, _)| Drops {
        signal: signal.to_string(),
        component: component.to_owned(),
        count: drop_count(history, signal, component, reason),
    };
    drops(books).map(entry).collect()
}

fn drop_count(history: &History, signal: Signal, component: &str, reason: weir_model::Reason) -> DropCount {
    DropCount {
        reason: reason.to_string(),
        records_total: history.newest().dropped(signal, component, reason),
        records_per_second: history.rate(|counts| counts.dropped(signal, component, reason)),
    }
}

fn spool(history: &History, stats: &SpoolStats) -> SpoolFlow {
    let flow = |signal: Signal| {
        let of = &stats.signals[signal.index()];
        SpooledFlow {
            signal: signal.to_string(),
            pending: history.newest().books.signal(signal).pending,
            bytes: of.bytes,
            oldest_seconds: age(of.oldest_received()),
            damaged_frames: of.damaged_frames,
        }
    };
    SpoolFlow {
        bytes: stats.signals.iter().map(|signal| signal.bytes).sum(),
        bytes_max: stats.bytes_max,
        disk_full: stats.disk_full,
        sync_failures: stats.sync_failures,
        flows: Signal::ALL.map(flow).to_vec(),
    }
}

fn exporter_flow(seen: &Seen, exporter: &ExporterStatus) -> ExporterFlow {
    let flows: Vec<DeliveredFlow> =
        exporter.signals.iter().map(|&signal| delivered_flow(seen, signal, &exporter.name)).collect();
    let status = &exporter.status;
    let is_idle = status.last_error.is_none() && flows.iter().all(|flow| flow.records_total == 0);
    ExporterFlow {
        name: exporter.name.clone(),
        kind: exporter.kind,
        endpoint: exporter.endpoint.clone(),
        state: match status.retrying_since {
            Some(_) => ExporterState::Retrying,
            None if is_idle => ExporterState::Idle,
            None => ExporterState::Ok,
        },
        retrying_since_ms: status.retrying_since.map(unix_ms),
        last_error: status.last_error.clone(),
        in_flight: status.in_flight as u64,
        time_to_loss_seconds: exporter.time_to_loss.is_finite().then_some(exporter.time_to_loss),
        flows,
    }
}

fn delivered_flow(seen: &Seen, signal: Signal, exporter: &str) -> DeliveredFlow {
    let history = &seen.history;
    let account = history.newest().account(signal, exporter);
    let of = |what: fn(&ExporterSnapshot) -> u64| account.map_or(0, what);
    let bytes = |counts: &super::Counts| counts.delivered(signal, exporter).bytes;
    let cursors = seen.spool.signals[signal.index()].cursors.iter();
    let oldest =
        cursors.filter(|cursor| cursor.exporter == exporter).find_map(|cursor| cursor.oldest_received);
    DeliveredFlow {
        signal: signal.to_string(),
        records_total: of(|account| account.delivered),
        records_per_second: history
            .rate(|counts| counts.account(signal, exporter).map_or(0, |account| account.delivered)),
        bytes_total: Some(bytes(history.newest())),
        bytes_per_second: Some(history.rate(bytes)),
        deduplicated_total: of(|account| account.deduplicated),
        held: of(|account| account.held),
        lag_seconds: history.lag_seconds(signal, exporter),
        oldest_seconds: age(oldest),
        dropped: drops(history.newest().books.signal(signal))
            .filter(|(component, ..)| *component == exporter)
            .map(|(component, reason, _)| drop_count(history, signal, component, reason))
            .collect(),
    }
}

fn age(received: Option<UnixNanos>) -> Option<f64> {
    received.map(|received| UnixNanos::now().seconds_since(received))
}

fn unix_ms(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1e3
}

pub(super) fn ledger(snapshot: &Snapshot) -> Ledger {
    Ledger { balances: snapshot.balances(), signals: snapshot.signals.iter().map(books).collect() }
}

fn books(books: &SignalSnapshot) -> SignalBooks {
    let is_exporter = |name: &str| books.exporters.iter().any(|account| account.name == name);
    let received: Vec<ReceivedCount> = books
        .received
        .iter()
        .filter(|(receiver, records)| *records > 0 || (receiver.brings(books.signal) && !receiver.is_inner()))
        .map(|(receiver, records)| ReceivedCount { receiver: receiver.to_string(), records: *records })
        .collect();
    let dropped: Vec<ComponentDrops> = drops(books)
        .filter(|(component, ..)| !is_exporter(component))
        .map(|(component, reason, records)| ComponentDrops {
            component: component.to_owned(),
            reason: reason.to_string(),
            records,
        })
        .collect();
    let received_total = received.iter().map(|count| count.records).sum();
    let accounts = books.exporters.iter().map(|exporter| account(books, received_total, exporter));
    SignalBooks {
        signal: books.signal.to_string(),
        received,
        received_total,
        arriving: books.arriving,
        pending: books.pending,
        dropped,
        exporters: accounts.collect(),
    }
}

fn account(books: &SignalSnapshot, received: u64, account: &ExporterSnapshot) -> ExporterAccount {
    let account = ExporterAccount {
        name: account.name.clone(),
        balances: account.imbalance == 0,
        imbalance: account.imbalance,
        received,
        arriving: books.arriving,
        recovered: account.recovered,
        before: account.before,
        delivered: account.delivered,
        deduplicated: account.deduplicated,
        held: account.held,
        dropped_before_spool: books.dropped_before_spool,
        dropped: account.dropped,
        equation: String::new(),
    };
    ExporterAccount { equation: equation(&account), ..account }
}

/// Terms that are 0 almost always show only when they are not.
fn equation(account: &ExporterAccount) -> String {
    let rare =
        |records: u64, word: &str| if records > 0 { format!(" + {records} {word}") } else { String::new() };
    let ExporterAccount { received, recovered, delivered, held, .. } = account;
    let dropped = account.dropped_before_spool + account.dropped;
    let mut equation = format!("{received} received{}", rare(account.arriving, "arriving"));
    equation.push_str(&format!(
        " + {recovered} recovered = {delivered} delivered + {held} held + {dropped} dropped"
    ));
    equation.push_str(&rare(account.before, "before"));
    if account.imbalance != 0 {
        equation.push_str(&format!(" + {} imbalance", account.imbalance));
    }
    equation
}

#[cfg(test)]
mod tests;
