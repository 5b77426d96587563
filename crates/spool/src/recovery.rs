//! Opening a log: finding its segments, cutting a torn tail, reading the cursors.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tracing::{info, warn};
use weir_model::{Signal, UnixNanos};

use crate::SpoolError;
use crate::cursor::Settled;
use crate::mark::Mark;
use crate::scan::{SegmentReader, Walk};
use crate::segment::{self, HeaderFound, Segment, SegmentHeader, VERSION, position_of};
use crate::storage::{SegmentFile, Storage};
use crate::subscriber::{CursorFile, Found, Subscriber, exporter_of, file_name};

/// What is read at once while a segment is checked.
const CHUNK_BYTES: usize = 512 << 10;

/// What a log's folders hold.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) segments: VecDeque<Segment>,
    pub(crate) end: Mark,
    pub(crate) subscribers: BTreeMap<Box<str>, Subscriber>,
    pub(crate) damage: BTreeSet<u64>,
    pub(crate) torn_bytes: u64,
}

/// Opens a log's folders, creating them when absent.
pub(crate) fn recover(
    storage: &dyn Storage,
    signal: Signal,
    folder: &Path,
    cursor_folder: &Path,
) -> Result<Recovered, SpoolError> {
    create_folder(storage, folder)?;
    create_folder(storage, cursor_folder)?;
    let mut opening = Opening { storage, signal, folder, damage: BTreeSet::new(), torn_bytes: 0 };
    let mut segments = opening.list_segments()?;
    let mut end = opening.check_tail(&mut segments)?;
    let oldest = segments.front().map_or(end, |segment| segment.start);
    let subscribers = open_cursors(storage, cursor_folder, oldest)?;
    for subscriber in subscribers.values() {
        end = end.max(subscriber.cursor.settled().highest());
    }
    let (damage, torn_bytes) = (opening.damage, opening.torn_bytes);
    Ok(Recovered { segments, end, subscribers, damage, torn_bytes })
}

/// Creates a folder and those above it, so that they survive the loss of power.
pub(crate) fn create_folder(storage: &dyn Storage, folder: &Path) -> Result<(), SpoolError> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_folder(storage, parent)?;
    }
    fs::create_dir(folder).map_err(|source| failed("create", folder, source))?;
    let parent = parent.unwrap_or(Path::new("."));
    storage.sync_folder(parent).map_err(|source| failed("sync", parent, source))
}

struct Opening<'a> {
    storage: &'a dyn Storage,
    signal: Signal,
    folder: &'a Path,
    damage: BTreeSet<u64>,
    torn_bytes: u64,
}

