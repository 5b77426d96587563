//! Parameters that cannot be read are named, with what to write instead.

use serde_json::Value;

use super::stage::Stage;

#[tokio::test]
async fn a_parameter_that_cannot_be_read_is_named_with_a_remedy() {
    let stage = Stage::start().await;
    for (path, parameter) in [
        ("/logs?from=yesterday", "from"),
        ("/logs?to=", "to"),
        ("/logs?from=now&to=now-1h", "from"),
        ("/logs?limit=0", "limit"),
        ("/logs?limit=1001", "limit"),
        ("/logs?limit=ten", "limit"),
        ("/logs?order=up", "order"),
        ("/logs?filter=%3D1", "filter"),
        ("/logs?cursor=x", "cursor"),
        ("/logs?q=a&q=b", "q"),
        ("/logs?nonsense=1", "nonsense"),
        ("/logs/tail?from=now", "from"),
        ("/logs/tail?rate=5001", "rate"),
        ("/logs/histogram?buckets=501", "buckets"),
        ("/logs/facets?limit=101", "limit"),
        ("/logs/1/context?before=101", "before"),
        ("/traces?error=maybe", "error"),
        ("/traces?min_duration=fast", "min_duration"),
        ("/traces?limit=201", "limit"),
        ("/traces?cursor=x", "cursor"),
        ("/metrics/query", "query"),
        ("/metrics/query_range?query=up&step=0", "step"),
        ("/metrics/query_range?query=up&from=0&step=1ms", "step"),
        ("/status?x=1", "x"),
        ("/pipeline?x=1", "x"),
    ] {
        let answer = stage.get(&format!("/api/v1{path}")).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let error = &body["error"];
        assert_eq!(
            (answer.status, error["code"].as_str()),
            (400, Some("invalid_parameter")),
            "{path}: {error}"
        );
        assert_eq!(error["parameter"].as_str(), Some(parameter), "{path}");
        assert!(error["message"].as_str().is_some_and(|text| text.starts_with(parameter)), "{path}: {error}");
        assert!(error["remedy"].as_str().is_some_and(|text| !text.is_empty()), "{path}");
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_parsed_and_one_outside_the_subset_are_told_apart() {
    let stage = Stage::start().await;
    stage.put_sample().await;
    for (query, code) in [
        ("rate(", "invalid_query"),
        ("up%20and%20up", "unsupported_query"),
        ("topk(3,%20up)", "unsupported_query"),
        ("up%20%2F%20up", "unsupported_query"),
    ] {
        let answer = stage.get(&format!("/api/v1/metrics/query?query={query}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{query}: {}", answer.body);
    }
    assert_eq!(stage.api("/metrics/query?query=2*3").await["scalar"], 6.0);
}
