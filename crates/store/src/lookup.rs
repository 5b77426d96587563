//! Shared things that a query needs, each read once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};

use crate::json;

/// What emitted records.
#[derive(Debug, Default)]
pub(crate) struct Resource {
    pub(crate) service: Option<String>,
    pub(crate) attributes: Map<String, Value>,
}

/// What instrumented them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Scope {
    /// Its name; empty when there is none.
    pub name: String,
    /// Its version; empty when there is none.
    pub version: String,
}

/// An operation of a service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operation {
    pub(crate) service: Option<String>,
    pub(crate) name: String,
    pub(crate) kind: i64,
}

/// Reads and remembers.
pub(crate) struct Lookup<'a> {
    pub(crate) db: &'a Connection,
    resources: RefCell<HashMap<i64, Rc<Resource>>>,
    scopes: RefCell<HashMap<i64, Rc<Scope>>>,
    operations: RefCell<HashMap<i64, Rc<Operation>>>,
}

impl<'a> Lookup<'a> {
    pub(crate) fn new(db: &'a Connection) -> Self {
        Self { db, resources: RefCell::default(), scopes: RefCell::default(), operations: RefCell::default() }
    }

    pub(crate) fn resource(&self, id: i64) -> rusqlite::Result<Rc<Resource>> {
        remembered(&self.resources, id, || {
            let mut select =
                self.db.prepare_cached("SELECT service, attributes FROM resource WHERE id = ?1")?;
            let found = select.query_row([id], |row| {
                Ok(Resource { service: row.get(0)?, attributes: json::object(row.get_ref(1)?.as_str()?) })
            });
            found.optional()
        })
    }

    pub(crate) fn scope(&self, id: i64) -> rusqlite::Result<Rc<Scope>> {
        remembered(&self.scopes, id, || {
            let mut select = self.db.prepare_cached("SELECT name, version FROM scope WHERE id = ?1")?;
            select.query_row([id], |row| Ok(Scope { name: row.get(0)?, version: row.get(1)? })).optional()
        })
    }

    pub(crate) fn operation(&self, id: i64) -> rusqlite::Result<Rc<Operation>> {
        remembered(&self.operations, id, || {
            let mut select =
                self.db.prepare_cached("SELECT service, name, kind FROM operation WHERE id = ?1")?;
            let found = select.query_row([id], |row| {
                Ok(Operation { service: row.get(0)?, name: row.get(1)?, kind: row.get(2)? })
            });
            found.optional()
        })
    }
}

/// A missing row reads as an empty thing.
fn remembered<T: Default>(
    known: &RefCell<HashMap<i64, Rc<T>>>,
    id: i64,
    read: impl FnOnce() -> rusqlite::Result<Option<T>>,
) -> rusqlite::Result<Rc<T>> {
    if let Some(found) = known.borrow().get(&id) {
        return Ok(Rc::clone(found));
    }
    let found = Rc::new(read()?.unwrap_or_default());
    known.borrow_mut().insert(id, Rc::clone(&found));
    Ok(found)
}
