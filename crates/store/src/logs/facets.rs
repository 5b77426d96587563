//! The values of fields among the newest records asked for.

use std::collections::HashMap;
use std::ops::ControlFlow;

use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Map, Value};
use weir_proto::attributes::{LOG_FILE_PATH, SERVICE_NAME};

use super::scan::{LogSelection, Order, scan};
use crate::clock::ms;
use crate::error::QueryError;
use crate::json::{self, as_text};
use crate::lookup::Lookup;
use crate::place::time_of;
use crate::readers::Budget;
use weir_model::Level;

/// Records looked at.
const RECORDS_MAX: u64 = 10_000;
/// Facets given.
const FACETS_MAX: usize = 40;
/// Fields counted; more are not looked at.
const FIELDS_MAX: usize = 500;
/// Values of a facet given at most.
pub const FACET_VALUES_MAX: usize = 100;
/// Longer values are texts rather than something to choose from.
const VALUE_LEN_MAX: usize = 200;
/// Objects nested deeper are not looked into.
const DEPTH_MAX: usize = 3;

/// Names that a filter does not look up in a record's objects.
const COUNTED_ABOVE: [&str; 6] = ["level", "service", "trace.id", "span.id", "scope", "body"];

/// Facets to count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FacetQuery {
    /// Which records.
    pub selection: LogSelection,
    /// Which fields; empty for those that occur most.
    pub fields: Vec<String>,
    /// Values per field.
    pub limit: usize,
}

/// Values of fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Facets {
    /// Records counted over.
    pub records: u64,
    /// Whether there are more that match.
    pub sampled: bool,
    /// By how many records have the field.
    pub facets: Vec<Facet>,
    /// False when time was up.
    pub complete: bool,
    /// Records before this were not counted.
    pub covered_from_ms: f64,
    /// How long it took.
    pub took_ms: f64,
}

/// A field and its values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Facet {
    /// The field.
    pub field: String,
    /// Records that have it.
    pub records: u64,
    /// How many values there are.
    pub distinct: u64,
    /// The most frequent ones.
    pub values: Vec<FacetValue>,
}

/// A value and how often it occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FacetValue {
    /// The value, as a filter takes it.
    pub value: String,
    /// Records that have it.
    pub records: u64,
}

/// Counts.
pub(crate) fn read(db: &Connection, query: &FacetQuery, budget: &Budget) -> Result<Facets, QueryError> {
    let lookup = Lookup::new(db);
    let selection = &query.selection;
    let mut counter = Counter { wanted: &query.fields, fields: HashMap::new() };
    let mut records = 0;
    let reached = scan(&lookup, selection, selection.ids(), Order::Descending, budget, |mut hit| {
        if records == RECORDS_MAX {
            return Ok(ControlFlow::Break(()));
        }
        records += 1;
        let narrow = hit.narrow()?;
        let resource = lookup.resource(narrow.resource)?;
        counter.count("level", Level::of(narrow.severity).as_str());
        if let Some(service) = &resource.service {
            counter.count("service", service);
        }
        let scope = lookup.scope(narrow.scope)?;
        if !scope.name.is_empty() {
            counter.count("scope", &scope.name);
        }
        let body = hit.body()?;
        let own = [Some(json::object(&body.attributes)), json::object_in(&body.text)];
        let objects = own.iter().flatten().chain([&resource.attributes]);
        counter.count_objects(objects);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(Facets {
        records,
        sampled: reached.last.is_some(),
        facets: counter.facets(records, query.limit.clamp(1, FACET_VALUES_MAX)),
        complete: !reached.is_out_of_time,
        covered_from_ms: reached.last.map_or(ms(selection.from), |id| ms(time_of(id))),
        took_ms: budget.took_ms(),
    })
}

struct Counter<'a> {
    wanted: &'a [String],
    fields: HashMap<String, HashMap<String, u64>>,
}

impl Counter<'_> {
    /// Of fields with one name the first object's counts, as for a filter; so members whose names mean something else
    /// there do not count.
    fn count_objects<'a>(&mut self, objects: impl Iterator<Item = &'a Map<String, Value>>) {
        let mut seen: Vec<String> = COUNTED_ABOVE.map(str::to_owned).to_vec();
        for object in objects {
            let before = seen.len();
            self.count_members(object, "", 1, &mut seen, before);
        }
    }

    fn count_members(
        &mut self,
        object: &Map<String, Value>,
        prefix: &str,
        depth: usize,
        seen: &mut Vec<String>,
        before: usize,
    ) {
        for (key, value) in object {
            let field = format!("{prefix}{key}");
            match value {
                Value::Object(inner) if depth < DEPTH_MAX => {
                    self.count_members(inner, &format!("{field}."), depth + 1, seen, before);
                }
                Value::Object(_) | Value::Array(_) | Value::Null => {}
                _ if seen[..before].contains(&field) || field == SERVICE_NAME => {}
                value => {
                    let text = as_text(value).unwrap_or_default();
                    if text.len() <= VALUE_LEN_MAX {
                        self.count(&field, &text);
                    }
                    seen.push(field);
                }
            }
        }
    }

    fn count(&mut self, field: &str, value: &str) {
        let is_wanted = self.wanted.is_empty() || self.wanted.iter().any(|wanted| wanted == field);
        if !is_wanted || (self.fields.len() >= FIELDS_MAX && !self.fields.contains_key(field)) {
            return;
        }
        let values = match self.fields.get_mut(field) {
            Some(values) => values,
            None => self.fields.entry(field.to_owned()).or_default(),
        };
        match values.get_mut(value) {
            Some(records) => *records += 1,
            None => drop(values.insert(value.to_owned(), 1)),
        }
    }

    fn facets(self, records: u64, limit: usize) -> Vec<Facet> {
        let mut facets: Vec<Facet> =
            self.fields.into_iter().map(|(field, values)| facet(field, values, limit)).collect();
        facets.sort_by_cached_key(|facet| {
            (rank(facet, records), std::cmp::Reverse(facet.records), facet.field.clone())
        });
        facets.truncate(FACETS_MAX);
        facets
    }
}

fn facet(field: String, values: HashMap<String, u64>, limit: usize) -> Facet {
    let distinct = values.len() as u64;
    let records = values.values().sum();
    let mut values: Vec<FacetValue> =
        values.into_iter().map(|(value, records)| FacetValue { value, records }).collect();
    values.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| a.value.cmp(&b.value)));
    values.truncate(limit);
    Facet { field, records, distinct, values }
}

/// What a person looks for first; fields that tell every record apart come last.
fn rank(facet: &Facet, records: u64) -> u8 {
    match facet.field.as_str() {
        "level" => 0,
        "service" => 1,
        LOG_FILE_PATH => 2,
        _ if records > 20 && facet.distinct * 2 > facet.records => 4,
        _ => 3,
    }
}
