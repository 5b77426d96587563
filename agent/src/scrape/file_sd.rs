//! Targets in files: `file_sd_configs`.

mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};
use serde::de::IgnoredAny;
use tracing::warn;
use weir_config::{FileSdConfig, Mistakes, StaticConfig, parse_target_groups};

pub(super) use watch::FolderWatch;

/// The file a target came from.
const FILE_PATH: &str = "__meta_filepath";
/// Bytes of a file. A larger one is refused.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Why a file gives no targets.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("{0}")]
    Read(#[from] io::Error),
    #[error("file is larger than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{}", .0.to_string().replace('\n', "; "))]
    Content(#[from] Mistakes),
}

/// The targets of one job's files: for each file what it last held that could be read.
#[derive(Clone, Debug, Default)]
pub(super) struct FileTargets {
    files: BTreeMap<PathBuf, Vec<StaticConfig>>,
}

impl FileTargets {
    /// Reads all files again. One that cannot be read keeps its targets; one that is gone loses them. Gives the number
    /// of files that could not be read. Blocks on the file system.
    pub(super) fn read(&mut self, configs: &[FileSdConfig]) -> u64 {
        let mut errors = 0;
        let mut files = BTreeMap::new();
        for path in find(configs) {
            match read_file(&path) {
                Ok(groups) => drop(files.insert(path, groups)),
                Err(error) => {
                    errors += 1;
                    warn!(path = %path.display(), %error, "file with targets not read; its last good content stays");
                    let last_good = self.files.remove(&path).unwrap_or_default();
                    files.insert(path, last_good);
                }
            }
        }
        self.files = files;
        errors
    }

    /// The groups of all files.
    pub(super) fn groups(&self) -> impl Iterator<Item = &StaticConfig> {
        self.files.values().flatten()
    }
}

/// The folders in which files may come, go and change.
pub(super) fn folders<'a>(configs: impl IntoIterator<Item = &'a FileSdConfig>) -> BTreeSet<PathBuf> {
    configs
        .into_iter()
        .flat_map(|config| &config.files)
        .map(|pattern| folder_of(pattern).to_owned())
        .collect()
}

fn folder_of(pattern: &Path) -> &Path {
    match pattern.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The files that match, each once.
fn find(configs: &[FileSdConfig]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for pattern in configs.iter().flat_map(|config| &config.files) {
        match matcher(pattern) {
            None if pattern.exists() => drop(found.insert(pattern.clone())),
            None => {}
            Some(matcher) => {
                let entries = fs::read_dir(folder_of(pattern)).into_iter().flatten().flatten();
                let names = entries.map(|entry| entry.file_name()).filter(|name| matcher.is_match(name));
                found.extend(names.map(|name| pattern.with_file_name(name)));
            }
        }
    }
    found
}

/// Matches the last part of a pattern; `None` when that is a plain name.
fn matcher(pattern: &Path) -> Option<GlobMatcher> {
    let name = pattern.file_name()?.to_str()?;
    if !name.contains(['*', '?', '[']) {
        return None;
    }
    // Braces are no alternatives here.
    let name = name.replace('{', "[{]").replace('}', "[}]");
    Some(Glob::new(&name).ok()?.compile_matcher())
}

fn read_file(path: &Path) -> Result<Vec<StaticConfig>, FileError> {
    if fs::metadata(path)?.len() > FILE_BYTES_MAX {
        return Err(FileError::TooLarge);
    }
    let content = fs::read_to_string(path)?;
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
        // The reader below takes JSON for YAML, to which an empty or cut file may be one without targets.
        serde_json::from_str::<IgnoredAny>(&content)?;
    }
    let mut groups = parse_target_groups(&content, &path.to_string_lossy())?;
    for group in &mut groups {
        group.labels.insert(FILE_PATH.to_owned(), path.to_string_lossy().into_owned());
    }
    Ok(groups)
}

#[cfg(test)]
mod tests;
