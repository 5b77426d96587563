//! Pictures of the dashboards for docs, from the same answers.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use weir_dashboards::{Answer, Kind, Panel, Query, Series, all, draw};

use crate::expanded;
use crate::platform::Platform;

/// How long the platform is busy for them, and how much of that they show.
const BUSY: Duration = Duration::from_secs(360);
const SHOWN_SECONDS: u64 = 300;
const STEP_SECONDS: u64 = 5;
/// Between two acts.
const PAUSE: Duration = Duration::from_millis(200);
/// Traces of an act, on average.
const TRACES: f64 = 8.0;

/// Keeps the platform busy, in waves, and writes `<uid>.svg` for each dashboard.
pub(crate) fn write(platform: &Platform, folder: &Path) {
    let began = Instant::now();
    while began.elapsed() < BUSY {
        let wave = 1.0 + 0.5 * (began.elapsed().as_secs_f64() / 25.0).sin();
        platform.act((TRACES * wave) as usize);
        sleep(PAUSE);
    }
    fs::create_dir_all(folder).expect("a folder");
    for board in all() {
        let answers: Vec<Answer> = board.panels().map(|panel| answer(platform, panel)).collect();
        fs::write(folder.join(format!("{}.svg", board.uid)), draw(&board, &answers)).expect("a picture");
    }
}

fn answer(platform: &Platform, panel: &Panel) -> Answer {
    let query = &panel.queries[0];
    match panel.kind {
        Kind::Records => Answer::Records(records(platform, query)),
        Kind::RecordCounts => Answer::Numbers(record_counts(platform, query)),
        kind => {
            Answer::Numbers(panel.queries.iter().flat_map(|query| numbers(platform, kind, query)).collect())
        }
    }
}

fn numbers(platform: &Platform, kind: Kind, query: &Query) -> Vec<Series> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (start, end) = ((now - SHOWN_SECONDS).to_string(), now.to_string());
    let (expr, step) = (expanded(query.expr), STEP_SECONDS.to_string());
    let answer = match kind {
        Kind::Table => platform.prometheus().api("query", &[("query", &expr)]),
        _ => {
            let range = [("query", expr.as_str()), ("start", &start), ("end", &end), ("step", &step)];
            platform.prometheus().api("query_range", &range)
        }
    };
    let result = answer["result"].as_array().cloned().unwrap_or_default();
    let mut series: Vec<Series> = result
        .iter()
        .map(|each| Series { name: name(kind, query, &each["metric"]), points: points(each) })
        .filter(|each| !each.points.is_empty())
        .collect();
    series.sort_by(|one, other| one.name.cmp(&other.name));
    series
}

/// The legend with its labels; a table has a column for each label.
fn name(kind: Kind, query: &Query, labels: &Value) -> String {
    let labels = labels.as_object().cloned().unwrap_or_default();
    let values = labels.iter().filter(|(label, _)| !label.starts_with("__"));
    let values = values.map(|(label, value)| (label, value.as_str().unwrap_or_default()));
    if kind == Kind::Table {
        let mut values: Vec<&str> = values.map(|(_, value)| value).collect();
        values.dedup();
        return values.join("  ");
    }
    let mut name = query.legend.to_owned();
    for (label, value) in values {
        name = name.replace(&format!("{{{{{label}}}}}"), value);
    }
    name
}

fn points(series: &Value) -> Vec<(f64, f64)> {
    let of_range = series["values"].as_array().cloned().unwrap_or_default();
    let instant = Some(series["value"].clone()).filter(Value::is_array);
    let point = |point: Value| Some((point[0].as_f64()?, point[1].as_str()?.parse::<f64>().ok()?));
    of_range.into_iter().chain(instant).filter_map(point).filter(|(_, value)| value.is_finite()).collect()
}

fn records(platform: &Platform, query: &Query) -> Vec<String> {
    let answer = platform.records(Kind::Records, &expanded(query.expr), "").unwrap_or_default();
    let hits = answer["hits"]["hits"].as_array().cloned().unwrap_or_default();
    let line = |hit: &Value| {
        let text = |field: &str| hit["_source"][field].as_str().unwrap_or_default().to_owned();
        let time = text("@timestamp");
        let of_day = time.split('T').nth(1).unwrap_or_default().trim_end_matches('Z').to_owned();
        format!("{of_day:.12} {} {} {}", text("log.level"), text("service.name"), text("message"))
    };
    hits.iter().map(line).collect()
}

fn record_counts(platform: &Platform, query: &Query) -> Vec<Series> {
    let answer =
        platform.records(Kind::RecordCounts, &expanded(query.expr), query.field()).unwrap_or_default();
    let fields = answer["aggregations"]["field"]["buckets"].as_array().cloned().unwrap_or_default();
    let point = |bucket: &Value| Some((bucket["key"].as_f64()? / 1000.0, bucket["doc_count"].as_f64()?));
    let series = |field: &Value| Series {
        name: field["key"].as_str().unwrap_or_default().to_owned(),
        points: field["time"]["buckets"].as_array().into_iter().flatten().filter_map(point).collect(),
    };
    fields.iter().map(series).collect()
}
