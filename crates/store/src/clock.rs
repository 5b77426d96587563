//! Times as the API writes them.

use std::fmt::Write as _;

pub(crate) const NANOS_PER_MS: i64 = 1_000_000;
const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// Nanoseconds as milliseconds with a fraction; of a time since 1970 this is exact to a microsecond.
pub(crate) fn ms(nanos: i64) -> f64 {
    // Whole milliseconds and the rest apart: a division of the whole would round twice.
    (nanos / NANOS_PER_MS) as f64 + (nanos % NANOS_PER_MS) as f64 / NANOS_PER_MS as f64
}

/// An OTLP time as the store keeps it; what does not fit is the last time that does.
pub(crate) fn stored(nanos: u64) -> i64 {
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC with nanoseconds.
pub(crate) fn rfc3339(nanos: i64) -> String {
    let seconds = nanos.div_euclid(NANOS_PER_SECOND);
    let fraction = nanos.rem_euclid(NANOS_PER_SECOND);
    let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    let (year, month, day) = civil(seconds.div_euclid(SECONDS_PER_DAY));
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let mut text = String::with_capacity(30);
    write!(text, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:09}Z")
        .expect("writing to a String cannot fail");
    text
}

/// The civil date of a day since 1970 (Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days).
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * of_year + 2) / 153;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * month_index + 2) / 5 + 1)
}

#[cfg(test)]
mod tests;
