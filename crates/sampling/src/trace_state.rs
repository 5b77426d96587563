//! The `ot` member of a W3C trace state.

use crate::{Randomness, Threshold};

/// Members of a trace state (W3C Trace Context, 3.3.1.1).
const MEMBERS_MAX: usize = 32;
/// Bytes of the `ot` member's value (OpenTelemetry, tracestate-handling).
const VALUE_BYTES_MAX: usize = 256;

/// What a trace state says about sampling. Values that break the specification read as absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceState {
    /// `th`: the strictest threshold applied so far.
    pub threshold: Option<Threshold>,
    /// `rv`: used instead of the trace id's randomness.
    pub randomness: Option<Randomness>,
}

impl TraceState {
    /// Reads the `ot` member of a `tracestate` value.
    pub fn parse(trace_state: &[u8]) -> Self {
        let mut found = Self::default();
        let Some(value) = members(trace_state).find_map(ot_value) else { return found };
        for (key, value) in sub_keys(value) {
            match key {
                b"th" => found.threshold = found.threshold.or_else(|| Threshold::parse(value)),
                b"rv" => found.randomness = found.randomness.or_else(|| Randomness::parse(value)),
                _ => {}
            }
        }
        found
    }
}

/// Appends `trace_state` with its `th` replaced by `threshold`.
///
/// The `ot` member moves to the front, as a member that is changed must, and keeps its other sub-keys; where they
/// leave no room for `th`, only `rv` stays. Members of others keep their bytes and order. Past 32 members the last
/// one gives way.
pub fn put_threshold(trace_state: &[u8], threshold: Threshold, out: &mut Vec<u8>) {
    out.extend_from_slice(b"ot=");
    let value = members(trace_state).find_map(ot_value).unwrap_or_default();
    put_value(value, threshold, out);
    for member in members(trace_state).filter(|member| ot_value(member).is_none()).take(MEMBERS_MAX - 1) {
        out.push(b',');
        out.extend_from_slice(member);
    }
}

fn put_value(value: &[u8], threshold: Threshold, out: &mut Vec<u8>) {
    let start = out.len();
    put_sub_keys(value, |key| key != b"th", out);
    let th = format!("th:{threshold}");
    if out.len() - start + th.len() > VALUE_BYTES_MAX {
        out.truncate(start);
        put_sub_keys(value, |key| key == b"rv", out);
    }
    out.extend_from_slice(th.as_bytes());
}

/// Each chosen sub-key, followed by a semicolon.
fn put_sub_keys(value: &[u8], chosen: impl Fn(&[u8]) -> bool, out: &mut Vec<u8>) {
    for (key, value) in sub_keys(value).filter(|(key, _)| chosen(key)) {
        out.extend_from_slice(key);
        out.push(b':');
        out.extend_from_slice(value);
        out.push(b';');
    }
}

/// The members that are not empty, without the white space around them.
fn members(trace_state: &[u8]) -> impl Iterator<Item = &[u8]> {
    trace_state.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}

fn ot_value(member: &[u8]) -> Option<&[u8]> {
    member.strip_prefix(b"ot=")
}

/// The well-formed `key:value` pairs of the `ot` member. A value that is too long has none.
fn sub_keys(value: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let value = if value.len() <= VALUE_BYTES_MAX { value } else { &[] };
    value.split(|&byte| byte == b';').filter_map(|pair| {
        let colon = pair.iter().position(|&byte| byte == b':')?;
        let (key, value) = (&pair[..colon], &pair[colon + 1..]);
        (is_key(key) && value.iter().copied().all(is_value_byte)).then_some((key, value))
    })
}

fn is_key(key: &[u8]) -> bool {
    key.first().is_some_and(u8::is_ascii_lowercase)
        && key.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_value_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

#[cfg(test)]
mod tests;
