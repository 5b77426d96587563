//! Attributes and the values they hold.

use crate::wire::{
    Fields, WireError, bytes_field_len, put_bytes_field, put_fixed64_field, put_tag, put_varint,
    put_varint_field, split_short, varint_len,
};

/// A value: read lazily, and also what writers take.
#[derive(Clone, Copy, Debug, Default)]
pub enum AnyValueView<'a> {
    /// No value. Also a reference into a string table, which only profiles have.
    #[default]
    Empty,
    /// Text.
    Str(&'a str),
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// Bytes without a meaning to OTLP.
    Bytes(&'a [u8]),
    /// Values in order.
    Array(ArrayView<'a>),
    /// Keys with values.
    KvList(KeyValues<'a>),
}

impl<'a> AnyValueView<'a> {
    /// Reads an `AnyValue` message.
    #[inline]
    pub fn read(message: &'a [u8]) -> Result<Self, WireError> {
        match split_short(message, 1) {
            Some((text, [])) => utf8(text).map(Self::Str),
            _ => Self::read_fields(message),
        }
    }

    fn read_fields(message: &'a [u8]) -> Result<Self, WireError> {
        let mut value = Self::Empty;
        let mut text = None;
        let (mut array, mut list) = (None, None);
        for field in Fields::new(message) {
            let field = field?;
            value = match field.number {
                1 => {
                    text = Some(field.bytes()?);
                    Self::Str("")
                }
                2 => Self::Bool(field.varint()? != 0),
                3 => Self::Int(field.varint()? as i64),
                4 => Self::Double(f64::from_bits(field.fixed64()?)),
                5 => {
                    field.once(&mut array)?;
                    Self::Array(ArrayView { message: field.bytes()? })
                }
                6 => {
                    field.once(&mut list)?;
                    Self::KvList(KeyValues::new(field.bytes()?, LIST_VALUES))
                }
                7 => Self::Bytes(field.bytes()?),
                8 => {
                    field.varint()?;
                    Self::Empty
                }
                _ => value,
            };
        }
        match (value, text) {
            (Self::Str(_), Some(text)) => Ok(Self::Str(utf8(text)?)),
            (value, _) => Ok(value),
        }
    }

    /// The text, when the value is one.
    pub fn as_str(&self) -> Option<&'a str> {
        match *self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Length of the encoded `AnyValue` message.
    pub fn encoded_len(&self) -> usize {
        match *self {
            Self::Empty => 0,
            Self::Str(text) => bytes_field_len(1, text.len()),
            Self::Bool(_) => 2,
            Self::Int(number) => 1 + varint_len(number as u64),
            Self::Double(_) => 9,
            Self::Bytes(bytes) => bytes_field_len(7, bytes.len()),
            Self::Array(array) => bytes_field_len(5, array.message.len()),
            Self::KvList(list) => bytes_field_len(6, list.message.len()),
        }
    }

    /// Appends the encoded `AnyValue` message.
    pub fn put(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Empty => {}
            Self::Str(text) => put_bytes_field(out, 1, text.as_bytes()),
            Self::Bool(yes) => put_varint_field(out, 2, u64::from(yes)),
            Self::Int(number) => put_varint_field(out, 3, number as u64),
            Self::Double(number) => put_fixed64_field(out, 4, number.to_bits()),
            Self::Array(array) => put_bytes_field(out, 5, array.message),
            Self::KvList(list) => put_bytes_field(out, 6, list.message),
            Self::Bytes(bytes) => put_bytes_field(out, 7, bytes),
        }
    }
}

/// Field `values` of `KeyValueList`.
const LIST_VALUES: u8 = 1;

/// An `ArrayValue` message.
#[derive(Clone, Copy, Debug)]
pub struct ArrayView<'a> {
    message: &'a [u8],
}

impl<'a> ArrayView<'a> {
    /// The values, in order.
    pub fn values(self) -> impl Iterator<Item = Result<AnyValueView<'a>, WireError>> + use<'a> {
        Fields::new(self.message).filter_map(|field| match field {
            Ok(field) if field.number == 1 => Some(field.bytes().and_then(AnyValueView::read)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }
}

/// The attributes of a message, or the entries of a list value.
#[derive(Clone, Copy, Debug)]
pub struct KeyValues<'a> {
    message: &'a [u8],
    number: u8,
}

impl<'a> KeyValues<'a> {
    /// The `KeyValue` messages in field `number`, at most 15, of `message`.
    pub const fn new(message: &'a [u8], number: u8) -> Self {
        Self { message, number }
    }

    /// The entries, in order.
    #[inline]
    pub fn iter(self) -> KeyValueIter<'a> {
        KeyValueIter { fields: Fields::new(self.message), number: self.number }
    }

    /// The value of the first entry with this key.
    pub fn find(self, key: &str) -> Result<Option<AnyValueView<'a>>, WireError> {
        for entry in self.iter() {
            let entry = entry?;
            if entry.key_bytes() == key.as_bytes() {
                return entry.value().map(Some);
            }
        }
        Ok(None)
    }

    /// Whether an entry has this key.
    pub fn has(self, key: &str) -> Result<bool, WireError> {
        self.find(key).map(|value| value.is_some())
    }
}

/// The entries of [`KeyValues`], in order.
#[derive(Clone, Debug)]
pub struct KeyValueIter<'a> {
    fields: Fields<'a>,
    number: u8,
}

