//! Rules that need no server; the rest is tested over a socket (server/tests).

use super::{check_address, host_name, is_same};

#[test]
fn any_but_a_loopback_address_needs_a_token() {
    for address in ["127.0.0.1:9465", "127.8.8.8:1", "[::1]:9465"] {
        assert_eq!(check_address(address.parse().expect("an address"), None), Ok(()));
    }
    for address in ["0.0.0.0:9465", "192.168.1.2:9465", "[::]:9465", "[fe80::1]:1"] {
        let address = address.parse().expect("an address");
        let refused = check_address(address, None).expect_err("it can be reached from elsewhere");
        assert!(refused.to_string().contains("--token-file"), "{refused}");
        assert_eq!(check_address(address, Some("a token")), Ok(()));
    }
}

#[test]
fn the_name_in_a_host_header_has_no_port_no_brackets_and_no_dot_at_its_end() {
    for (host, name) in [
        ("localhost:9465", "localhost"),
        ("LocalHost.", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:9465", "::1"),
        ("evil.example:9465", "evil.example"),
        ("", ""),
    ] {
        assert_eq!(host_name(host), name);
    }
}

#[test]
fn tokens_are_the_same_only_as_a_whole() {
    assert!(is_same("abc", "abc"));
    assert!(
        !is_same("ab", "abc") && !is_same("abcd", "abc") && !is_same("abd", "abc") && !is_same("", "abc")
    );
}
