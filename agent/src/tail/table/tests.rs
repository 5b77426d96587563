//! Names and inodes of files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use weir_config::LineFormat;

use super::{State, Table, Tracked};
use crate::tail::digest::Digest;
use crate::tail::entry::Entries;
use crate::tail::identity::{Inode, Origin};
use crate::tail::mark::{Mark, Progress};
use crate::tail::saved::SavedFile;

fn tracked(ino: u64) -> Tracked {
    let config = crate::tail::tests::stage::config("app", Path::new("/log/*"));
    let entries = Entries::new(&[config]).expect("valid");
    let inode = Inode { dev: 1, ino };
    let saved = SavedFile {
        path: PathBuf::from("/log/a"),
        entry: "app".to_owned(),
        origin: Origin { inode, birth: None, seconds: 0, generation: 0 },
        id: None,
        prefix: Digest::default(),
        mark: Mark::default(),
        size: 0,
        line_bytes_mean: 0,
        open: true,
    };
    Tracked {
        inode,
        entry: Arc::clone(entries.iter().next().expect("one")),
        format: LineFormat::Auto,
        path: Arc::new(PathBuf::from("/log/a")),
        names: Vec::new(),
        state: State::Idle,
        reader: None,
        saved,
        progress: Progress::new(Mark::default()),
        links: 1,
        nameless: None,
        is_armed: false,
        waits_for_pod: None,
        is_unwanted: false,
    }
}

#[test]
fn a_file_is_nameless_once_its_last_name_is_gone() {
    let mut table = Table::default();
    let slot = table.insert(tracked(1));
    table.attach(PathBuf::from("/log/a"), slot);
    table.attach(PathBuf::from("/log/b"), slot);
    assert_eq!(table.detach(Path::new("/log/a")), None);
    assert_eq!(table.detach(Path::new("/log/b")), Some(slot));
    assert!(table.get(slot).expect("there").nameless.is_some());
    table.attach(PathBuf::from("/log/c"), slot);
    assert!(table.get(slot).expect("there").nameless.is_none());
}

#[test]
fn a_removed_file_leaves_neither_name_nor_inode() {
    let mut table = Table::default();
    let slot = table.insert(tracked(1));
    table.attach(PathBuf::from("/log/a"), slot);
    assert_eq!(table.inode_of(Path::new("/log/a")), Some(Inode { dev: 1, ino: 1 }));
    table.remove(slot);
    assert_eq!(table.inode_of(Path::new("/log/a")), None);
    assert_eq!(table.with_inode(Inode { dev: 1, ino: 1 }), None);
    assert!(!table.has_name(Path::new("/log/a")));
}
