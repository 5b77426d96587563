//! OpenTelemetry's table and the usual names.

use super::{severity_name, severity_of_number, severity_of_text};

fn of(text: &str) -> Option<u8> {
    severity_of_text(text.as_bytes())
}

#[test]
fn opentelemetry_s_own_names_have_their_numbers() {
    let ranges = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    for (range, name) in ranges.iter().enumerate() {
        let first = range as u8 * 4 + 1;
        assert_eq!(of(name), Some(first), "{name}");
        for step in 2..=4 {
            assert_eq!(of(&format!("{name}{step}")), Some(first + step - 1), "{name}{step}");
        }
        for number in first..first + 4 {
            assert_eq!(severity_name(number), Some(&*name.to_lowercase()), "{number}");
        }
    }
    assert_eq!([severity_name(0), severity_name(25), severity_name(255)], [None; 3]);
}

#[test]
fn names_of_other_systems_follow_appendix_b() {
    for (text, number) in [
        ("Verbose", 1),
        ("finest", 1),
        ("FINE", 6),
        ("Informational", 9),
        ("notice", 10),
        ("WARNING", 13),
        ("err", 17),
        ("Severe", 17),
        ("CRITICAL", 18),
        ("alert", 19),
        ("panic", 19),
        ("emerg", 21),
        ("emergency", 21),
    ] {
        assert_eq!(of(text), Some(number), "{text}");
    }
}

#[test]
fn unknown_names_have_no_number() {
    for text in ["", "info1", "info5", "info22", "notice2", "i2", "loud", "informationally", "in\u{e9}"] {
        assert_eq!(of(text), None, "{text}");
    }
}

#[test]
fn levels_of_pino_and_bunyan_are_tens() {
    for (level, name) in
        [(10, "trace"), (20, "debug"), (30, "info"), (40, "warn"), (50, "error"), (60, "fatal")]
    {
        assert_eq!(severity_of_number(level).and_then(severity_name), Some(name));
    }
    assert_eq!(severity_of_number(35), Some(9));
    assert_eq!([0, 9, 70, u64::MAX].map(severity_of_number), [None; 4]);
}
