//! The place in the journal to go on from. The file's layout is in `docs/formats/journald.md`.

use std::path::Path;

use weir_checkpoint::{Durability, Format, Loaded, ReadError, ReplaceError};

const FILE: &str = "checkpoint";
const FORMAT: Format = Format { magic: *b"WEIRJRNL", version: 1 };

/// Where reading begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At this time, in seconds since 1970: no entry has been read yet.
    Since(u64),
    /// Behind the entry with this cursor.
    After(String),
}

/// What was found at the start.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened {
    Missing,
    Place(Place),
    Damaged(String),
}

/// Reads the file in `folder`. A damaged one stays until the next save.
pub(super) fn load(folder: &Path) -> Result<Opened, ReadError> {
    Ok(match weir_checkpoint::read(&folder.join(FILE), FORMAT)? {
        Loaded::Missing => Opened::Missing,
        Loaded::Damaged(damage) => Opened::Damaged(damage.to_string()),
        Loaded::Content { body, .. } => decode(&body)
            .map_or_else(|| Opened::Damaged("neither a time nor a cursor".to_owned()), Opened::Place),
    })
}

/// Replaces the file in `folder`, which must be there; it survives the loss of power.
pub(super) fn save(folder: &Path, place: &Place) -> Result<(), ReplaceError> {
    let body = match place {
        Place::Since(seconds) => format!("since {seconds}"),
        Place::After(cursor) => format!("after {cursor}"),
    };
    weir_checkpoint::replace(&folder.join(FILE), FORMAT, body.as_bytes(), Durability::PowerLoss)
}

fn decode(body: &[u8]) -> Option<Place> {
    match std::str::from_utf8(body).ok()?.split_once(' ')? {
        ("since", seconds) => seconds.parse().ok().map(Place::Since),
        ("after", cursor) if !cursor.is_empty() => Some(Place::After(cursor.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
