//! What is wrong with a configuration: every mistake at once, each with its place.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// Everything that is wrong with one configuration file, in the file's order. Never empty.
///
/// `Display` prints one line per mistake (`file:line:column: path: what (hint)`); as a [`miette::Diagnostic`] each
/// mistake is shown with its line of the file.
#[derive(Clone, Debug)]
pub struct Mistakes {
    file: String,
    list: Vec<Mistake>,
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// The file's name.
    pub file: String,
    /// Where; absent when the file could not be read.
    pub place: Option<Place>,
    /// The setting, such as `scrape_configs[0].job_name`; empty for the file as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    source: Arc<NamedSource<String>>,
}

/// A place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// Bytes of the file.
    pub bytes: Range<usize>,
}

impl Mistakes {
    /// A file that could not be read at all.
    pub(crate) fn unreadable(file: &str, cause: &std::io::Error) -> Self {
        let mistake = Mistake {
            file: file.to_owned(),
            place: None,
            path: String::new(),
            message: format!("cannot be read: {cause}"),
            hint: None,
            source: Arc::new(NamedSource::new(file, String::new())),
        };
        Self { file: file.to_owned(), list: vec![mistake] }
    }

    /// The mistakes, in the file's order.
    pub fn list(&self) -> &[Mistake] {
        &self.list
    }
}

impl Mistake {
    fn at(&self) -> String {
        match &self.place {
            Some(place) => format!("{}:{}:{}: ", self.file, place.line, place.column),
            None => format!("{}: ", self.file),
        }
    }

    fn what(&self) -> String {
        if self.path.is_empty() { self.message.clone() } else { format!("{}: {}", self.path, self.message) }
    }
}

/// Collects mistakes while a file is read.
pub(crate) struct Collector {
    file: String,
    source: Arc<NamedSource<String>>,
    list: Vec<Mistake>,
}

impl Collector {
    pub(crate) fn new(file: &str, text: &str) -> Self {
        let source = NamedSource::new(file, text.to_owned()).with_language("yaml");
        Self { file: file.to_owned(), source: Arc::new(source), list: Vec::new() }
    }

    pub(crate) fn add(&mut self, place: Place, path: &str, message: String, hint: Option<String>) {
        self.list.push(Mistake {
            file: self.file.clone(),
            place: Some(place),
            path: path.to_owned(),
            message,
            hint,
            source: Arc::clone(&self.source),
        });
    }

    /// `value` when nothing was wrong.
    pub(crate) fn finish<T>(mut self, value: T) -> Result<T, Mistakes> {
        if self.list.is_empty() {
            return Ok(value);
        }
        self.list.sort_by_key(|mistake| mistake.place.as_ref().map_or(0, |place| place.bytes.start));
        Err(Mistakes { file: self.file, list: self.list })
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.at(), self.what())?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Mistake {}

impl Diagnostic for Mistake {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let hint = self.hint.as_ref()?;
        Some(Box::new(hint))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|_| &*self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let bytes = self.place.as_ref()?.bytes.clone();
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, bytes))))
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mistake) in self.list.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}
