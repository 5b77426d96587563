//! What requests of traces and logs have in common: resources, which have scopes, which have records.

use std::marker::PhantomData;
use std::ops::Range;

use super::any_value::{KeyValues, utf8};
use crate::wire::{Fields, WireError};

/// A message with attributes: [`traces::Span`](super::traces::Span), [`logs::LogRecord`](super::logs::LogRecord) or
/// [`Resource`].
pub trait Kind: Sized {
    /// Number of the field `attributes`, at most 15.
    const ATTRIBUTES: u8;

    /// The reader of such a message.
    type View<'a>;

    /// Reads a message that starts at `start` of its request.
    fn view(message: &[u8], start: usize) -> Result<Self::View<'_>, WireError>;
}

/// The kind of a `Resource` message.
#[derive(Clone, Copy, Debug)]
pub enum Resource {}

impl Kind for Resource {
    const ATTRIBUTES: u8 = 1;
    type View<'a> = KeyValues<'a>;

    fn view(message: &[u8], _start: usize) -> Result<KeyValues<'_>, WireError> {
        Ok(KeyValues::new(message, Self::ATTRIBUTES))
    }
}

/// An export request with records of kind `K`.
#[derive(Clone, Copy, Debug)]
pub struct RequestView<'a, K> {
    message: &'a [u8],
    kind: PhantomData<K>,
}

impl<'a, K: Kind> RequestView<'a, K> {
    /// Reads `message`.
    pub const fn new(message: &'a [u8]) -> Self {
        Self { message, kind: PhantomData }
    }

    /// The resources with their records, in order.
    pub fn resources(self) -> impl Iterator<Item = Result<ResourceView<'a, K>, WireError>> + use<'a, K> {
        submessages(self.message, 0, 1)
            .map(|found| found.and_then(|(message, start)| ResourceView::read(message, start)))
    }
}

/// A `ResourceSpans` or `ResourceLogs` message.
#[derive(Clone, Copy, Debug)]
pub struct ResourceView<'a, K> {
    message: &'a [u8],
    start: usize,
    resource: Option<&'a [u8]>,
    schema_url: &'a [u8],
    kind: PhantomData<K>,
}

impl<'a, K: Kind> ResourceView<'a, K> {
    pub(super) fn read(message: &'a [u8], start: usize) -> Result<Self, WireError> {
        let mut view = Self { message, start, resource: None, schema_url: &[], kind: PhantomData };
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => field.once(&mut view.resource)?,
                3 => view.schema_url = field.bytes()?,
                _ => {}
            }
        }
        Ok(view)
    }

    /// The resource's attributes; none when there is no resource.
    pub fn attributes(&self) -> KeyValues<'a> {
        KeyValues::new(self.resource.unwrap_or_default(), Resource::ATTRIBUTES)
    }

    /// Whether a `resource` is there, be it empty.
    pub fn has_resource(&self) -> bool {
        self.resource.is_some()
    }

    /// The schema of the resource's attributes.
    pub fn schema_url(&self) -> Result<&'a str, WireError> {
        utf8(self.schema_url)
    }

    /// The scopes with their records, in order.
    pub fn scopes(&self) -> impl Iterator<Item = Result<ScopeView<'a, K>, WireError>> + use<'a, K> {
        submessages(self.message, self.start, 2)
            .map(|found| found.and_then(|(message, start)| ScopeView::read(message, start)))
    }

    /// Where the message, without tag and length, stands in the request.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.message.len()
    }
}

/// A `ScopeSpans` or `ScopeLogs` message.
#[derive(Clone, Copy, Debug)]
pub struct ScopeView<'a, K> {
    message: &'a [u8],
    start: usize,
    name: &'a [u8],
    version: &'a [u8],
    scope: &'a [u8],
    kind: PhantomData<K>,
}

impl<'a, K: Kind> ScopeView<'a, K> {
    fn read(message: &'a [u8], start: usize) -> Result<Self, WireError> {
        let mut scope = None;
        for field in Fields::new(message) {
            let field = field?;
            if field.number == 1 {
                field.once(&mut scope)?;
            }
        }
        let scope = scope.unwrap_or_default();
        let mut view = Self { message, start, name: &[], version: &[], scope, kind: PhantomData };
        for field in Fields::new(scope) {
            let field = field?;
            match field.number {
                1 => view.name = field.bytes()?,
                2 => view.version = field.bytes()?,
                _ => {}
            }
        }
        Ok(view)
    }

    /// Name of the instrumentation scope; empty when there is none.
    pub fn name(&self) -> Result<&'a str, WireError> {
        utf8(self.name)
    }

    /// Version of the instrumentation scope.
    pub fn version(&self) -> Result<&'a str, WireError> {
        utf8(self.version)
    }

    /// Attributes of the instrumentation scope.
    pub fn attributes(&self) -> KeyValues<'a> {
        KeyValues::new(self.scope, 3)
    }

    /// The spans or log records, in order.
    pub fn records(&self) -> impl Iterator<Item = Result<K::View<'a>, WireError>> + use<'a, K> {
        submessages(self.message, self.start, 2)
            .map(|found| found.and_then(|(message, start)| K::view(message, start)))
    }

    /// Where the message, without tag and length, stands in the request.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.message.len()
    }
}

/// The messages in field `number`, each with its place in the request.
fn submessages(
    message: &[u8],
    start: usize,
    number: u32,
) -> impl Iterator<Item = Result<(&[u8], usize), WireError>> {
    Fields::new(message).filter_map(move |field| match field {
        Ok(field) if field.number == number => {
            Some(field.bytes().map(|bytes| (bytes, start + field.range.end - bytes.len())))
        }
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

/// An id of `N` bytes. Absent, empty and all zero mean that there is none.
pub(super) fn id<const N: usize>(bytes: &[u8]) -> Result<Option<[u8; N]>, WireError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let id = <[u8; N]>::try_from(bytes).map_err(|_| WireError::IdLength)?;
    Ok((id != [0; N]).then_some(id))
}
