//! What the load sends.

use super::request;

#[test]
fn a_span_has_about_740_bytes() {
    let bytes = (request(1, 101).len() - request(1, 1).len()) / 100;
    assert!((720..=760).contains(&bytes), "{bytes}");
}
