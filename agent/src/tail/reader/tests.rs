//! One file, one read at a time.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};
use tempfile::TempDir;
use weir_config::{LineFormat, StartAt};
use weir_intake::IntakeSettings;

use super::{Job, Opening, READ_BYTES, Read, Reader, Step};
use crate::tail::encode::Style;
use crate::tail::entry::Entries;
use crate::tail::identity::Stat;
use crate::tail::saved::SavedFile;
use crate::tail::tests::decoded::{Decoded, decode};

struct Desk {
    _dir: TempDir,
    path: PathBuf,
    file: File,
    job: Job,
}

impl Desk {
    fn new(format: LineFormat, line_bytes_max: u64) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("a.log");
        let file = OpenOptions::new().create(true).append(true).open(&path).expect("create");
        let config = weir_config::LogsConfig {
            name: "app".to_owned(),
            paths: vec!["/a.log".to_owned()],
            exclude: Vec::new(),
            format,
            start_at: StartAt::Beginning,
            line_bytes_max,
            attributes: [].into(),
        };
        let entries = Entries::new(&[config]).expect("valid");
        let settings = IntakeSettings {
            resource: Vec::new(),
            correlation_keys: Vec::new(),
            traces_ratio: 1.0,
            logs_follow_traces: false,
            has_exporter: [true; 3],
        };
        let job = Job {
            entry: Arc::clone(entries.iter().next().expect("one")),
            style: Arc::new(Style::new(Arc::new(settings))),
            path: Arc::new(path.clone()),
            format,
            is_last: false,
        };
        Self { _dir: dir, path, file, job }
    }

    fn write(&self, bytes: impl AsRef<[u8]>) {
        (&self.file).write_all(bytes.as_ref()).expect("write");
    }

    fn open(&self, saved: Option<SavedFile>, start_at: StartAt) -> (Reader, Opening) {
        let file = File::open(&self.path).expect("open");
        let stat = Stat::from(&file.metadata().expect("metadata"));
        Reader::open(file, &stat, saved, start_at).expect("open")
    }

    fn reader(&self) -> Reader {
        self.open(None, StartAt::Beginning).0
    }

    fn step(&self, reader: &mut Reader) -> Step {
        reader.step(&self.job, &mut Vec::new()).expect("read")
    }

    /// Reads until there is nothing more, and checks what holds after each read.
    fn read(&self, reader: &mut Reader) -> (Vec<Decoded>, Read) {
        let (mut records, mut sum) = (Vec::new(), Read::default());
        loop {
            match self.step(reader) {
                Step::Read(read) => {
                    assert!(reader.clean.offset <= reader.offset && reader.offset <= reader.scanned);
                    if read.encoded.records > 0 {
                        records.extend(decode(&read.encoded.payload));
                    }
                    sum.bytes += read.bytes;
                    sum.lines_cut += read.lines_cut;
                    sum.lines_invalid_utf8 += read.lines_invalid_utf8;
                    sum.partials_joined += read.partials_joined;
                    sum.nul_bytes += read.nul_bytes;
                    sum.mark = read.mark;
                }
                Step::CaughtUp => return (records, sum),
                other => panic!("{other:?}"),
            }
        }
    }

    fn saved(&self, reader: &Reader) -> SavedFile {
        reader.saved(&self.path, &self.job.entry)
    }
}

fn bodies(records: &[Decoded]) -> Vec<&str> {
    records.iter().map(|record| record.body.as_str()).collect()
}

#[test]
fn carriage_returns_before_newlines_are_no_part_of_lines() {
    let desk = Desk::new(LineFormat::Plain, 100);
    desk.write("one\r\n\r\n\ntwo\rthree\r\r\n");
    let (records, _) = desk.read(&mut desk.reader());
    assert_eq!(bodies(&records), ["one", "", "", "two\rthree\r"]);
    assert_eq!(records.iter().map(|record| record.offset).collect::<Vec<_>>(), [0, 5, 7, 8]);
}

