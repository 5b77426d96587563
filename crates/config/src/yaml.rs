//! YAML as a tree in which every node knows its place.
//!
//! Scalars keep the text as written: what `1m` or `0644` means is decided by the setting that holds it. Anchors,
//! aliases and merge keys (`<<`) are resolved here.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use crate::Place;

/// Nodes of one file after aliases are resolved, and how deep they nest. Far above any real configuration; they keep
/// a hostile file from taking the memory or the stack.
const NODES_MAX: usize = 100_000;
const DEPTH_MAX: usize = 64;

/// A node and where it starts.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) content: Content,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// `plain` is false for quoted and block scalars, which are always text.
    Scalar {
        text: String,
        plain: bool,
    },
    Sequence(Vec<Node>),
    /// In the file's order; may hold a key twice.
    Mapping(Vec<(Node, Node)>),
}

/// Why a text is not a YAML document that weir reads.
#[derive(Debug)]
pub(crate) struct YamlError {
    pub(crate) place: Place,
    pub(crate) message: String,
}

impl Node {
    /// The node of a file or a setting that holds nothing.
    pub(crate) fn null() -> Self {
        let place = Place { line: 1, column: 1, bytes: 0..0 };
        Self { place, content: Content::Scalar { text: String::new(), plain: true } }
    }

    pub(crate) fn is_null(&self) -> bool {
        match &self.content {
            Content::Scalar { text, plain } => {
                *plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    /// Whether nothing but nulls and empty collections is left below, as in the `alerting` of Prometheus' own example.
    pub(crate) fn is_void(&self) -> bool {
        match &self.content {
            Content::Scalar { .. } => self.is_null(),
            Content::Sequence(items) => items.iter().all(Self::is_void),
            Content::Mapping(entries) => entries.iter().all(|(_, value)| value.is_void()),
        }
    }

    /// Where a mapping's key stands.
    pub(crate) fn key_place(&self, name: &str) -> Option<&Place> {
        let Content::Mapping(entries) = &self.content else { return None };
        entries.iter().find(|(key, _)| key.scalar() == Some(name)).map(|(key, _)| &key.place)
    }

    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.content, Content::Scalar { plain: true, .. })
    }

    pub(crate) fn scalar(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The items of a sequence, nothing for other nodes.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Node> {
        let items = if let Content::Sequence(items) = &self.content { items.as_slice() } else { &[] };
        items.iter()
    }

    /// The entries of a mapping whose keys are scalars, nothing for other nodes.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        let entries = if let Content::Mapping(entries) = &self.content { entries.as_slice() } else { &[] };
        entries.iter().filter_map(|(key, value)| Some((key.scalar()?, value)))
    }

    fn count(&self) -> usize {
        match &self.content {
            Content::Scalar { .. } => 1,
            Content::Sequence(items) => 1 + items.iter().map(Self::count).sum::<usize>(),
            Content::Mapping(entries) => {
                1 + entries.iter().map(|(key, value)| key.count() + value.count()).sum::<usize>()
            }
        }
    }
}

/// Reads the documents of `text`; more than `documents_max` are a mistake.
pub(crate) fn parse_documents(text: &str, documents_max: usize) -> Result<Vec<Node>, YamlError> {
    let mut composer = Composer::new(text, documents_max);
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => composer.enter(event, span)?,
            Err(error) => return Err(composer.scan_error(&error)),
        }
    }
    Ok(composer.roots)
}

/// A collection that is being read.
struct Frame {
    node: Node,
    key: Option<Node>,
    anchor: usize,
}

struct Composer<'t> {
    text: &'t str,
    /// Byte offset of each character; empty for ASCII, where they are equal.
    offsets: Vec<usize>,
    open: Vec<Frame>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    documents: usize,
    documents_max: usize,
    roots: Vec<Node>,
}

