//! Metadata of metric families: type, help and unit.

use std::borrow::Cow;

use weir_exposition::{Item, Kind};
use weir_proto::remote_write_v2::{Metadata, SymbolTable};

/// The family that the last `TYPE`, `HELP` or `UNIT` lines described.
#[derive(Clone, Debug, Default)]
pub(super) struct Family<'a> {
    name: &'a [u8],
    kind: Kind,
    help: Cow<'a, str>,
    unit: &'a [u8],
    /// The metadata in a request, once a series needed it.
    encoded: Option<Metadata>,
}

impl<'a> Family<'a> {
    /// Takes in a line of metadata. One that names another family starts anew.
    pub(super) fn take(&mut self, item: &Item<'a>) {
        let (Item::Type { name, .. } | Item::Help { name, .. } | Item::Unit { name, .. }) = *item else {
            return;
        };
        if name != self.name {
            *self = Self { name, ..Self::default() };
        }
        self.encoded = None;
        match *item {
            Item::Type { kind, .. } => self.kind = kind,
            Item::Help { text, .. } => self.help = text.decode(),
            Item::Unit { unit, .. } => self.unit = unit,
            Item::Series(_) | Item::Comment => {}
        }
    }

    /// The metadata of a series called `metric`: none if it is not of this family.
    pub(super) fn metadata(&mut self, metric: &str, symbols: &mut SymbolTable) -> Metadata {
        if !self.covers(metric.as_bytes()) {
            return Metadata::default();
        }
        let Self { kind, help, unit, encoded, .. } = self;
        *encoded.get_or_insert_with(|| Metadata {
            kind: number(*kind),
            help_ref: symbols.intern(help),
            unit_ref: symbols.intern(std::str::from_utf8(unit).unwrap_or_default()),
        })
    }

    /// Whether a metric's name is the family's, with the suffixes that its type allows.
    fn covers(&self, metric: &[u8]) -> bool {
        if self.name.is_empty() {
            return false;
        }
        let suffixes: &[&[u8]] = match self.kind {
            Kind::Counter => &[b"_total"],
            Kind::Histogram => &[b"_bucket", b"_sum", b"_count"],
            Kind::GaugeHistogram => &[b"_bucket", b"_gsum", b"_gcount"],
            Kind::Summary => &[b"_sum", b"_count"],
            Kind::Info => &[b"_info"],
            Kind::Gauge | Kind::StateSet | Kind::Unknown => &[],
        };
        // The text format names counters and infos with their suffix.
        let family = match self.kind {
            Kind::Counter | Kind::Info => self.name.strip_suffix(suffixes[0]).unwrap_or(self.name),
            _ => self.name,
        };
        match metric.strip_prefix(family) {
            Some(rest) => rest.is_empty() || suffixes.contains(&rest),
            None => false,
        }
    }
}

/// `MetricType` of remote-write 2.0.
const fn number(kind: Kind) -> i32 {
    match kind {
        Kind::Unknown => 0,
        Kind::Counter => 1,
        Kind::Gauge => 2,
        Kind::Histogram => 3,
        Kind::GaugeHistogram => 4,
        Kind::Summary => 5,
        Kind::Info => 6,
        Kind::StateSet => 7,
    }
}

#[cfg(test)]
mod tests;
