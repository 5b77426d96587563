//! Patterns that Go and the `regex` crate read differently, and those that Go refuses.

use regex::Regex;

use super::{SyntaxError, translate};

fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(&format!("^(?s:{})$", translate(pattern).unwrap())).unwrap().is_match(text)
}

#[test]
fn perl_classes_are_ascii_only() {
    assert!(matches(r"\d+", "09"));
    assert!(!matches(r"\d", "\u{0663}"));
    assert!(!matches(r"\w", "\u{e4}"));
    assert!(matches(r"\W", "\u{e4}"));
    assert!(!matches(r"\s", "\u{a0}"));
    assert!(!matches(r"\s", "\x0b"));
    assert!(matches(r"[\w.]+", "a.b_1"));
    assert!(matches(r"[^\d]+", "ab"));
    assert!(matches(r"[\D]+", "ab"));
    assert!(!matches(r"[x\S]", " "));
    assert!(matches(r".*\bb.*", "a b"));
    assert!(matches("\u{e4}\\bb", "\u{e4}b"));
    assert!(matches(r"a\Bb", "ab"));
}

#[test]
fn a_quotation_and_a_stray_brace_are_literals() {
    assert!(matches(r"\Qa.b[\E+", "a.b[["));
    assert!(matches(r"\Qa.b", "a.b"));
    assert!(matches(r"a{b}", "a{b}"));
    assert!(matches(r"a{,2}", "a{,2}"));
    assert!(matches(r"a{01}", "a{01}"));
    assert!(matches(r"a{2}", "aa"));
    assert!(matches(r"a{1,}?", "aaa"));
    assert!(matches(r"a{", "a{"));
}

#[test]
fn brackets_hold_no_sets_and_no_set_operations() {
    assert!(matches(r"[[a]+", "a["));
    assert!(matches(r"[a&&b]+", "a&b"));
    assert!(matches(r"[a~~b]+", "~"));
    assert!(matches(r"[+--]+", "+,-"));
    assert!(matches(r"[]a]+", "]a"));
    assert!(matches(r"[^]a]", "b"));
    assert!(matches(r"[a-]+", "-a"));
    assert!(matches(r"[[:alpha:]\-.]+", "a-."));
    assert!(matches(r"[[:^digit:]]", "x"));
    assert!(matches(r"[\pL\d]+", "\u{e4}1"));
}

#[test]
fn an_escaped_punctuation_mark_is_itself() {
    assert!(matches(r"\<\>\_\-\/\~\@", "<>_-/~@"));
    assert!(matches(r"\x41\x{1F600}\101\n\v", "A\u{1F600}A\n\x0b"));
    assert!(matches(r"\p{^L}", "1"));
    assert!(matches(r"\P{^L}", "a"));
}

#[test]
fn a_dot_matches_line_ends_unless_the_pattern_says_otherwise() {
    assert!(matches("a.b", "a\nb"));
    assert!(!matches("(?-s)a.b", "a\nb"));
    assert!(matches("(?i)ABC", "abc"));
    assert!(matches("(?:a)(?P<n>b)(?<m>c)", "abc"));
}

#[test]
fn what_go_refuses_is_refused() {
    let refused = |pattern| translate(pattern).unwrap_err();
    assert_eq!(refused("a**"), SyntaxError::NestedRepeat);
    assert_eq!(refused("a{2}{3}"), SyntaxError::NestedRepeat);
    assert_eq!(refused("a{1001}"), SyntaxError::RepeatCount);
    assert_eq!(refused("a{3,2}"), SyntaxError::RepeatCount);
    assert_eq!(refused("(?x)a"), SyntaxError::Flag('x'));
    assert_eq!(refused("a\\"), SyntaxError::TrailingBackslash);
    assert_eq!(refused(r"\Z"), SyntaxError::Escape("Z".to_owned()));
    assert_eq!(refused(r"(a)\1"), SyntaxError::Escape("1".to_owned()));
    assert_eq!(refused(r"\u0041"), SyntaxError::Escape("u".to_owned()));
    assert_eq!(refused("[z-a]"), SyntaxError::Range('z', 'a'));
    assert_eq!(refused("[a"), SyntaxError::Bracket);
}

#[test]
fn lazy_repetitions_are_no_nesting() {
    assert!(matches("a*?b+?c??", "abc"));
}
