//! Reading and rewriting the `ot` member.

use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};
use proptest::{collection, option};

use super::{MEMBERS_MAX, TraceState, VALUE_BYTES_MAX, put_threshold};
use crate::{Randomness, Threshold};

fn threshold(th: &str) -> Threshold {
    Threshold::parse(th.as_bytes()).unwrap()
}

fn parse(trace_state: &str) -> (Option<String>, Option<u64>) {
    let state = TraceState::parse(trace_state.as_bytes());
    (state.threshold.map(|threshold| threshold.to_string()), state.randomness.map(Randomness::value))
}

fn put(trace_state: &str, th: &str) -> String {
    let mut out = Vec::new();
    put_threshold(trace_state.as_bytes(), threshold(th), &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn the_specification_s_examples_read_as_it_says() {
    assert_eq!(parse("ot=th:0"), (Some("0".into()), None));
    assert_eq!(parse("ot=rv:6e6d1a75832a2f"), (None, Some(0x6e_6d1a_7583_2a2f)));
    assert_eq!(parse("ot=p:8;r:62"), (None, None));
}

#[test]
fn the_member_is_found_among_others_whatever_the_white_space() {
    let expected = (Some("c".into()), Some(0xff_ffff_ffff_ffff));
    assert_eq!(parse("rojo=1,\tot=rv:ffffffffffffff;th:c , congo=t61rcWkgMzE"), expected);
    assert_eq!(parse(" , ,ot=x:1;th:c;rv:ffffffffffffff"), expected);
}

#[test]
fn members_that_only_resemble_it_are_not_read() {
    assert_eq!(parse("tenant@ot=th:c,ott=th:c,x=ot=th:c,OT=th:c,o=t=th:c"), (None, None));
}

#[test]
fn broken_values_read_as_absent_and_leave_the_rest() {
    assert_eq!(parse("ot=th:xyz;rv:00000000000001"), (None, Some(1)));
    assert_eq!(parse("ot=th:8;rv:1"), (Some("8".into()), None));
    assert_eq!(parse("ot=th8;;:;th:4"), (Some("4".into()), None));
}

#[test]
fn a_member_past_its_limit_reads_as_absent() {
    let fill = VALUE_BYTES_MAX - "th:8;x:".len();
    assert_eq!(parse(&format!("ot=th:8;x:{}", "y".repeat(fill))), (Some("8".into()), None));
    assert_eq!(parse(&format!("ot=th:8;x:{}", "y".repeat(fill + 1))), (None, None));
}

#[test]
fn a_threshold_is_added_at_the_front() {
    assert_eq!(put("", "fd70a"), "ot=th:fd70a");
    assert_eq!(put("rojo=1, congo=2", "8"), "ot=th:8,rojo=1,congo=2");
}

#[test]
fn a_threshold_is_replaced_and_its_member_moves_to_the_front() {
    assert_eq!(
        put("rojo=1,ot=th:4;rv:6e6d1a75832a2f;x:1,congo=2", "8"),
        "ot=rv:6e6d1a75832a2f;x:1;th:8,rojo=1,congo=2"
    );
}

#[test]
fn other_members_keep_their_bytes() {
    assert_eq!(put("a= x;y:z ,b=\"q\",ot=th:1", "8"), "ot=th:8,a= x;y:z,b=\"q\"");
}

#[test]
fn the_last_member_gives_way_past_32() {
    let members: Vec<_> = (0..MEMBERS_MAX).map(|number| format!("v{number}=1")).collect();
    let written = put(&members.join(","), "8");
    assert_eq!(written, format!("ot=th:8,{}", members[..MEMBERS_MAX - 1].join(",")));
    let with_own = format!("{},ot=th:4", members[..MEMBERS_MAX - 1].join(","));
    assert_eq!(put(&with_own, "8"), written);
}

#[test]
fn unknown_sub_keys_give_way_to_the_threshold() {
    let fill = "y".repeat(VALUE_BYTES_MAX - "rv:6e6d1a75832a2f;x:;th:8".len());
    let fits = put(&format!("ot=rv:6e6d1a75832a2f;x:{fill}"), "8");
    assert_eq!(fits, format!("ot=rv:6e6d1a75832a2f;x:{fill};th:8"));
    assert_eq!(put(&fits, "81"), "ot=rv:6e6d1a75832a2f;th:81");
}

fn member() -> impl Strategy<Value = String> {
    let ot = (option::of("[0-9a-f]{1,14}"), option::of("[0-9a-f]{14}"), "[a-z]{3}[0-9]{0,2}").prop_map(
        |(th, rv, other)| {
            let th = th.map(|th| format!("th:{th};")).unwrap_or_default();
            let rv = rv.map(|rv| format!("rv:{rv};")).unwrap_or_default();
            format!("ot={th}{rv}{other}:v")
        },
    );
    proptest::prop_oneof![3 => "[a-z]{1,8}@?[a-z]{1,8}=[ -+.-<>-~]{0,12}[!-+.-<>-~]", 1 => ot]
}

proptest! {
    #[test]
    fn a_written_threshold_reads_back_and_nothing_else_changes(
        members in collection::vec(member(), 0..6),
        th in "[0-9a-f]{1,14}",
    ) {
        let before = members.join(",");
        let after = put(&before, &th);
        prop_assert_eq!(parse(&after), (Some(threshold(&th).to_string()), parse(&before).1));
        let others = |list: &str| -> Vec<String> {
            list.split(',').filter(|member| !member.is_empty() && !member.starts_with("ot=")).map(str::to_owned).collect()
        };
        prop_assert_eq!(others(&after), others(&before));
        prop_assert!(after.starts_with("ot="));
    }

    #[test]
    fn any_bytes_can_be_read_and_written(bytes in collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let mut out = Vec::new();
        put_threshold(&bytes, threshold("8"), &mut out);
        prop_assert_eq!(TraceState::parse(&out).threshold, Some(threshold("8")));
    }
}