impl<'t> Composer<'t> {
    fn new(text: &'t str, documents_max: usize) -> Self {
        let offsets = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(offset, _)| offset).collect()
        };
        Self {
            text,
            offsets,
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            documents: 0,
            documents_max,
            roots: Vec::new(),
        }
    }

    fn enter(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > self.documents_max {
                    return Err(
                        self.error(span, "a second document starts here; a configuration is one document")
                    );
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let text_tag = self.check_tag(tag.as_deref(), span)?;
                let plain = style == ScalarStyle::Plain && !text_tag;
                self.spend(1, span)?;
                let node = self.node(span, Content::Scalar { text: text.into_owned(), plain });
                self.close(node, anchor);
                Ok(())
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), span)?;
                self.push(Content::Sequence(Vec::new()), anchor, span)
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), span)?;
                self.push(Content::Mapping(Vec::new()), anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let frame = self.open.pop().expect("the parser ends only what it started");
                self.close(finished(frame.node), frame.anchor);
                Ok(())
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(self.error(span, "this alias stands inside of what it names"));
                };
                self.spend(node.count(), span)?;
                self.close(node, 0);
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn push(&mut self, content: Content, anchor: usize, span: Span) -> Result<(), YamlError> {
        if self.open.len() == DEPTH_MAX {
            return Err(self.error(span, "nested too deeply"));
        }
        self.spend(1, span)?;
        let node = self.node(span, content);
        self.open.push(Frame { node, key: None, anchor });
        Ok(())
    }

    /// Puts a finished node into the collection that is open.
    fn close(&mut self, node: Node, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(frame) = self.open.last_mut() else {
            self.roots.push(node);
            return;
        };
        match (&mut frame.node.content, frame.key.take()) {
            (Content::Sequence(items), _) => items.push(node),
            (Content::Mapping(_), None) => frame.key = Some(node),
            (Content::Mapping(entries), Some(key)) => entries.push((key, node)),
            (Content::Scalar { .. }, _) => {}
        }
    }

    fn spend(&mut self, nodes: usize, span: Span) -> Result<(), YamlError> {
        self.nodes += nodes;
        if self.nodes > NODES_MAX {
            Err(self.error(span, "too many nodes, aliases included"))
        } else {
            Ok(())
        }
    }

    /// True for `!!str`, which makes any scalar a text. Tags of other schemas are mistakes.
    fn check_tag(&self, tag: Option<&Tag>, span: Span) -> Result<bool, YamlError> {
        match tag {
            None => Ok(false),
            Some(tag) if tag.is_yaml_core_schema() => Ok(tag.suffix == "str"),
            Some(tag) => {
                Err(self.error(span, &format!("the tag {}{} means nothing to weir", tag.handle, tag.suffix)))
            }
        }
    }

    fn node(&self, span: Span, content: Content) -> Node {
        Node { place: self.place(span), content }
    }

    fn place(&self, span: Span) -> Place {
        let start = self.offset(span.start.index());
        let end = self.offset(span.end.index()).max(start);
        Place { line: span.start.line(), column: span.start.col() + 1, bytes: start..end }
    }

    fn offset(&self, character: usize) -> usize {
        if self.offsets.is_empty() {
            return character.min(self.text.len());
        }
        self.offsets.get(character).copied().unwrap_or(self.text.len())
    }

    fn error(&self, span: Span, message: &str) -> YamlError {
        YamlError { place: self.place(span), message: message.to_owned() }
    }

    fn scan_error(&self, error: &ScanError) -> YamlError {
        let span = Span::new(*error.marker(), *error.marker());
        self.error(span, &format!("not YAML: {}", error.info()))
    }
}

/// Resolves merge keys and narrows the place: a collection is shown by its first key or item, not by all its lines.
fn finished(mut node: Node) -> Node {
    let first = match &mut node.content {
        Content::Sequence(items) => items.first(),
        Content::Mapping(entries) => {
            resolve_merges(entries);
            entries.first().map(|(key, _)| key)
        }
        Content::Scalar { .. } => None,
    };
    if let Some(place) = first.map(|first| first.place.clone()) {
        node.place = place;
    }
    node
}

/// Replaces `<<: mapping` and `<<: [mapping, ...]` by those entries whose keys are not written out.
fn resolve_merges(entries: &mut Vec<(Node, Node)>) {
    let (merges, written): (Vec<_>, Vec<_>) =
        std::mem::take(entries).into_iter().partition(|(key, value)| is_merge_key(key) && !value.is_null());
    *entries = written;
    for (_, merged) in merges {
        merge(entries, merged);
    }
}

fn is_merge_key(key: &Node) -> bool {
    matches!(&key.content, Content::Scalar { text, plain: true } if text == "<<")
}

fn merge(entries: &mut Vec<(Node, Node)>, merged: Node) {
    match merged.content {
        Content::Mapping(added) => {
            for (key, value) in added {
                if !entries.iter().any(|(present, _)| present.scalar() == key.scalar()) {
                    entries.push((key, value));
                }
            }
        }
        Content::Sequence(mappings) => {
            for mapping in mappings {
                merge(entries, mapping);
            }
        }
        // A merge key with a plain value stays a key, which no section knows: the mistake is reported there.
        Content::Scalar { .. } => {
            let key = Node {
                place: merged.place.clone(),
                content: Content::Scalar { text: "<<".to_owned(), plain: true },
            };
            entries.push((key, merged));
        }
    }
}

#[cfg(test)]
mod tests;
