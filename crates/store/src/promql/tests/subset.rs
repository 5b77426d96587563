//! What is outside the subset, and what is no query at all.

use crate::QueryError;
use crate::promql::plan::{Plan, selector};
use crate::stage::{MS, NOW, Stage, samples};

#[test]
fn what_is_outside_is_named() {
    for (query, named) in [
        ("a / b", "operator / between two sets of series"),
        ("a > 1", "operator >"),
        ("a and b", "operator and"),
        ("a == bool 1", "operator =="),
        ("topk(3, a)", "aggregation topk"),
        ("quantile(0.5, a)", "aggregation quantile"),
        ("abs(a)", "function abs"),
        ("label_replace(a, \"b\", \"$1\", \"c\", \"(.*)\")", "function label_replace"),
        ("rate(a[5m:1m])", "rate of anything but a selector"),
        ("a[5m]", "range of samples"),
        ("max_over_time(rate(a[1m])[5m:])", "max_over_time of anything"),
        ("\"text\"", "text as a value"),
        ("{a=\"b\" or c=\"d\"}", "`or` between matchers"),
    ] {
        match Plan::parse(query) {
            Err(QueryError::Unsupported { what }) => assert!(what.contains(named), "{query}: {what}"),
            other => panic!("{query}: {other:?}"),
        }
    }
}

#[test]
fn what_is_no_query_is_said_to_be_none() {
    let deep = format!("{}1{}", "(".repeat(200), ")".repeat(200));
    for query in [
        "",
        "rate(",
        "a{b=}",
        "rate(a)",
        "sum(1)",
        "{a=\"\"}",
        "a{b=~\"(\"}",
        "1 + ",
        &deep,
        &"a".repeat(20_000),
    ] {
        assert!(
            matches!(Plan::parse(query), Err(QueryError::Parse { .. })),
            "{query:.30}: {:?}",
            Plan::parse(query)
        );
    }
}

#[test]
fn names_beyond_the_old_characters_work_in_quotes() {
    assert!(selector("{\"http.server.duration\", \"service.name\"=\"web\"}").is_ok());
    assert!(selector("sum(a)").is_err());
    assert!(selector("a offset 5m").is_err());
}

#[tokio::test]
async fn series_that_lose_their_names_must_stay_apart() {
    let stage = Stage::new();
    stage
        .put_new(&samples(
            NOW,
            &[(&[("__name__", "a")], NOW / MS, 1.0), (&[("__name__", "b")], NOW / MS, 2.0)],
        ))
        .await;
    let error = stage.store.query("{__name__=~\"a|b\"} * 2".to_owned(), NOW / MS).await;
    assert!(matches!(error, Err(QueryError::Parse { .. })), "{error:?}");
}

#[tokio::test]
async fn too_many_steps_are_refused() {
    let stage = Stage::new();
    for step in [0, 1] {
        let error = stage.store.query_range("up".to_owned(), (0, 1_000_000), step).await;
        assert!(matches!(error, Err(QueryError::Parameter { parameter: "step", .. })), "{error:?}");
    }
}
