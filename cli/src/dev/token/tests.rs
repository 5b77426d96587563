//! Tokens that are too weak are refused where they are given.

use super::{check, read};

#[test]
fn a_token_is_read_from_its_file_without_the_line_end() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join("token");
    std::fs::write(&file, "0123456789abcdef\n").expect("file with the token");
    assert_eq!(read(Some(&file)), Ok(Some("0123456789abcdef".to_owned())));
}

#[test]
fn a_short_token_or_one_with_blanks_is_refused_with_the_place_named_and_itself_not_shown() {
    for weak in ["", "secret", "0123456789 abcdef"] {
        let refused = check(weak, "--token-file t").expect_err("it is weak");
        assert!(refused.starts_with("--token-file t: a token has at least 16"), "{refused}");
        assert!(weak.is_empty() || !refused.contains(weak), "{refused}");
    }
}

#[test]
fn a_token_file_that_is_not_there_is_named() {
    let refused = read(Some(std::path::Path::new("/does/not/exist"))).expect_err("there is none");
    assert!(refused.starts_with("--token-file /does/not/exist: "), "{refused}");
}