#[test]
fn bytes_that_are_not_utf8_are_replaced_in_their_line_only() {
    let desk = Desk::new(LineFormat::Plain, 100);
    desk.write(b"gr\xc3\xbc\xc3\x9fe\nb\xffd\n\xe2\x82\nlast\n");
    let (records, read) = desk.read(&mut desk.reader());
    assert_eq!(bodies(&records), ["gr\u{fc}\u{df}e", "b\u{fffd}d", "\u{fffd}", "last"]);
    assert_eq!(read.lines_invalid_utf8, 2);
}

#[test]
fn a_long_line_is_cut_before_a_character_that_does_not_fit() {
    let desk = Desk::new(LineFormat::Plain, 100);
    let line = format!("{}\u{20ac}", "x".repeat(98));
    desk.write(format!("{line}\n{}\n", "y".repeat(100)));
    let (records, read) = desk.read(&mut desk.reader());
    assert_eq!(bodies(&records), ["x".repeat(98), "y".repeat(100)]);
    assert_eq!(read.lines_cut, 1);
}

#[test]
fn a_line_longer_than_the_read_buffer_is_read_whole_up_to_its_limit() {
    let desk = Desk::new(LineFormat::Plain, 4 * READ_BYTES as u64);
    let long = "z".repeat(3 * READ_BYTES + 17);
    let mut reader = desk.reader();
    for piece in long.as_bytes().chunks(100_000) {
        desk.write(piece);
        assert!(desk.read(&mut reader).0.is_empty());
    }
    desk.write("\nnext\n");
    let (records, read) = desk.read(&mut reader);
    assert_eq!(bodies(&records), [long.as_str(), "next"]);
    assert_eq!(read.lines_cut, 0);
}

#[test]
fn a_long_line_in_the_making_is_not_read_from_its_start_each_time() {
    let desk = Desk::new(LineFormat::Plain, 1 << 20);
    let mut reader = desk.reader();
    desk.write(vec![b'x'; 200_000]);
    desk.read(&mut reader);
    assert_eq!((reader.offset, reader.scanned), (0, 200_000));
    desk.write("y");
    let mut buffer = Vec::new();
    reader.step(&desk.job, &mut buffer).expect("read");
    assert_eq!(buffer[0], b'y');
}

#[test]
fn cutting_gives_the_same_record_whether_the_line_is_seen_at_once_or_in_pieces() {
    let long = "0123456789".repeat(80_000);
    let at_once = Desk::new(LineFormat::Plain, 300_000);
    at_once.write(format!("{long}\nend\n"));
    let in_pieces = Desk::new(LineFormat::Plain, 300_000);
    let mut reader = in_pieces.reader();
    let mut records = Vec::new();
    for piece in format!("{long}\nend\n").as_bytes().chunks(70_001) {
        in_pieces.write(piece);
        records.extend(in_pieces.read(&mut reader).0);
    }
    let (expected, _) = at_once.read(&mut at_once.reader());
    assert_eq!(bodies(&records), bodies(&expected));
    assert_eq!(records[1].offset, expected[1].offset);
    assert_eq!(records[0].body.len(), 300_000);
}

#[test]
fn nuls_before_a_line_are_skipped_and_nuls_within_it_kept() {
    let desk = Desk::new(LineFormat::Plain, 100);
    desk.write(b"one\n\0\0\0two\0\n\0\0");
    let mut reader = desk.reader();
    let (records, read) = desk.read(&mut reader);
    assert_eq!(bodies(&records), ["one", "two\0"]);
    assert_eq!((records[1].offset, read.nul_bytes), (7, 3));
    desk.write("three\n");
    let (records, read) = desk.read(&mut reader);
    assert_eq!((bodies(&records), read.nul_bytes), (vec!["three"], 2));
}

