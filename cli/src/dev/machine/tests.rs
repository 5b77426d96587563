//! The configuration that nobody had to write.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use super::{Machine, free_port, shell_word};

fn machine(has_journal: bool) -> Machine {
    Machine { has_journal, grpc_port: 1, http_port: 2, telemetry_port: 3 }
}

#[test]
fn the_configuration_is_a_valid_one_whatever_the_folder_is_called() {
    for has_journal in [false, true] {
        for folder in ["/state/weir/dev", "/it's a ${HOME}/$x"] {
            let text = machine(has_journal).config(Path::new(folder));
            let loaded =
                weir_config::parse(&text, "weir dev").unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"));
            let logs = loaded.config.logs.last().expect("a place for log files");
            assert!(logs.paths[0].starts_with(folder), "{:?}", logs.paths);
            assert_eq!(loaded.config.logs.len(), if has_journal { 1 } else { 2 });
        }
    }
}

#[test]
fn a_port_that_is_taken_is_left_to_who_has_it() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = taken.local_addr().expect("it is bound").port();
    assert_ne!(free_port(port), port);
    drop(taken);
    assert_eq!(free_port(port), port);
}

#[test]
fn a_path_with_a_blank_is_one_word_of_the_line_to_copy() {
    assert_eq!(shell_word(Path::new("/a/b-c.log")), "/a/b-c.log");
    assert_eq!(shell_word(Path::new("/a b/it's.log")), r"'/a b/it'\''s.log'");
}
