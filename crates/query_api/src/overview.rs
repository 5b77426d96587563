//! What runs: status, targets, pipeline, ledger (docs/api.md, the sections of these names).

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use weir_store::{LOGS_PAGE_MAX, STEPS_MAX, StoreStatus, TRACES_PAGE_MAX};

use crate::answer::{Answer, WithNow, json_response};
use crate::error::ApiError;
use crate::ledger::Ledger;
use crate::live::TAIL_RATE_MAX;
use crate::parameters::Parameters;
use crate::pipeline::Pipeline;
use crate::running::Input;
use crate::server::Api;
use crate::time;

#[derive(Serialize)]
struct Status {
    version: &'static str,
    now_ms: f64,
    started_ms: f64,
    inputs: Vec<Input>,
    store: StoreStatus,
    limits: Limits,
}

#[derive(Serialize)]
struct Limits {
    logs_page_max: usize,
    traces_page_max: usize,
    query_points_max: usize,
    tail_rate_max: usize,
}

pub(crate) async fn status(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    Parameters::of(query.as_deref()).finish()?;
    let limits = Limits {
        logs_page_max: LOGS_PAGE_MAX,
        traces_page_max: TRACES_PAGE_MAX,
        query_points_max: STEPS_MAX,
        tail_rate_max: TAIL_RATE_MAX,
    };
    Ok(json_response(&Status {
        version: api.version,
        now_ms: time::now_ms() as f64,
        started_ms: api.started_ms as f64,
        inputs: api.running.inputs(),
        store: api.store.status().await?,
        limits,
    }))
}

pub(crate) async fn targets(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    Parameters::of(query.as_deref()).finish()?;
    Ok(json_response(&with_now(api.running.targets())))
}

pub(crate) async fn relabelling(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    Parameters::of(query.as_deref()).finish()?;
    let relabelling = api.running.relabelling(&id);
    Ok(json_response(&relabelling.ok_or_else(|| ApiError::not_found("target with this id"))?))
}

pub(crate) async fn pipeline(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    Parameters::of(query.as_deref()).finish()?;
    Ok(json_response(&with_now(api.running.pipeline())))
}

pub(crate) async fn ledger(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    Parameters::of(query.as_deref()).finish()?;
    Ok(json_response(&with_now(api.running.ledger())))
}

/// Both at one time, as the live stream gives them.
#[derive(Serialize)]
pub(crate) struct Snapshot {
    pipeline: WithNow<Pipeline>,
    ledger: WithNow<Ledger>,
}

impl Snapshot {
    pub(crate) fn of(api: &Api) -> Self {
        Self { pipeline: with_now(api.running.pipeline()), ledger: with_now(api.running.ledger()) }
    }
}

fn with_now<T>(value: T) -> WithNow<T> {
    WithNow { now_ms: time::now_ms() as f64, value }
}
