//! From a file to a [`Config`].

use std::path::Path;

use crate::{Config, Mistakes, StaticConfig};

/// A configuration and the text that `/config` shows.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The file as it was written, with secrets hidden and defaults as comments.
    pub rendered: String,
}

/// Reads and checks a configuration file. Paths in it that are relative start at the file's folder.
///
/// # Errors
/// Every mistake of the file.
pub fn load(_path: &Path) -> Result<Loaded, Mistakes> {
    panic!("being written")
}

/// Reads and checks the text of a configuration; `name` is the file's name, for messages and relative paths.
///
/// # Errors
/// Every mistake of the text.
pub fn parse(_text: &str, _name: &str) -> Result<Loaded, Mistakes> {
    panic!("being written")
}

/// Reads a file of target groups (`file_sd_configs`): a list of `targets` and `labels`, in YAML or JSON.
///
/// # Errors
/// Every mistake of the text.
pub fn parse_target_groups(_text: &str, _name: &str) -> Result<Vec<StaticConfig>, Mistakes> {
    panic!("being written")
}

/// The JSON schema of the configuration file.
pub fn schema() -> serde_json::Value {
    panic!("being written")
}
