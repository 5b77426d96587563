//! Names of exporters and log entries: what they may hold, what they are when left out, that they are unique.

use crate::section::Section;
use crate::shape::{Field, Kind};

/// The setting that names an exporter.
pub(crate) const EXPORTER_NAME: Field = Field::new(
    "name",
    Kind::Text,
    "Name in metrics, the ledger and the spool; unique among all exporters. Letters, digits, `_`, `.` and `-`. \
     Default: the section's name, from the second entry on with -2, -3, ...",
);

/// Names that are taken, with the paths of those who took them.
#[derive(Default)]
pub(crate) struct Names {
    taken: Vec<(String, String)>,
}

impl Names {
    /// Names of exporters; those of the exporters that weir brings itself are taken.
    pub(crate) fn of_exporters() -> Self {
        let own = [
            ("print", "what --print shows"),
            ("store", "the store of weir dev"),
            ("tail_sampling", "tail sampling"),
            ("span_metrics", "span metrics"),
        ];
        Self { taken: own.map(|(name, owner)| (name.to_owned(), owner.to_owned())).to_vec() }
    }

    /// The name of the entry `index` of the list `kind`, checked and from now on taken.
    pub(crate) fn take(&mut self, section: &Section<'_>, kind: &str, index: usize) -> String {
        let default = if index == 0 { kind.to_owned() } else { format!("{kind}-{}", index + 1) };
        let name = section.text("name").unwrap_or(default);
        let valid = |each: char| each.is_ascii_alphanumeric() || matches!(each, '_' | '.' | '-');
        if name.is_empty() || !name.chars().all(valid) || name.starts_with('.') {
            let hint = "use letters, digits, `_`, `.` and `-`, and no `.` in front";
            section.mistake("name", format!("`{name}` is not a name"), hint);
        }
        if let Some((_, owner)) = self.taken.iter().find(|(taken, _)| *taken == name) {
            section.mistake(
                "name",
                format!("`{name}` is the name of {owner} already"),
                "name one of the two otherwise",
            );
        }
        self.taken.push((name.clone(), section.value.path.clone()));
        name
    }
}
