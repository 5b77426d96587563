//! One value of the file on its way to a setting: its text, its place, its path, and the mistakes it can make.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::environment::expand;
use crate::mistake::Collector;
use crate::shape::Kind;
use crate::yaml::{Content, Node};
use crate::{Place, quantity};

/// What every value needs to be read.
pub(crate) struct Reader<'e> {
    pub(crate) mistakes: RefCell<Collector>,
    /// Reads an environment variable.
    pub(crate) environment: &'e dyn Fn(&str) -> Option<String>,
    /// Where relative paths start.
    pub(crate) folder: PathBuf,
    /// Stands for a section that is absent.
    pub(crate) nothing: Node,
}

impl Reader<'_> {
    pub(crate) fn mistake(
        &self,
        place: &Place,
        path: &str,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.mistakes.borrow_mut().add(place.clone(), path, message.into(), hint);
    }
}

/// A node at its path.
#[derive(Clone)]
pub(crate) struct Value<'r> {
    pub(crate) reader: &'r Reader<'r>,
    pub(crate) node: &'r Node,
    /// Such as `scrape_configs[0].job_name`.
    pub(crate) path: String,
    /// Whether `${NAME}` is an environment variable here.
    pub(crate) expanded: bool,
}

impl<'r> Value<'r> {
    pub(crate) fn mistake(&self, message: impl Into<String>) {
        self.reader.mistake(&self.node.place, &self.path, message, None);
    }

    pub(crate) fn mistake_with(&self, message: impl Into<String>, hint: impl Into<String>) {
        self.reader.mistake(&self.node.place, &self.path, message, Some(hint.into()));
    }

    /// The scalar's text with the environment put in; a mistake when the node is no scalar.
    pub(crate) fn text(&self) -> Option<String> {
        let Content::Scalar { text, .. } = &self.node.content else {
            self.mistake(format!("is {}; a single value belongs here", self.found()));
            return None;
        };
        if without_userinfo(text) != *text {
            self.hide();
        }
        if !self.expanded {
            return Some(text.clone());
        }
        match expand(text, self.reader.environment) {
            Ok(text) => Some(text),
            Err(missing) => {
                self.mistake_with(
                    format!("the environment variable {missing} is not set"),
                    format!("set {missing}, or write $${{{missing}}} for the text itself"),
                );
                None
            }
        }
    }

    /// The value that `parse` makes of the text. Its error completes the sentence that starts with the text.
    pub(crate) fn parsed<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match parse(&self.text()?) {
            Ok(value) => Some(value),
            Err(why) => {
                self.mistake(format!("{} {why}", self.quoted()));
                None
            }
        }
    }

    /// The items of a list; null is the empty list.
    pub(crate) fn items(&self) -> Vec<Self> {
        match &self.node.content {
            Content::Sequence(items) => items
                .iter()
                .enumerate()
                .map(|(index, node)| Self { node, path: format!("{}[{index}]", self.path), ..self.clone() })
                .collect(),
            _ if self.node.is_null() => Vec::new(),
            _ => {
                self.mistake_with(
                    format!("is {}; a list belongs here", self.found()),
                    "put it behind a `- `",
                );
                Vec::new()
            }
        }
    }

    /// The entries of a mapping with free keys; null is the empty mapping.
    pub(crate) fn entries(&self) -> Vec<(String, Self)> {
        let Content::Mapping(entries) = &self.node.content else {
            if !self.node.is_null() {
                self.mistake(format!("is {}; a mapping belongs here", self.found()));
            }
            return Vec::new();
        };
        let mut found: Vec<(String, Self)> = Vec::new();
        for (key, node) in entries {
            let Some(name) = self.key(key) else { continue };
            if found.iter().any(|(earlier, _)| *earlier == name) {
                let path = self.child(&name);
                self.reader.mistake(
                    &key.place,
                    &path,
                    "is written twice",
                    Some("keep one of the two".to_owned()),
                );
                continue;
            }
            let path = self.child(&name);
            found.push((name, Self { node, path, ..self.clone() }));
        }
        found
    }

    /// The path of an entry.
    pub(crate) fn child(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn key(&self, key: &Node) -> Option<String> {
        match &key.content {
            Content::Scalar { text, .. } => Some(text.clone()),
            _ => {
                self.reader.mistake(&key.place, &self.path, "a key must be a single value", None);
                None
            }
        }
    }

    fn found(&self) -> &'static str {
        match &self.node.content {
            Content::Sequence(_) => "a list",
            Content::Mapping(_) => "a mapping",
            Content::Scalar { .. } => "a single value",
        }
    }

    /// The text as written, for messages; what `${NAME}` stands for and passwords in URLs are never shown.
    fn quoted(&self) -> String {
        match &self.node.content {
            Content::Scalar { text, .. } => format!("`{}`", without_userinfo(text)),
            _ => self.found().to_owned(),
        }
    }

    /// Keeps every scalar of this value out of what is shown of the file.
    pub(crate) fn hide(&self) {
        self.reader.mistakes.borrow_mut().hide(self.node);
    }
}

