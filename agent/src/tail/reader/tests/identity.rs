//! Whether a file is the one that was read.

use super::{Desk, bodies};
use crate::tail::identity::Stat;
use crate::tail::mark::Mark;
use crate::tail::reader::{Opening, Step};
use crate::tail::saved::SavedFile;
use weir_config::{LineFormat, StartAt};

#[test]
fn a_file_rewritten_before_it_was_read_again_is_new_content() {
    let desk = Desk::new(LineFormat::Plain, 100);
    desk.write("one\n");
    let mut reader = desk.reader();
    desk.read(&mut reader);
    // A crash before the sync: the id is known, the mark is still at the beginning.
    let saved = SavedFile { mark: Mark::default(), ..desk.saved(&reader) };
    let (mut reader, opening) = desk.open(Some(saved.clone()), StartAt::Beginning);
    assert_eq!(opening, Opening::Resumed);
    desk.file.set_len(0).expect("truncate");
    desk.write("two, longer\n");
    assert!(matches!(desk.step(&mut reader), Step::Renewed { .. }));
    let (records, _) = desk.read(&mut reader);
    assert_ne!(records[0].file_id, saved.id.expect("made records").hex());
}

#[test]
fn a_file_cut_within_what_was_read_counts_what_was_not() {
    let desk = Desk::new(LineFormat::Plain, 100);
    desk.write("0123456789\nunfinished");
    let mut reader = desk.reader();
    desk.read(&mut reader);
    desk.file.set_len(5).expect("truncate");
    assert!(matches!(desk.step(&mut reader), Step::Renewed { unread: 10 }));
}

#[test]
fn another_device_number_after_a_reboot_is_still_the_same_file() {
    let desk = Desk::new(LineFormat::Plain, 100);
    desk.write("one\n");
    let mut reader = desk.reader();
    let (before, _) = desk.read(&mut reader);
    let mut saved = desk.saved(&reader);
    saved.origin.inode.dev += 1;
    saved.mark = Mark::default();
    let shelf = crate::tail::scan::Shelf::new([saved], 10);
    let stat = Stat::from(&desk.file.metadata().expect("metadata"));
    let (mut reader, opening) = desk.open(shelf.take(&stat), StartAt::End);
    assert_eq!(opening, Opening::Resumed);
    let (after, _) = desk.read(&mut reader);
    assert_eq!(after[0].file_id, before[0].file_id);
}

#[test]
fn the_end_of_a_file_is_after_its_last_complete_line() {
    for (content, offset, skips) in
        [("", 0, false), ("no newline", 0, false), ("one\n", 4, false), ("one\ntwo", 4, false)]
    {
        let desk = Desk::new(LineFormat::Plain, 100);
        desk.write(content);
        let (reader, _) = desk.open(None, StartAt::End);
        assert_eq!((reader.offset, reader.skipping), (offset, skips), "{content:?}");
    }
    let desk = Desk::new(LineFormat::Plain, 100);
    desk.write("x".repeat(3 << 20));
    let (mut reader, _) = desk.open(None, StartAt::End);
    desk.write("rest of the line\nnew\n");
    assert_eq!(bodies(&desk.read(&mut reader).0), ["new"]);
}
