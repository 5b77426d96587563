//! Live streams: what comes, what is said about the rest, and how they end.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::stage::Stage;

const WAIT: Duration = Duration::from_secs(10);

/// A client that reads events.
struct Events {
    lines: Lines<BufReader<TcpStream>>,
}

impl Events {
    async fn open(stage: &Stage, path: &str) -> Self {
        let host = stage.address.to_string();
        let stream = stage.send("GET", &format!("/api/v1{path}"), &[("Host", &host)]).await;
        Self { lines: BufReader::new(stream).lines() }
    }

    /// The next event: its name and its data. `None` at the end of the stream.
    async fn next(&mut self) -> Option<(String, Value)> {
        let mut name = String::new();
        loop {
            let line = timeout(WAIT, self.lines.next_line()).await.expect("an event in time").ok()??;
            if let Some(given) = line.strip_prefix("event: ") {
                name = given.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Some((name, serde_json::from_str(data).expect("JSON")));
            }
        }
    }

    /// The next event of this name.
    async fn named(&mut self, wanted: &str) -> Value {
        loop {
            let (name, data) = self.next().await.expect("the stream goes on");
            if name == wanted {
                return data;
            }
        }
    }
}

fn bodies(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("line {number}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_begins_with_its_backlog_and_goes_on_with_what_is_stored_each_record_once() {
    let stage = Stage::start().await;
    stage.put_logs(&bodies(3)).await;
    let mut events = Events::open(&stage, "/logs/tail?backlog=2&q=line").await;
    let first = events.named("records").await;
    let messages = |event: &Value| -> Vec<String> {
        let rows = event["records"].as_array().cloned().unwrap_or_default();
        rows.iter().filter_map(|row| row["message"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(messages(&first), ["line 1", "line 2"]);
    stage.put_logs(&["line 3".to_owned(), "another".to_owned()]).await;
    let next = events.named("records").await;
    assert_eq!(messages(&next), ["line 3"]);
    assert_eq!((next["matched"].as_u64(), next["skipped"].as_u64()), (Some(1), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn past_its_rate_a_tail_sends_a_sample_and_says_how_much_it_left_out() {
    let stage = Stage::start().await;
    let mut events = Events::open(&stage, "/logs/tail?rate=100").await;
    events.named("status").await;
    stage.put_logs(&bodies(5000)).await;
    let (mut matched, mut sent) = (0, 0);
    while matched < 5000 {
        let event = events.named("records").await;
        let number = |name: &str| event[name].as_u64().expect("a number");
        assert_eq!(number("matched"), number("sent") + number("skipped"));
        assert_eq!(event["records"].as_array().map(Vec::len), Some(number("sent") as usize));
        matched += number("matched");
        sent += number("sent");
    }
    assert!(sent > 0 && sent <= 200, "{sent} lines at 100 a second");
    let status = events.named("status").await;
    assert_eq!(status["lost"], 0, "{status}");
    assert!(status["matched_per_second"].as_f64() > status["sent_per_second"].as_f64(), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pipeline_is_told_each_second_with_the_books_beside_it() {
    let stage = Stage::start().await;
    let mut events = Events::open(&stage, "/pipeline/live").await;
    for _ in 0..2 {
        let event = events.named("pipeline").await;
        assert_eq!(event["pipeline"]["state"], "ready");
        assert_eq!(event["ledger"]["balances"], true);
        assert!(event["pipeline"]["now_ms"].as_f64() > Some(0.0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn past_the_limit_a_stream_is_refused_until_another_ends() {
    let stage = Stage::start().await;
    let mut open = Vec::new();
    for _ in 0..32 {
        let mut events = Events::open(&stage, "/pipeline/live").await;
        events.named("pipeline").await;
        open.push(events);
    }
    let refused = stage.get("/api/v1/logs/tail").await;
    assert_eq!((refused.status, refused.code().as_str(), refused.header("retry-after")), (503, "busy", "1"));
    open.pop();
    let ended = timeout(WAIT, async {
        loop {
            let mut events = Events::open(&stage, "/pipeline/live").await;
            if events.next().await.is_some() {
                return;
            }
        }
    });
    ended.await.expect("a place is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_open_streams_at_once() {
    let stage = Stage::start().await;
    let mut pipeline = Events::open(&stage, "/pipeline/live").await;
    let mut tail = Events::open(&stage, "/logs/tail").await;
    pipeline.named("pipeline").await;
    tail.named("status").await;
    stage.stop.cancel();
    while pipeline.next().await.is_some() {}
    while tail.next().await.is_some() {}
    timeout(WAIT, stage.served).await.expect("it ends").expect("no panic").expect("no error");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_holds_up_nobody() {
    let stage = Stage::start().await;
    let _stuck = Events::open(&stage, "/logs/tail?rate=5000").await;
    for _ in 0..20 {
        let long: Vec<String> = (0..500).map(|number| format!("{number} {}", "x".repeat(1500))).collect();
        stage.put_logs(&long).await;
    }
    let status = timeout(WAIT, stage.api("/status")).await.expect("others are answered");
    assert_eq!(status["store"]["signals"][1]["records"], 10_000);
    stage.stop.cancel();
    timeout(WAIT, stage.served).await.expect("nor the end").expect("no panic").expect("no error");
}
