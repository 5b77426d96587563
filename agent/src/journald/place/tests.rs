//! The place over lives.

use super::{Opened, Place, load, save};

#[test]
fn a_place_comes_back_as_it_was_saved() {
    let folder = tempfile::tempdir().expect("temporary folder");
    assert_eq!(load(folder.path()).expect("readable"), Opened::Missing);
    for place in [Place::Since(1_795_697_442), Place::After("s=1;i=2; odd one".to_owned())] {
        save(folder.path(), &place).expect("writable");
        assert_eq!(load(folder.path()).expect("readable"), Opened::Place(place));
    }
}

#[test]
fn a_file_of_something_else_is_damaged_and_not_taken_for_a_place() {
    let folder = tempfile::tempdir().expect("temporary folder");
    std::fs::write(folder.path().join("checkpoint"), "since 5").expect("writable");
    assert!(matches!(load(folder.path()).expect("readable"), Opened::Damaged(_)));
}
