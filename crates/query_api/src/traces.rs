//! Traces and the services in them (docs/api.md, Traces).

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use weir_store::{Filters, TRACES_PAGE_MAX, TraceQuery};

use crate::answer::{Answer, json_response};
use crate::error::ApiError;
use crate::parameters::Parameters;
use crate::server::Api;

const PAGE: usize = 20;

pub(crate) async fn services(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    let mut given = Parameters::of(query.as_deref());
    let (from, to) = given.range_nanos()?;
    given.finish()?;
    Ok(json_response(&api.store.services(from, to).await?))
}

pub(crate) async fn list(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    let mut given = Parameters::of(query.as_deref());
    let (from, to) = given.range_nanos()?;
    let query = TraceQuery {
        service: given.text("service")?,
        operation: given.text("operation")?,
        error: given.flag("error")?,
        duration_min: nanos(&mut given, "min_duration")?,
        duration_max: nanos(&mut given, "max_duration")?,
        filters: Filters::parse(&given.all("filter"))?,
        text: given.text("q")?.filter(|text| !text.is_empty()),
        from,
        to,
        limit: given.count("limit", PAGE, TRACES_PAGE_MAX)?,
        cursor: given.text("cursor")?,
    };
    given.finish()?;
    Ok(json_response(&api.store.traces(query).await?))
}

fn nanos(given: &mut Parameters, name: &'static str) -> Result<Option<i64>, ApiError> {
    let duration = given.duration(name)?;
    Ok(duration.map(|duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)))
}

pub(crate) async fn one(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    Parameters::of(query.as_deref()).finish()?;
    Ok(json_response(&api.store.trace(&id).await?))
}