/// Reads a flag as YAML 1.1 does, which is what Prometheus follows.
pub(crate) fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Ok(true),
        "false" | "no" | "off" => Ok(false),
        _ => Err("is neither true nor false".to_owned()),
    }
}

/// Reads a whole number from `min` to `max`.
pub(crate) fn count(text: &str, min: u64, max: u64) -> Result<u64, String> {
    let number: u64 = text.parse().map_err(|_| "is not a whole number".to_owned())?;
    if (min..=max).contains(&number) { Ok(number) } else { Err(format!("is not between {min} and {max}")) }
}

/// Reads a number from 0 to 1.
pub(crate) fn ratio(text: &str) -> Result<f64, String> {
    let wrong = || "is not a number from 0 to 1".to_owned();
    let number: f64 = text.parse().map_err(|_| wrong())?;
    if (0.0..=1.0).contains(&number) { Ok(number) } else { Err(wrong()) }
}

/// Reads `IP:port`.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "is not an IP address with a port; write 127.0.0.1:4317, or 0.0.0.0:4317 for every interface"
            .to_owned()
    })
}

/// Checks the form of a URL and gives it back without a slash at the end of an empty path.
pub(crate) fn url(text: &str, schemes: &[&str]) -> Result<String, String> {
    let wrong = || format!("is not a URL; write one such as {}://host:port", schemes[0]);
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    if !schemes.contains(&scheme) {
        return Err(format!("has a scheme other than {}", schemes.join(" and ")));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_port = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match host_port.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (host_port, None),
    };
    let valid_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    if host.is_empty() || !valid_port || text.chars().any(|each| each.is_whitespace() || each.is_control()) {
        return Err(wrong());
    }
    Ok(text.to_owned())
}

/// A text with the user and password of a URL replaced.
pub fn without_userinfo(text: &str) -> String {
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => {
            format!("{}<secret>{}", &text[..scheme + 3], &text[at..])
        }
        _ => text.to_owned(),
    }
}

/// Puts a relative path behind `folder`.
pub(crate) fn path(text: &str, folder: &Path) -> Result<PathBuf, String> {
    if text.is_empty() { Err("is empty; a path belongs here".to_owned()) } else { Ok(folder.join(text)) }
}

/// Checks a single value against a kind without keeping it.
pub(crate) fn check(value: &Value<'_>, kind: &Kind) {
    match *kind {
        Kind::Duration => drop(value.parsed(quantity::duration)),
        Kind::Size => drop(value.parsed(quantity::size)),
        Kind::Flag => drop(value.parsed(flag)),
        Kind::Count(min, max) => drop(value.parsed(|text| count(text, min, max))),
        _ => drop(value.text()),
    }
}
