//! A mapping that is read along its shape.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::shape::{Environment, Field, Kind, Refusal, Shape};
use crate::value::{Value, address, check, count, flag, path, ratio, url};
use crate::{Secret, quantity};

/// A section of the file. Keys that its shape does not know are reported when it is opened, wrong values when they
/// are read; a value that is wrong or absent reads as the default of the shape.
pub(crate) struct Section<'r> {
    pub(crate) value: Value<'r>,
    shape: &'static Shape,
    entries: Vec<(String, Value<'r>)>,
    read: RefCell<Vec<&'static str>>,
}

impl<'r> Section<'r> {
    /// Opens `value` as a section; null is the empty section.
    pub(crate) fn open(mut value: Value<'r>, shape: &'static Shape) -> Self {
        value.expanded = match shape.environment {
            Environment::Inherited => value.expanded,
            Environment::Expanded => true,
            Environment::Verbatim => false,
        };
        let section = Self { entries: value.entries(), value, shape, read: RefCell::new(Vec::new()) };
        for (name, entry) in &section.entries {
            section.check_key(name, entry);
        }
        for field in shape.all() {
            if field.required && section.find(field.name).is_none() {
                let child = section.value.child(field.name);
                let place = &section.value.node.place;
                section.value.reader.mistake(place, &child, "is missing", Some(field.doc.to_owned()));
            }
        }
        section
    }

