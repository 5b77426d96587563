//! One line per interval.

use super::{Duration, Instant, Seldom};

#[test]
fn one_line_passes_per_interval_and_says_how_many_did_not() {
    let seldom = Seldom::new(Duration::from_secs(10));
    let start = Instant::now();
    let after = |seconds| seldom.pass(start + Duration::from_secs(seconds));
    assert_eq!([after(0), after(1), after(9)], [Some(0), None, None]);
    assert_eq!([after(11), after(12), after(30)], [Some(2), None, Some(1)]);
}
