//! Services and their operations.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use serde::Serialize;

use super::trace::kind_name;
use super::write::STATUS_ERROR;
use crate::clock::ms;
use crate::error::QueryError;
use crate::lookup::Lookup;
use crate::place::{bound, time_of};
use crate::readers::Budget;

/// Services given.
const SERVICES_MAX: usize = 200;
/// Operations given of each.
const OPERATIONS_MAX: usize = 100;
/// Rows between looks at the clock.
const STRIDE: u64 = 1024;

/// Services with spans or logs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Services {
    /// By number of spans, then of logs.
    pub services: Vec<Service>,
    /// False when time was up.
    pub complete: bool,
    /// What was before this was not counted.
    pub covered_from_ms: f64,
    /// How long it took.
    pub took_ms: f64,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its spans.
    pub spans: u64,
    /// Those that ended in an error.
    pub errors: u64,
    /// Its log records.
    pub logs: u64,
    /// What it does, by number of spans.
    pub operations: Vec<ServiceOperation>,
}

/// An operation of a service.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServiceOperation {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// Its spans.
    pub spans: u64,
    /// Those that ended in an error.
    pub errors: u64,
    /// Half of them took no longer.
    pub p50_ms: f64,
    /// All but one in a hundred took no longer.
    pub p99_ms: f64,
}

#[derive(Default)]
struct Spans {
    errors: u64,
    durations: Vec<i64>,
}

/// Counts what lies between two times, the newest first.
pub(crate) fn read(db: &Connection, from: i64, to: i64, budget: &Budget) -> Result<Services, QueryError> {
    let lookup = Lookup::new(db);
    let mut operations: HashMap<i64, Spans> = HashMap::new();
    let mut logs: HashMap<i64, u64> = HashMap::new();
    let ids = (bound(from), bound(to));
    let spans_from = each(
        db,
        "SELECT id, operation, status, duration FROM span WHERE id >= ?1 AND id < ?2 ORDER BY id DESC",
        ids,
        budget,
        |row| {
            let spans = operations.entry(row.get(1)?).or_default();
            spans.errors += u64::from(row.get::<_, i64>(2)? == i64::from(STATUS_ERROR));
            spans.durations.push(row.get(3)?);
            Ok(())
        },
    )?;
    let logs_from = each(
        db,
        "SELECT id, resource FROM log WHERE id >= ?1 AND id < ?2 ORDER BY id DESC",
        ids,
        budget,
        |row| {
            *logs.entry(row.get(1)?).or_default() += 1;
            Ok(())
        },
    )?;
    let covered_from = spans_from.max(logs_from);
    Ok(Services {
        services: services(&lookup, operations, logs)?,
        complete: covered_from.is_none(),
        covered_from_ms: ms(covered_from.unwrap_or(from)),
        took_ms: budget.took_ms(),
    })
}

/// Calls `visit` with each row until time is up; then gives the time that it reached.
fn each(
    db: &Connection,
    sql: &str,
    ids: (i64, i64),
    budget: &Budget,
    mut visit: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<Option<i64>> {
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query(params![ids.0, ids.1])?;
    let mut seen = 0_u64;
    while let Some(row) = rows.next()? {
        visit(row)?;
        seen += 1;
        if seen.is_multiple_of(STRIDE) && budget.is_spent() {
            return Ok(Some(time_of(row.get(0)?)));
        }
    }
    Ok(None)
}

fn services(
    lookup: &Lookup<'_>,
    operations: HashMap<i64, Spans>,
    logs: HashMap<i64, u64>,
) -> rusqlite::Result<Vec<Service>> {
    let mut services: HashMap<String, Service> = HashMap::new();
    let empty =
        |name: &str| Service { name: name.to_owned(), spans: 0, errors: 0, logs: 0, operations: Vec::new() };
    for (operation, spans) in operations {
        let operation = lookup.operation(operation)?;
        let Some(name) = &operation.service else { continue };
        let service = services.entry(name.clone()).or_insert_with(|| empty(name));
        service.spans += spans.durations.len() as u64;
        service.errors += spans.errors;
        service.operations.push(spans.operation(&operation.name, operation.kind));
    }
    for (resource, records) in logs {
        if let Some(name) = &lookup.resource(resource)?.service {
            services.entry(name.clone()).or_insert_with(|| empty(name)).logs += records;
        }
    }
    let mut services: Vec<Service> = services.into_values().collect();
    services.sort_by(|a, b| (b.spans, b.logs).cmp(&(a.spans, a.logs)).then_with(|| a.name.cmp(&b.name)));
    services.truncate(SERVICES_MAX);
    for service in &mut services {
        service.operations.sort_by(|a, b| b.spans.cmp(&a.spans).then_with(|| a.name.cmp(&b.name)));
        service.operations.truncate(OPERATIONS_MAX);
    }
    Ok(services)
}

impl Spans {
    fn operation(mut self, name: &str, kind: i64) -> ServiceOperation {
        self.durations.sort_unstable();
        let at = |share: f64| {
            // The least value that `share` of all do not pass.
            let rank = (self.durations.len() as f64 * share).ceil() as usize;
            ms(self.durations[rank.clamp(1, self.durations.len()) - 1])
        };
        ServiceOperation {
            name: name.to_owned(),
            kind: kind_name(kind),
            spans: self.durations.len() as u64,
            errors: self.errors,
            p50_ms: at(0.5),
            p99_ms: at(0.99),
        }
    }
}
