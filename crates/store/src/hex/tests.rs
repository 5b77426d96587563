//! Ids in hexadecimal.

use super::{decode, encode};

#[test]
fn what_is_encoded_decodes_and_nothing_else() {
    assert_eq!(encode(&[0, 0xab, 0xff]), "00abff");
    assert_eq!(decode::<3>("00abFF"), Some([0, 0xab, 0xff]));
    for text in ["", "00abf", "00abfff", "00abfg", "\u{e4}\u{e4}\u{e4}"] {
        assert_eq!(decode::<3>(text), None, "{text}");
    }
}
