//! Numbers as Grafana shows them.

use crate::board::Unit;

const THOUSANDS: [&str; 4] = ["", " K", " M", " G"];
const BYTES: [&str; 5] = [" B", " KiB", " MiB", " GiB", " TiB"];

/// A number with its unit.
pub(super) fn shown(number: f64, unit: Unit) -> String {
    let (divisor, name) = scale(number, unit);
    let per_second = if matches!(unit, Unit::PerSecond | Unit::BytesPerSecond) { "/s" } else { "" };
    rounded(number / divisor) + name + per_second
}

/// What a number of this size is divided by before it is written, and what that is called.
pub(super) fn scale(number: f64, unit: Unit) -> (f64, &'static str) {
    let size = number.abs();
    match unit {
        Unit::Count | Unit::PerSecond => prefix(size, 1000.0, &THOUSANDS),
        Unit::Bytes | Unit::BytesPerSecond => prefix(size, 1024.0, &BYTES),
        Unit::Share => (0.01, " %"),
        Unit::Seconds if size >= 172_800.0 => (86_400.0, " d"),
        Unit::Seconds if size >= 7_200.0 => (3_600.0, " h"),
        Unit::Seconds if size >= 120.0 => (60.0, " min"),
        Unit::Seconds if size >= 1.0 || size == 0.0 => (1.0, " s"),
        Unit::Seconds if size >= 1e-3 => (1e-3, " ms"),
        Unit::Seconds => (1e-6, " us"),
    }
}

/// The largest power of `base` that is not above `size`, as far as it has a name.
fn prefix(size: f64, base: f64, names: &[&'static str]) -> (f64, &'static str) {
    let mut powers = names.iter().enumerate().map(|(power, name)| (base.powi(power as i32), *name));
    powers.rfind(|&(divisor, _)| size >= divisor).unwrap_or((1.0, names[0]))
}

/// Three digits, without zeros at their end.
fn rounded(number: f64) -> String {
    let digits = match number.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 || size == 0.0 => 2,
        _ => 3,
    };
    let text = format!("{number:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}
