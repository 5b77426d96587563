//! Lines in all shapes.

use super::{Desk, bodies};
use crate::tail::reader::READ_BYTES;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use weir_config::LineFormat;

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
