//! Borrowed readers.

use crate::wire::{Field, Fields, Value, WireError, split_varint};

/// Number of samples and histograms in a request.
pub fn count_records(request: &[u8]) -> Result<u64, WireError> {
    let mut records = 0;
    for series in RequestView::new(request).timeseries() {
        records += series?.count_records()?;
    }
    Ok(records)
}

/// An `io.prometheus.write.v2.Request`.
#[derive(Clone, Copy, Debug)]
pub struct RequestView<'a> {
    message: &'a [u8],
}

impl<'a> RequestView<'a> {
    /// Reads `message`.
    pub const fn new(message: &'a [u8]) -> Self {
        Self { message }
    }

    /// The symbols, in order: a label reference is an index into them.
    pub fn symbols(self) -> impl Iterator<Item = Result<&'a str, WireError>> + use<'a> {
        messages(self.message, SYMBOLS)
            .map(|symbol| simdutf8::basic::from_utf8(symbol?).map_err(|_| WireError::Utf8))
    }

    /// The series, in order.
    pub fn timeseries(self) -> impl Iterator<Item = Result<TimeSeriesView<'a>, WireError>> + use<'a> {
        messages(self.message, TIMESERIES).map(|message| message.map(TimeSeriesView::new))
    }
}

pub(super) const SYMBOLS: u32 = 4;
pub(super) const TIMESERIES: u32 = 5;

/// A `TimeSeries` message.
#[derive(Clone, Copy, Debug)]
pub struct TimeSeriesView<'a> {
    message: &'a [u8],
}

impl<'a> TimeSeriesView<'a> {
    /// Reads `message`.
    pub const fn new(message: &'a [u8]) -> Self {
        Self { message }
    }

    /// References of label names and values, in turn.
    pub fn label_refs(self) -> LabelRefs<'a> {
        LabelRefs::new(self.message)
    }

    /// The samples, in order.
    pub fn samples(self) -> impl Iterator<Item = Result<Sample, WireError>> + use<'a> {
        messages(self.message, 2).map(|message| Sample::read(message?))
    }

    /// The native histograms, encoded. Fields 1 to 16 are those of remote-write 1.0.
    pub fn histograms(self) -> impl Iterator<Item = Result<&'a [u8], WireError>> + use<'a> {
        messages(self.message, 3)
    }

    /// The exemplars, in order.
    pub fn exemplars(self) -> impl Iterator<Item = Result<ExemplarView<'a>, WireError>> + use<'a> {
        messages(self.message, 4).map(|message| ExemplarView::read(message?))
    }

    /// The metadata; all zero when there is none.
    pub fn metadata(self) -> Result<Metadata, WireError> {
        let mut metadata = Metadata::default();
        for message in messages(self.message, 5) {
            metadata.merge(message?)?;
        }
        Ok(metadata)
    }

    /// Number of samples and histograms.
    pub fn count_records(self) -> Result<u64, WireError> {
        let mut records = 0;
        for field in Fields::new(self.message) {
            records += u64::from(matches!(field?.number, 2 | 3));
        }
        Ok(records)
    }

    /// The encoded series.
    pub fn message(self) -> &'a [u8] {
        self.message
    }
}

/// A sample. Times are milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// The value; a staleness marker is a NaN with its own bits.
    pub value: f64,
    /// When it was taken.
    pub timestamp: i64,
    /// When the counter started; 0 when unknown.
    pub start_timestamp: i64,
}

impl Sample {
    fn read(message: &[u8]) -> Result<Self, WireError> {
        let mut sample = Self::default();
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => sample.value = f64::from_bits(field.fixed64()?),
                2 => sample.timestamp = field.varint()? as i64,
                3 => sample.start_timestamp = field.varint()? as i64,
                _ => {}
            }
        }
        Ok(sample)
    }
}

/// An exemplar.
#[derive(Clone, Copy, Debug)]
pub struct ExemplarView<'a> {
    message: &'a [u8],
    /// The value.
    pub value: f64,
    /// When it was taken, in milliseconds since the Unix epoch.
    pub timestamp: i64,
}

impl<'a> ExemplarView<'a> {
    fn read(message: &'a [u8]) -> Result<Self, WireError> {
        let mut view = Self { message, value: 0.0, timestamp: 0 };
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                2 => view.value = f64::from_bits(field.fixed64()?),
                3 => view.timestamp = field.varint()? as i64,
                _ => {}
            }
        }
        Ok(view)
    }

    /// References of label names and values, in turn.
    pub fn label_refs(self) -> LabelRefs<'a> {
        LabelRefs::new(self.message)
    }
}

/// Metadata of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// A `MetricType`, as number: 1 counter, 2 gauge, 3 histogram, 4 gauge histogram, 5 summary, 6 info, 7 state set.
    pub kind: i32,
    /// Reference of the help text; 0 is the empty symbol.
    pub help_ref: u32,
    /// Reference of the unit; 0 is the empty symbol.
    pub unit_ref: u32,
}

impl Metadata {
    fn merge(&mut self, message: &[u8]) -> Result<(), WireError> {
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => self.kind = field.varint()? as i32,
                3 => self.help_ref = field.varint()? as u32,
                4 => self.unit_ref = field.varint()? as u32,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The references in field 1 of a message, packed or not. Ends after the first error.
#[derive(Clone, Debug)]
pub struct LabelRefs<'a> {
    fields: Fields<'a>,
    packed: Varints<'a>,
}

impl<'a> LabelRefs<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { fields: Fields::new(message), packed: Varints(&[]) }
    }
}

impl Iterator for LabelRefs<'_> {
    type Item = Result<u32, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(reference) = self.packed.next() {
                if reference.is_err() {
                    self.fields = Fields::new(&[]);
                }
                return Some(reference.map(|reference| reference as u32));
            }
            match self.fields.next()? {
                Ok(Field { number: 1, value: Value::Bytes(packed), .. }) => self.packed = Varints(packed),
                Ok(Field { number: 1, value: Value::Varint(reference), .. }) => {
                    return Some(Ok(reference as u32));
                }
                Ok(Field { number: 1, .. }) => {
                    self.fields = Fields::new(&[]);
                    return Some(Err(WireError::WireType));
                }
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Packed varints.
#[derive(Clone, Debug)]
struct Varints<'a>(&'a [u8]);

impl Iterator for Varints<'_> {
    type Item = Result<u64, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        match split_varint(self.0) {
            Ok((number, rest)) => {
                self.0 = rest;
                Some(Ok(number))
            }
            Err(error) => {
                self.0 = &[];
                Some(Err(error))
            }
        }
    }
}

fn messages(message: &[u8], number: u32) -> impl Iterator<Item = Result<&[u8], WireError>> {
    Fields::new(message).filter_map(move |field| match field {
        Ok(field) if field.number == number => Some(field.bytes()),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}
