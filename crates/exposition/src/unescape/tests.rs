//! Escapes, and backslashes that are none.

use super::unescape;

#[test]
fn known_escapes_are_replaced_and_others_stay() {
    assert_eq!(unescape(r#"a\\n\n\"b\x\"#, true), "a\\n\n\"b\\x\\");
    assert_eq!(unescape(r#"a\\n\n\"b"#, false), "a\\n\n\\\"b");
    assert_eq!(unescape("plain", true), "plain");
}
