//! Times since the Unix epoch as decimal numbers.

/// A smaller number is a duration rather than a time: as seconds it would be before March 1973.
const SECONDS_MIN: u64 = 100_000_000;

/// Nanoseconds of a count of seconds, milliseconds, microseconds or nanoseconds, told apart by its size: each unit is
/// taken up to the year 5138. A fraction is exact to the nanosecond; a sign or an exponent is not read.
pub(crate) fn epoch_nanos(digits: &[u8]) -> Option<u64> {
    let (whole, fraction) = match digits.iter().position(|&byte| byte == b'.') {
        Some(point) => (&digits[..point], &digits[point + 1..]),
        None => (digits, &[][..]),
    };
    let whole = decimal(whole)?;
    let unit = match whole {
        0..SECONDS_MIN => return None,
        SECONDS_MIN..100_000_000_000 => 1_000_000_000,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    };
    whole.checked_mul(unit)?.checked_add(fraction_of(unit, fraction)?)
}

/// `0.digits` of `unit`, a power of ten, rounded down.
fn fraction_of(mut unit: u64, digits: &[u8]) -> Option<u64> {
    let mut total = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        unit /= 10;
        total += u64::from(digit - b'0') * unit;
    }
    Some(total)
}

/// Up to 19 digits.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests;
