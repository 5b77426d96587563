//! The text that a person searches for, as docs/api.md describes it.

use crate::text::{words, words_of};

/// More terms than a person writes.
const TERMS_MAX: usize = 64;

/// What `q` asks for. Each clause must hold, and none of the exclusions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Each holds when one of its terms is found.
    clauses: Vec<Vec<Term>>,
    exclusions: Vec<Term>,
}

/// Words next to each other; the last may be the start of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    words: Vec<String>,
    is_prefix: bool,
}

impl Search {
    /// Reads what a person wrote. Nothing is a mistake: what has no word in it restricts nothing. Terms after the
    /// 64th are not looked at.
    pub fn parse(text: &str) -> Self {
        let mut search = Self::default();
        let mut joins = false;
        for token in Tokens(text).take(TERMS_MAX) {
            if token == (Token { text: "OR", is_quoted: false, is_excluded: false }) {
                joins = !search.clauses.is_empty();
                continue;
            }
            let Some(term) = Term::of(&token) else { continue };
            match search.clauses.last_mut() {
                _ if token.is_excluded => search.exclusions.push(term),
                Some(clause) if joins => clause.push(term),
                _ => search.clauses.push(vec![term]),
            }
            joins = false;
        }
        search
    }

    /// Whether it restricts nothing.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty() && self.exclusions.is_empty()
    }

    /// Adds a clause: one of these texts must occur, word for word.
    pub(crate) fn require_any<'a>(&mut self, texts: impl Iterator<Item = &'a str>) {
        let terms = texts.map(|text| Term { words: words_of(text), is_prefix: false });
        let terms: Vec<Term> = terms.collect();
        // A text without a word can be in any record.
        if !terms.is_empty() && terms.iter().all(|term| !term.words.is_empty()) {
            self.clauses.push(terms);
        }
    }

    /// The question for FTS5; none when only a look at each record can answer.
    pub(crate) fn expression(&self) -> Option<String> {
        if self.clauses.is_empty() {
            return None;
        }
        let clauses: Vec<String> = self.clauses.iter().map(|clause| any_of(clause)).collect();
        let required = clauses.join(" AND ");
        if self.exclusions.is_empty() {
            return Some(required);
        }
        Some(format!("({required}) NOT {}", any_of(&self.exclusions)))
    }

    /// Whether folded text has what is asked for.
    pub(crate) fn matches(&self, folded: &str) -> bool {
        if self.is_empty() {
            return true;
        }
        let words: Vec<&str> = words(folded).collect();
        self.clauses.iter().all(|clause| clause.iter().any(|term| term.is_in(&words)))
            && !self.exclusions.iter().any(|term| term.is_in(&words))
    }
}

impl Term {
    fn of(token: &Token<'_>) -> Option<Self> {
        let words = words_of(token.text);
        let is_prefix = !token.is_quoted && token.text.ends_with('*') && ends_in_word(token.text);
        (!words.is_empty()).then_some(Self { words, is_prefix })
    }

    fn is_in(&self, words: &[&str]) -> bool {
        words.windows(self.words.len()).any(|window| self.equals(window))
    }

    fn equals(&self, window: &[&str]) -> bool {
        let last = self.words.len() - 1;
        self.words.iter().zip(window).enumerate().all(|(index, (wanted, word))| {
            if index == last && self.is_prefix { word.starts_with(wanted.as_str()) } else { word == wanted }
        })
    }

    fn expression(&self) -> String {
        // Words have no quotation marks.
        format!("\"{}\"{}", self.words.join(" "), if self.is_prefix { " *" } else { "" })
    }
}

fn any_of(terms: &[Term]) -> String {
    let terms: Vec<String> = terms.iter().map(Term::expression).collect();
    format!("({})", terms.join(" OR "))
}

/// Whether a letter or digit stands right before the final `*`.
fn ends_in_word(text: &str) -> bool {
    text.trim_end_matches('*').ends_with(char::is_alphanumeric)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Token<'a> {
    text: &'a str,
    is_quoted: bool,
    is_excluded: bool,
}

/// Splits at white space, save within quotation marks. A mark that is not closed reaches to the end.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.0.trim_start();
        if rest.is_empty() {
            return None;
        }
        let (is_excluded, rest) = match rest.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        if let Some(rest) = rest.strip_prefix('"') {
            let (text, rest) = rest.split_once('"').unwrap_or((rest, ""));
            self.0 = rest;
            return Some(Token { text, is_quoted: true, is_excluded });
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (text, rest) = rest.split_at(end);
        self.0 = rest;
        Some(Token { text, is_quoted: false, is_excluded })
    }
}

#[cfg(test)]
mod tests;
