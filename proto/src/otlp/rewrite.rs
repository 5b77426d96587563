//! Editing a request in one pass, by copying what stays and recomputing the lengths around what changes.

use std::ops::Range;

use bytes::Bytes;

use super::patch::Patch;
use super::request::{Kind, Resource, ResourceView};
use crate::wire::{Field, Fields, OpenMessage, WireError, begin_message, end_message, put_bytes_field};

/// Decides what becomes of each resource and record of a request.
pub trait Editor<K: Kind> {
    /// Called for each resource before its records. [`Verdict::Drop`] drops them all.
    fn resource(
        &mut self,
        resource: &ResourceView<'_, K>,
        patch: &mut Patch<Resource>,
    ) -> Result<Verdict, WireError>;

    /// Called for each record.
    fn record(&mut self, record: &K::View<'_>, patch: &mut Patch<K>) -> Result<Verdict, WireError>;
}

/// Whether something stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It stays, changed as the patch says.
    Keep,
    /// It goes; the patch is ignored.
    Drop,
}

/// A request after editing.
#[derive(Clone, Debug)]
pub struct Rewritten {
    /// The request. The original one, uncopied, when nothing was changed.
    pub payload: Bytes,
    /// Records in `payload`.
    pub kept: u64,
    /// Records left out.
    pub dropped: u64,
}

/// Lets `editor` decide on each resource and record of `request`.
///
/// A scope or resource of which every record was dropped goes too. Fields that are unknown here stay. An absent
/// `resource` is made when attributes are added to it.
pub fn rewrite<K: Kind, E: Editor<K>>(request: &Bytes, editor: &mut E) -> Result<Rewritten, WireError> {
    let mut rewriter = Rewriter {
        editor,
        splice: Splice::new(request),
        resource_patch: Patch::default(),
        record_patch: Patch::default(),
        kept: 0,
        dropped: 0,
    };
    for field in Fields::new(request) {
        let field = field?;
        if field.number == 1 {
            rewriter.resource(&field)?;
        }
    }
    let Rewriter { splice, kept, dropped, .. } = rewriter;
    let payload = splice.finish().map_or_else(|| request.clone(), Bytes::from);
    Ok(Rewritten { payload, kept, dropped })
}

struct Rewriter<'a, 'e, K, E> {
    editor: &'e mut E,
    splice: Splice<'a>,
    resource_patch: Patch<Resource>,
    record_patch: Patch<K>,
    kept: u64,
    dropped: u64,
}

impl<K: Kind, E: Editor<K>> Rewriter<'_, '_, K, E> {
    /// `field` is the `ResourceSpans` or `ResourceLogs`; it stands in the request itself.
    fn resource(&mut self, field: &Field<'_>) -> Result<(), WireError> {
        let message = field.bytes()?;
        let start = field.range.end - message.len();
        let view = ResourceView::<K>::read(message, start)?;
        self.resource_patch.clear();
        if self.editor.resource(&view, &mut self.resource_patch)? == Verdict::Drop {
            self.dropped += records_of(message)?;
            self.splice.remove(field.range.clone());
            return Ok(());
        }
        let before = (self.kept, self.dropped);
        self.splice.enter(1, field.range.clone(), start);
        if !self.resource_patch.is_empty() && !view.has_resource() {
            put_bytes_field(self.splice.insert(), 1, self.resource_patch.appended());
        }
        for inner in Fields::new(message) {
            let inner = inner?;
            match inner.number {
                1 if !self.resource_patch.is_empty() => {
                    self.splice.patch(&inner, start, &self.resource_patch)?
                }
                2 => self.scope(&inner, start)?,
                _ => {}
            }
        }
        self.leave(before);
        Ok(())
    }

    /// `start` is where the message that `field` stands in starts.
    fn scope(&mut self, field: &Field<'_>, start: usize) -> Result<(), WireError> {
        let message = field.bytes()?;
        let range = start + field.range.start..start + field.range.end;
        let start = range.end - message.len();
        let before = (self.kept, self.dropped);
        self.splice.enter(2, range, start);
        for inner in Fields::new(message) {
            let inner = inner?;
            if inner.number == 2 {
                self.record(&inner, start)?;
            }
        }
        self.leave(before);
        Ok(())
    }

    fn record(&mut self, field: &Field<'_>, start: usize) -> Result<(), WireError> {
        let message = field.bytes()?;
        let range = start + field.range.start..start + field.range.end;
        self.record_patch.clear();
        let view = K::view(message, range.end - message.len())?;
        match self.editor.record(&view, &mut self.record_patch)? {
            Verdict::Drop => {
                self.dropped += 1;
                self.splice.remove(range);
            }
            Verdict::Keep => {
                self.kept += 1;
                if !self.record_patch.is_empty() {
                    self.splice.patch(field, start, &self.record_patch)?;
                }
            }
        }
        Ok(())
    }

