//! The protobuf wire format: fields of a message as borrowed slices, and the few writers that splicing needs.
//!
//! <https://protobuf.dev/programming-guides/encoding/>. Groups are accepted and skipped, as every decoder does.

mod read;
mod write;

pub(crate) use read::split_short;
pub use read::{DEPTH_MAX, Field, Fields, Value, WireError, split_varint};
pub use write::{
    OpenMessage, begin_message, bytes_field_len, end_message, put_bytes_field, put_fixed32_field,
    put_fixed64_field, put_tag, put_varint, put_varint_field, set_varint, varint_len,
};

#[cfg(test)]
mod tests;
