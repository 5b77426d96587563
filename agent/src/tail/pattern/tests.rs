//! Patterns, names and the folders between.

use std::path::Path;

use proptest::prelude::{prop_assert, proptest};

use super::Pattern;

fn pattern(text: &str) -> Pattern {
    Pattern::new(text).expect("valid")
}

#[test]
fn a_pattern_starts_at_the_folder_before_its_first_wildcard() {
    for (text, prefix) in [
        ("/var/log/pods/*/*/*.log", "/var/log/pods"),
        ("/var/log/app.log", "/var/log"),
        ("/*.log", "/"),
        ("/var/log/**/x.log", "/var/log"),
    ] {
        assert_eq!(pattern(text).prefix(), Path::new(prefix), "{text}");
    }
}

#[test]
fn wildcards_stay_within_a_name_and_two_stars_do_not() {
    for (text, path, matches) in [
        ("/log/*.log", "/log/a.log", true),
        ("/log/*.log", "/log/b/a.log", false),
        ("/log/?.log", "/log/ab.log", false),
        ("/log/[ab].log", "/log/b.log", true),
        ("/log/{a,b}*.log", "/log/b1.log", true),
        ("/log/{a/x,b}.log", "/log/a/x.log", true),
        ("/log/**/a.log", "/log/a.log", true),
        ("/log/**/a.log", "/log/x/y/a.log", true),
        ("/log/**", "/log/x/y", true),
        ("/log/a.log", "/log/a.log", true),
        ("/log/a.log", "/log/a_log", false),
        ("/log/\\*.log", "/log/*.log", true),
        ("/log/\\*.log", "/log/a.log", false),
        ("/log/*.log", "/other/a.log", false),
    ] {
        assert_eq!(pattern(text).matches(Path::new(path)), matches, "{text} {path}");
    }
}

#[test]
fn only_folders_on_the_way_to_a_match_are_led_through() {
    for (text, path, leads) in [
        ("/srv/*/logs/*.log", "/srv", true),
        ("/srv/*/logs/*.log", "/srv/anna", true),
        ("/srv/*/logs/*.log", "/srv/anna/logs", true),
        ("/srv/*/logs/*.log", "/srv/anna/music", false),
        ("/srv/*/logs/*.log", "/srv/anna/logs/deeper", false),
        ("/srv/*/logs/*.log", "/", true),
        ("/srv/*/logs/*.log", "/etc", false),
        ("/log/a*/**/*.log", "/log/a1/b/c/d", true),
        ("/log/a*/**/*.log", "/log/b1", false),
    ] {
        assert_eq!(pattern(text).leads_through(Path::new(path)), leads, "{text} {path}");
    }
}

#[test]
fn what_is_no_glob_is_an_error() {
    assert!(Pattern::new("/log/[").is_err());
    assert!(Pattern::new("/log/{a").is_err());
}

proptest! {
    #[test]
    fn every_folder_above_a_match_leads_to_it(
        text in "(/([ab*?]{1,3}|\\*\\*|\\{a,b\\}|a)){1,5}",
        path in "(/[ab]{1,2}){1,5}",
    ) {
        let pattern = pattern(&text);
        let path = Path::new(&path);
        if pattern.matches(path) {
            for folder in path.ancestors().skip(1) {
                prop_assert!(pattern.leads_through(folder), "{} is above {}", folder.display(), path.display());
            }
        }
    }
}
