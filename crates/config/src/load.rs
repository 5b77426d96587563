//! From a file to a [`Config`].

use std::cell::RefCell;
use std::path::Path;

use crate::mistake::Collector;
use crate::read::openslo;
use crate::read::root::{self, ROOT};
use crate::read::targets::{self, TARGET_GROUP};
use crate::section::Section;
use crate::value::{Reader, Value};
use crate::yaml::{self, Node};
use crate::{Config, Mistakes, SloConfig, StaticConfig, render};

/// SLO documents of one file.
const DOCUMENTS_MAX: usize = 1000;

/// A configuration and the text that `/config` shows.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The file's settings in its order, with secrets hidden and what is left out as comments with its defaults.
    pub rendered: String,
}

/// Reads and checks a configuration file. Paths in it that are relative start at the file's folder.
///
/// # Errors
/// Every mistake of the file.
pub fn load(path: &Path) -> Result<Loaded, Mistakes> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text, &name),
        Err(cause) => Err(Mistakes::unreadable(&name, &cause)),
    }
}

/// Reads and checks the text of a configuration; `name` is the file's name, for messages and relative paths.
///
/// # Errors
/// Every mistake of the text.
pub fn parse(text: &str, name: &str) -> Result<Loaded, Mistakes> {
    parse_in(text, name, &|variable| std::env::var(variable).ok())
}

/// Reads and checks a text with these environment variables.
///
/// # Errors
/// Every mistake of the text.
pub fn parse_in(
    text: &str,
    name: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Loaded, Mistakes> {
    read(text, name, environment, |root| {
        let config = root::read(&Section::open(root.clone(), &ROOT));
        config.map(|config| Loaded { config, rendered: render::render(root.node, &ROOT) })
    })
}

/// Reads a file of target groups (`file_sd_configs`): a list of `targets` and `labels`, in YAML or JSON.
///
/// # Errors
/// Every mistake of the text.
pub fn parse_target_groups(text: &str, name: &str) -> Result<Vec<StaticConfig>, Mistakes> {
    read(text, name, &|_| None, |mut list| {
        list.expanded = false;
        Some(
            list.items()
                .into_iter()
                .map(|item| targets::group(&Section::open(item, &TARGET_GROUP)))
                .collect(),
        )
    })
}

/// Reads a file of OpenSLO v1 documents. `check_query` says what is wrong with a query, in words that follow the query.
///
/// # Errors
/// Every mistake of the text.
pub fn parse_slos(
    text: &str,
    name: &str,
    check_query: &dyn Fn(&str) -> Result<(), String>,
) -> Result<Vec<SloConfig>, Mistakes> {
    read_documents(text, name, &|_| None, DOCUMENTS_MAX, |documents| {
        Some(openslo::read(&documents, check_query))
    })
}

fn read<T>(
    text: &str,
    name: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    build: impl FnOnce(Value<'_>) -> Option<T>,
) -> Result<T, Mistakes> {
    read_documents(text, name, environment, 1, |mut documents| build(documents.pop()?))
}

fn read_documents<T>(
    text: &str,
    name: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    documents_max: usize,
    build: impl FnOnce(Vec<Value<'_>>) -> Option<T>,
) -> Result<T, Mistakes> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut mistakes = Collector::new(name, text);
    let nodes = match yaml::parse_documents(text, documents_max) {
        Ok(nodes) if nodes.is_empty() => vec![Node::null()],
        Ok(nodes) => nodes,
        Err(error) => {
            mistakes.hide_all();
            mistakes.add(error.place, "", error.message, None);
            vec![Node::null()]
        }
    };
    let folder = Path::new(name).parent().unwrap_or(Path::new("")).to_owned();
    let reader = Reader { mistakes: RefCell::new(mistakes), environment, folder, nothing: Node::null() };
    let document = |node| Value { reader: &reader, node, path: String::new(), expanded: false };
    let built = build(nodes.iter().map(document).collect());
    let value = reader.mistakes.into_inner().finish(built)?;
    Ok(value.expect("a reader that builds nothing has reported a mistake"))
}

#[cfg(test)]
mod tests;
