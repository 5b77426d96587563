use std::fs;

use super::{beside, file_in, open_reader, open_writer};
use crate::error::StoreError;

#[test]
fn a_new_folder_gets_a_file_that_opens_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("a/b");
    let db = open_writer(&folder).expect("a new file");
    db.execute("INSERT INTO scope VALUES(1, x'00', 'n', '')", []).expect("writable");
    drop(db);
    let db = open_writer(&folder).expect("the same file");
    assert_eq!(
        db.query_row("SELECT name FROM scope", [], |row| row.get::<_, String>(0)).expect("a row"),
        "n"
    );
    let reader = open_reader(&file_in(&folder)).expect("a reader");
    assert!(reader.execute("DELETE FROM scope", []).is_err(), "readers cannot write");
}

#[test]
fn a_file_that_is_no_database_is_moved_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file_in(folder.path());
    fs::write(&path, vec![b'x'; 10_000]).expect("writable");
    let db = open_writer(folder.path()).expect("a new file");
    assert_eq!(db.query_row("SELECT count(*) FROM log", [], |row| row.get::<_, i64>(0)).expect("a table"), 0);
    assert_eq!(fs::read(beside(&path, ".damaged")).expect("kept"), vec![b'x'; 10_000]);
}

#[test]
fn a_damaged_schema_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open_writer(folder.path()).expect("a new file"));
    let path = file_in(folder.path());
    let mut bytes = fs::read(&path).expect("readable");
    bytes[100..4096].fill(0x5a);
    fs::write(&path, bytes).expect("writable");
    drop(open_writer(folder.path()).expect("a new file"));
    assert!(beside(&path, ".damaged").exists());
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open_writer(folder.path()).expect("a new file");
    db.pragma_update(None, "user_version", 2).expect("writable");
    drop(db);
    let error = open_writer(folder.path()).map(drop);
    assert!(matches!(error, Err(StoreError::Newer { found: 2, known: 1, .. })), "{error:?}");
    assert!(file_in(folder.path()).exists());
}
