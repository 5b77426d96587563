use super::Search;
use crate::text::fold;

fn finds(q: &str, text: &str) -> bool {
    let mut folded = String::new();
    fold(&mut folded, text);
    Search::parse(q).matches(&folded)
}

#[test]
fn all_words_must_occur_in_any_order() {
    assert!(finds("timeout DB", "db: connection Timeout"));
    assert!(!finds("timeout db", "db: connection refused"));
    assert!(!finds("time", "timeout"));
}

#[test]
fn what_has_separators_is_a_phrase() {
    assert!(finds("user_id=42", "{\"user_id\": 42}"));
    assert!(!finds("user_id=42", "id 42 user"));
    assert!(finds("\"connection refused\"", "connection -- refused!"));
    assert!(!finds("\"connection refused\"", "connection was refused"));
}

#[test]
fn a_star_finds_the_start_of_a_word() {
    assert!(finds("time*", "a timeout"));
    assert!(finds("api/ord*", "GET /api/orders"));
    assert!(!finds("time*", "lifetime"));
    assert!(finds("\"time*\"", "time"), "quoted, the star is no word");
}

#[test]
fn exclusions_and_alternatives() {
    assert!(!finds("get -healthz", "GET /healthz"));
    assert!(finds("get -healthz", "GET /"));
    assert!(finds("-healthz", "GET /"));
    assert!(!finds("-\"GET /api\"", "GET /api"));
    for text in ["a b", "a c"] {
        assert!(finds("a b OR c", text));
    }
    assert!(!finds("a b OR c", "b c"));
    assert!(!finds("a b OR c", "a"));
}

#[test]
fn nothing_is_a_mistake() {
    for q in ["", " ", "-", "\"", "\"\"", "***", "OR", "OR OR", "-\"", "( ) : ^ + {x}:"] {
        let search = Search::parse(q);
        assert!(search.is_empty() || finds(q, "x"), "{q}");
    }
    assert!(finds("OR a", "a"));
    assert!(finds("a OR", "a"));
    assert!(finds("\"a b", "a b"));
}

#[test]
fn the_question_for_the_index_is_quoted() {
    let expression = |q| Search::parse(q).expression();
    assert_eq!(
        expression("a b_c* OR d -e -\"f g\"").as_deref(),
        Some("((\"a\") AND (\"b c\" * OR \"d\")) NOT (\"e\" OR \"f g\")")
    );
    assert_eq!(expression("NEAR(a b)").as_deref(), Some("(\"near a\") AND (\"b\")"));
    assert_eq!(expression("-a"), None);
}
