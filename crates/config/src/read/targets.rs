//! Where targets come from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::section::Section;
use crate::shape::{Environment, Field, Kind, Shape};
use crate::value::Value;
use crate::{FileSdConfig, StaticConfig};

/// Ends of names that `file_sd_configs` reads.
const FILE_ENDS: [&str; 6] = [".json", ".yml", ".yaml", ".JSON", ".YML", ".YAML"];

/// `<static_config>`, also the content of a `file_sd_configs` file.
pub(crate) static TARGET_GROUP: Shape = Shape {
    name: "target_group",
    doc: "Targets with common labels.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("targets", Kind::List(&Kind::Text), "`host` or `host:port` of each target."),
        Field::new("labels", Kind::Map(&Kind::Text), "Labels of each of them."),
    ],
    includes: &[],
};

/// `<file_sd_config>`.
pub(crate) static FILE_SD: Shape = Shape {
    name: "file_sd_config",
    doc: "Targets from JSON or YAML files, which are read again when they change.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("files", Kind::List(&Kind::Path), "Paths; `*` may stand in the last part.").required(),
        Field::new(
            "refresh_interval",
            Kind::Duration,
            "How often files are read again, besides on a change.",
        )
        .or("5m"),
    ],
    includes: &[],
};

/// Reads one group. Null values are left out, as Prometheus' reader does.
pub(crate) fn group(section: &Section<'_>) -> StaticConfig {
    let mut targets = section.items("targets");
    targets.retain(|target| !target.node.is_null());
    StaticConfig { targets: targets.iter().filter_map(Value::text).collect(), labels: labels(section) }
}

/// Prometheus refuses addresses with a path unless rules could repair them.
pub(crate) fn check_addresses(group: &Section<'_>) {
    for target in group.items("targets") {
        if target.text().is_some_and(|text| text.contains('/')) {
            target.mistake_with(
                "is not a host and port",
                "write host:port; the path belongs into metrics_path, http or https into scheme",
            );
        }
    }
}

/// Reads one entry of `file_sd_configs`.
pub(crate) fn file_sd(section: &Section<'_>) -> FileSdConfig {
    let files = section.items("files");
    if section.has("files") && files.is_empty() {
        section.mistake("files", "names no file", "name at least one path");
    }
    FileSdConfig {
        files: files.iter().filter_map(file).collect(),
        refresh_interval: section.duration("refresh_interval").unwrap_or_default(),
    }
}

fn labels(section: &Section<'_>) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for (name, value) in section.map("labels") {
        if name.is_empty() {
            value.mistake("a label needs a name");
        }
        let text = if value.node.is_null() { Some(String::new()) } else { value.text() };
        labels.extend(text.map(|text| (name, text)));
    }
    labels
}

fn file(value: &Value<'_>) -> Option<PathBuf> {
    let text = value.text()?;
    let star_before_slash = text.find('*').is_some_and(|star| text[star..].contains('/'));
    if star_before_slash || !FILE_ENDS.iter().any(|end| text.ends_with(end)) {
        value.mistake_with(
            "is not a path that file discovery takes",
            "it must end in .json, .yml or .yaml, and * may stand in the last part only",
        );
    }
    Some(value.reader.folder.join(text))
}
