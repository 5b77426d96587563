//! What is printed when it is ready.

use weir_pipeline::DevAddresses;
use weir_query_api::{Input, InputKind};

use super::Banner;

fn addresses() -> DevAddresses {
    DevAddresses {
        console: "127.0.0.1:9465".parse().expect("an address"),
        telemetry: "127.0.0.1:9464".parse().expect("an address"),
        inputs: vec![Input { kind: InputKind::Logs, address: None, example: "echo a >> b".to_owned() }],
    }
}

#[test]
fn each_way_in_is_a_line_of_its_own_and_nothing_else_is_indented_so() {
    let banner = Banner { data: "/d".into(), machine: None, has_token: false };
    let lines = banner.lines(&addresses(), false);
    let to_copy: Vec<&str> = lines.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    assert_eq!(to_copy, ["echo a >> b"]);
    assert!(lines.contains("  console   http://127.0.0.1:9465/\n"), "{lines}");
}

#[test]
fn with_a_token_the_address_says_where_it_goes_and_does_not_show_it() {
    let banner = Banner { data: "/d".into(), machine: None, has_token: true };
    assert!(banner.lines(&addresses(), false).contains("http://127.0.0.1:9465/?token=YOUR-TOKEN"));
}
