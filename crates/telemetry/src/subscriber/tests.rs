//! What ends up in the log.

use std::io;
use std::sync::Arc;

use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use parking_lot::Mutex;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use super::{LogFormat, OWN_TRACES, TracingError, TracingSettings, log_layer, trace_layer};

/// Whether a span is enabled is remembered for the whole process, so the tests take turns.
static ALONE: Mutex<()> = Mutex::new(());

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn settings(level: &str, format: LogFormat) -> TracingSettings {
    TracingSettings { level: level.to_owned(), format, traces: None, own: None }
}

fn logged(settings: &TracingSettings, emit: impl FnOnce()) -> String {
    let _alone = ALONE.lock();
    let captured = Captured::default();
    let writer = captured.clone();
    let layer = log_layer(settings, move || writer.clone(), false).expect("the level is valid");
    tracing::subscriber::with_default(Registry::default().with(layer), emit);
    String::from_utf8(captured.0.lock().clone()).expect("log lines are UTF-8")
}

#[test]
fn json_lines_hold_the_fields_at_the_top() {
    let line =
        logged(&settings("info", LogFormat::Json), || tracing::warn!(target_url = "x", "scrape failed"));
    let object: serde_json::Value = serde_json::from_str(&line).expect("the line is JSON");
    assert_eq!(object["message"], "scrape failed");
    assert_eq!(object["target_url"], "x");
    assert_eq!(object["level"], "WARN");
}

#[test]
fn text_without_a_terminal_has_no_colours() {
    let line = logged(&settings("info", LogFormat::Text), || tracing::info!(count = 1, "ready"));
    assert!(line.contains("ready count=1"), "{line:?}");
    assert!(!line.contains('\u{1b}'), "{line:?}");
}

#[test]
fn what_is_below_the_level_is_left_out() {
    let lines = logged(&settings("warn", LogFormat::Text), || tracing::info!("ready"));
    assert_eq!(lines, "");
}

#[test]
fn spans_of_own_traces_are_disabled_when_own_traces_are_off() {
    logged(&settings("trace", LogFormat::Text), || {
        assert!(!tracing::info_span!("other").is_disabled());
        assert!(tracing::info_span!(target: OWN_TRACES, "export").is_disabled());
    });
}

#[test]
fn spans_of_own_traces_and_no_others_are_exported_when_own_traces_are_on() {
    let _alone = ALONE.lock();
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    tracing::subscriber::with_default(Registry::default().with(trace_layer(&provider)), || {
        let _other = tracing::info_span!("other").entered();
        let _own = tracing::info_span!(target: OWN_TRACES, "export").entered();
    });
    let names: Vec<String> = exporter
        .get_finished_spans()
        .expect("the exporter runs")
        .into_iter()
        .map(|span| span.name.into())
        .collect();
    assert_eq!(names, ["export"]);
}

#[test]
fn an_unknown_level_is_refused_by_name() {
    let layer = log_layer::<Registry, _>(&settings("loud", LogFormat::Text), io::sink, false);
    assert!(matches!(layer, Err(TracingError::Level(level)) if level == "loud"));
}
