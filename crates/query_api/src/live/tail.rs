//! Log records as they are stored, as many per second as the client asked for.

use std::collections::HashSet;
use std::time::Duration;

use axum::response::sse::Event;
use serde::Serialize;
use tokio::time::{Instant, Interval};
use weir_store::{LogRow, Tail};

use super::{event, ticks};
use crate::time;

/// Looks per second.
const LOOKS: usize = 4;
const SECOND: Duration = Duration::from_secs(1);

/// What came in since the event before.
#[derive(Debug, Serialize)]
struct Records {
    records: Vec<LogRow>,
    matched: u64,
    sent: u64,
    skipped: u64,
}

#[derive(Debug, Serialize)]
struct Status {
    now_ms: f64,
    matched_per_second: f64,
    sent_per_second: f64,
    lost: u64,
}

/// A tail as a client sees it.
pub(super) struct TailStream {
    tail: Tail,
    looks: Interval,
    /// Lines that may be sent; those of a second at most.
    allowance: f64,
    rate: f64,
    /// The event to begin with.
    first: Option<Vec<LogRow>>,
    /// Ids of that event, which the tail may find again.
    sent_first: HashSet<String>,
    since: Instant,
    matched: u64,
    sent: u64,
    lost: u64,
}

impl TailStream {
    pub(super) fn new(tail: Tail, rate: usize, first: Vec<LogRow>) -> Self {
        Self {
            tail,
            looks: ticks(SECOND / LOOKS as u32),
            allowance: 0.0,
            rate: rate as f64,
            sent_first: first.iter().map(|row| row.id.clone()).collect(),
            first: Some(first).filter(|first| !first.is_empty()),
            since: Instant::now(),
            matched: 0,
            sent: 0,
            lost: 0,
        }
    }

    /// The next event; `None` when the store can be read no more. Dropped half way, records may be lost to the stream.
    pub(super) async fn next(&mut self) -> Option<Event> {
        if let Some(records) = self.first.take() {
            let sent = records.len() as u64;
            return Some(written("records", &Records { records, matched: sent, sent, skipped: 0 }));
        }
        loop {
            if self.since.elapsed() >= SECOND {
                return Some(self.status());
            }
            self.looks.tick().await;
            if let Some(records) = self.look().await? {
                return Some(written("records", &records));
            }
        }
    }

    async fn look(&mut self) -> Option<Option<Records>> {
        self.allowance = (self.allowance + self.rate / LOOKS as f64).min(self.rate);
        let mut turn = match self.tail.turn(self.allowance as usize).await {
            Ok(turn) => turn,
            // Busy, or out of time: what it did not get to read is among the lost of the next turn.
            Err(error) if !matches!(error, weir_store::QueryError::Closed) => {
                tracing::debug!(%error, "a look of the live tail failed");
                return Some(None);
            }
            Err(_) => return None,
        };
        let found = turn.records.len();
        turn.records.retain(|row| !self.sent_first.remove(&row.id));
        let matched = turn.matched - (found - turn.records.len()) as u64;
        let sent = turn.records.len() as u64;
        self.allowance -= sent as f64;
        self.matched += matched;
        self.sent += sent;
        self.lost = turn.lost;
        let records = Records { records: turn.records, matched, sent, skipped: matched - sent };
        Some((matched > 0).then_some(records))
    }

    fn status(&mut self) -> Event {
        let seconds = self.since.elapsed().as_secs_f64();
        let status = Status {
            now_ms: time::now_ms() as f64,
            matched_per_second: self.matched as f64 / seconds,
            sent_per_second: self.sent as f64 / seconds,
            lost: self.lost,
        };
        (self.since, self.matched, self.sent) = (Instant::now(), 0, 0);
        written("status", &status)
    }
}

fn written(name: &str, data: &impl Serialize) -> Event {
    let Ok(event) = event(name, data);
    event
}