#[test]
fn a_large_hole_is_skipped_without_reading_it() {
    let desk = Desk::new(LineFormat::Plain, 100);
    desk.write("one\n");
    let sparse = OpenOptions::new().write(true).open(&desk.path).expect("open");
    sparse.write_all_at(b"two\n", 1 << 40).expect("write");
    let (records, read) = desk.read(&mut desk.reader());
    assert_eq!(bodies(&records), ["one", "two"]);
    assert_eq!(read.nul_bytes, (1 << 40) - 4);
}

#[test]
fn a_hole_within_a_line_does_not_stop_the_reading() {
    let desk = Desk::new(LineFormat::Plain, 1 << 20);
    desk.write("begun");
    let sparse = OpenOptions::new().write(true).open(&desk.path).expect("open");
    sparse.write_all_at(b"ended\nnext\n", 600_000).expect("write");
    let (records, _) = desk.read(&mut desk.reader());
    assert_eq!(records.len(), 2);
    assert_eq!((records[0].body.len(), records[1].body.as_str()), (600_005, "next"));
}

#[test]
fn partial_lines_are_joined_per_stream_while_the_streams_are_interleaved() {
    let desk = Desk::new(LineFormat::Cri, 1000);
    desk.write(
        "2026-11-24T12:00:00.5Z stdout P a1 \n\
         2026-11-24T12:00:01Z stderr P b1 \n\
         2026-11-24T12:00:02Z stdout F a2\n\
         2026-11-24T12:00:03Z stdout F c\n\
         2026-11-24T12:00:04Z stderr F b2\n\
         2026-11-24T12:00:05Z stdout F \n",
    );
    let (records, read) = desk.read(&mut desk.reader());
    assert_eq!(bodies(&records), ["a1 a2", "c", "b1 b2", ""]);
    assert_eq!(records[0].offset, 0);
    assert_eq!(records[0].time, 1_795_521_600_500_000_000);
    let streams: Vec<&str> = records.iter().map(|record| &*record.attributes["log.iostream"]).collect();
    assert_eq!(streams, ["stdout", "stdout", "stderr", "stdout"]);
    assert_eq!(read.partials_joined, 2);
}

#[test]
fn the_mark_does_not_pass_an_open_join_of_either_stream() {
    let desk = Desk::new(LineFormat::Cri, 1000);
    let mut reader = desk.reader();
    desk.write("2026-11-24T12:00:00Z stdout F a\n");
    let before = desk.read(&mut reader).1.mark;
    assert_eq!(before.offset, 32);
    desk.write("2026-11-24T12:00:01Z stderr P b1 \n2026-11-24T12:00:02Z stdout P c1 \n");
    desk.write("2026-11-24T12:00:03Z stderr F b2\n");
    assert_eq!(desk.read(&mut reader).1.mark, before);
    desk.write("2026-11-24T12:00:04Z stdout F c2\n");
    assert_eq!(desk.read(&mut reader).1.mark.offset, std::fs::metadata(&desk.path).expect("exists").len());
}

#[test]
fn a_join_is_bounded_in_bytes_and_cut_between_characters() {
    let desk = Desk::new(LineFormat::Cri, 100);
    let part = "\u{20ac}".repeat(20);
    desk.write(format!("2026-11-24T12:00:00Z stdout P {part}\n").repeat(50));
    desk.write("2026-11-24T12:00:00Z stdout F end\n");
    let (records, read) = desk.read(&mut desk.reader());
    assert_eq!(bodies(&records), ["\u{20ac}".repeat(33)]);
    assert_eq!(read.lines_cut, 1);
}

#[test]
fn a_character_split_between_two_parts_is_whole_again() {
    let desk = Desk::new(LineFormat::Cri, 100);
    desk.write(b"2026-11-24T12:00:00Z stdout P a\xe2\x82\n2026-11-24T12:00:00Z stdout F \xacb\n");
    let (records, read) = desk.read(&mut desk.reader());
    assert_eq!((bodies(&records), read.lines_invalid_utf8), (vec!["a\u{20ac}b"], 0));
}

