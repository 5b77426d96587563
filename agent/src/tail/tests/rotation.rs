//! Files that are renamed, truncated, deleted and replaced while they are written.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, symlink};

use super::stage::{Stage, config};

#[tokio::test]
async fn a_renamed_file_is_read_to_its_end_and_its_successor_from_its_beginning() {
    let mut stage = Stage::new();
    let mut writer = stage.open("logs/a.log");
    writer.write_all(b"one\n").expect("write");
    stage.start().await;
    stage.expect(&["one"]).await;
    stage.rename("logs/a.log", "logs/a.log.1");
    stage.write("logs/a.log", "three\n");
    writer.write_all(b"two\n").expect("write");
    stage.expect(&["one", "two", "three"]).await;
    stage.expect_metric("weir_tail_rotations_total", 1.0).await;
    drop(writer);
    stage.expect_metric("weir_tail_rotations_total", 1.0).await;
    assert!(stage.sink.ledger.snapshot().balances());
}

#[tokio::test]
async fn a_file_renamed_to_another_matching_name_is_not_read_again() {
    let mut stage = Stage::new();
    stage.configs = vec![config("app", &stage.path("logs/a.log*"))];
    stage.write("logs/a.log", "one\n");
    stage.start().await;
    stage.expect(&["one"]).await;
    for round in 0..3 {
        for number in (1..=round).rev() {
            stage.rename(&format!("logs/a.log.{number}"), &format!("logs/a.log.{}", number + 1));
        }
        stage.rename("logs/a.log", "logs/a.log.1");
        stage.write("logs/a.log", format!("round {round}\n"));
    }
    let records = stage.expect(&["one", "round 0", "round 1", "round 2"]).await;
    assert_eq!(records.len(), 4);
}

#[tokio::test]
async fn files_that_are_renamed_away_as_soon_as_they_are_written_are_all_read() {
    let mut stage = Stage::new();
    stage.start().await;
    let mut expected = Vec::new();
    for number in 0..40 {
        let line = format!("line {number}");
        stage.write("logs/a.log", format!("{line}\n"));
        stage.rename("logs/a.log", &format!("logs/old-{number}"));
        expected.push(line);
    }
    stage.expect(&expected.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_file_that_is_renamed_in_steps_before_it_was_opened_is_followed() {
    let mut stage = Stage::new();
    stage.start().await;
    for number in 0..20 {
        stage.write("logs/a.log", format!("line {number}\n"));
        for old in (0..=number).rev() {
            let from = if old == 0 { "logs/a.log".to_owned() } else { format!("logs/a.{old}") };
            stage.rename(&from, &format!("logs/a.{}", old + 1));
        }
    }
    let expected: Vec<String> = (0..20).map(|number| format!("line {number}")).collect();
    stage.expect(&expected.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_truncated_file_is_read_anew_under_another_id() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "same\nlonger than what follows\n");
    stage.start().await;
    stage.expect(&["same", "longer than what follows"]).await;
    stage.truncate("logs/a.log");
    stage.write("logs/a.log", "same\n");
    let records = stage.wait("the new content", |records| records.len() == 3).await;
    assert_eq!(records[2].body, "same");
    assert_ne!(records[2].file_id, records[0].file_id);
    assert_eq!(records[2].offset, 0);
}

#[tokio::test]
async fn a_file_that_was_rewritten_to_more_than_it_had_is_read_anew() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "one\n");
    stage.start().await;
    stage.expect(&["one"]).await;
    // In one step for whoever looks: the size never goes down.
    let mut file = fs::OpenOptions::new().write(true).open(stage.path("logs/a.log")).expect("open");
    file.write_all(b"two, which is longer\nthree\n").expect("write");
    stage.expect(&["one", "two, which is longer", "three"]).await;
}

#[tokio::test]
async fn a_hole_left_by_truncation_under_a_writer_is_skipped() {
    let mut stage = Stage::new();
    let mut writer = fs::File::create(stage.path("logs/a.log")).expect("create");
    writer.write_all(&vec![b'x'; 300_000]).expect("write");
    writer.write_all(b"\n").expect("write");
    stage.start().await;
    stage.wait("the first line", |records| records.len() == 1).await;
    stage.truncate("logs/a.log");
    // Without O_APPEND the writer goes on where it was.
    assert_eq!(writer.stream_position().expect("seek"), 300_001);
    writer.write_all(b"after\n").expect("write");
    let records = stage.wait("the line after the hole", |records| records.len() == 2).await;
    assert_eq!((records[1].body.as_str(), records[1].offset), ("after", 300_001));
    assert_eq!(stage.metric("weir_tail_nul_bytes_skipped_total"), 300_001.0);
}

