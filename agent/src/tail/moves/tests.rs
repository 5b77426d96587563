//! What is looked at after notifications.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use weir_config::{LineFormat, LogsConfig, StartAt};

use super::{FOLLOWED_MAX, Moves};
use crate::tail::entry::Entries;
use crate::tail::scan::Request;
use crate::tail::table::Table;
use crate::tail::watch::Event;

fn entries() -> Entries {
    let config = LogsConfig {
        name: "app".to_owned(),
        paths: vec!["/log/*/*.log".to_owned(), "/links/*".to_owned()],
        exclude: Vec::new(),
        format: LineFormat::Auto,
        start_at: StartAt::Beginning,
        line_bytes_max: 1 << 20,
        attributes: BTreeMap::new(),
    };
    Entries::new(&[config]).expect("valid")
}

fn take(moves: &mut Moves, events: Vec<Event>) -> Request {
    let mut wanted = Request::default();
    for event in events {
        moves.take(event, &entries(), &Table::default(), &mut wanted);
    }
    wanted
}

fn renamed(from: &str, to: &str, cookie: u32) -> Vec<Event> {
    let (from, to) = (PathBuf::from(from), PathBuf::from(to));
    vec![
        Event::MovedFrom { path: from, is_dir: false, cookie },
        Event::MovedTo { path: to, is_dir: false, cookie },
    ]
}

#[test]
fn names_that_do_not_match_are_of_no_interest() {
    let path = PathBuf::from("/log/x/a.txt");
    let request = take(&mut Moves::default(), vec![Event::Appeared { path, is_dir: false }]);
    assert!(request.is_empty());
}

#[test]
fn folders_on_the_way_to_matches_cause_a_walk_and_others_none() {
    for (path, walks) in [("/log/x", true), ("/log/x/y", false), ("/etc", false)] {
        let event = Event::Appeared { path: PathBuf::from(path), is_dir: true };
        assert_eq!(take(&mut Moves::default(), vec![event]).is_full, walks, "{path}");
    }
    assert!(take(&mut Moves::default(), vec![Event::Overflow]).is_full);
}

#[test]
fn a_file_is_followed_through_names_that_do_not_match() {
    let mut moves = Moves::default();
    let first = take(&mut moves, renamed("/log/x/a.log", "/log/x/a.1", 1));
    assert_eq!(first.moved, [(PathBuf::from("/log/x/a.1"), PathBuf::from("/log/x/a.log"))]);
    let second = take(&mut moves, renamed("/log/x/a.1", "/log/x/a.2", 2));
    assert_eq!(second.moved, [(PathBuf::from("/log/x/a.2"), PathBuf::from("/log/x/a.log"))]);
    assert!(second.paths.is_empty());
}

#[test]
fn renames_of_files_that_never_matched_are_not_followed() {
    let request = take(&mut Moves::default(), renamed("/log/x/a.tmp", "/log/x/b.tmp", 1));
    assert!(request.is_empty());
}

#[test]
fn what_a_symlink_leads_to_stands_for_the_symlink() {
    let mut moves = Moves::default();
    moves.follow(HashMap::from([(PathBuf::from("/pods/0.log"), PathBuf::from("/links/web"))]), true);
    let request = take(&mut moves, renamed("/pods/0.log", "/pods/0.log.1", 1));
    assert!(request.paths.contains(Path::new("/links/web")));
    assert_eq!(request.moved, [(PathBuf::from("/pods/0.log.1"), PathBuf::from("/links/web"))]);
}

#[test]
fn renames_that_are_followed_are_bounded() {
    let mut moves = Moves::default();
    for cookie in 0..3 * FOLLOWED_MAX as u32 {
        take(&mut moves, renamed("/log/x/a.log", &format!("/log/x/{cookie}"), cookie));
    }
    assert!(moves.followed.len() + moves.cookies.len() <= FOLLOWED_MAX);
}

#[test]
fn a_rename_is_followed_across_the_end_of_a_walk_and_forgotten_after_the_next() {
    let mut moves = Moves::default();
    take(&mut moves, renamed("/log/x/a.log", "/log/x/a.1", 1));
    moves.follow(HashMap::new(), true);
    assert_eq!(take(&mut moves, renamed("/log/x/a.1", "/log/x/a.2", 2)).moved.len(), 1);
    moves.follow(HashMap::new(), true);
    moves.follow(HashMap::new(), true);
    assert!(take(&mut moves, renamed("/log/x/a.2", "/log/x/a.3", 3)).is_empty());
    assert!(moves.followed.is_empty() && moves.cookies.is_empty());
}
