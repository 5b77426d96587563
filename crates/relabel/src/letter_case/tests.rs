//! Letters whose full and simple mappings differ.

use super::{lower, upper};

#[test]
fn letters_map_one_to_one() {
    assert_eq!(upper("bAr123Foo"), "BAR123FOO");
    assert_eq!(lower("bAr123Foo"), "bar123foo");
    assert_eq!(upper("stra\u{df}e"), "STRA\u{df}E");
    assert_eq!(lower("\u{130}"), "i");
    assert_eq!(upper("\u{1f80}\u{1fb3}"), "\u{1f88}\u{1fbc}");
    assert_eq!(lower("\u{39f}\u{3a3}"), "\u{3bf}\u{3c3}");
}
