//! Log records (docs/api.md, Logs).

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use weir_store::{BUCKETS_MAX, FACET_VALUES_MAX, FacetQuery, LOGS_PAGE_MAX, LogQuery, NEIGHBOURS_MAX, Order};

use crate::answer::{Answer, json_response};
use crate::error::ApiError;
use crate::parameters::Parameters;
use crate::server::Api;

const PAGE: usize = 100;
const BUCKETS: usize = 60;
const VALUES: usize = 10;
const NEIGHBOURS: usize = 10;

pub(crate) async fn list(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    let mut given = Parameters::of(query.as_deref());
    let selection = given.log_selection()?;
    let limit = given.count("limit", PAGE, LOGS_PAGE_MAX)?;
    let order = match given.text("order")?.as_deref() {
        None | Some("desc") => Order::Descending,
        Some("asc") => Order::Ascending,
        Some(other) => {
            let message = format!("{other:?} is no order");
            return Err(ApiError::parameter("order", &message, "write desc (newest first) or asc"));
        }
    };
    let cursor = given.text("cursor")?;
    given.finish()?;
    Ok(json_response(&api.store.logs(LogQuery { selection, limit, order, cursor }).await?))
}

pub(crate) async fn one(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    Parameters::of(query.as_deref()).finish()?;
    Ok(json_response(&api.store.log(number(&id)?).await?))
}

pub(crate) async fn context(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let mut given = Parameters::of(query.as_deref());
    let before = given.count_from(0, "before", NEIGHBOURS, NEIGHBOURS_MAX)?;
    let after = given.count_from(0, "after", NEIGHBOURS, NEIGHBOURS_MAX)?;
    given.finish()?;
    Ok(json_response(&api.store.log_context(number(&id)?, before, after).await?))
}

pub(crate) async fn histogram(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    let mut given = Parameters::of(query.as_deref());
    let selection = given.log_selection()?;
    let buckets = given.count("buckets", BUCKETS, BUCKETS_MAX)?;
    given.finish()?;
    Ok(json_response(&api.store.log_histogram(selection, buckets).await?))
}

pub(crate) async fn facets(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer {
    let mut given = Parameters::of(query.as_deref());
    let selection = given.log_selection()?;
    let fields = given.text("fields")?.unwrap_or_default();
    let fields =
        fields.split(',').map(str::trim).filter(|field| !field.is_empty()).map(str::to_owned).collect();
    let limit = given.count("limit", VALUES, FACET_VALUES_MAX)?;
    given.finish()?;
    Ok(json_response(&api.store.log_facets(FacetQuery { selection, fields, limit }).await?))
}

fn number(id: &str) -> Result<i64, ApiError> {
    id.parse().map_err(|_| ApiError::not_found("log record with this id"))
}
