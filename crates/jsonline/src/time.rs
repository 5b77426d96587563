//! Times as text.

/// Nanoseconds since the Unix epoch of an RFC 3339 time, from 1970 to 2554.
///
/// Also read: a space or `_` instead of `T` and lower case (both allowed by section 5.6's notes), a comma before the
/// fraction and an offset without colon (ISO 8601, as several loggers write it). A leap second counts as the first of
/// the next minute. Digits past the ninth of a fraction are cut.
pub fn parse_rfc3339(text: &[u8]) -> Option<u64> {
    let (date_time, rest) = text.split_first_chunk::<19>()?;
    let seconds = seconds_since_epoch(date_time)?;
    let (nanos, rest) = match rest.split_first()? {
        (b'.' | b',', rest) => fraction(rest)?,
        _ => (0, rest),
    };
    let seconds = seconds.checked_sub(offset_seconds(rest)?)?;
    u64::try_from(seconds).ok()?.checked_mul(1_000_000_000)?.checked_add(nanos)
}

/// `YYYY-MM-DDTHH:MM:SS` as if it were UTC.
fn seconds_since_epoch(text: &[u8; 19]) -> Option<i64> {
    let marks =
        [text[4], text[7], text[13], text[16]] == *b"--::" && matches!(text[10], b'T' | b't' | b' ' | b'_');
    let pair = |at: usize| two_digits(text[at], text[at + 1]);
    let year = pair(0)? * 100 + pair(2)?;
    let (month, day) = (pair(5)?, pair(8)?);
    let (hour, minute, second) = (pair(11)?, pair(14)?, pair(17)?);
    let in_range = year >= EPOCH_YEAR - 1
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 60;
    if !marks || !in_range {
        return None;
    }
    let seconds = i64::from(hour * 3_600 + minute * 60 + second);
    Some(days_since_epoch(year, month, day) * 86_400 + seconds)
}

/// A time in the year before may still be in this one by UTC.
const EPOCH_YEAR: u32 = 1970;

#[inline]
fn two_digits(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

#[inline]
fn days_in_month(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar. Years start in March here, so that the leap day ends one.
#[inline]
fn days_since_epoch(year: u32, month: u32, day: u32) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    // 153 days in each run of five months from March on.
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    i64::from(year * 365 + leap_days + day_of_year) - 719_468
}

/// Nanoseconds of the digits that `text` starts with, at least one, and what follows them.
fn fraction(text: &[u8]) -> Option<(u64, &[u8])> {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(len);
    let mut nanos = 0;
    let mut unit = 1_000_000_000;
    for digit in digits {
        unit /= 10;
        nanos += u64::from(digit - b'0') * unit;
    }
    (len > 0).then_some((nanos, rest))
}

/// `Z`, `+HH:MM`, `-HH:MM` or without the colon.
fn offset_seconds(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match *text {
        [b'Z' | b'z'] => return Some(0),
        [sign, h, i, b':', m, n] | [sign, h, i, m, n] => (sign, [h, i, m, n]),
        _ => return None,
    };
    let (hours, minutes) = (two_digits(digits[0], digits[1])?, two_digits(digits[2], digits[3])?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = i64::from(hours * 3_600 + minutes * 60);
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
