//! Numbers as Go's `strconv.ParseFloat` reads them, and as OpenMetrics writes them.

use crate::Reason;

/// The one NaN that pages bring: staleness markers are another, and no page can write one.
const NORMAL_NAN: u64 = 0x7ff8_0000_0000_0001;

/// Powers of ten that a double holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// Reads a whole token as a number: decimal with optional sign, point and exponent; `NaN`, `Inf` and `Infinity` in
/// any case, the latter two with a sign. Hexadecimal numbers, underscores and numbers too large for a double are
/// refused; ones too small are 0. Every NaN is the same, which is no staleness marker.
pub fn parse_value(token: &[u8]) -> Result<f64, Reason> {
    let (negative, unsigned) = match token {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if unsigned.first().is_some_and(u8::is_ascii_alphabetic) {
        return parse_word(negative, unsigned, unsigned.len() == token.len());
    }
    match fast_float2::parse::<f64, _>(token) {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(Reason::Value),
    }
}

fn parse_word(negative: bool, word: &[u8], without_sign: bool) -> Result<f64, Reason> {
    if word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"infinity") {
        return Ok(if negative { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    if without_sign && word.eq_ignore_ascii_case(b"nan") {
        return Ok(f64::from_bits(NORMAL_NAN));
    }
    Err(Reason::Value)
}

/// Reads the plain decimal number (digits with an optional sign and point) at the start of `bytes` together with
/// its length. `None` when it is of another form or needs more care; [`parse_value`] then decides.
#[inline]
pub(crate) fn parse_plain(bytes: &[u8]) -> Option<(f64, usize)> {
    let negative = bytes.first() == Some(&b'-');
    let start = usize::from(negative);
    let mut at = start;
    let mut mantissa = 0_u64;
    while let Some(digit) = digit(bytes, at) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
        at += 1;
    }
    let mut digits = at - start;
    let mut decimals = 0;
    if digits > 0 && bytes.get(at) == Some(&b'.') {
        at += 1;
        let point = at;
        while let Some(digit) = digit(bytes, at) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
            at += 1;
        }
        decimals = at - point;
        digits += decimals;
    }
    // 19 digits cannot overflow; up to 2^53 both operands of the division are exact, so its result is rounded once.
    if digits == 0 || digits > 19 || mantissa > 1 << 53 || !matches!(bytes.get(at), Some(b' ' | b'\n')) {
        return None;
    }
    let magnitude = mantissa as f64 / EXACT_POWERS[decimals];
    Some((if negative { -magnitude } else { magnitude }, at))
}

#[inline]
fn digit(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|&digit| digit < 10).map(u64::from)
}

/// Writes the value of a bucket bound or quantile label as OpenMetrics does, so that `1` and `1.0` name one series:
/// the shortest digits that read back, with an exponent from 10^6 on and below 10^-4, and always a point or an
/// exponent.
pub(crate) fn canonical(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if number == 0.0 {
        return "0.0".to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{number}");
    if plain.contains('.') { plain } else { plain + ".0" }
}

#[cfg(test)]
mod tests;
