//! From output to entries, however it is cut.

use super::{LINE_BYTES_MAX, Lines};

fn line(message: &str) -> String {
    format!("{{\"__CURSOR\":\"s=1;i=1\",\"MESSAGE\":\"{message}\"}}\n")
}

#[test]
fn lines_are_whole_wherever_reads_end() {
    let text = [line("one"), "nonsense\n".to_owned(), line("two"), line("three")].concat();
    for step in 1..text.len() {
        let (mut lines, mut messages, mut unreadable) = (Lines::default(), Vec::new(), 0);
        for chunk in text.as_bytes().chunks(step) {
            lines.bytes.extend_from_slice(chunk);
            let taken = lines.take();
            unreadable += taken.unreadable;
            messages.extend(taken.entries.into_iter().map(|entry| entry.message));
        }
        assert_eq!((messages.join(" ").as_str(), unreadable), ("one two three", 1), "{step}");
    }
}

#[test]
fn a_line_that_is_too_long_is_counted_once_and_the_next_is_read() {
    let mut lines = Lines::default();
    let (mut too_long, mut messages) = (0, Vec::new());
    let long = line(&"x".repeat(3 * LINE_BYTES_MAX));
    for chunk in [long, line("next")].concat().as_bytes().chunks(100_000) {
        lines.bytes.extend_from_slice(chunk);
        let taken = lines.take();
        too_long += taken.too_long;
        messages.extend(taken.entries.into_iter().map(|entry| entry.message));
        assert!(lines.bytes.len() <= LINE_BYTES_MAX + 100_000);
    }
    assert_eq!((too_long, messages), (1, vec!["next".to_owned()]));
}