#[test]
fn a_join_that_never_ends_is_ended_so_that_the_mark_moves_on() {
    let desk = Desk::new(LineFormat::Cri, 1000);
    desk.write("2026-11-24T12:00:00Z stderr P never ended\n");
    let line = format!("2026-11-24T12:00:01Z stdout F {}\n", "x".repeat(970));
    desk.write(line.repeat(5000));
    let (records, read) = desk.read(&mut desk.reader());
    assert_eq!(records.len(), 5001);
    assert!(read.mark.offset > 4 << 20, "{:?}", read.mark);
    let ended = records.iter().find(|record| record.body == "never ended").expect("ended");
    assert_eq!(ended.offset, 0);
}

#[test]
fn the_last_line_of_a_complete_file_needs_no_newline_and_its_joins_no_end() {
    let mut desk = Desk::new(LineFormat::Cri, 100);
    desk.write("2026-11-24T12:00:00Z stdout P begun\n2026-11-24T12:00:01Z stderr F last");
    let mut reader = desk.reader();
    assert!(desk.read(&mut reader).0.is_empty());
    desk.job.is_last = true;
    let (records, read) = desk.read(&mut reader);
    assert_eq!(bodies(&records), ["last", "begun"]);
    assert_eq!(read.mark.offset, std::fs::metadata(&desk.path).expect("exists").len());
}

#[test]
fn a_file_rewritten_before_it_was_read_again_is_new_content() {
    let desk = Desk::new(LineFormat::Plain, 100);
    desk.write("one\n");
    let mut reader = desk.reader();
    desk.read(&mut reader);
    // A crash before the sync: the id is known, the mark is still at the beginning.
    let saved = SavedFile { mark: super::Mark::default(), ..desk.saved(&reader) };
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
    saved.mark = super::Mark::default();
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

/// Pieces of a file that are likely to matter.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<Vec<u8>>(),
        "[a-z]{0,90}\r?\n".prop_map(String::into_bytes),
        "2026-11-24T12:00:00Z std(out|err) [PF] [a-z]{0,40}\n".prop_map(String::into_bytes),
        (0_usize..300).prop_map(|len| vec![0; len]),
        (0_usize..300).prop_map(|len| vec![b'x'; len]),
        Just(b"\n".to_vec()),
    ]
}

proptest! {
    #[test]
    fn records_do_not_depend_on_when_the_file_is_looked_at_or_weir_restarted(
        pieces in proptest::collection::vec((piece(), any::<bool>(), any::<bool>()), 0..30),
        is_cri in any::<bool>(),
    ) {
        let format = if is_cri { LineFormat::Cri } else { LineFormat::Plain };
        let (at_once, in_pieces) = (Desk::new(format, 100), Desk::new(format, 100));
        in_pieces.write("0");
        let mut reader = in_pieces.reader();
        let mut records = Vec::new();
        for (piece, is_read, restarts) in &pieces {
            in_pieces.write(piece);
            if *is_read {
                records.extend(in_pieces.read(&mut reader).0);
            }
            if *restarts {
                let (again, opening) = in_pieces.open(Some(in_pieces.saved(&reader)), StartAt::End);
                prop_assert_eq!(opening, Opening::Resumed);
                reader = again;
            }
        }
        records.extend(in_pieces.read(&mut reader).0);
        at_once.write("0");
        pieces.iter().for_each(|(piece, ..)| at_once.write(piece));
        let (expected, _) = at_once.read(&mut at_once.reader());
        let kept = |records: &[Decoded]| -> std::collections::BTreeMap<u64, String> {
            records.iter().map(|record| (record.offset, record.body.clone())).collect()
        };
        prop_assert_eq!(kept(&records), kept(&expected));
    }
}
