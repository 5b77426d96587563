//! Partial lines of container runtimes.

use super::{Desk, bodies};
use weir_config::LineFormat;

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
