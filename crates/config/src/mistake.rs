//! What is wrong with a configuration: every mistake at once, each with its place.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use crate::yaml::{Content, Node};

/// Everything that is wrong with one configuration file, in the file's order. Never empty.
///
/// `Display` prints one line per mistake (`file:line:column: path: what (hint)`); [`Mistakes::draw`] shows each with
/// its line of the file. Neither shows a secret.
#[derive(Clone, Debug)]
pub struct Mistakes {
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
        Self { list: vec![mistake] }
    }

    /// The mistakes, in the file's order.
    pub fn list(&self) -> &[Mistake] {
        &self.list
    }

    /// Draws each mistake with its line of the file, for people; `coloured` is for terminals.
    pub fn draw(&self, coloured: bool) -> String {
        let theme = if coloured { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(110);
        let mut drawing = String::new();
        for mistake in &self.list {
            handler.render_report(&mut drawing, &Drawn(mistake)).expect("writing to a String cannot fail");
        }
        drawing
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
    text: String,
    hidden: Vec<Range<usize>>,
    list: Vec<(Place, String, String, Option<String>)>,
}

impl Collector {
    pub(crate) fn new(file: &str, text: &str) -> Self {
        Self { file: file.to_owned(), text: text.to_owned(), hidden: Vec::new(), list: Vec::new() }
    }

    /// Adds a mistake unless it is there already: a value that is read twice is wrong once.
    pub(crate) fn add(&mut self, place: Place, path: &str, message: String, hint: Option<String>) {
        let mistake = (place, path.to_owned(), message, hint);
        if !self.list.contains(&mistake) {
            self.list.push(mistake);
        }
    }

    /// Keeps the scalars below `node` out of the lines that are shown with mistakes.
    pub(crate) fn hide(&mut self, node: &Node) {
        match &node.content {
            Content::Scalar { .. } => self.hidden.push(node.place.bytes.clone()),
            Content::Sequence(items) => items.iter().for_each(|item| self.hide(item)),
            Content::Mapping(entries) => entries.iter().for_each(|(_, value)| self.hide(value)),
        }
    }

    /// Keeps everything but keys out of the lines that are shown: a text that is not YAML may hold a secret anywhere.
    pub(crate) fn hide_all(&mut self) {
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let value = line.find(':').map_or(0, |colon| colon + 1);
            let indent = line.len() - line.trim_start().len();
            self.hidden.push(start + value.max(indent)..start + line.len());
            start += line.len();
        }
    }

    /// `value` when nothing was wrong.
    pub(crate) fn finish<T>(mut self, value: T) -> Result<T, Mistakes> {
        if self.list.is_empty() {
            return Ok(value);
        }
        self.list.sort_by_key(|(place, ..)| place.bytes.start);
        let shown = NamedSource::new(&self.file, masked(self.text, &self.hidden)).with_language("yaml");
        let source = Arc::new(shown);
        let list = self.list.into_iter().map(|(place, path, message, hint)| Mistake {
            file: self.file.clone(),
            place: Some(place),
            path,
            message,
            hint,
            source: Arc::clone(&source),
        });
        Err(Mistakes { list: list.collect() })
    }
}

/// `text` with `*` for each byte of `hidden`, white space aside, so that every place stays where it is.
fn masked(text: String, hidden: &[Range<usize>]) -> String {
    let mut bytes = text.into_bytes();
    for range in hidden {
        let Some(secret) = bytes.get_mut(range.clone()) else { continue };
        secret.iter_mut().filter(|byte| !byte.is_ascii_whitespace()).for_each(|byte| *byte = b'*');
    }
    String::from_utf8_lossy(&bytes).into_owned()
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

/// A mistake as miette wants it: the place is shown by its line, the hint below.
#[derive(Debug)]
struct Drawn<'m>(&'m Mistake);

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.place.is_none() {
            write!(f, "{}: ", self.0.file)?;
        }
        f.write_str(&self.0.what())
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let hint = self.0.hint.as_ref()?;
        Some(Box::new(hint))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.place.as_ref().map(|_| &*self.0.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let bytes = self.0.place.as_ref()?.bytes.clone();
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
