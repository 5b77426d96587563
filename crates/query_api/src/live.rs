//! Live streams of server-sent events (docs/api.md, Live streams).
//!
//! A stream makes its next event when the connection has taken the one before: a client that is too slow gets fewer
//! events and is told what it missed, and never more than one event waits for it.

mod tail;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{Stream, unfold};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Interval, MissedTickBehavior, interval};
use weir_store::{LOGS_PAGE_MAX, LogQuery, Order};

use crate::answer::Answer;
use crate::error::ApiError;
use crate::overview::Snapshot;
use crate::parameters::Parameters;
use crate::server::Api;
use tail::TailStream;

/// Lines per second that a tail sends at most.
pub(crate) const TAIL_RATE_MAX: usize = 5_000;
const TAIL_RATE: usize = 1_000;
/// So that dead connections are found.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// After which a browser connects again.
const RETRY: Duration = Duration::from_secs(1);

pub(crate) async fn pipeline(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    Parameters::of(query.as_deref()).finish()?;
    let permit = permit(&api.streams)?;
    let second = ticks(Duration::from_secs(1));
    let events = unfold((api, permit, second), |(api, permit, mut second)| async move {
        tokio::select! {
            () = api.stop.cancelled() => return None,
            _ = second.tick() => {}
        }
        let event = event("pipeline", &Snapshot::of(&api));
        Some((event, (api, permit, second)))
    });
    Ok(stream(events))
}

pub(crate) async fn tail(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    let mut given = Parameters::of(query.as_deref());
    let selection = given.log_terms()?;
    let rate = given.count("rate", TAIL_RATE, TAIL_RATE_MAX)?;
    let backlog = given.count_from(0, "backlog", 0, LOGS_PAGE_MAX)?;
    given.finish()?;
    let permit = permit(&api.streams)?;
    // Begun before the backlog is read, so that nothing falls between the two.
    let tail = api.store.tail(selection.clone());
    let mut first = Vec::new();
    if backlog > 0 {
        let query = LogQuery { selection, limit: backlog, order: Order::Descending, cursor: None };
        first = api.store.logs(query).await?.records;
        first.reverse();
    }
    let tail = TailStream::new(tail, rate, first);
    let events = unfold((api, permit, tail), |(api, permit, mut tail)| async move {
        let event = tokio::select! {
            () = api.stop.cancelled() => return None,
            event = tail.next() => event?,
        };
        Some((Ok(event), (api, permit, tail)))
    });
    Ok(stream(events))
}

fn permit(streams: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ApiError> {
    Arc::clone(streams).try_acquire_owned().map_err(|_| ApiError::busy("live streams"))
}

/// A stream that is late does not catch up on what it missed.
fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn event(name: &str, data: &impl Serialize) -> Result<Event, Infallible> {
    let data = serde_json::to_string(data).expect("answers have text keys and finite depth");
    Ok(Event::default().event(name).retry(RETRY).data(data))
}

fn stream(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}
