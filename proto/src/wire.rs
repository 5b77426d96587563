//! The protobuf wire format: fields of a message as borrowed slices, and the few writers that splicing needs.
//!
//! <https://protobuf.dev/programming-guides/encoding/>. Groups are accepted and skipped, as every decoder does.

mod read;
mod write;

pub use read::{Field, Fields, Value, WireError};
pub use write::{
    bytes_field_len, put_bytes_field, put_fixed64_field, put_tag, put_varint, put_varint_field, varint_len,
};

#[cfg(test)]
mod tests;
