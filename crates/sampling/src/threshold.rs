//! Rejection thresholds.

use std::fmt;

use crate::Randomness;

/// 2^56: the number of randomness values, and the threshold that rejects them all.
const RANGE: u64 = 1 << 56;
/// Hexadecimal digits of a threshold.
const DIGITS: u32 = 14;
/// Significant digits of a threshold made from a ratio, as recommended to SDKs.
const PRECISION: u32 = 4;

/// The part of all randomness values that is rejected: 0 keeps everything, 2^56 ([`Threshold::NEVER`]) nothing.
///
/// `Display` writes a `th` value: hexadecimal digits without trailing zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Threshold(u64);

/// A ratio that is no number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("sampling ratio {0} is not between 0 and 1")]
pub struct RatioError(pub f64);

impl Threshold {
    /// Keeps everything.
    pub const ALWAYS: Self = Self(0);
    /// Keeps nothing. It has no `th` value, since nothing is left to carry one.
    pub const NEVER: Self = Self(RANGE);

    /// Keeps `ratio` of all traces, to 4 significant hexadecimal digits. A ratio above 0 keeps at least 2^-56.
    pub fn from_ratio(ratio: f64) -> Result<Self, RatioError> {
        Self::with_precision(ratio, PRECISION)
    }

    /// As [`Threshold::from_ratio`] with `precision` (1 to 14) significant digits: leading `f`s of the threshold of a
    /// small ratio and leading zeros of that of a ratio near 1 do not count.
    pub fn with_precision(ratio: f64, precision: u32) -> Result<Self, RatioError> {
        if !(0.0..=1.0).contains(&ratio) {
            return Err(RatioError(ratio));
        }
        if ratio == 0.0 {
            return Ok(Self::NEVER);
        }
        // Scaling by a power of two is exact, so this rounds once.
        let kept = ((ratio * RANGE as f64).round() as u64).max(1);
        let threshold = RANGE - kept;
        let insignificant = repeated_digits(kept).max(repeated_digits(threshold));
        Ok(Self(round(threshold, insignificant + precision.max(1))))
    }

    /// Reads a `th` value: 1 to 14 hexadecimal digits, trailing zeros left out. The specification's earlier revision
    /// allowed upper case, so it is read.
    pub fn parse(th: &[u8]) -> Option<Self> {
        let missing = DIGITS.checked_sub(u32::try_from(th.len()).ok()?)?;
        if th.is_empty() {
            return None;
        }
        hex(th).map(|value| Self(value << (4 * missing)))
    }

    /// The lowest threshold that rejects this randomness, and with it everything below.
    pub const fn above(randomness: Randomness) -> Self {
        Self(randomness.value() + 1)
    }

    /// The number of randomness values that are rejected, 0 to 2^56.
    pub const fn rejected(self) -> u64 {
        self.0
    }

    /// The threshold that rejects so many randomness values; none above 2^56.
    pub const fn rejecting(values: u64) -> Option<Self> {
        if values <= RANGE { Some(Self(values)) } else { None }
    }

    /// True when a trace of this randomness is kept.
    #[inline]
    pub const fn keeps(self, randomness: Randomness) -> bool {
        randomness.value() >= self.0
    }

    /// The share of traces that is kept.
    pub fn probability(self) -> f64 {
        (RANGE - self.0) as f64 / RANGE as f64
    }

    /// How many spans a kept one stands for; infinite for [`Threshold::NEVER`].
    pub fn adjusted_count(self) -> f64 {
        RANGE as f64 / (RANGE - self.0) as f64
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zeros = (self.0.trailing_zeros() / 4).min(DIGITS - 1);
        write!(f, "{:0width$x}", self.0 >> (4 * zeros), width = (DIGITS - zeros) as usize)
    }
}

/// Hexadecimal zeros that lead `part`, one of the two parts into which a threshold splits 2^56. Of the kept part they
/// are the threshold's leading `f`s.
fn repeated_digits(part: u64) -> u32 {
    part.checked_ilog2().map_or(0, |bit| 55_u32.saturating_sub(bit) / 4)
}

/// Rounds to `digits` leading digits, half up. That never reaches 2^56, since `digits` includes one significant digit.
fn round(threshold: u64, digits: u32) -> u64 {
    let unit = 1_u64 << (4 * DIGITS.saturating_sub(digits));
    (threshold + unit / 2) & !(unit - 1)
}

/// Reads up to 16 hexadecimal digits.
pub(crate) fn hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, &digit| {
        let nibble = char::from(digit).to_digit(16)?;
        Some(value << 4 | u64::from(nibble))
    })
}

#[cfg(test)]
mod tests;
