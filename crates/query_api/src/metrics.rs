//! Metrics (docs/api.md, Metrics).

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use weir_store::{EXEMPLARS_MAX, NAMES_MAX};

use crate::answer::{Answer, json_response};
use crate::error::ApiError;
use crate::parameters::Parameters;
use crate::server::Api;

const NAMES: usize = 500;
const EXEMPLARS: usize = 500;
/// Steps of a range whose step is not given.
const STEPS: i64 = 240;
const STEP_MS_MIN: i64 = 1_000;

pub(crate) async fn names(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    let mut given = Parameters::of(query.as_deref());
    let text = given.text("q")?.unwrap_or_default();
    let limit = given.count("limit", NAMES, NAMES_MAX)?;
    given.finish()?;
    Ok(json_response(&api.store.metric_names(text, limit).await?))
}

pub(crate) async fn labels(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    let mut given = Parameters::of(query.as_deref());
    let selector = given.text("match")?;
    given.finish()?;
    Ok(json_response(&api.store.label_names(selector.as_deref()).await?))
}

pub(crate) async fn label_values(
    State(api): State<Arc<Api>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let mut given = Parameters::of(query.as_deref());
    let selector = given.text("match")?;
    let text = given.text("q")?.unwrap_or_default();
    let limit = given.count("limit", NAMES, NAMES_MAX)?;
    given.finish()?;
    Ok(json_response(&api.store.label_values(name, selector.as_deref(), text, limit).await?))
}

pub(crate) async fn query(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    let mut given = Parameters::of(query.as_deref());
    let query = given.required("query")?;
    let time = given.time("time")?.unwrap_or(given.now_ms());
    given.finish()?;
    Ok(json_response(&api.store.query(query, time).await?))
}

pub(crate) async fn query_range(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    let mut given = Parameters::of(query.as_deref());
    let query = given.required("query")?;
    let range = given.range_ms()?;
    let step = step_ms(&mut given, range)?;
    given.finish()?;
    Ok(json_response(&api.store.query_range(query, range, step).await?))
}

fn step_ms(given: &mut Parameters, (from, to): (i64, i64)) -> Result<i64, ApiError> {
    let step = given.duration("step")?;
    let step = step.map(|step| i64::try_from(step.as_millis()).unwrap_or(i64::MAX));
    Ok(step.unwrap_or_else(|| ((to - from) / STEPS).max(STEP_MS_MIN)))
}

pub(crate) async fn exemplars(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    let mut given = Parameters::of(query.as_deref());
    let query = given.required("query")?;
    let range = given.range_ms()?;
    let limit = given.count("limit", EXEMPLARS, EXEMPLARS_MAX)?;
    given.finish()?;
    Ok(json_response(&api.store.exemplars(&query, range, limit).await?))
}
