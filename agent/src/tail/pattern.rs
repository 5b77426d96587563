//! Path patterns, split into folders so that a walk enters only where a match can be.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

/// A path pattern: folders without wildcards to start from, then one step per folder, the last one for the file.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: String,
    prefix: PathBuf,
    steps: Vec<Step>,
    /// The whole pattern, where the steps say less: braces may span folders.
    whole: Option<GlobMatcher>,
}

/// What leads one folder deeper, or to the file.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Exactly this name.
    Name(String),
    /// Every name that matches.
    Glob(GlobMatcher),
    /// Any number of folders, none included.
    Deep,
}

impl Step {
    pub(crate) fn matches(&self, name: &Path) -> bool {
        match self {
            Self::Name(exact) => Path::new(exact) == name,
            Self::Glob(glob) => glob.is_match(name),
            Self::Deep => true,
        }
    }
}

impl Pattern {
    /// `text` is an absolute path; `*`, `?`, `[..]` and `{..}` stay within a name, `**` is any number of folders.
    pub(crate) fn new(text: &str) -> Result<Self, globset::Error> {
        let mut prefix = PathBuf::from("/");
        let mut steps = Vec::new();
        let mut whole = None;
        for part in split(text) {
            if part.contains('/') {
                whole = Some(glob(text)?);
                steps.push(Step::Deep);
                break;
            }
            match step(part)? {
                Step::Name(name) if steps.is_empty() => prefix.push(name),
                step => steps.push(step),
            }
        }
        if steps.is_empty()
            && let Some(name) = prefix.file_name().map(|name| name.to_string_lossy().into_owned())
        {
            prefix.pop();
            steps.push(Step::Name(name));
        }
        // A pattern that ends in folders of any depth means the files in them.
        if matches!(steps.last(), Some(Step::Deep)) {
            steps.push(Step::Glob(glob("*")?));
        }
        Ok(Self { text: text.to_owned(), prefix, steps, whole })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The folder that every match is below.
    pub(crate) fn prefix(&self) -> &Path {
        &self.prefix
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// True when the pattern matches `path`, whether or not it exists.
    pub(crate) fn matches(&self, path: &Path) -> bool {
        self.whole.as_ref().is_none_or(|whole| whole.is_match(path))
            && names_below(path, &self.prefix).is_some_and(|names| matches_all(&self.steps, &names))
    }

    /// True when a match may lie below the folder `path`, or `path` is a folder above the walk's start.
    pub(crate) fn leads_through(&self, path: &Path) -> bool {
        if self.prefix.starts_with(path) {
            return true;
        }
        names_below(path, &self.prefix).is_some_and(|names| leads(&self.steps, &names))
    }
}

fn names_below<'a>(path: &'a Path, prefix: &Path) -> Option<Vec<&'a Path>> {
    let below = path.strip_prefix(prefix).ok()?;
    below
        .components()
        .map(|component| match component {
            Component::Normal(name) => Some(Path::new(name)),
            _ => None,
        })
        .collect()
}

fn matches_all(steps: &[Step], names: &[&Path]) -> bool {
    match (steps.split_first(), names.split_first()) {
        (None, None) => true,
        (Some((Step::Deep, rest)), _) => (0..=names.len()).any(|skip| matches_all(rest, &names[skip..])),
        (Some((step, steps)), Some((name, names))) => step.matches(name) && matches_all(steps, names),
        _ => false,
    }
}

/// True when steps are left after all names were matched.
fn leads(steps: &[Step], names: &[&Path]) -> bool {
    match (steps.split_first(), names.split_first()) {
        (None, _) => false,
        (Some(_), None) | (Some((Step::Deep, _)), _) => true,
        (Some((step, steps)), Some((name, names))) => step.matches(name) && leads(steps, names),
    }
}

fn step(part: &str) -> Result<Step, globset::Error> {
    if part == "**" {
        return Ok(Step::Deep);
    }
    if !part.contains(['*', '?', '[', ']', '{', '}', '\\']) {
        return Ok(Step::Name(part.to_owned()));
    }
    glob(part).map(Step::Glob)
}

fn glob(text: &str) -> Result<GlobMatcher, globset::Error> {
    let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build()?;
    Ok(glob.compile_matcher())
}

/// The parts between slashes; a slash within braces or brackets does not divide.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut escaped) = (0_usize, false);
    text.split(move |character| {
        let divides = character == '/' && depth == 0;
        match character {
            _ if escaped => {}
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = character == '\\' && !escaped;
        divides
    })
    .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests;
