//! `logs` and `journald`.

use globset::Glob;

use crate::read::exporters::size;
use crate::read::names::Names;
use crate::section::{Section, closest};
use crate::shape::{Environment, Field, Kind, Shape, not_built};
use crate::value::Value;
use crate::{JournaldConfig, LineFormat, LogsConfig, StartAt};

/// Values of `format`.
const FORMATS: [(&str, LineFormat); 4] = [
    ("auto", LineFormat::Auto),
    ("plain", LineFormat::Plain),
    ("json", LineFormat::Json),
    ("cri", LineFormat::Cri),
];

/// Formats of weir's design that are not built yet.
const FORMATS_NOT_BUILT: [&str; 2] = ["docker", "logfmt"];

/// `<logs>`.
pub(crate) static LOGS: Shape = Shape {
    name: "logs",
    doc: "Log files to tail.",
    environment: Environment::Expanded,
    fields: &[
        Field::new("name", Kind::Text, "The name of this entry, unique. Default: logs, then logs-2, ..."),
        Field::new("paths", Kind::List(&Kind::Path), "Patterns of paths: *, ?, [a-z], {a,b} and ** for folders.")
            .required(),
        Field::new(
            "exclude",
            Kind::List(&Kind::Text),
            "Patterns on the whole path or the file's name that take a file out again.",
        ),
        Field::new("format", Kind::Text, "How a line is read: auto, plain, json or cri.").or("auto"),
        Field::new(
            "start_at",
            Kind::Word(&["beginning", "end"]),
            "Where a file that is there when weir first starts is read from; later ones are read from their beginning.",
        )
        .or("beginning"),
        Field::new("line_bytes_max", Kind::Size, "A line longer than this is cut and counted.").or("1MiB"),
        Field::new("attributes", Kind::Map(&Kind::Text), "Resource attributes of these files' records."),
        not_built("multiline", "leave it out: each line is a record"),
    ],
    includes: &[],
};

/// `journald`.
pub(crate) static JOURNALD: Shape = Shape {
    name: "journald",
    doc: "The systemd journal, read by way of journalctl.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("units", Kind::List(&Kind::Text), "Only entries of these units. Default: all entries."),
        Field::new("since", Kind::Duration, "How old an entry may be to be read when weir first starts.")
            .or("0"),
        Field::new("path", Kind::Path, "A folder of journal files. Default: the machine's own journal."),
    ],
    includes: &[],
};

/// Reads `journald`.
pub(crate) fn journald(section: &Section<'_>) -> JournaldConfig {
    JournaldConfig {
        units: section.texts("units"),
        since: section.duration("since").unwrap_or_default(),
        path: section.path("path"),
    }
}

/// Reads `logs`.
pub(crate) fn read(sections: &[Section<'_>]) -> Vec<LogsConfig> {
    let mut names = Names::default();
    sections
        .iter()
        .enumerate()
        .map(|(index, section)| entry(section, names.take(section, "logs", index)))
        .collect()
}

fn entry(section: &Section<'_>, name: String) -> LogsConfig {
    let paths = section.items("paths");
    if section.has("paths") && paths.is_empty() {
        section.mistake("paths", "names no file", "name at least one path");
    }
    let start = [("beginning", StartAt::Beginning), ("end", StartAt::End)];
    LogsConfig {
        name,
        paths: paths.iter().filter_map(path).collect(),
        exclude: section.items("exclude").iter().filter_map(pattern).collect(),
        format: format(section),
        start_at: section.word("start_at", &start).unwrap_or(StartAt::Beginning),
        line_bytes_max: size(section, "line_bytes_max"),
        attributes: section.text_map("attributes"),
    }
}

fn format(section: &Section<'_>) -> LineFormat {
    let given = section.text("format").unwrap_or_default();
    if let Some((_, format)) = FORMATS.iter().find(|(word, _)| *word == given) {
        return *format;
    }
    let known = FORMATS.map(|(word, _)| word);
    if FORMATS_NOT_BUILT.contains(&given.as_str()) {
        let hint = format!("what is: {}", known.join(", "));
        section.mistake("format", format!("`{given}` is not built into weir yet"), hint);
    } else {
        let hint = match closest(&given, known.into_iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known formats: {}", known.join(", ")),
        };
        section.mistake("format", format!("`{given}` is not a format"), hint);
    }
    LineFormat::Auto
}

fn path(value: &Value<'_>) -> Option<String> {
    let path = value.reader.folder.join(pattern(value)?);
    path.into_os_string().into_string().ok()
}

fn pattern(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    if text.is_empty() {
        value.mistake("is empty; a pattern belongs here");
        return None;
    }
    match Glob::new(&text) {
        Ok(_) => Some(text),
        Err(error) => {
            value.mistake(format!("is not a pattern: {}", error.kind()));
            None
        }
    }
}
