//! Whether a record is one of those asked for.

use std::borrow::Cow;

use rusqlite::Connection;
use serde_json::{Map, Value};
use weir_proto::attributes::LOG_FILE_PATH;

use super::record::{Body, Narrow, put_searched_text};
use crate::filter::{FieldValue, Filter, Filters, Test};
use crate::hex;
use crate::json::{self, as_text, member};
use crate::lookup::{Lookup, Resource};
use crate::search::Search;
use weir_model::Level;

/// Fields that the narrow row and what it refers to tell.
const NARROW_FIELDS: [&str; 6] = ["level", "service", "trace.id", "span.id", "scope", "log.file.path"];

/// The conditions, those that are cheap to check apart.
#[derive(Clone, Debug)]
pub(crate) struct Predicate {
    search: Search,
    narrow: Filters,
    wide: Filters,
}

impl Predicate {
    pub(crate) fn new(search: &Search, filters: &Filters) -> Self {
        let (narrow, wide) = filters.split(|filter| NARROW_FIELDS.contains(&filter.field.as_str()));
        Self { search: search.clone(), narrow, wide }
    }

    /// The full-text index has answered the search.
    pub(crate) fn without_search(mut self) -> Self {
        self.search = Search::default();
        self
    }

    /// Whether the narrow row need not be looked at.
    pub(crate) fn ignores_narrow(&self) -> bool {
        self.narrow.is_empty()
    }

    /// Whether the body need not be looked at.
    pub(crate) fn ignores_body(&self) -> bool {
        self.search.is_empty() && self.wide.is_empty()
    }

    /// Checks the narrow row.
    pub(crate) fn passes_narrow(&self, lookup: &Lookup<'_>, narrow: &Narrow) -> rusqlite::Result<bool> {
        let resource = lookup.resource(narrow.resource)?;
        let scope = lookup.scope(narrow.scope)?;
        Ok(self.narrow.pass(|field| match field {
            "level" => Some(FieldValue::Level(Level::of(narrow.severity))),
            "service" => text(resource.service.as_deref()),
            "trace.id" => narrow.trace_id.as_deref().map(hex::encode).map(owned),
            "span.id" => narrow.span_id.as_deref().map(hex::encode).map(owned),
            "scope" => text(Some(scope.name.as_str()).filter(|name| !name.is_empty())),
            _ => resource.attributes.get(LOG_FILE_PATH).and_then(as_text).map(FieldValue::Text),
        }))
    }

    /// Checks the body.
    pub(crate) fn passes_body(
        &self,
        lookup: &Lookup<'_>,
        narrow: &Narrow,
        body: &Body,
    ) -> rusqlite::Result<bool> {
        let attributes = json::object(&body.attributes);
        if !self.search.is_empty() {
            let mut folded = String::with_capacity(body.text.len() + body.attributes.len());
            put_searched_text(&mut folded, &body.text, &attributes);
            if !self.search.matches(&folded) {
                return Ok(false);
            }
        }
        if self.wide.is_empty() {
            return Ok(true);
        }
        let resource = lookup.resource(narrow.resource)?;
        let json = json::object_in(&body.text);
        let fields =
            Fields { body: &body.text, attributes: &attributes, json: json.as_ref(), resource: &resource };
        Ok(self.wide.pass(|field| fields.value(field)))
    }
}

/// Where the fields of a record are looked up.
pub(crate) struct Fields<'a> {
    body: &'a str,
    attributes: &'a Map<String, Value>,
    json: Option<&'a Map<String, Value>>,
    resource: &'a Resource,
}

impl<'a> Fields<'a> {
    fn value(&self, field: &str) -> Option<FieldValue<'a>> {
        if field == "body" {
            return Some(FieldValue::Text(self.body.into()));
        }
        let value = self.attributes.get(field).or_else(|| member(self.json?, field));
        value.or_else(|| self.resource.attributes.get(field)).and_then(as_text).map(FieldValue::Text)
    }
}

fn text(text: Option<&str>) -> Option<FieldValue<'_>> {
    text.map(|text| FieldValue::Text(Cow::Borrowed(text)))
}

fn owned(text: String) -> FieldValue<'static> {
    FieldValue::Text(Cow::Owned(text))
}

/// Adds to a search what a record must contain to pass filters on its own fields, so that the index can narrow them
/// down. Every record that passes the filters is still found.
pub(crate) fn narrow_down(db: &Connection, search: &mut Search, filters: &Filters) -> rusqlite::Result<()> {
    for filter in filters.iter() {
        let Filter { field, test: Test::Is(values) } = filter else { continue };
        let is_narrow = NARROW_FIELDS.contains(&field.as_str());
        if !is_narrow && values.iter().all(|value| is_plain(value)) && !is_of_resource(db, field)? {
            search.require_any(values.iter().map(String::as_str));
        }
    }
    Ok(())
}

/// Whether the value has the same words however JSON writes it: no character that is escaped in a way that makes other
/// words of it, and no number with more than one form.
fn is_plain(value: &str) -> bool {
    let has_plain_characters =
        value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" _-.:/@,;+*=()[]#".contains(&byte));
    let is_whole = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    has_plain_characters && (is_whole || value.parse::<f64>().is_err())
}

/// Whether a resource has an attribute with this key: those are not in the index.
fn is_of_resource(db: &Connection, field: &str) -> rusqlite::Result<bool> {
    let mut select = db.prepare_cached(
        "SELECT EXISTS(SELECT 1 FROM resource, json_each(resource.attributes) WHERE json_each.key = ?1)",
    )?;
    select.query_row([field], |row| row.get(0))
}
