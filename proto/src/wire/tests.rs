//! Examples from the encoding guide, and the ways in which bytes can be wrong.

use super::{Fields, Value, WireError, put_varint, varint_len};

#[test]
fn the_guide_s_examples_read_as_it_says() {
    let read = |bytes: &'static [u8]| Fields::new(bytes).collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(read(&[0x08, 0x96, 0x01])[0].value, Value::Varint(150));
    assert_eq!(read(b"\x12\x07testing")[0].value, Value::Bytes(b"testing"));
    assert_eq!(read(b"\x12\x07testing")[0].range, 0..9);
}

#[test]
fn a_group_is_skipped_as_a_whole() {
    let fields: Vec<_> = Fields::new(&[0x0b, 0x08, 0x01, 0x0c, 0x10, 0x02]).map(Result::unwrap).collect();
    assert_eq!((fields[0].number, &fields[0].value), (1, &Value::Group));
    assert_eq!((fields[1].number, &fields[1].value), (2, &Value::Varint(2)));
}

#[test]
fn wrong_bytes_name_what_is_wrong_and_end_the_message() {
    let first_error = |bytes: &'static [u8]| Fields::new(bytes).find_map(Result::err);
    assert_eq!(first_error(&[0x08]), Some(WireError::Truncated));
    assert_eq!(first_error(&[0x12, 0x05, 0x00]), Some(WireError::Truncated));
    assert_eq!(first_error(&[0x00, 0x00]), Some(WireError::FieldNumber));
    assert_eq!(first_error(&[0x0e, 0x00]), Some(WireError::WireType));
    assert_eq!(first_error(&[0x0c]), Some(WireError::WireType));
    assert_eq!(
        first_error(&[0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2]),
        Some(WireError::VarintTooLong)
    );
}

#[test]
fn the_length_of_a_varint_is_the_number_of_bytes_written() {
    for shift in 0..64 {
        for number in [(1_u64 << shift) - 1, 1 << shift, u64::MAX >> shift] {
            let mut out = Vec::new();
            put_varint(&mut out, number);
            assert_eq!(out.len(), varint_len(number), "{number}");
        }
    }
}
