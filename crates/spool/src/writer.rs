//! The thread that writes a signal's frames: group commit, rotation, and the way back from a full disk.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::oneshot;
use tracing::warn;
use weir_model::{Batch, UnixNanos};

use crate::frame::{FrameHeader, HEADER_BYTES};
use crate::log::Log;
use crate::mark::Mark;
use crate::queue::Pending;
use crate::segment::{self, Segment, SegmentHeader, file_name};
use crate::shared::{Shared, same_error};
use crate::storage::{SegmentFile, is_disk_full, write_all_at};
use crate::{AppendError, Position, retention};

/// Frames in one `writev`: two buffers each, of at most 1024.
const FRAMES_MAX: usize = 512;

type Reply = oneshot::Sender<Result<Position, AppendError>>;

/// Writes the frames of one signal. Nobody else appends to its segments.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    log: Arc<Log>,
    /// After the last committed frame; only this thread moves it.
    end: Mark,
    active: Option<Active>,
    headers: Vec<FrameHeader>,
    encoded: Vec<[u8; HEADER_BYTES]>,
}

/// The segment that is written.
struct Active {
    file: Arc<dyn SegmentFile>,
    path: PathBuf,
    start: u64,
}

/// What went wrong, for every batch of a group.
struct Failure {
    step: &'static str,
    path: PathBuf,
    error: io::Error,
}

