//! The examples and the rules of the specification.

use super::TraceParent;

const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn parse(header: &str) -> Option<TraceParent> {
    TraceParent::parse(header.as_bytes())
}

fn example(flags: u8) -> TraceParent {
    TraceParent {
        trace_id: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes(),
        span_id: 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes(),
        flags,
    }
}

#[test]
fn the_specification_s_examples_read_as_it_says() {
    assert_eq!(parse(EXAMPLE), Some(example(1)));
    assert_eq!(parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"), Some(example(0)));
}

#[test]
fn every_flag_bit_is_kept() {
    assert_eq!(parse(&EXAMPLE.replace("-01", "-a3")), Some(example(0xa3)));
}

#[test]
fn a_later_version_is_read_as_far_as_it_is_known() {
    assert_eq!(parse(&EXAMPLE.replacen("00-", "cc-", 1)), Some(example(1)));
    assert_eq!(parse(&format!("{}-what-comes", EXAMPLE.replacen("00-", "cc-", 1))), Some(example(1)));
    assert_eq!(parse(&format!("{}.what-comes", EXAMPLE.replacen("00-", "cc-", 1))), None);
}

#[test]
fn version_00_has_no_further_fields() {
    assert_eq!(parse(&format!("{EXAMPLE}-00")), None);
}

#[test]
fn invalid_headers_are_ignored() {
    for header in [
        "",
        "00",
        &EXAMPLE[..54],
        &EXAMPLE.replacen("00-", "ff-", 1),
        &EXAMPLE.replacen("00-", "0g-", 1),
        &EXAMPLE.replacen("00-", "00_", 1),
        &EXAMPLE.to_uppercase(),
        &EXAMPLE.replace("4bf9", "4Bf9"),
        &EXAMPLE.replace("-01", "-0x"),
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    ] {
        assert_eq!(parse(header), None, "{header}");
    }
}
