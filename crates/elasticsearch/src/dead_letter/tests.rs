//! The file's lines, its rotation, and what is left after an error.

use std::fs;

use serde_json::{Value, json};
use weir_config::Compression;

use super::DeadLetters;
use crate::answer::Refusal;
use crate::codec::Codec;
use crate::document::Lines;
use crate::part::{OpenPart, PartWriter};

fn part(documents: &[&str]) -> OpenPart {
    let codec = Codec::new(Compression::Gzip(1));
    let parts = codec.with(|scratch| {
        let mut writer = PartWriter::new(&codec, scratch, u64::MAX);
        for (index, document) in documents.iter().enumerate() {
            let lines = format!("{{\"create\":{{\"_id\":\"id{index}\"}}}}\n{document}\n");
            writer.buffer().extend_from_slice(lines.as_bytes());
            writer.end_document();
        }
        writer.finish()
    });
    parts[0].open().unwrap()
}

fn refusal(position: usize) -> Refusal {
    Refusal { position, status: 400, reason: "bad \"field\"".to_owned() }
}

fn lines(path: &std::path::Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_line_says_which_document_was_refused_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let letters =
        DeadLetters::new(&folder.path().join("new"), "es/1", 1 << 20, "logs-app-default".to_owned());
    let part = part(&[r#"{"a":1}"#, "{\"json\":{]}", r#"{"b":1.50}"#]);
    letters.write(&part, &[refusal(1), refusal(2)]).unwrap();
    assert_eq!(letters.path(), folder.path().join("new/es_1.ndjson"));
    let found = lines(letters.path());
    assert_eq!(found.len(), 2);
    assert_eq!((&found[0]["id"], &found[0]["document"]), (&json!("id1"), &json!("{\"json\":{]}")));
    assert_eq!((&found[1]["id"], &found[1]["document"]), (&json!("id2"), &json!({"b": 1.5})));
    assert_eq!((&found[0]["status"], &found[0]["reason"]), (&json!(400), &json!("bad \"field\"")));
    assert_eq!(found[0]["index"], json!("logs-app-default"));
    assert!(found[0]["time"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_file_that_would_grow_past_the_limit_makes_way_for_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let letters = DeadLetters::new(folder.path(), "es", 400, "i".to_owned());
    let part = part(&[r#"{"n":0}"#, r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":3}"#, r#"{"n":4}"#]);
    let numbers = |name: &str| {
        lines(&folder.path().join(name)).iter().map(|line| line["document"]["n"].clone()).collect::<Vec<_>>()
    };
    for position in 0..5 {
        letters.write(&part, &[refusal(position)]).unwrap();
    }
    // About 120 bytes each.
    assert_eq!(numbers("es.ndjson.1"), [0, 1, 2]);
    assert_eq!(numbers("es.ndjson"), [3, 4]);
}

#[test]
fn a_line_that_a_crash_cut_off_does_not_spoil_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let letters = DeadLetters::new(folder.path(), "es", 1 << 20, "i".to_owned());
    fs::write(letters.path(), "{\"time\":\"20").unwrap();
    letters.write(&part(&[r#"{"n":0}"#]), &[refusal(0)]).unwrap();
    let text = fs::read_to_string(letters.path()).unwrap();
    let last = text.lines().nth(1).unwrap();
    assert_eq!(serde_json::from_str::<Value>(last).unwrap()["document"], json!({"n": 0}));
}

#[test]
fn a_full_disk_is_an_error_and_leaves_the_file_as_it_was() {
    // Writing to this device always fails with "no space left".
    let folder = tempfile::tempdir().unwrap();
    let letters = DeadLetters::new(folder.path(), "es", 1 << 20, "i".to_owned());
    std::os::unix::fs::symlink("/dev/full", letters.path()).unwrap();
    let error = letters.write(&part(&[r#"{"n":0}"#]), &[refusal(0)]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let letters = DeadLetters::new(&file.join("below"), "es", 1 << 20, "i".to_owned());
    assert!(letters.write(&part(&[r#"{"n":0}"#]), &[refusal(0)]).is_err());
}