impl Failure {
    fn for_caller(&self) -> AppendError {
        let source = same_error(&self.error);
        if is_disk_full(&source) {
            AppendError::DiskFull(source)
        } else {
            AppendError::Io { step: self.step, path: self.path.clone(), source }
        }
    }
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, log: Arc<Log>) -> Self {
        let end = log.state.lock().end;
        Self { shared, log, end, active: None, headers: Vec::new(), encoded: Vec::new() }
    }

    /// Writes until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let queue = shared.queue(self.log.signal);
        let mut group = VecDeque::new();
        while queue.take_all(&mut group) {
            let permits =
                group.iter().map(|pending: &Pending| queue.permits_of(&pending.batch) as usize).sum();
            self.write_group(&mut group);
            queue.room.add_permits(permits);
        }
    }

    fn write_group(&mut self, group: &mut VecDeque<Pending>) {
        if self.shared.settings.drop_oldest && !retention::make_room(&self.shared) {
            self.refuse_all(group, || AppendError::Full);
        }
        while !group.is_empty() {
            match self.write_run(group) {
                Ok(()) => {}
                Err(failure) => {
                    self.shared.set_disk_full(is_disk_full(&failure.error));
                    self.refuse_all(group, || failure.for_caller());
                }
            }
        }
    }

    fn refuse_all(&self, group: &mut VecDeque<Pending>, error: impl Fn() -> AppendError) {
        for pending in group.drain(..) {
            self.shared.quota.release(self.log.signal, frame_bytes(&pending.batch));
            // A caller that went away does not need the answer.
            let _ = pending.reply.send(Err(error()));
        }
    }

    /// Writes as many batches as fit into the segment with one call. Those that were written leave the group, also
    /// when writing fails half way.
    fn write_run(&mut self, group: &mut VecDeque<Pending>) -> Result<(), Failure> {
        let first_bytes = group.front().map_or(0, |pending| frame_bytes(&pending.batch));
        let active = self.active_for(first_bytes)?;
        let (file, path, start) = (Arc::clone(&active.file), active.path.clone(), active.start);
        self.plan_run(group, start);
        let offset = Segment::file_offset(start, self.end.position);
        let written = write_frames(&*file, &self.encoded, group, offset);
        let Err((bytes, error)) = written else {
            self.shared.set_disk_full(false);
            return self.finish_run(group, self.headers.len(), &*file, path);
        };
        let whole = self.whole_frames(bytes);
        self.cut_back(&*file, start, whole);
        self.finish_run(group, whole, &*file, path.clone())?;
        Err(Failure { step: "write", path, error })
    }

    /// Chooses the frames of the next call and makes their headers.
    fn plan_run(&mut self, group: &VecDeque<Pending>, segment_start: u64) {
        self.headers.clear();
        self.encoded.clear();
        let mut at = self.end;
        for pending in group.iter().take(FRAMES_MAX) {
            let end = at.position + frame_bytes(&pending.batch);
            if !self.headers.is_empty() && end - segment_start > self.shared.segment_bytes_max() {
                break;
            }
            let header = FrameHeader::of(&pending.batch, at);
            at = header.end();
            self.headers.push(header);
            self.encoded.push(header.encode());
        }
    }

    /// Makes the first `frames` of the group as safe as the settings say, shows them to the readers and answers.
    fn finish_run(
        &mut self,
        group: &mut VecDeque<Pending>,
        frames: usize,
        file: &dyn SegmentFile,
        path: PathBuf,
    ) -> Result<(), Failure> {
        if frames == 0 {
            return Ok(());
        }
        let is_synced = self.shared.settings.power_loss;
        if is_synced && let Err(error) = self.sync(file) {
            self.abandon_segment();
            return Err(Failure { step: "sync", path, error });
        }
        let mut replies: Vec<Reply> = Vec::with_capacity(frames);
        let written = group.drain(..frames).map(|pending| {
            replies.push(pending.reply);
            pending.batch
        });
        self.log.commit(self.headers.iter().copied().zip(written), is_synced);
        for (reply, header) in replies.into_iter().zip(&self.headers) {
            self.end = header.end();
            let _ = reply.send(Ok(Position(self.end.position)));
        }
        Ok(())
    }

    fn sync(&self, file: &dyn SegmentFile) -> io::Result<()> {
        file.sync()?;
        let folder_dirty = std::mem::take(&mut self.log.state.lock().folder_dirty);
        if folder_dirty && let Err(error) = self.shared.storage.sync_folder(&self.log.folder) {
            self.log.state.lock().folder_dirty = true;
            return Err(error);
        }
        Ok(())
    }

    /// How many frames of the run lie within the first `bytes`.
    fn whole_frames(&self, bytes: u64) -> usize {
        let written_to = self.end.position + bytes;
        self.headers.iter().take_while(|header| header.end().position <= written_to).count()
    }

    /// Takes back what a failed write left after the first `whole` frames of the run.
    fn cut_back(&mut self, file: &dyn SegmentFile, start: u64, whole: usize) {
        let end = self.headers[..whole].last().map_or(self.end.position, |header| header.end().position);
        if let Err(error) = file.truncate(Segment::file_offset(start, end)) {
            // Harmless: what lies after the start of the next segment has no meaning.
            warn!(%error, signal = %self.log.signal, "cannot cut back a segment, beginning another");
            self.active = None;
            self.log.state.lock().writing = false;
        }
    }

    /// The segment that takes a frame of `bytes`.
    fn active_for(&mut self, bytes: u64) -> Result<&Active, Failure> {
        let is_full = |active: &Active| {
            let used = self.end.position - active.start;
            used > 0 && used + bytes > self.shared.segment_bytes_max()
        };
        if self.active.as_ref().is_some_and(is_full) {
            self.active = None;
            self.log.state.lock().writing = false;
        }
        let active = match self.active.take() {
            Some(active) => active,
            None => self.begin_segment()?,
        };
        Ok(self.active.insert(active))
    }

    fn begin_segment(&self) -> Result<Active, Failure> {
        let path = self.log.folder.join(file_name(self.end.position));
        let failure = |step| {
            let path = path.clone();
            move |error| Failure { step, path, error }
        };
        self.forget_empty_segment();
        let header = SegmentHeader { signal: self.log.signal, start: self.end, created: UnixNanos::now() };
        let file: Arc<dyn SegmentFile> = match self.shared.storage.create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // No listed segment starts here, so nothing in the file was ever acknowledged.
                self.shared.storage.remove(&path).map_err(failure("remove"))?;
                self.shared.storage.create(&path).map_err(failure("create"))?.into()
            }
            created => created.map_err(failure("create"))?.into(),
        };
        let encoded = header.encode();
        if let Err((_, error)) = write_all_at(&*file, &mut [IoSlice::new(&encoded)], 0) {
            let _ = self.shared.storage.remove(&path);
            return Err(failure("write")(error));
        }
        self.list_segment(&header, path.clone(), Arc::clone(&file));
        Ok(Active { file, path, start: self.end.position })
    }

    fn list_segment(&self, header: &SegmentHeader, path: PathBuf, file: Arc<dyn SegmentFile>) {
        self.shared.quota.force(self.log.signal, segment::HEADER_BYTES as u64);
        let mut state = self.log.state.lock();
        state.folder_dirty = true;
        state.writing = true;
        state.segments.push_back(Segment {
            start: header.start,
            created: header.created,
            path,
            data_end: header.start.position,
            synced_to: header.start.position,
            file: Some(file),
        });
    }

    /// Stops writing to a segment whose sync failed; its unacknowledged frames lose their meaning.
    fn abandon_segment(&mut self) {
        if let Some(active) = self.active.take() {
            let _ = active.file.truncate(Segment::file_offset(active.start, self.end.position));
        }
        self.log.state.lock().writing = false;
    }

    /// Takes a segment without frames off the list, so that another may start where it does.
    fn forget_empty_segment(&self) {
        let mut state = self.log.state.lock();
        if state.segments.back().is_some_and(|segment| segment.start.position == self.end.position) {
            state.segments.pop_back();
            self.shared.quota.release(self.log.signal, segment::HEADER_BYTES as u64);
        }
    }
}

fn write_frames(
    file: &dyn SegmentFile,
    headers: &[[u8; HEADER_BYTES]],
    group: &VecDeque<Pending>,
    offset: u64,
) -> Result<(), (u64, io::Error)> {
    let mut buffers: Vec<IoSlice<'_>> = Vec::with_capacity(2 * headers.len());
    for (header, pending) in headers.iter().zip(group) {
        buffers.push(IoSlice::new(header));
        buffers.push(IoSlice::new(&pending.batch.payload));
    }
    write_all_at(file, &mut buffers, offset)
}

/// Bytes of a batch's frame.
pub(crate) fn frame_bytes(batch: &Batch) -> u64 {
    HEADER_BYTES as u64 + batch.payload.len() as u64
}
