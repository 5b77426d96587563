//! Writers that append to a buffer.

/// Bytes that `number` takes as a varint: 1 to 10.
pub const fn varint_len(number: u64) -> usize {
    (((number | 1).ilog2() + 7) / 7) as usize
}

/// Appends a varint.
#[inline]
pub fn put_varint(out: &mut Vec<u8>, number: u64) {
    match number {
        0..0x80 => out.push(number as u8),
        0x80..0x4000 => out.extend_from_slice(&[number as u8 | 0x80, (number >> 7) as u8]),
        _ => put_long_varint(out, number),
    }
}

fn put_long_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a field's tag.
#[inline]
pub fn put_tag(out: &mut Vec<u8>, number: u32, wire_type: u8) {
    put_varint(out, u64::from(number) << 3 | u64::from(wire_type));
}

/// Appends a varint field.
pub fn put_varint_field(out: &mut Vec<u8>, number: u32, value: u64) {
    put_tag(out, number, 0);
    put_varint(out, value);
}

/// Appends an 8-byte field.
pub fn put_fixed64_field(out: &mut Vec<u8>, number: u32, value: u64) {
    put_tag(out, number, 1);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a 4-byte field.
pub fn put_fixed32_field(out: &mut Vec<u8>, number: u32, value: u32) {
    put_tag(out, number, 5);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a length-delimited field.
pub fn put_bytes_field(out: &mut Vec<u8>, number: u32, value: &[u8]) {
    put_tag(out, number, 2);
    put_varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

/// Bytes that a length-delimited field with a value of `len` bytes takes.
pub const fn bytes_field_len(number: u32, len: usize) -> usize {
    varint_len((number as u64) << 3) + varint_len(len as u64) + len
}

/// A message that is being written: its length is known when it ends.
#[derive(Clone, Copy, Debug)]
#[must_use = "end it with `end_message`"]
pub struct OpenMessage {
    field_at: usize,
    len_at: usize,
    body_at: usize,
}

impl OpenMessage {
    /// Length of the buffer before the message's tag: truncating to it takes the message back.
    pub const fn field_at(&self) -> usize {
        self.field_at
    }
}

/// Begins a message in field `number`. When it ends with another width of length than `len_guess` has, its bytes
/// are moved once.
pub fn begin_message(out: &mut Vec<u8>, number: u32, len_guess: usize) -> OpenMessage {
    let field_at = out.len();
    put_tag(out, number, 2);
    let len_at = out.len();
    let body_at = len_at + varint_len(len_guess as u64);
    out.resize(body_at, 0);
    OpenMessage { field_at, len_at, body_at }
}

/// Ends the innermost message begun: everything appended since then is its content.
pub fn end_message(out: &mut Vec<u8>, open: OpenMessage) {
    let len = out.len() - open.body_at;
    let body_at = open.len_at + varint_len(len as u64);
    if body_at > open.body_at {
        out.resize(body_at + len, 0);
    }
    if body_at != open.body_at {
        out.copy_within(open.body_at..open.body_at + len, body_at);
        out.truncate(body_at + len);
    }
    set_varint(&mut out[open.len_at..body_at], len as u64);
}

/// Writes a varint over bytes that are exactly as many as it takes.
pub fn set_varint(place: &mut [u8], mut number: u64) {
    debug_assert_eq!(place.len(), varint_len(number));
    let last = place.len() - 1;
    for byte in &mut place[..last] {
        *byte = number as u8 | 0x80;
        number >>= 7;
    }
    place[last] = number as u8;
}
