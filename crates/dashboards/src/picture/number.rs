//! Numbers as Grafana shows them.

use crate::board::Unit;

const THOUSANDS: [&str; 4] = ["", " K", " M", " G"];
const BYTES: [&str; 5] = [" B", " KiB", " MiB", " GiB", " TiB"];

/// A number with its unit.
pub(super) fn shown(number: f64, unit: Unit) -> String {
    let scale = scale(number, unit);
    let text = rounded(number / scale);
    let thousands = || THOUSANDS[prefix(number.abs(), 1000.0, THOUSANDS.len())];
    let bytes = || BYTES[prefix(number.abs(), 1024.0, BYTES.len())];
    match unit {
        Unit::Count => text + thousands(),
        Unit::PerSecond => text + thousands() + "/s",
        Unit::Share => text + " %",
        Unit::Bytes => text + bytes(),
        Unit::BytesPerSecond => text + bytes() + "/s",
        Unit::Seconds => text + seconds(scale),
    }
}

/// What a number of this size is divided by before it is written.
pub(super) fn scale(number: f64, unit: Unit) -> f64 {
    let size = number.abs();
    let power = |base: f64, max: usize| base.powi(prefix(size, base, max) as i32);
    match unit {
        Unit::Count | Unit::PerSecond => power(1000.0, THOUSANDS.len()),
        Unit::Bytes | Unit::BytesPerSecond => power(1024.0, BYTES.len()),
        Unit::Share => 0.01,
        Unit::Seconds if size >= 172_800.0 => 86_400.0,
        Unit::Seconds if size >= 7_200.0 => 3_600.0,
        Unit::Seconds if size >= 120.0 => 60.0,
        Unit::Seconds if size >= 1.0 || size == 0.0 => 1.0,
        Unit::Seconds if size >= 1e-3 => 1e-3,
        Unit::Seconds => 1e-6,
    }
}

/// Which of `count` prefixes a number of this size is written with.
fn prefix(size: f64, base: f64, count: usize) -> usize {
    (1..count).rev().find(|&power| size >= base.powi(power as i32)).unwrap_or(0)
}

fn seconds(scale: f64) -> &'static str {
    match scale {
        86_400.0 => " d",
        3_600.0 => " h",
        60.0 => " min",
        1.0 => " s",
        1e-3 => " ms",
        _ => " us",
    }
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
