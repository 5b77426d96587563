//! What the load sends.

use super::request;

#[test]
fn a_span_has_about_720_bytes() {
    let bytes = (request(1, 101).len() - request(1, 1).len()) / 100;
    assert!((700..=760).contains(&bytes), "{bytes}");
}