    /// The value of a key that is present and not null.
    pub(crate) fn get(&self, name: &'static str) -> Option<Value<'r>> {
        self.read.borrow_mut().push(name);
        self.find(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(crate) fn text(&self, name: &'static str) -> Option<String> {
        self.scalar(name, |kind| matches!(kind, Kind::Text), |text| Ok(text.to_owned()))
    }

    pub(crate) fn secret(&self, name: &'static str) -> Option<Secret> {
        self.field(name, |kind| matches!(kind, Kind::Secret));
        secret(self.get(name)?)
    }

    pub(crate) fn flag(&self, name: &'static str) -> bool {
        self.scalar(name, |kind| matches!(kind, Kind::Flag), flag).unwrap_or_default()
    }

    pub(crate) fn count(&self, name: &'static str) -> Option<u64> {
        let Kind::Count(min, max) = self.field(name, |kind| matches!(kind, Kind::Count(..))).kind else {
            return None;
        };
        self.scalar(name, |_| true, |text| count(text, min, max))
    }

    pub(crate) fn ratio(&self, name: &'static str) -> Option<f64> {
        self.scalar(name, |kind| matches!(kind, Kind::Ratio), ratio)
    }

    pub(crate) fn duration(&self, name: &'static str) -> Option<Duration> {
        self.scalar(name, |kind| matches!(kind, Kind::Duration), quantity::duration)
    }

    pub(crate) fn size(&self, name: &'static str) -> Option<u64> {
        self.scalar(name, |kind| matches!(kind, Kind::Size), quantity::size)
    }

    /// A size, or the kind's word as `None`.
    pub(crate) fn size_or(&self, name: &'static str) -> Option<u64> {
        let Kind::SizeOr(word) = self.field(name, |kind| matches!(kind, Kind::SizeOr(_))).kind else {
            return None;
        };
        let parse = |text: &str| match quantity::size(text) {
            _ if text == word => Ok(None),
            Ok(size) => Ok(Some(size)),
            Err(why) => Err(format!("{why}, or {word}")),
        };
        self.scalar(name, |_| true, parse).flatten()
    }

    pub(crate) fn path(&self, name: &'static str) -> Option<PathBuf> {
        let folder = self.value.reader.folder.clone();
        self.scalar(name, |kind| matches!(kind, Kind::Path), |text| path(text, &folder))
    }

    pub(crate) fn address(&self, name: &'static str) -> Option<SocketAddr> {
        self.scalar(name, |kind| matches!(kind, Kind::Address), address)
    }

    pub(crate) fn url(&self, name: &'static str) -> Option<String> {
        let Kind::Url(schemes) = self.field(name, |kind| matches!(kind, Kind::Url(_))).kind else {
            return None;
        };
        self.scalar(name, |_| true, |text| url(text, schemes))
    }

    /// One of the words of the shape, as what `words` makes of it.
    pub(crate) fn word<T: Copy>(&self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let same = |kind: &Kind| matches!(kind, Kind::Word(known) if known.iter().eq(words.iter().map(|(word, _)| word)));
        self.field(name, same);
        let parse = |text: &str| match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(*value),
            None => Err(unknown_word(text, words.iter().map(|(word, _)| *word))),
        };
        self.scalar(name, |_| true, parse)
    }

    /// The texts of a list.
    pub(crate) fn texts(&self, name: &'static str) -> Vec<String> {
        self.items(name).iter().filter_map(Value::text).collect()
    }

    /// The items of a list.
    pub(crate) fn items(&self, name: &'static str) -> Vec<Value<'r>> {
        self.field(name, |kind| matches!(kind, Kind::List(_)));
        self.get(name).map(|value| value.items()).unwrap_or_default()
    }

    /// The entries of a mapping with free keys.
    pub(crate) fn map(&self, name: &'static str) -> Vec<(String, Value<'r>)> {
        self.field(name, |kind| matches!(kind, Kind::Map(_)));
        self.get(name).map(|value| value.entries()).unwrap_or_default()
    }

    /// A mapping from text to text.
    pub(crate) fn text_map(&self, name: &'static str) -> BTreeMap<String, String> {
        self.map(name).into_iter().filter_map(|(key, value)| Some((key, value.text()?))).collect()
    }

    /// A mapping from text to secrets.
    pub(crate) fn secret_map(&self, name: &'static str) -> BTreeMap<String, Secret> {
        self.map(name).into_iter().filter_map(|(key, value)| Some((key, secret(value)?))).collect()
    }

    /// A section below, when its key is there and not null.
    pub(crate) fn section(&self, name: &'static str) -> Option<Self> {
        let Kind::Section(shape) = self.field(name, |kind| matches!(kind, Kind::Section(_))).kind else {
            return None;
        };
        Some(Self::open(self.get(name)?, shape))
    }

    /// A section below, empty when its key is absent.
    pub(crate) fn section_or_empty(&self, name: &'static str) -> Self {
        let Kind::Section(shape) = self.field(name, |kind| matches!(kind, Kind::Section(_))).kind else {
            unreachable!("the line above looks for a section")
        };
        let empty =
            || Value { node: &self.value.reader.nothing, path: self.value.child(name), ..self.value.clone() };
        Self::open(self.get(name).unwrap_or_else(empty), shape)
    }

    /// A section below that its key alone switches on, even without a value.
    pub(crate) fn switch(&self, name: &'static str) -> Option<Self> {
        let Kind::Section(shape) = self.field(name, |kind| matches!(kind, Kind::Section(_))).kind else {
            return None;
        };
        self.read.borrow_mut().push(name);
        let (_, value) = self.entries.iter().find(|(key, _)| key == name)?;
        Some(Self::open(value.clone(), shape))
    }

    /// The sections of a list; one that is null is a mistake.
    pub(crate) fn sections(&self, name: &'static str) -> Vec<Self> {
        let Kind::List(Kind::Section(shape)) =
            self.field(name, |kind| matches!(kind, Kind::List(Kind::Section(_)))).kind
        else {
            return Vec::new();
        };
        let items = self.items(name);
        items.iter().filter(|item| item.node.is_null()).for_each(|item| item.mistake("is empty"));
        items.into_iter().filter(|item| !item.node.is_null()).map(|item| Self::open(item, shape)).collect()
    }

    /// Reports a mistake about a key of this section, at its value when it is there.
    pub(crate) fn mistake(&self, name: &str, message: impl Into<String>, hint: impl Into<String>) {
        let place = self.find(name).map_or(&self.value.node.place, |value| &value.node.place);
        self.value.reader.mistake(place, &self.value.child(name), message, Some(hint.into()));
    }

    fn find(&self, name: &str) -> Option<Value<'r>> {
        let (_, value) = self.entries.iter().find(|(key, value)| key == name && !value.node.is_null())?;
        Some(value.clone())
    }

    fn field(&self, name: &'static str, is: impl Fn(&Kind) -> bool) -> &'static Field {
        let field = self.shape.all().into_iter().find(|field| field.name == name);
        let field = field.expect("the shape has every setting that is read");
        debug_assert!(
            is(&field.kind),
            "{}.{name} is read as what it is not: {:?}",
            self.shape.name,
            field.kind
        );
        field
    }

    fn scalar<T>(
        &self,
        name: &'static str,
        is: impl Fn(&Kind) -> bool,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let field = self.field(name, is);
        let given = self.get(name).and_then(|value| value.parsed(&parse));
        given.or_else(|| field.default.and_then(|default| parse(default).ok()))
    }

    fn check_key(&self, name: &str, value: &Value<'r>) {
        let fields = self.shape.all();
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let known = fields.iter().filter(|field| field.kind.is_read()).map(|field| field.name);
            value.hide();
            let hint = closest(name, known.clone())
                .map(|near| format!("did you mean `{near}`?"))
                .unwrap_or_else(|| format!("known here: {}", known.collect::<Vec<_>>().join(", ")));
            let place = self.key_place(name, value);
            self.value.reader.mistake(place, &value.path, "is not a setting", Some(hint));
            return;
        };
        match field.kind {
            Kind::Refused(refusal, remedy) if !value.node.is_void() => {
                value.hide();
                let why = match refusal {
                    Refusal::Prometheus => "is a Prometheus setting that weir does not support yet",
                    Refusal::NotBuilt => "is not built into weir yet",
                };
                self.value.reader.mistake(
                    self.key_place(name, value),
                    &value.path,
                    why,
                    Some(remedy.to_owned()),
                );
            }
            Kind::Only { values, remedy } if !value.node.is_null() => {
                let text = value.text();
                if text.is_some_and(|text| !values.contains(&text.as_str())) {
                    value.mistake_with(format!("weir does only `{}` here", values[0]), remedy);
                }
            }
            Kind::OnlyList { items, remedy } if !value.node.is_null() => {
                let given: Vec<String> = value.items().iter().filter_map(Value::text).collect();
                if given != items {
                    value.mistake_with(format!("weir does only [{}] here", items.join(", ")), remedy);
                }
            }
            Kind::Inert(kind) if !value.node.is_null() => check(value, kind),
            _ => {}
        }
    }

    fn key_place<'a>(&'a self, name: &str, value: &'a Value<'r>) -> &'a crate::Place {
        self.value.node.key_place(name).unwrap_or(&value.node.place)
    }
}

impl Drop for Section<'_> {
    fn drop(&mut self) {
        if cfg!(debug_assertions) && !std::thread::panicking() {
            let read = self.read.borrow();
            for field in self.shape.all() {
                let forgotten = field.kind.is_read() && !read.contains(&field.name);
                assert!(!forgotten, "{}.{} is in the table but never read", self.shape.name, field.name);
            }
        }
    }
}

/// Reads a text that is never shown.
pub(crate) fn secret(mut value: Value<'_>) -> Option<Secret> {
    value.hide();
    value.expanded = true;
    value.text().map(Secret)
}

fn unknown_word<'w>(text: &str, words: impl Iterator<Item = &'w str> + Clone) -> String {
    let list = words.clone().collect::<Vec<_>>().join(", ");
    match closest(text, words) {
        Some(near) => format!("is none of {list}; did you mean `{near}`?"),
        None => format!("is none of {list}"),
    }
}

/// The known word that `text` is most likely meant to be.
pub(crate) fn closest<'w>(text: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let scored = known.map(|word| (strsim::normalized_damerau_levenshtein(text, word), word));
    scored
        .filter(|(score, _)| *score >= 0.6)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, word)| word)
}
