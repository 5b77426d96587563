//! The checkpoint's content, there and back.

use std::path::PathBuf;

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::{BodyError, Checkpoint, Opened, decode, encode, load, save};
use crate::tail::digest::Digest;
use crate::tail::identity::{FileId, Inode, Origin};
use crate::tail::mark::Mark;
use crate::tail::saved::SavedFile;

fn origin() -> impl Strategy<Value = Origin> {
    (any::<(u64, u64)>(), any::<Option<u64>>(), any::<(u32, u32)>()).prop_map(
        |((dev, ino), birth, (seconds, generation))| Origin {
            inode: Inode { dev, ino },
            birth,
            seconds,
            generation,
        },
    )
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<(u16, u64)>().prop_map(|(len, hash)| Digest { len, hash })
}

fn file() -> impl Strategy<Value = SavedFile> {
    let names = ("[a-z/\u{e4}]{0,20}", "[a-z]{0,9}");
    let numbers = any::<(u64, u64, u32, bool, bool)>();
    (names, origin(), any::<Option<[u8; 16]>>(), digest(), digest(), numbers).prop_map(
        |((path, entry), origin, id, prefix, window, (size, offset, line_bytes_mean, skipping, open))| {
            let mark = Mark { offset, window, skipping };
            let id = id.map(FileId);
            SavedFile {
                path: PathBuf::from(path),
                entry,
                origin,
                id,
                prefix,
                mark,
                size,
                line_bytes_mean,
                open,
            }
        },
    )
}

proptest! {
    #[test]
    fn what_is_saved_is_loaded(
        patterns in any::<Vec<u64>>(),
        files in proptest::collection::vec(file(), 0..20),
    ) {
        let checkpoint = Checkpoint { patterns, files };
        prop_assert_eq!(decode(&encode(&checkpoint)), Ok(checkpoint));
    }

    #[test]
    fn a_content_that_is_cut_or_prolonged_is_damaged(
        files in proptest::collection::vec(file(), 1..4),
        cut in any::<proptest::sample::Index>(),
    ) {
        let mut body = encode(&Checkpoint { patterns: vec![1], files });
        prop_assert_eq!(decode(&body[..cut.index(body.len())]), Err(BodyError::Short));
        body.push(0);
        prop_assert_eq!(decode(&body), Err(BodyError::Long));
    }

    #[test]
    fn arbitrary_bytes_are_refused_or_read_without_a_panic(body in any::<Vec<u8>>()) {
        if let Ok(checkpoint) = decode(&body) {
            prop_assert!(encode(&checkpoint).len() <= body.len());
        }
    }
}

#[test]
fn a_missing_file_a_saved_one_and_a_damaged_one_are_told_apart() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    assert!(matches!(load(dir.path()), Ok(Opened::Missing)));
    let checkpoint = Checkpoint { patterns: vec![3], files: Vec::new() };
    save(dir.path(), &checkpoint).expect("saved");
    assert!(matches!(load(dir.path()), Ok(Opened::Read(read)) if read == checkpoint));
    std::fs::write(dir.path().join("checkpoint"), b"WEIRTAIL").expect("write");
    assert!(matches!(load(dir.path()), Ok(Opened::Damaged(_))));
}
