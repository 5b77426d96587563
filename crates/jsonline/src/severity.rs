//! Severities as OpenTelemetry numbers them.
//!
//! <https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber>, with the mappings of its
//! appendix B for what other systems call them.

use weir_model::Level;

/// Longest text that names a severity.
const TEXT_BYTES_MAX: usize = 13;

/// The number that a text of any case means.
pub fn severity_of_text(text: &[u8]) -> Option<u8> {
    let mut lower = [0; TEXT_BYTES_MAX];
    let lower = lower.get_mut(..text.len())?;
    lower.copy_from_slice(text);
    lower.make_ascii_lowercase();
    let (word, step) = match lower {
        [word @ .., digit @ b'2'..=b'4'] => (&*word, *digit - b'1'),
        word => (&*word, 0),
    };
    if step > 0 {
        return base_number(word).map(|number| number + step);
    }
    base_number(word).or_else(|| other_number(word))
}

/// The four steps of each of OpenTelemetry's ranges carry its name and a digit.
fn base_number(word: &[u8]) -> Option<u8> {
    Some(match word {
        b"trace" => 1,
        b"debug" => 5,
        b"info" => 9,
        b"warn" => 13,
        b"error" => 17,
        b"fatal" => 21,
        _ => return None,
    })
}

fn other_number(word: &[u8]) -> Option<u8> {
    Some(match word {
        b"trc" | b"finest" | b"verbose" | b"v" | b"t" => 1,
        b"dbg" | b"finer" | b"d" => 5,
        b"fine" => 6,
        b"config" => 7,
        b"inf" | b"information" | b"informational" | b"i" => 9,
        b"notice" | b"success" => 10,
        b"warning" | b"wrn" | b"w" => 13,
        b"err" | b"severe" | b"e" => 17,
        b"critical" | b"crit" | b"dpanic" | b"c" => 18,
        b"alert" | b"panic" => 19,
        b"emergency" | b"emerg" | b"ftl" | b"f" => 21,
        _ => return None,
    })
}

/// The number that a level of pino or bunyan means: 10 is trace, 60 is fatal, others lie in between.
pub fn severity_of_number(level: u64) -> Option<u8> {
    match level {
        10..=69 => Some((level / 10) as u8 * 4 - 3),
        _ => None,
    }
}

/// The name of a `SeverityNumber`'s range, in lower case as ECS has it in `log.level`.
pub fn severity_name(number: u8) -> Option<&'static str> {
    Level::of(i64::from(number)).name()
}

#[cfg(test)]
mod tests;
