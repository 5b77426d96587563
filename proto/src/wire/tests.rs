//! Examples from the encoding guide, and the ways in which bytes can be wrong.

use super::{
    Fields, Value, WireError, begin_message, end_message, put_bytes_field, put_varint, split_varint,
    varint_len,
};

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

#[test]
fn a_varint_written_is_the_varint_read() {
    for shift in 0..64 {
        for number in [(1_u64 << shift) - 1, 1 << shift, u64::MAX >> shift] {
            let mut out = Vec::new();
            put_varint(&mut out, number);
            out.push(0xff);
            assert_eq!(split_varint(&out), Ok((number, [0xff].as_slice())));
        }
    }
}

#[test]
fn a_message_ends_with_its_length_whatever_was_guessed() {
    for len in [0, 1, 127, 128, 16_383, 16_384] {
        for len_guess in [0, 127, 128, 20_000, 3_000_000] {
            let content = vec![7; len];
            let (mut expected, mut out) = (b"before".to_vec(), b"before".to_vec());
            put_bytes_field(&mut expected, 20, &content);
            let open = begin_message(&mut out, 20, len_guess);
            assert_eq!(open.field_at(), 6);
            out.extend_from_slice(&content);
            end_message(&mut out, open);
            assert_eq!(out, expected, "{len} bytes, {len_guess} guessed");
        }
    }
}

#[test]
fn a_short_field_is_taken_only_when_it_is_next_and_whole() {
    let mut fields = Fields::new(b"\x0a\x01a\x0a\x00\x12\x01b\x0a\x05c");
    assert_eq!(fields.next_short(2), None);
    assert_eq!((fields.next_short(1), fields.next_short(1)), (Some(b"a".as_slice()), Some(b"".as_slice())));
    assert_eq!((fields.next_short(1), fields.next_short(2)), (None, Some(b"b".as_slice())));
    assert_eq!(fields.next_short(1), None);
    assert_eq!(fields.next(), Some(Err(WireError::Truncated)));
}

#[test]
fn groups_may_be_nested_as_deep_as_told() {
    let nested = [0x0b, 0x0b, 0x08, 0x01, 0x0c, 0x0c];
    let read =
        |depth| Fields::with_depth(&nested, depth).collect::<Result<Vec<_>, _>>().map(|fields| fields.len());
    assert_eq!((read(3), read(2)), (Ok(1), Err(WireError::Depth)));
}
