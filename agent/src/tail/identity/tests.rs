//! Ids of files.

use super::{FileId, Inode, Origin, Stat, head_of};

fn stat() -> Stat {
    Stat {
        inode: Inode { dev: 1, ino: 2 },
        birth: Some(1_795_521_600_123_456_789),
        modified_seconds: 7,
        size: 0,
        links: 1,
    }
}

#[test]
fn an_id_starts_with_the_seconds_of_birth_and_is_the_same_each_time() {
    let id = FileId::new(&Origin::new(&stat()), b"first line");
    assert_eq!(id.0[..4], 1_795_521_600_u32.to_be_bytes());
    assert_eq!(id, FileId::new(&Origin::new(&stat()), b"first line"));
    assert_eq!(id.hex().len(), 32);
    assert_eq!(&id.hex()[..8], "6b057c40");
}

#[test]
fn where_no_birth_is_known_the_first_seen_change_takes_its_place() {
    let id = FileId::new(&Origin::new(&Stat { birth: None, ..stat() }), b"");
    assert_eq!(id.0[..4], 7_u32.to_be_bytes());
}

#[test]
fn device_inode_birth_generation_and_first_line_all_make_another_id() {
    let first = FileId::new(&Origin::new(&stat()), b"head");
    let mut next = Origin::new(&stat());
    next.next_generation();
    let others = [
        FileId::new(&Origin::new(&Stat { inode: Inode { dev: 9, ino: 2 }, ..stat() }), b"head"),
        FileId::new(&Origin::new(&Stat { inode: Inode { dev: 1, ino: 9 }, ..stat() }), b"head"),
        FileId::new(&Origin::new(&Stat { birth: Some(1_795_521_600_000_000_000), ..stat() }), b"head"),
        FileId::new(&next, b"head"),
        FileId::new(&Origin::new(&stat()), b"other"),
    ];
    assert!(others.iter().all(|other| *other != first));
}

#[test]
fn another_birth_means_another_file_and_an_unknown_one_proves_nothing() {
    let origin = Origin::new(&stat());
    assert!(origin.may_be(&stat()));
    assert!(origin.may_be(&Stat { birth: None, ..stat() }));
    assert!(!origin.may_be(&Stat { birth: Some(1), ..stat() }));
}

#[test]
fn the_head_is_the_first_line_or_what_there_is_of_it() {
    assert_eq!(head_of(b"one\ntwo\n"), b"one");
    assert_eq!(head_of(b"one"), b"one");
    assert_eq!(head_of(b""), b"");
}
