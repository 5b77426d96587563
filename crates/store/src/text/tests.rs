use super::{contains_ignoring_case, words_of};

#[test]
fn words_are_runs_of_letters_and_digits() {
    assert_eq!(words_of("GET /api/v1?user_id=42&x=%20"), ["get", "api", "v1", "user", "id", "42", "x", "20"]);
    assert_eq!(words_of("--- \t\0"), Vec::<String>::new());
}

#[test]
fn letters_beyond_ascii_are_letters_and_signs_are_not() {
    assert_eq!(
        words_of("Gr\u{fc}\u{df}e \u{2014} \u{c4}RGER\u{201c}x\u{201d}"),
        ["gr\u{fc}\u{df}e", "\u{e4}rger", "x"]
    );
    assert_eq!(words_of("\u{65e5}\u{672c}\u{3002}\u{8a9e}"), ["\u{65e5}\u{672c}", "\u{8a9e}"]);
}

#[test]
fn containing_ignores_case() {
    assert!(contains_ignoring_case("Connection REFUSED", "refused"));
    assert!(contains_ignoring_case("\u{c4}RGER", "\u{e4}rg"));
    assert!(!contains_ignoring_case("short", "longer than it"));
    assert!(contains_ignoring_case("any", ""));
}
