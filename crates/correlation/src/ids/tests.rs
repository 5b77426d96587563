//! Ids as text and back.

use proptest::prelude::{any, prop_assert_eq, proptest};

use super::{put_hex, span_id, trace_id};

fn hex(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_hex(&mut out, bytes);
    out
}

#[test]
fn an_id_of_zeros_is_none() {
    assert_eq!(trace_id(&[b'0'; 32]), None);
    assert_eq!(span_id(&[b'0'; 16]), None);
}

#[test]
fn either_case_is_read() {
    let expected = Some([0xab, 0xcd, 0xef, 0, 1, 2, 3, 4]);
    assert_eq!(span_id(b"abcdef0001020304"), expected);
    assert_eq!(span_id(b"ABCDEF0001020304"), expected);
}

#[test]
fn a_wrong_length_or_another_character_is_none() {
    assert_eq!(span_id(b"abcdef000102030"), None);
    assert_eq!(span_id(b"abcdef00010203040"), None);
    for wrong in [b'g', b'G', b'/', b':', b'@', b'`', 0, 0x80, 0xff] {
        let mut digits = *b"abcdef0001020304";
        digits[5] = wrong;
        assert_eq!(span_id(&digits), None, "{wrong:#x}");
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(id in any::<[u8; 16]>()) {
        let expected = (id != [0; 16]).then_some(id);
        prop_assert_eq!(trace_id(&hex(&id)), expected);
        prop_assert_eq!(trace_id(&hex(&id).to_ascii_uppercase()), expected);
    }

    #[test]
    fn bytes_read_as_an_id_only_when_they_are_its_digits(bytes in any::<[u8; 16]>()) {
        let all_hex = bytes.iter().all(u8::is_ascii_hexdigit);
        prop_assert_eq!(span_id(&bytes).is_some(), all_hex && bytes != [b'0'; 16]);
    }
}
