//! Durations and sizes as Prometheus writes them.

use std::time::Duration;

/// Prometheus' largest duration: signed 64-bit nanoseconds.
const NANOSECONDS_MAX: u64 = i64::MAX as u64;

/// Units of a duration from the largest to the smallest, with their nanoseconds.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3600 * 1_000_000_000),
    ("w", 7 * 24 * 3600 * 1_000_000_000),
    ("d", 24 * 3600 * 1_000_000_000),
    ("h", 3600 * 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];

/// Letters of the powers of 1024.
const POWERS: &str = "KMGTPE";

/// Reads `1h30m`, `15s`, `500ms` or `0`: whole numbers with units, each unit at most once, the largest first.
///
/// # Errors
/// What it is not, to be read behind the text.
pub fn duration(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let wrong = || "is not a duration; write one such as 15s, 1m30s or 24h".to_owned();
    let (mut rest, mut unit_min, mut total) = (text, 0, 0_u64);
    loop {
        let (number, behind) = split(rest, |character| character.is_ascii_digit());
        let (unit, behind) = split(behind, |character| !character.is_ascii_digit());
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let position = UNITS.iter().position(|(name, _)| *name == unit).ok_or_else(wrong)?;
        if position < unit_min {
            return Err(wrong());
        }
        let too_long = || "is too long; at most 292y".to_owned();
        let nanoseconds = number.checked_mul(UNITS[position].1).ok_or_else(too_long)?;
        total = total.checked_add(nanoseconds).filter(|&sum| sum <= NANOSECONDS_MAX).ok_or_else(too_long)?;
        if behind.is_empty() {
            return Ok(Duration::from_nanos(total));
        }
        (rest, unit_min) = (behind, position + 1);
    }
}

/// Reads `10MB`, `1MiB`, `1.5GiB`, `1GiB512MiB` or `0`. As in Prometheus, `MB` and `MiB` are both powers of 1024.
///
/// # Errors
/// What it is not, to be read behind the text.
pub fn size(text: &str) -> Result<u64, String> {
    if text == "0" {
        return Ok(0);
    }
    let wrong = || "is not a size; write one such as 512KiB, 10MB or 2GiB".to_owned();
    let (mut rest, mut total) = (text, 0_u64);
    loop {
        let (number, behind) = split(rest, |character| character.is_ascii_digit() || character == '.');
        let (unit, behind) = split(behind, |character| character.is_ascii_alphabetic());
        let bytes = unit_bytes(unit).and_then(|scale| scaled(number, scale)).ok_or_else(wrong)?;
        total = total.checked_add(bytes).filter(|&sum| i64::try_from(sum).is_ok()).ok_or_else(wrong)?;
        if behind.is_empty() {
            return Ok(total);
        }
        rest = behind;
    }
}

fn scaled(number: &str, scale: u64) -> Option<u64> {
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(scale);
    }
    let bytes = number.parse::<f64>().ok()? * scale as f64;
    (bytes < i64::MAX as f64).then_some(bytes as u64)
}

fn unit_bytes(unit: &str) -> Option<u64> {
    if unit == "B" {
        return Some(1);
    }
    let letter = unit.strip_suffix("iB").or_else(|| unit.strip_suffix('B'))?;
    let power = POWERS.chars().position(|power| letter.chars().eq([power]))?;
    Some(1 << (10 * (power + 1)))
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|character| !belongs(character)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests;
