//! Saving, reading back, and every kind of harm in between.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::envelope::HEADER_BYTES;
use crate::{Damage, Durability, Format, Loaded, Pair, ReadError, ReplaceError, read, replace};

const FORMAT: Format = Format { magic: *b"WEIRTEST", version: 2 };

fn content(body: &[u8]) -> Loaded {
    Loaded::Content { version: FORMAT.version, body: body.to_vec() }
}

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("offsets");
    (folder, path)
}

#[test]
fn a_file_that_was_never_written_is_missing() {
    let (_folder, path) = folder();
    assert_eq!(read(&path, FORMAT).unwrap(), Loaded::Missing);
}

#[test]
fn the_last_content_is_read_back_and_no_temporary_file_stays() {
    let (folder, path) = folder();
    replace(&path, FORMAT, b"a longer first content", Durability::PowerLoss).unwrap();
    replace(&path, FORMAT, b"second", Durability::ProcessCrash).unwrap();
    assert_eq!(read(&path, FORMAT).unwrap(), content(b"second"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_temporary_file_left_by_a_crash_changes_nothing() {
    let (_folder, path) = folder();
    replace(&path, FORMAT, b"kept", Durability::PowerLoss).unwrap();
    fs::write(path.with_extension("tmp"), b"half of a new o").unwrap();
    assert_eq!(read(&path, FORMAT).unwrap(), content(b"kept"));
    replace(&path, FORMAT, b"next", Durability::PowerLoss).unwrap();
    assert_eq!(read(&path, FORMAT).unwrap(), content(b"next"));
}

#[test]
fn every_flipped_bit_and_every_cut_is_seen_as_damage() {
    let (_folder, path) = folder();
    replace(&path, FORMAT, b"content", Durability::ProcessCrash).unwrap();
    let intact = fs::read(&path).unwrap();
    for bit in 0..intact.len() * 8 {
        let mut flipped = intact.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &flipped).unwrap();
        let loaded = read(&path, FORMAT).unwrap();
        assert!(matches!(loaded, Loaded::Damaged(_)), "bit {bit}: {loaded:?}");
    }
    for length in 0..intact.len() {
        fs::write(&path, &intact[..length]).unwrap();
        assert_eq!(read(&path, FORMAT).unwrap(), Loaded::Damaged(Damage::Short), "length {length}");
    }
}

#[test]
fn a_newer_version_is_refused_with_the_way_out_in_the_message() {
    let (_folder, path) = folder();
    let newer = Format { version: 3, ..FORMAT };
    replace(&path, newer, b"of the future", Durability::ProcessCrash).unwrap();
    let error = read(&path, FORMAT).unwrap_err();
    assert!(matches!(error, ReadError::NewerVersion { found: 3, supported: 2, .. }));
    assert!(error.to_string().contains("run the newer program"), "{error}");
}

#[test]
fn an_older_version_is_read_and_named() {
    let (_folder, path) = folder();
    replace(&path, Format { version: 1, ..FORMAT }, b"old", Durability::ProcessCrash).unwrap();
    assert_eq!(read(&path, FORMAT).unwrap(), Loaded::Content { version: 1, body: b"old".to_vec() });
}

#[test]
fn a_missing_directory_is_an_error_that_names_the_step() {
    let (_folder, path) = folder();
    let error = replace(&path.join("deeper"), FORMAT, b"", Durability::ProcessCrash).unwrap_err();
    assert!(matches!(error, ReplaceError::Write { .. }));
}

#[test]
fn a_pair_gives_back_what_was_saved_last_by_either_way() {
    let (_folder, path) = folder();
    let (mut pair, loaded) = Pair::open(&path, FORMAT).unwrap();
    assert_eq!(loaded, Loaded::Missing);
    pair.write(b"first, and long").unwrap();
    assert_eq!(Pair::open(&path, FORMAT).unwrap().1, content(b"first, and long"));
    pair.sync(b"second").unwrap();
    assert_eq!(Pair::open(&path, FORMAT).unwrap().1, content(b"second"));
    pair.write(b"third").unwrap();
    let (mut pair, loaded) = Pair::open(&path, FORMAT).unwrap();
    assert_eq!(loaded, content(b"third"));
    pair.sync(b"fourth").unwrap();
    assert_eq!(Pair::open(&path, FORMAT).unwrap().1, content(b"fourth"));
}

#[test]
fn a_recent_file_torn_by_the_loss_of_power_falls_back_to_the_synced_one() {
    let (_folder, path) = folder();
    let (mut pair, _) = Pair::open(&path, FORMAT).unwrap();
    pair.sync(b"synced").unwrap();
    pair.write(b"written").unwrap();
    let recent = path.with_extension("recent");
    let intact = fs::read(&recent).unwrap();
    for length in 0..intact.len() {
        fs::write(&recent, &intact[..length]).unwrap();
        assert_eq!(Pair::open(&path, FORMAT).unwrap().1, content(b"synced"), "length {length}");
    }
}

#[test]
fn a_pair_is_saved_in_its_recent_file_while_no_other_can_be_written() {
    let (_folder, path) = folder();
    let (mut pair, _) = Pair::open(&path, FORMAT).unwrap();
    pair.sync(b"before").unwrap();
    fs::create_dir(path.with_extension("tmp")).unwrap();
    assert!(replace(&path, FORMAT, b"", Durability::PowerLoss).is_err());
    pair.sync(b"without room").unwrap();
    assert_eq!(Pair::open(&path, FORMAT).unwrap().1, content(b"without room"));
    fs::remove_dir(path.with_extension("tmp")).unwrap();
    pair.sync(b"with room").unwrap();
    assert_eq!(Pair::open(&path, FORMAT).unwrap().1, content(b"with room"));
}

#[test]
fn a_pair_without_an_intact_file_is_damaged() {
    let (_folder, path) = folder();
    let (mut pair, _) = Pair::open(&path, FORMAT).unwrap();
    pair.sync(b"synced").unwrap();
    let mut file = fs::read(&path).unwrap();
    file[HEADER_BYTES] ^= 1;
    fs::write(&path, file).unwrap();
    assert_eq!(Pair::open(&path, FORMAT).unwrap().1, Loaded::Damaged(Damage::Checksum));
}

#[test]
fn a_removed_pair_is_missing() {
    let (folder, path) = folder();
    let (mut pair, _) = Pair::open(&path, FORMAT).unwrap();
    pair.sync(b"synced").unwrap();
    pair.write(b"written").unwrap();
    pair.remove().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
