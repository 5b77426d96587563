//! The repository's text files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// Folders that are not ours, or are made by tools.
const SKIPPED_FOLDERS: [&str; 4] = ["target", "node_modules", ".git", "corpus"];

/// Folders whose name starts with a dot and that hold sources.
const DOT_FOLDERS: [&str; 3] = [".cargo", ".ci", ".github"];

/// Text files by their path from the root, `/` between its parts.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads every text file below `root`.
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.add_folder(root, "")?;
        Ok(tree)
    }

    /// The files whose path ends in `end`.
    pub(crate) fn ending<'t>(&'t self, end: &'t str) -> impl Iterator<Item = (&'t str, &'t str)> {
        self.files
            .iter()
            .filter(move |(path, _)| path.ends_with(end))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Whether `path` is a file or a folder with files.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        path.is_empty()
            || self.files.contains_key(path)
            || self.files.keys().any(|each| each.starts_with(&folder))
    }

    fn add_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() && !is_skipped(&name) {
                self.add_folder(&entry.path(), &path)?;
            } else if kind.is_file() {
                // What is not UTF-8 is no text; it only has to be there for links.
                let text = String::from_utf8(fs::read(entry.path())?).unwrap_or_default();
                self.files.insert(path, text);
            }
        }
        Ok(())
    }
}

fn is_skipped(folder: &str) -> bool {
    SKIPPED_FOLDERS.contains(&folder) || (folder.starts_with('.') && !DOT_FOLDERS.contains(&folder))
}