    /// Ends the innermost message, which goes when it had records and has none left.
    fn leave(&mut self, (kept_before, dropped_before): (u64, u64)) {
        if self.kept == kept_before && self.dropped > dropped_before {
            self.splice.leave_out();
        } else {
            self.splice.leave();
        }
    }
}

/// Records in a `ResourceSpans` or `ResourceLogs`.
fn records_of(resource: &[u8]) -> Result<u64, WireError> {
    let mut records = 0;
    for scope in Fields::new(resource) {
        let scope = scope?;
        if scope.number == 2 {
            for record in Fields::new(scope.bytes()?) {
                records += u64::from(record?.number == 2);
            }
        }
    }
    Ok(records)
}

/// The request before and after. Nothing is copied before the first change; from then on what lies between changes
/// is copied in runs.
///
/// Invariant: `out` has what came of `source[..copied]`; the messages in `entered` without `open` start at or after
/// `copied`, and those with it come first.
struct Splice<'a> {
    source: &'a [u8],
    copied: usize,
    changed: bool,
    out: Vec<u8>,
    entered: Vec<Entered>,
}

/// A message on the way from the request to where the pass is.
struct Entered {
    number: u32,
    /// The field, tag included, in the source.
    range: Range<usize>,
    /// Where its content starts in the source.
    start: usize,
    /// There once something within was changed.
    open: Option<OpenMessage>,
}

impl<'a> Splice<'a> {
    fn new(source: &'a [u8]) -> Self {
        Self { source, copied: 0, changed: false, out: Vec::new(), entered: Vec::with_capacity(2) }
    }

    fn enter(&mut self, number: u32, range: Range<usize>, start: usize) {
        self.entered.push(Entered { number, range, start, open: None });
    }

    fn copy_to(&mut self, end: usize) {
        self.out.extend_from_slice(&self.source[self.copied..end]);
        self.copied = end;
    }

    /// Opens the messages entered, so that something within can change.
    fn open(&mut self) {
        if !self.changed {
            self.changed = true;
            self.out.reserve(self.source.len() + self.source.len() / 8);
        }
        for index in 0..self.entered.len() {
            let Entered { number, ref range, start, open: None } = self.entered[index] else { continue };
            let (range, len) = (range.clone(), range.end - start);
            self.copy_to(range.start);
            self.entered[index].open = Some(begin_message(&mut self.out, number, len));
            self.copied = start;
        }
    }

    /// The end of the output, within the innermost message, for something new at its start.
    fn insert(&mut self) -> &mut Vec<u8> {
        self.open();
        &mut self.out
    }

    /// Leaves out a field of the innermost message.
    fn remove(&mut self, range: Range<usize>) {
        self.open();
        self.copy_to(range.start);
        self.copied = range.end;
    }

    /// Changes the message that `field` holds; `start` is where the message around it starts.
    fn patch<K: Kind>(&mut self, field: &Field<'_>, start: usize, patch: &Patch<K>) -> Result<(), WireError> {
        let message = field.bytes()?;
        self.open();
        self.copy_to(start + field.range.start);
        let len_guess = message.len() + patch.appended().len();
        let open = begin_message(&mut self.out, field.number, len_guess);
        if patch.replaces_any() {
            put_without(&mut self.out, message, patch)?;
        } else {
            self.out.extend_from_slice(message);
        }
        self.out.extend_from_slice(patch.appended());
        end_message(&mut self.out, open);
        self.copied = start + field.range.end;
        Ok(())
    }

    /// Ends the innermost message.
    fn leave(&mut self) {
        let Some(message) = self.entered.pop() else { return };
        if let Some(open) = message.open {
            self.copy_to(message.range.end);
            end_message(&mut self.out, open);
        }
    }

    /// Ends the innermost message and leaves it out.
    fn leave_out(&mut self) {
        let Some(message) = self.entered.pop() else { return };
        match message.open {
            Some(open) => {
                self.out.truncate(open.field_at());
                self.copied = message.range.end;
            }
            None => self.remove(message.range),
        }
    }

    /// The output, when anything changed. Its capacity fits, since batches stay in memory.
    fn finish(mut self) -> Option<Vec<u8>> {
        if !self.changed {
            return None;
        }
        self.copy_to(self.source.len());
        self.out.shrink_to_fit();
        Some(self.out)
    }
}

/// Appends the fields of `message` that `patch` does not replace, in runs.
fn put_without<K: Kind>(out: &mut Vec<u8>, message: &[u8], patch: &Patch<K>) -> Result<(), WireError> {
    let mut copied = 0;
    let mut fields = Fields::new(message);
    while let Some(field) = fields.next() {
        let field = field?;
        if field.number == u32::from(K::ATTRIBUTES) {
            while fields.next_short(K::ATTRIBUTES).is_some() {}
        }
        if patch.replaces(&field) {
            out.extend_from_slice(&message[copied..field.range.start]);
            copied = field.range.end;
        }
    }
    out.extend_from_slice(&message[copied..]);
    Ok(())
}
