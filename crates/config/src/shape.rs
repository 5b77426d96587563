//! The one description of every section: its settings, what they take, their defaults.
//!
//! The reader, the JSON schema and the `/config` page all follow these tables, so that they cannot disagree. A section
//! asserts (in debug builds) that it reads each setting as the kind that its table states and leaves none unread.

/// A mapping of the configuration with a fixed set of keys.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Name in the JSON schema.
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) environment: Environment,
    pub(crate) fields: &'static [Field],
    /// Shapes whose fields belong to this one as well.
    pub(crate) includes: &'static [&'static Shape],
}

/// Whether `${NAME}` stands for an environment variable in the values of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Environment {
    /// As in the section around it.
    Inherited,
    /// It does.
    Expanded,
    /// It does not, except in secrets: Prometheus takes the text as it is.
    Verbatim,
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) doc: &'static str,
    pub(crate) default: Option<&'static str>,
    pub(crate) required: bool,
}

/// What a setting takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Any scalar, as text.
    Text,
    /// Text that is never shown.
    Secret,
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds, both included.
    Count(u64, u64),
    /// A number from 0 to 1.
    Ratio,
    Duration,
    Size,
    /// A size, or this word.
    SizeOr(&'static str),
    /// A path; relative ones start at the file's folder.
    Path,
    /// `IP:port`.
    Address,
    /// A URL with one of these schemes.
    Url(&'static [&'static str]),
    /// One of these words.
    Word(&'static [&'static str]),
    List(&'static Kind),
    /// Free keys.
    Map(&'static Kind),
    Section(&'static Shape),
    /// A setting of Prometheus that is taken as long as it says, with one of these, what weir does anyway.
    Only {
        values: &'static [&'static str],
        remedy: &'static str,
    },
    /// The same for a list, which must be this one.
    OnlyList {
        items: &'static [&'static str],
        remedy: &'static str,
    },
    /// A setting of Prometheus that is checked for its form; why it has no effect is in the doc.
    Inert(&'static Kind),
    /// A setting that weir knows but does not have, and what to do instead.
    Refused(Refusal, &'static str),
}

/// Whose setting is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Prometheus has it.
    Prometheus,
    /// Weir's design has it; it is not built yet.
    NotBuilt,
}

impl Shape {
    /// Every field, included ones last.
    pub(crate) fn all(&self) -> Vec<&'static Field> {
        let mut fields: Vec<&'static Field> = self.fields.iter().collect();
        for included in self.includes {
            fields.extend(included.all());
        }
        fields
    }
}

impl Kind {
    /// Whether a section has to read settings of this kind.
    pub(crate) fn is_read(&self) -> bool {
        !matches!(self, Self::Only { .. } | Self::OnlyList { .. } | Self::Inert(_) | Self::Refused(..))
    }
}

impl Field {
    pub(crate) const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, kind, doc, default: None, required: false }
    }

    /// The value when the key is absent, in the setting's own notation.
    pub(crate) const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    pub(crate) const fn required(self) -> Self {
        Self { required: true, ..self }
    }
}

/// A Prometheus setting that is refused.
pub(crate) const fn refused(name: &'static str, remedy: &'static str) -> Field {
    Field::new(name, Kind::Refused(Refusal::Prometheus, remedy), "")
}

/// A setting of weir's design that is not built yet.
pub(crate) const fn not_built(name: &'static str, remedy: &'static str) -> Field {
    Field::new(name, Kind::Refused(Refusal::NotBuilt, remedy), "")
}

/// A Prometheus setting that is taken with these values only.
pub(crate) const fn only(name: &'static str, values: &'static [&'static str], remedy: &'static str) -> Field {
    Field::new(name, Kind::Only { values, remedy }, "")
}