impl Opening<'_> {
    /// The segments in the folder, in order, without checking their frames.
    fn list_segments(&mut self) -> Result<VecDeque<Segment>, SpoolError> {
        let names = self.storage.list(self.folder).map_err(|source| failed("list", self.folder, source))?;
        let mut positions: Vec<u64> = names.iter().filter_map(|name| position_of(name)).collect();
        positions.sort_unstable();
        let mut segments: VecDeque<Segment> = VecDeque::with_capacity(positions.len());
        for position in positions {
            let Some(segment) = self.open_segment(position)? else { continue };
            if let Some(previous) = segments.back_mut() {
                previous.data_end = previous.data_end.min(segment.start.position);
            }
            segments.push_back(segment);
        }
        Ok(segments)
    }

    /// The segment named after `position`; `None` when nothing in it can be read.
    fn open_segment(&mut self, position: u64) -> Result<Option<Segment>, SpoolError> {
        let path = self.folder.join(segment::file_name(position));
        let file = self.storage.open(&path).map_err(|source| failed("open", &path, source))?;
        let (found, data_bytes) =
            read_header(&*file, self.signal, position).map_err(|source| failed("read", &path, source))?;
        let data_end = position.saturating_add(data_bytes);
        let (start, created) = match found {
            HeaderFound::Intact(SegmentHeader { start, created, .. }) => (start, created),
            HeaderFound::NewerVersion(found) => {
                return Err(SpoolError::NewerVersion { path, found, supported: VERSION });
            }
            HeaderFound::Damaged => {
                self.damage.insert(position);
                warn!(path = %path.display(), "segment header damaged");
                let Some(found) = self.start_from_frames(file, position, data_end, &path)? else {
                    self.remove(&path)?;
                    return Ok(None);
                };
                found
            }
        };
        Ok(Some(Segment { start, created, path, data_end, synced_to: position, file: None }))
    }

    /// The start of a segment whose header is damaged, from its first intact frame.
    fn start_from_frames(
        &self,
        file: Box<dyn SegmentFile>,
        position: u64,
        data_end: u64,
        path: &Path,
    ) -> Result<Option<(Mark, UnixNanos)>, SpoolError> {
        let walk = self.walk(file, Mark { position, record: 0 }, data_end, path)?;
        Ok(walk.first.map(|first| (Mark { position, record: first.start.record }, first.received)))
    }

    /// Checks the last segment and cuts it after its last intact frame. Returns where the log ends.
    fn check_tail(&mut self, segments: &mut VecDeque<Segment>) -> Result<Mark, SpoolError> {
        let mut end = Mark::default();
        while let Some(last) = segments.back_mut() {
            let file = self.storage.open(&last.path).map_err(|source| failed("open", &last.path, source))?;
            let walk = self.walk(file, last.start, last.data_end, &last.path)?;
            end = end.max(walk.end);
            self.torn_bytes += last.data_end - walk.end.position;
            if walk.first.is_none() {
                self.remove(&last.path)?;
                segments.pop_back();
                continue;
            }
            self.damage.extend(walk.damage);
            self.cut(last, walk.end.position)?;
            break;
        }
        if self.torn_bytes > 0 {
            info!(signal = %self.signal, bytes = self.torn_bytes, "cut a torn tail off the log");
        }
        Ok(end)
    }

    fn cut(&self, segment: &mut Segment, data_end: u64) -> Result<(), SpoolError> {
        let bytes = Segment::file_offset(segment.start.position, data_end);
        let path = &segment.path;
        let file = self.storage.open(path).map_err(|source| failed("open", path, source))?;
        if file.bytes().map_err(|source| failed("read", path, source))? > bytes {
            file.truncate(bytes).map_err(|source| failed("cut", path, source))?;
        }
        segment.data_end = data_end;
        Ok(())
    }

    fn walk(
        &self,
        file: Box<dyn SegmentFile>,
        start: Mark,
        end: u64,
        path: &Path,
    ) -> Result<Walk, SpoolError> {
        SegmentReader::new(file, self.signal, start.position, CHUNK_BYTES)
            .walk(start, end)
            .map_err(|source| failed("read", path, source))
    }

    fn remove(&self, path: &Path) -> Result<(), SpoolError> {
        self.storage.remove(path).map_err(|source| failed("remove", path, source))
    }
}

/// What a segment's first bytes are, and how many bytes of frames follow.
fn read_header(file: &dyn SegmentFile, signal: Signal, position: u64) -> io::Result<(HeaderFound, u64)> {
    let mut header = [0; segment::HEADER_BYTES];
    let mut filled = 0;
    while filled < header.len() {
        match file.read_at(&mut header[filled..], filled as u64)? {
            0 => break,
            bytes => filled += bytes,
        }
    }
    let data_bytes = file.bytes()?.saturating_sub(segment::HEADER_BYTES as u64);
    Ok((SegmentHeader::decode(&header[..filled], signal, position), data_bytes))
}

/// Reads all cursors of a log. A damaged one starts over at `oldest`.
fn open_cursors(
    storage: &dyn Storage,
    folder: &Path,
    oldest: Mark,
) -> Result<BTreeMap<Box<str>, Subscriber>, SpoolError> {
    let names = storage.list(folder).map_err(|source| failed("list", folder, source))?;
    let exporters: BTreeSet<String> = names.iter().filter_map(|name| exporter_of(name)).collect();
    let mut subscribers = BTreeMap::new();
    for exporter in exporters {
        let path: PathBuf = folder.join(file_name(&exporter));
        let (file, found) = CursorFile::open(&path)?;
        let (settled, is_saved) = match found {
            Found::Intact(settled) => (settled, true),
            Found::Missing => continue,
            Found::Damaged => {
                warn!(path = %path.display(), "cursor damaged, starting over at the oldest record");
                (Settled { low: oldest, ranges: Vec::new() }, false)
            }
        };
        subscribers.insert(exporter.into_boxed_str(), Subscriber::new(&settled, file, is_saved));
    }
    Ok(subscribers)
}

pub(crate) fn failed(step: &'static str, path: &Path, source: io::Error) -> SpoolError {
    SpoolError::Io { step, path: path.to_owned(), source }
}
