//! Filters by field, as docs/api.md describes them.

use std::borrow::Cow;

use crate::error::QueryError;
use crate::text::contains_ignoring_case;
use weir_model::Level;

/// More filters than a person sets.
const FILTERS_MAX: usize = 64;
const OPERATORS: [char; 5] = ['=', '!', '~', '>', '<'];
const REMEDY: &str = "write field=value, field!=value, field~part, field>=number, field or !field";

/// What a record must pass: each filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filters(Vec<Filter>);

/// A condition on one field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filter {
    pub(crate) field: String,
    pub(crate) test: Test,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// One of these.
    Is(Vec<String>),
    IsNot(String),
    /// Lower case.
    Contains(String),
    Compare(Comparison, f64),
    Exists,
    Missing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A field's value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FieldValue<'a> {
    Text(Cow<'a, str>),
    Level(Level),
    Number(f64),
}

impl FieldValue<'_> {
    fn number(&self) -> Option<f64> {
        match self {
            Self::Text(text) => text.trim().parse().ok(),
            Self::Level(level) => Some(level.rank()),
            Self::Number(number) => Some(*number),
        }
    }

    fn with_text<T>(&self, look: impl FnOnce(&str) -> T) -> T {
        match self {
            Self::Text(text) => look(text),
            Self::Level(level) => look(level.as_str()),
            Self::Number(number) => look(&number.to_string()),
        }
    }
}

impl Filters {
    /// Reads filters, all of which must pass; several `=` of one field become one that any value passes.
    ///
    /// # Errors
    /// [`QueryError::Parameter`] with what is wrong.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, QueryError> {
        if texts.len() > FILTERS_MAX {
            return Err(mistake(format!("more than {FILTERS_MAX} filters")));
        }
        let mut filters: Vec<Filter> = Vec::new();
        for text in texts {
            let filter = Filter::parse(text.as_ref())?;
            let same = filters
                .iter_mut()
                .find(|other| other.field == filter.field && matches!(other.test, Test::Is(_)));
            match (same, filter) {
                (Some(Filter { test: Test::Is(values), .. }), Filter { test: Test::Is(more), .. }) => {
                    values.extend(more)
                }
                (_, filter) => filters.push(filter),
            }
        }
        Ok(Self(filters))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Filter> {
        self.0.iter()
    }

    /// Those for which `picks` is true, and the others.
    pub(crate) fn split(&self, picks: impl Fn(&Filter) -> bool) -> (Self, Self) {
        let (picked, others) = self.0.iter().cloned().partition(picks);
        (Self(picked), Self(others))
    }

    /// Whether all pass; `value_of` looks a field up.
    pub(crate) fn pass<'a>(&self, mut value_of: impl FnMut(&str) -> Option<FieldValue<'a>>) -> bool {
        self.0.iter().all(|filter| filter.test.passes(value_of(&filter.field).as_ref()))
    }
}

impl Filter {
    fn parse(text: &str) -> Result<Self, QueryError> {
        if let Some(name) = text.strip_prefix('!') {
            let (field, rest) = split_field(name);
            return Self::new(text, field, rest.is_empty().then_some(Test::Missing));
        }
        let (field, rest) = split_field(text);
        let test = match Operation::split(rest) {
            None => rest.is_empty().then_some(Test::Exists),
            Some((Operation::Is, value)) => Some(Test::Is(vec![value.to_owned()])),
            Some((Operation::IsNot, value)) => Some(Test::IsNot(value.to_owned())),
            Some((Operation::Contains, value)) => Some(Test::Contains(value.to_lowercase())),
            Some((Operation::Compare(comparison), value)) => {
                Some(Test::Compare(comparison, operand(&field, value)?))
            }
        };
        Self::new(text, field, test)
    }

    fn new(text: &str, field: String, test: Option<Test>) -> Result<Self, QueryError> {
        match test {
            Some(test) if !field.is_empty() => Ok(Self { field, test }),
            _ => Err(mistake(format!("\"{text}\" is no filter"))),
        }
    }
}

impl Test {
    fn passes(&self, value: Option<&FieldValue<'_>>) -> bool {
        match (self, value) {
            (Self::Missing, value) => value.is_none(),
            (Self::IsNot(other), value) => value.is_none_or(|value| value.with_text(|text| text != other)),
            (_, None) => false,
            (Self::Exists, Some(_)) => true,
            (Self::Is(values), Some(value)) => {
                value.with_text(|text| values.iter().any(|wanted| wanted == text))
            }
            (Self::Contains(part), Some(value)) => value.with_text(|text| contains_ignoring_case(text, part)),
            (Self::Compare(comparison, bound), Some(value)) => {
                value.number().is_some_and(|number| comparison.holds(number, *bound))
            }
        }
    }
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Greater => number > bound,
            Self::GreaterOrEqual => number >= bound,
        }
    }
}

#[derive(Clone, Copy)]
enum Operation {
    Is,
    IsNot,
    Contains,
    Compare(Comparison),
}

impl Operation {
    /// The operator at the start, and what follows. Longer operators come first.
    fn split(text: &str) -> Option<(Self, &str)> {
        const ALL: [(&str, Operation); 7] = [
            ("!=", Operation::IsNot),
            (">=", Operation::Compare(Comparison::GreaterOrEqual)),
            ("<=", Operation::Compare(Comparison::LessOrEqual)),
            (">", Operation::Compare(Comparison::Greater)),
            ("<", Operation::Compare(Comparison::Less)),
            ("~", Operation::Contains),
            ("=", Operation::Is),
        ];
        ALL.iter().find_map(|&(sign, operation)| Some((operation, text.strip_prefix(sign)?)))
    }
}

/// The field's name, unescaped, and what follows it.
fn split_field(text: &str) -> (String, &str) {
    let mut field = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        if OPERATORS.contains(&character) {
            return (field, &text[index..]);
        }
        let escaped = (character == '\\').then(|| characters.next()).flatten();
        field.push(escaped.map_or(character, |(_, escaped)| escaped));
    }
    (field, "")
}

fn operand(field: &str, value: &str) -> Result<f64, QueryError> {
    if field == "level" {
        let level = Level::parse(value).ok_or_else(|| mistake(format!("\"{value}\" is no level")))?;
        return Ok(level.rank());
    }
    value.trim().parse().map_err(|_| mistake(format!("{field}: \"{value}\" is no number")))
}

fn mistake(message: String) -> QueryError {
    QueryError::Parameter { parameter: "filter", message, remedy: REMEDY }
}

#[cfg(test)]
mod tests;
