//! The cases of Go's documentation of `Expand`.

use regex::Regex;

use super::Template;

fn expand(template: &str) -> String {
    let regex = Regex::new("(?P<first>[a-z]+)-(?P<second>[0-9]*)(x)?").unwrap();
    let captures = regex.captures("abc-12").unwrap();
    Template::new(template, &regex).expand(|number| captures.get(number).map(|group| group.as_str()))
}

#[test]
fn groups_are_named_by_number_or_name() {
    assert_eq!(expand("$1/${2}/$first/${second}/$0"), "abc/12/abc/12/abc-12");
}

#[test]
fn the_longest_name_is_taken() {
    assert_eq!(expand("$1x"), "");
    assert_eq!(expand("${1}x"), "abcx");
    assert_eq!(expand("$1_$2"), "12");
}

#[test]
fn a_group_that_is_not_there_is_empty() {
    assert_eq!(expand("[$3][$9][$nobody][$01]"), "[][][][]");
}

#[test]
fn a_dollar_that_names_nothing_is_a_dollar() {
    assert_eq!(expand("$$1 $ ${ ${1 $} $-"), "$1 $ ${ ${1 $} $-");
}
