//! Times as RFC 3339 text.

const NANOS_PER_SECOND: u64 = 1_000_000_000;
const SECONDS_PER_DAY: u64 = 86_400;
/// `2026-11-06T08:49:37`
const SECOND_LEN: usize = 19;

/// Writes times. Consecutive records are mostly of the same second, so that its text is kept.
#[derive(Debug)]
pub(crate) struct TimestampWriter {
    second: u64,
    text: [u8; SECOND_LEN],
}

impl TimestampWriter {
    pub(crate) fn new() -> Self {
        Self { second: 0, text: second_text(0) }
    }

    /// Appends nanoseconds since the Unix epoch as `2026-11-06T08:49:37.123Z`, with as many groups of three decimals
    /// as it takes.
    pub(crate) fn put(&mut self, out: &mut Vec<u8>, unix_nanos: u64) {
        let second = unix_nanos / NANOS_PER_SECOND;
        if second != self.second {
            self.second = second;
            self.text = second_text(second);
        }
        out.extend_from_slice(&self.text);
        put_fraction(out, (unix_nanos % NANOS_PER_SECOND) as u32);
        out.push(b'Z');
    }
}

fn put_fraction(out: &mut Vec<u8>, nanos: u32) {
    let mut digits = [b'.', 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut rest = nanos;
    for digit in digits[1..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let len = if nanos.is_multiple_of(1_000_000) {
        4
    } else if nanos.is_multiple_of(1000) {
        7
    } else {
        10
    };
    out.extend_from_slice(&digits[..len]);
}

fn second_text(second: u64) -> [u8; SECOND_LEN] {
    let (year, month, day) = civil_date(second / SECONDS_PER_DAY);
    let of_day = (second % SECONDS_PER_DAY) as u32;
    let mut text = *b"0000-00-00T00:00:00";
    let mut set = |at: usize, number: u32| {
        text[at] = b'0' + (number / 10 % 10) as u8;
        text[at + 1] = b'0' + (number % 10) as u8;
    };
    set(0, year / 100);
    set(2, year % 100);
    set(5, month);
    set(8, day);
    set(11, of_day / 3600);
    set(14, of_day / 60 % 60);
    set(17, of_day % 60);
    text
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar. Counts from March, so that a leap day
/// is the last of its year; 64 bits of nanoseconds end in 2554.
fn civil_date(days_since_1970: u64) -> (u32, u32, u32) {
    // Days from 0000-03-01 to 1970-01-01.
    let days = days_since_1970 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year as u32, month as u32, day as u32)
}

#[cfg(test)]
mod tests;
