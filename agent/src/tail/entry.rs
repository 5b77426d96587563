//! The configured entries, ready to match paths.

use std::path::Path;
use std::sync::Arc;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use weir_config::{LineFormat, LogsConfig, StartAt};
use xxhash_rust::xxh3::xxh3_64;

use crate::tail::TailError;
use crate::tail::pattern::Pattern;

/// Folders whose files the container runtimes write.
const CRI_FOLDERS: [&str; 2] = ["/var/log/pods", "/var/log/containers"];
/// Lines are never bounded by less.
const LINE_BYTES_MIN: usize = 64;
/// Nor by more, so that positions within a line fit 32 bits.
const LINE_BYTES_MAX: usize = 1 << 30;

/// One entry of `logs`.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) config: LogsConfig,
    patterns: Vec<Pattern>,
    exclude: GlobSet,
}

impl Entry {
    fn new(config: &LogsConfig) -> Result<Self, TailError> {
        let patterns = config.paths.iter().map(|text| pattern(config, text)).collect::<Result<_, _>>()?;
        Ok(Self { config: config.clone(), patterns, exclude: exclude(config)? })
    }

    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// The longest line that is kept whole, in bytes.
    pub(crate) fn line_bytes_max(&self) -> usize {
        usize::try_from(self.config.line_bytes_max)
            .unwrap_or(LINE_BYTES_MAX)
            .clamp(LINE_BYTES_MIN, LINE_BYTES_MAX)
    }

    /// How the lines of the file at `path` are read.
    pub(crate) fn format_of(&self, path: &Path) -> LineFormat {
        match self.config.format {
            LineFormat::Auto if CRI_FOLDERS.iter().any(|folder| path.starts_with(folder)) => LineFormat::Cri,
            format => format,
        }
    }

    /// A number for one of the entry's patterns, the same in every process.
    pub(crate) fn pattern_key(&self, pattern: &Pattern) -> u64 {
        xxh3_64(format!("{}\n{}", self.config.name, pattern.text()).as_bytes())
    }

    fn excludes(&self, path: &Path) -> bool {
        self.exclude.is_match(path) || path.file_name().is_some_and(|name| self.exclude.is_match(name))
    }
}

fn pattern(config: &LogsConfig, text: &str) -> Result<Pattern, TailError> {
    if !text.starts_with('/') {
        return Err(TailError::RelativePattern { entry: config.name.clone(), pattern: text.to_owned() });
    }
    Pattern::new(text).map_err(|source| invalid(config, text, source))
}

fn exclude(config: &LogsConfig) -> Result<GlobSet, TailError> {
    let mut set = GlobSetBuilder::new();
    for text in &config.exclude {
        let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build();
        set.add(glob.map_err(|source| invalid(config, text, source))?);
    }
    set.build().map_err(|source| invalid(config, &config.exclude.join(" "), source))
}

fn invalid(config: &LogsConfig, pattern: &str, source: globset::Error) -> TailError {
    TailError::Pattern { entry: config.name.clone(), pattern: pattern.to_owned(), source }
}

/// Which entry a path belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    pub(crate) entry: Arc<Entry>,
    /// [`Entry::pattern_key`] of every pattern of the entry that matches.
    pub(crate) patterns: Vec<u64>,
}

impl Match {
    pub(crate) fn start_at(&self) -> StartAt {
        self.entry.config.start_at
    }
}

/// All entries; the first that matches a path has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries {
    entries: Vec<Arc<Entry>>,
}

impl Entries {
    pub(crate) fn new(configs: &[LogsConfig]) -> Result<Self, TailError> {
        let entries = configs.iter().map(|config| Entry::new(config).map(Arc::new));
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter()
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Arc<Entry>> {
        self.entries.iter().find(|entry| entry.config.name == name)
    }

    pub(crate) fn find(&self, path: &Path) -> Option<Match> {
        self.entries.iter().find_map(|entry| {
            let matching = entry.patterns.iter().filter(|pattern| pattern.matches(path));
            let patterns: Vec<u64> = matching.map(|pattern| entry.pattern_key(pattern)).collect();
            let found = !patterns.is_empty() && !entry.excludes(path);
            found.then(|| Match { entry: Arc::clone(entry), patterns })
        })
    }

    pub(crate) fn matches(&self, path: &Path) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.patterns.iter().any(|pattern| pattern.matches(path)) && !entry.excludes(path))
    }

    /// True when a match may lie below the folder `path`.
    pub(crate) fn lead_through(&self, path: &Path) -> bool {
        self.entries.iter().flat_map(|entry| &entry.patterns).any(|pattern| pattern.leads_through(path))
    }

    /// [`Entry::pattern_key`] of every pattern.
    pub(crate) fn pattern_keys(&self) -> Vec<u64> {
        let keys = |entry: &Arc<Entry>| -> Vec<u64> {
            entry.patterns.iter().map(|pattern| entry.pattern_key(pattern)).collect()
        };
        self.entries.iter().flat_map(keys).collect()
    }
}

#[cfg(test)]
mod tests;
