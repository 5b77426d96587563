//! A lazy reader of a message's fields.

use std::ops::Range;

/// Why bytes are not a protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A value ends past the end of its message.
    #[error("message is cut off")]
    Truncated,
    /// A varint has more than 64 bits.
    #[error("varint is longer than 64 bits")]
    VarintTooLong,
    /// Field number 0, or one above 2^29 - 1.
    #[error("field number is out of range")]
    FieldNumber,
    /// A wire type that is not defined, or a group that does not close.
    #[error("wire type is not valid here")]
    WireType,
    /// Text is not UTF-8.
    #[error("text is not UTF-8")]
    Utf8,
    /// Messages are nested deeper than the limit.
    #[error("message is nested too deeply")]
    Depth,
    /// An id has the wrong number of bytes.
    #[error("trace id or span id has the wrong length")]
    IdLength,
    /// A message that may occur once occurs twice. Decoders would have to merge the two; no encoder writes that.
    #[error("a message that may occur once occurs twice")]
    Repeated,
    /// A reference into the symbols of a request has no symbol, or the first symbol is not the empty one.
    #[error("reference to a symbol that is not there")]
    Reference,
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2: text, bytes, a message or packed numbers.
    Bytes(&'a [u8]),
    /// Wire type 5.
    Fixed32(u32),
    /// Wire types 3 and 4: a group, skipped as a whole.
    Group,
}

/// A field of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Field<'a> {
    /// The field number.
    pub number: u32,
    /// The value.
    pub value: Value<'a>,
    /// Where the field, tag included, stands in the message.
    pub range: Range<usize>,
}

impl<'a> Field<'a> {
    /// The bytes of a length-delimited value.
    #[inline]
    pub fn bytes(&self) -> Result<&'a [u8], WireError> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(WireError::WireType),
        }
    }

    /// The number of a varint value.
    #[inline]
    pub fn varint(&self) -> Result<u64, WireError> {
        match self.value {
            Value::Varint(number) => Ok(number),
            _ => Err(WireError::WireType),
        }
    }

    /// The number of an 8-byte value.
    #[inline]
    pub fn fixed64(&self) -> Result<u64, WireError> {
        match self.value {
            Value::Fixed64(number) => Ok(number),
            _ => Err(WireError::WireType),
        }
    }

    /// The number of a 4-byte value.
    #[inline]
    pub fn fixed32(&self) -> Result<u32, WireError> {
        match self.value {
            Value::Fixed32(number) => Ok(number),
            _ => Err(WireError::WireType),
        }
    }

    /// Takes a message that may occur once. Fails when `slot` has one already.
    #[inline]
    pub fn once(&self, slot: &mut Option<&'a [u8]>) -> Result<(), WireError> {
        match slot.replace(self.bytes()?) {
            None => Ok(()),
            Some(_) => Err(WireError::Repeated),
        }
    }
}

/// The fields of a message, in order. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    message: &'a [u8],
    at: usize,
    depth: u32,
}

impl<'a> Fields<'a> {
    /// Reads `message`.
    pub fn new(message: &'a [u8]) -> Self {
        Self::with_depth(message, DEPTH_MAX)
    }

    /// Reads `message`, in which groups may be nested `depth` deep.
    pub fn with_depth(message: &'a [u8], depth: u32) -> Self {
        Self { message, at: 0, depth }
    }

    /// Takes the next field when it is a length-delimited field `number`, at most 15, of less than 128 bytes.
    ///
    /// Messages have long runs of such fields (attributes), for which this is several times as fast as `next`.
    #[inline]
    pub fn next_short(&mut self, number: u8) -> Option<&'a [u8]> {
        let (bytes, rest) = split_short(self.message.get(self.at..)?, number)?;
        self.at = self.message.len() - rest.len();
        Some(bytes)
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, WireError> {
        match self.message[self.at..] {
            [byte, ..] if byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(byte))
            }
            [low, high, ..] if high < 0x80 => {
                self.at += 2;
                Ok(u64::from(low & 0x7f) | u64::from(high) << 7)
            }
            [] => Err(WireError::Truncated),
            _ => self.long_varint(),
        }
    }

    #[cold]
    #[inline(never)]
    fn long_varint(&mut self) -> Result<u64, WireError> {
        let mut number = 0_u64;
        for (index, &byte) in self.message[self.at..].iter().take(10).enumerate() {
            if index == 9 && byte > 1 {
                return Err(WireError::VarintTooLong);
            }
            number |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.at += index + 1;
                return Ok(number);
            }
        }
        if self.message.len() - self.at >= 10 {
            Err(WireError::VarintTooLong)
        } else {
            Err(WireError::Truncated)
        }
    }

    #[inline]
    fn take(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        let end = self.at.checked_add(len).ok_or(WireError::Truncated)?;
        let bytes = self.message.get(self.at..end).ok_or(WireError::Truncated)?;
        self.at = end;
        Ok(bytes)
    }

    #[inline]
    fn tag(&mut self) -> Result<(u32, u8), WireError> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_| WireError::FieldNumber)?;
        if number == 0 || number >= 1 << 29 {
            return Err(WireError::FieldNumber);
        }
        Ok((number, (key & 7) as u8))
    }

    #[cold]
    #[inline(never)]
    fn skip_group(&mut self, group: u32, depth: u32) -> Result<(), WireError> {
        loop {
            let (number, wire_type) = self.tag()?;
            match wire_type {
                4 if number == group => return Ok(()),
                4 => return Err(WireError::WireType),
                _ if depth <= 1 => return Err(WireError::Depth),
                3 => self.skip_group(number, depth - 1)?,
                _ => drop(self.value(wire_type)?),
            }
        }
    }

    #[inline]
    fn value(&mut self, wire_type: u8) -> Result<Value<'a>, WireError> {
        Ok(match wire_type {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(
                self.take(8)?.try_into().expect("take returns the length asked for"),
            )),
            2 => {
                let len = usize::try_from(self.varint()?).map_err(|_| WireError::Truncated)?;
                Value::Bytes(self.take(len)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(
                self.take(4)?.try_into().expect("take returns the length asked for"),
            )),
            _ => return Err(WireError::WireType),
        })
    }

    #[inline]
    fn field(&mut self) -> Result<Field<'a>, WireError> {
        let start = self.at;
        let (number, wire_type) = self.tag()?;
        let value = if wire_type == 3 {
            self.skip_group(number, self.depth)?;
            Value::Group
        } else {
            self.value(wire_type)?
        };
        Ok(Field { number, value, range: start..self.at })
    }
}

/// Splits off the content of a length-delimited field `number`, at most 15, of less than 128 bytes.
#[inline]
pub(crate) fn split_short(message: &[u8], number: u8) -> Option<(&[u8], &[u8])> {
    debug_assert!(number <= 15, "the tag takes one byte");
    let (&[tag, len], rest) = message.split_first_chunk()?;
    if tag != number << 3 | 2 || len >= 0x80 { None } else { rest.split_at_checked(usize::from(len)) }
}

/// Reads the varint at the start of `bytes` and returns it with what follows.
#[inline]
pub fn split_varint(bytes: &[u8]) -> Result<(u64, &[u8]), WireError> {
    let mut fields = Fields::new(bytes);
    let number = fields.varint()?;
    Ok((number, &bytes[fields.at..]))
}

/// How deep messages and groups may be nested below the outermost message: prost's own limit.
pub const DEPTH_MAX: u32 = 100;

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.message.len() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.at = self.message.len();
        }
        Some(field)
    }
}
