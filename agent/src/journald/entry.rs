//! One entry of `journalctl --output=json`:
//! <https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-json-format>, fields as in systemd.journal-fields(7).

use serde_json::{Map, Value};
use weir_jsonline::Severity;

/// Fields that are asked for; cursor and times come in any case.
pub(super) const FIELDS: &str = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_COMM,_PID,_SYSTEMD_UNIT,_SYSTEMD_USER_UNIT,_SOURCE_REALTIME_TIMESTAMP";

/// Syslog's severities, the most severe first, as OpenTelemetry maps them (logs data model, appendix B).
const SEVERITIES: [Severity<'static>; 8] = [
    Severity { number: 21, text: "emerg" },
    Severity { number: 19, text: "alert" },
    Severity { number: 18, text: "crit" },
    Severity { number: 17, text: "err" },
    Severity { number: 13, text: "warning" },
    Severity { number: 10, text: "notice" },
    Severity { number: 9, text: "info" },
    Severity { number: 5, text: "debug" },
];

/// An entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entry {
    /// Names the entry's place.
    pub(super) cursor: String,
    /// When it was written, in nanoseconds since 1970.
    pub(super) time: u64,
    /// Bytes that are no UTF-8 are replaced.
    pub(super) message: String,
    pub(super) severity: Option<Severity<'static>>,
    pub(super) unit: Option<String>,
    /// What the program calls itself.
    pub(super) identifier: Option<String>,
    pub(super) process: Option<i64>,
}

impl Entry {
    /// Reads a line. `None` when it is no entry.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let fields: Map<String, Value> = serde_json::from_slice(line).ok()?;
        let get = |name: &str| fields.get(name).and_then(text);
        let number = |name: &str| get(name).and_then(|text| text.parse::<i64>().ok());
        let time = number("_SOURCE_REALTIME_TIMESTAMP").or_else(|| number("__REALTIME_TIMESTAMP"));
        let priority = number("PRIORITY").and_then(|priority| usize::try_from(priority).ok());
        Some(Self {
            cursor: get("__CURSOR")?,
            time: time.and_then(|micros| u64::try_from(micros).ok()).unwrap_or(0).saturating_mul(1000),
            message: get("MESSAGE").unwrap_or_default(),
            severity: priority.and_then(|priority| SEVERITIES.get(priority).copied()),
            unit: get("_SYSTEMD_USER_UNIT").or_else(|| get("_SYSTEMD_UNIT")),
            identifier: get("SYSLOG_IDENTIFIER").or_else(|| get("_COMM")),
            process: number("_PID"),
        })
    }

    /// The service: the unit without its kind, or what the program calls itself.
    pub(super) fn service(&self) -> &str {
        let unit = self.unit.as_deref().map(|unit| unit.strip_suffix(".service").unwrap_or(unit));
        unit.or(self.identifier.as_deref()).unwrap_or("journal")
    }

    /// What names it for ever: the id of its sequence, 32 hexadecimal digits, and its number in it.
    pub(super) fn identity(&self) -> Option<(&str, i64)> {
        let mut parts = self.cursor.split(';').filter_map(|part| part.split_once('='));
        let sequence = parts.find(|(name, _)| *name == "s")?.1;
        let number = parts.find(|(name, _)| *name == "i")?.1;
        Some((sequence, i64::from_str_radix(number, 16).ok()?))
    }
}

/// A field is a text, its bytes when they are no UTF-8, or a list of either when it is there more than once.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let bytes: Option<Vec<u8>> =
                items.iter().map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect();
            match bytes {
                Some(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
                None => items.first().and_then(text),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
