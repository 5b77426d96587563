//! Log files that are written to, each by a thread of its own, while they are renamed.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use weir_stack::wait_until;

use crate::Writer;

const PAUSE: Duration = Duration::from_millis(1);
const WAIT: Duration = Duration::from_secs(30);

/// Files whose writers do not rest.
#[derive(Debug)]
pub struct WrittenFiles {
    files: Vec<WrittenFile>,
    ended: AtomicBool,
}

#[derive(Debug)]
struct WrittenFile {
    path: PathBuf,
    /// How often it has been renamed.
    renamed: AtomicU64,
    /// How often the writer has gone on in a new file.
    reopened: AtomicU64,
    /// Lines written since the beginning.
    lines: AtomicU64,
}

/// Runs `meanwhile` while a thread per writer appends; returns when each has ended after a whole line.
pub fn while_written<'a>(
    writers: impl IntoIterator<Item = &'a mut Writer>,
    meanwhile: impl FnOnce(&WrittenFiles),
) {
    let writers: Vec<&mut Writer> = writers.into_iter().collect();
    let files = WrittenFiles {
        files: writers.iter().map(|writer| WrittenFile::new(writer)).collect(),
        ended: AtomicBool::new(false),
    };
    thread::scope(|scope| {
        for (writer, file) in writers.into_iter().zip(&files.files) {
            scope.spawn(|| file.write_on(writer, &files.ended));
        }
        // A panic must end the writers too: the scope waits for them.
        let _ended = EndOnDrop(&files.ended);
        meanwhile(&files);
    });
}

struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl WrittenFiles {
    /// Renames each file under its writer, which goes on in the renamed file until it notices.
    pub fn rename(&self) {
        for file in &self.files {
            file.rename();
        }
    }

    /// Waits until each file has got `count` more lines.
    pub fn await_lines(&self, count: u64) {
        for file in &self.files {
            let goal = file.lines.load(Ordering::Acquire) + count;
            wait_until("lines are written", WAIT, || match file.lines.load(Ordering::Acquire) {
                lines if lines >= goal => Ok(()),
                lines => Err(format!("{}: {lines} of {goal}", file.path.display())),
            });
        }
    }
}

impl WrittenFile {
    fn new(writer: &Writer) -> Self {
        Self {
            path: writer.path.clone(),
            renamed: AtomicU64::new(writer.rotations()),
            reopened: AtomicU64::new(writer.rotations()),
            lines: AtomicU64::new(writer.written()),
        }
    }

    fn rename(&self) {
        let number = self.renamed.load(Ordering::Acquire) + 1;
        let old = self.path.with_extension(format!("log.{number}"));
        fs::rename(&self.path, old).expect("log file can be renamed");
        self.renamed.store(number, Ordering::Release);
        wait_until("the writer has noticed", WAIT, || match self.reopened.load(Ordering::Acquire) {
            reopened if reopened == number => Ok(()),
            reopened => Err(format!("{reopened} of {number}")),
        });
    }

    fn write_on(&self, writer: &mut Writer, ended: &AtomicBool) {
        while !ended.load(Ordering::Acquire) {
            // A few lines late, as a program that is told by a signal.
            let must_reopen = self.renamed.load(Ordering::Acquire) > writer.rotations();
            for _ in 0..3 {
                writer.write_haltingly(PAUSE);
            }
            if must_reopen {
                writer.open_again();
                self.reopened.store(writer.rotations(), Ordering::Release);
            }
            self.lines.store(writer.written(), Ordering::Release);
        }
    }
}