#[tokio::test]
async fn space_reserved_by_the_writer_is_waited_for() {
    let mut stage = Stage::new();
    let mut writer = fs::File::create(stage.path("logs/a.log")).expect("create");
    writer.write_all(b"one\n").expect("write");
    writer.write_all(&[0; 5000]).expect("write");
    stage.start().await;
    stage.expect(&["one"]).await;
    writer.seek(SeekFrom::Start(4)).expect("seek");
    writer.write_all(b"two\n").expect("write");
    stage.expect(&["one", "two"]).await;
}

#[tokio::test]
async fn a_file_deleted_while_unread_is_read_to_its_end() {
    let mut stage = Stage::new();
    stage.start().await;
    stage.sink.set_open(false);
    let lines: Vec<String> = (0..20_000).map(|number| format!("{number:090}")).collect();
    stage.write("logs/a.log", lines.join("\n") + "\nlast without newline");
    stage.expect_metric("weir_tail_files_open", 1.0).await;
    stage.remove("logs/a.log");
    stage.expect_metric("weir_tail_rotations_total", 1.0).await;
    stage.sink.set_open(true);
    let mut expected: Vec<&str> = lines.iter().map(String::as_str).collect();
    expected.push("last without newline");
    stage.expect(&expected).await;
    assert_eq!(stage.metric("weir_tail_bytes_unread_at_delete_total"), 0.0);
}

#[tokio::test]
async fn the_last_line_of_a_rotated_file_needs_no_newline() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "one\ntwo");
    stage.start().await;
    stage.expect(&["one"]).await;
    stage.rename("logs/a.log", "logs/a.old");
    stage.expect(&["one", "two"]).await;
}

#[tokio::test]
async fn a_new_file_with_the_inode_number_of_a_deleted_one_is_another_file() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "one\n");
    stage.start().await;
    let first = stage.expect(&["one"]).await;
    stage.stop().await;
    let inode = fs::metadata(stage.path("logs/a.log")).expect("exists").ino();
    let mut others = Vec::new();
    stage.remove("logs/a.log");
    // Most file systems give the lowest free number; try until it is the same one.
    let mut reused = false;
    for number in 0..200 {
        let name = format!("logs/{number}.tmp");
        stage.write(&name, "one\n");
        reused = fs::metadata(stage.path(&name)).expect("exists").ino() == inode;
        if reused {
            stage.rename(&name, "logs/b.log");
            break;
        }
        others.push(name);
    }
    assert!(reused, "the file system does not reuse inode numbers");
    stage.start().await;
    let records = stage.wait("the line of the new file", |records| records.len() == 2).await;
    assert_ne!(records[1].file_id, first[0].file_id);
}

#[tokio::test]
async fn rotation_behind_a_symlink_is_seen_without_a_walk() {
    let mut stage = Stage::new();
    fs::create_dir_all(stage.path("pods/web")).expect("create");
    fs::create_dir_all(stage.path("containers")).expect("create");
    stage.configs = vec![config("containers", &stage.path("containers/*.log"))];
    stage.write("pods/web/0.log", "one\n");
    symlink(stage.path("pods/web/0.log"), stage.path("containers/web.log")).expect("symlink");
    stage.start().await;
    stage.expect(&["one"]).await;
    stage.rename("pods/web/0.log", "pods/web/0.log.20261124-120000");
    stage.write("pods/web/0.log.20261124-120000", "two\n");
    stage.write("pods/web/0.log", "three\n");
    stage.expect(&["one", "two", "three"]).await;
}

#[tokio::test]
async fn a_rotated_file_is_closed_once_it_is_quiet_and_not_read_again_when_it_comes_back() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "one\n");
    stage.start().await;
    stage.expect(&["one"]).await;
    stage.rename("logs/a.log", "logs/a.old");
    let closed = async {
        while stage.metric("weir_tail_files_open") > 0.0 {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(super::stage::DEADLINE, closed).await.expect("closed");
    stage.rename("logs/a.old", "logs/b.log");
    stage.write("logs/b.log", "two\n");
    let records = stage.expect(&["one", "two"]).await;
    assert_eq!(records.len(), 2);
}