impl<'a> Iterator for KeyValueIter<'a> {
    type Item = Result<KeyValueView<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(message) = self.fields.next_short(self.number) {
                return Some(KeyValueView::read(message));
            }
            match self.fields.next()? {
                Ok(field) if field.number == u32::from(self.number) => {
                    return Some(field.bytes().and_then(KeyValueView::read));
                }
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// A key with its value. Neither is looked into before it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct KeyValueView<'a> {
    key: &'a [u8],
    value: Option<&'a [u8]>,
}

impl<'a> KeyValueView<'a> {
    /// Reads a `KeyValue` message.
    #[inline]
    pub fn read(message: &'a [u8]) -> Result<Self, WireError> {
        if let Some((key, rest)) = split_short(message, 1)
            && let Some((value, [])) = split_short(rest, 2)
        {
            return Ok(Self { key, value: Some(value) });
        }
        Self::read_fields(message)
    }

    fn read_fields(message: &'a [u8]) -> Result<Self, WireError> {
        let mut view = Self { key: &[], value: None };
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => view.key = field.bytes()?,
                2 => field.once(&mut view.value)?,
                _ => {}
            }
        }
        Ok(view)
    }

    /// The key.
    pub fn key(&self) -> Result<&'a str, WireError> {
        utf8(self.key)
    }

    /// The key without the cost of checking that it is UTF-8: for comparing.
    pub fn key_bytes(&self) -> &'a [u8] {
        self.key
    }

    /// The value; [`AnyValueView::Empty`] when there is none.
    pub fn value(&self) -> Result<AnyValueView<'a>, WireError> {
        self.value.map_or(Ok(AnyValueView::Empty), AnyValueView::read)
    }
}

/// Appends a `KeyValue` in field `number`.
#[inline]
pub fn put_key_value(out: &mut Vec<u8>, number: u8, key: &str, value: AnyValueView<'_>) {
    put_tag(out, u32::from(number), 2);
    put_varint(out, key_value_len(key, value) as u64);
    put_bytes_field(out, 1, key.as_bytes());
    put_tag(out, 2, 2);
    put_varint(out, value.encoded_len() as u64);
    value.put(out);
}

/// Length of the `KeyValue` message that [`put_key_value`] writes, without its tag and length.
pub(super) fn key_value_len(key: &str, value: AnyValueView<'_>) -> usize {
    bytes_field_len(1, key.len()) + bytes_field_len(2, value.encoded_len())
}

pub(super) fn utf8(bytes: &[u8]) -> Result<&str, WireError> {
    simdutf8::basic::from_utf8(bytes).map_err(|_| WireError::Utf8)
}
