//! What a page becomes, decoded by prost: examples, and random pages against a simple model.

mod model;
mod speed;

use std::sync::Arc;

use prost::Message;
use weir_exposition::Format;
use weir_proto::generated::remote_write_v2::Request;
use weir_relabel::{Rule, RuleSpec};

use super::{Counts, Encoded, Labelling, PageError, PageMemory, PageSettings, Refused, Report, STALE};

/// A sample: labels but `job`, the value's bits, the time.
type Sample = (String, u64, i64);

const NOW: i64 = 1_700_000_000_000;

fn settings() -> PageSettings {
    PageSettings {
        labelling: Labelling { target: [("job", "j")].into_iter().collect(), rules: Arc::default() },
        honor_timestamps: true,
        track_timestamps_staleness: false,
        sample_limit: 0,
    }
}

/// Has a rule drop the metric `name`.
fn drop_metric(settings: &mut PageSettings, name: &str) {
    let rule = Rule::new(RuleSpec {
        source_labels: Some(vec!["__name__".into()]),
        regex: Some(name.into()),
        action: Some("drop".into()),
        ..RuleSpec::default()
    });
    Arc::make_mut(&mut settings.labelling.rules).relabel.push(rule.unwrap());
}

/// A series as `name{label="value",...}`.
fn series_name(labels: &[(String, String)]) -> String {
    let mut name = String::new();
    let mut rest = Vec::new();
    for (label, value) in labels {
        match label.as_str() {
            "__name__" => name.clone_from(value),
            "job" => {}
            _ => rest.push(format!("{label}={value:?}")),
        }
    }
    format!("{name}{{{}}}", rest.join(","))
}

/// The samples of a request but the report's, sorted; checks what every request must keep to.
fn decode(encoded: &Encoded) -> Vec<Sample> {
    let request = Request::decode(encoded.payload.clone()).unwrap();
    assert_eq!(request.symbols.first().map(String::as_str), Some(""));
    let mut samples = Vec::new();
    for series in &request.timeseries {
        let labels = labels(&request, &series.labels_refs);
        assert!(labels.is_sorted() && labels.iter().any(|(name, value)| name == "job" && value == "j"));
        assert_eq!(series.samples.len(), 1, "a series without a sample is refused by Prometheus");
        let sample = &series.samples[0];
        samples.push((series_name(&labels), sample.value.to_bits(), sample.timestamp));
    }
    assert_eq!(samples.len(), encoded.records as usize);
    let report = samples.split_off(samples.len() - Report::SAMPLES);
    let names: Vec<&str> = report.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(names[0], "up{}");
    samples.sort();
    samples
}

fn labels(request: &Request, refs: &[u32]) -> Vec<(String, String)> {
    let symbol = |index: u32| request.symbols[index as usize].clone();
    refs.chunks(2).map(|pair| (symbol(pair[0]), symbol(pair[1]))).collect()
}

/// A target's memory with a clock that goes on by a second per scrape.
struct Target {
    memory: PageMemory,
    settings: PageSettings,
    now: i64,
}

impl Target {
    fn new(settings: PageSettings) -> Self {
        Self { memory: PageMemory::new(&settings), settings, now: NOW }
    }

    fn scrape_as(&mut self, page: &str, format: Format) -> Result<(Encoded, Counts), Refused> {
        self.now += 1000;
        let observed = self.memory.observe(page.as_bytes(), format, self.now, &self.settings)?;
        let counts = observed.counts;
        let report = Report::new(true, 0.5, counts);
        Ok((self.memory.encode(observed, &report, self.now), counts))
    }

    fn scrape(&mut self, page: &str) -> Vec<Sample> {
        decode(&self.scrape_as(page, Format::Text).unwrap().0)
    }

    fn counts(&mut self, page: &str) -> (u64, u64, u64) {
        let counts = self.scrape_as(page, Format::Text).unwrap().1;
        (counts.scraped, counts.kept, counts.added)
    }

    fn refuse(&mut self, page: &str) -> Refused {
        self.scrape_as(page, Format::Text).unwrap_err()
    }

    fn lose(&mut self) -> Vec<Sample> {
        self.now += 1000;
        let observed = self.memory.lose(Counts::default(), self.now, &self.settings);
        let report = Report::new(false, 0.5, observed.counts);
        decode(&self.memory.encode(observed, &report, self.now))
    }

    /// Expected samples: name, value, and the time now unless one is given.
    fn expect(&self, samples: &[(&str, f64, Option<i64>)]) -> Vec<Sample> {
        let mut samples: Vec<Sample> = samples
            .iter()
            .map(|&(name, value, time)| (name.to_owned(), value.to_bits(), time.unwrap_or(self.now)))
            .collect();
        samples.sort();
        samples
    }
}

#[test]
fn a_page_with_other_numbers_becomes_the_same_request_with_other_numbers() {
    let mut target = Target::new(settings());
    assert_eq!(target.counts("# HELP a h\na 1\nb{c=\"d\"} 2\n"), (2, 2, 2));
    let samples = target.scrape("# HELP a h\na 3\nb{c=\"d\"} NaN\n");
    assert_eq!(
        samples,
        target.expect(&[("a{}", 3.0, None), ("b{c=\"d\"}", f64::from_bits(0x7ff8_0000_0000_0001), None)])
    );
    assert_eq!(target.counts("# HELP a h\na 3\nb{c=\"d\"} 4"), (2, 2, 0));
}

#[test]
fn a_series_that_leaves_ends_with_a_staleness_marker() {
    let mut target = Target::new(settings());
    target.scrape("a 1\nb 2\nc 3\n");
    assert_eq!(
        target.scrape("c 3\na 1\n"),
        target.expect(&[("a{}", 1.0, None), ("b{}", STALE, None), ("c{}", 3.0, None)])
    );
    assert_eq!(target.scrape("c 3\na 1\n"), target.expect(&[("a{}", 1.0, None), ("c{}", 3.0, None)]));
    assert_eq!(
        target.scrape(""),
        target.expect(&[("a{}", STALE, None), ("c{}", STALE, None)]),
        "an empty page is a page"
    );
}

#[test]
fn a_failed_scrape_ends_every_series_once_and_they_come_back() {
    let mut target = Target::new(settings());
    target.scrape("a 1\nb 2\n");
    assert_eq!(target.lose(), target.expect(&[("a{}", STALE, None), ("b{}", STALE, None)]));
    assert_eq!(target.lose(), []);
    let (encoded, counts) = target.scrape_as("a 1\n", Format::Text).unwrap();
    assert_eq!(decode(&encoded), target.expect(&[("a{}", 1.0, None)]), "b has ended already");
    assert_eq!(counts.added, 0, "it is still known");
}

#[test]
fn a_malformed_page_takes_nothing_and_says_how_far_it_was_read() {
    let mut target = Target::new(settings());
    target.scrape("a 1\nb 2\n");
    let refused = target.refuse("a 5\nb 6\nc x\n");
    assert!(matches!(refused.error, PageError::Malformed(error) if error.line == 3));
    assert_eq!(refused.counts, Counts { scraped: 2, kept: 2, added: 0 });
    assert_eq!(target.lose(), target.expect(&[("a{}", STALE, None), ("b{}", STALE, None)]));
}

#[test]
fn a_dropped_series_is_counted_and_not_sent() {
    let mut settings = settings();
    drop_metric(&mut settings, "b");
    let mut target = Target::new(settings);
    for _ in 0..2 {
        let (encoded, counts) = target.scrape_as("a 1\nb 2\nb{c=\"d\"} 2\n", Format::Text).unwrap();
        assert_eq!((counts.scraped, counts.kept, encoded.filtered), (3, 1, 2));
        assert_eq!(decode(&encoded), target.expect(&[("a{}", 1.0, None)]));
    }
    assert!(matches!(target.refuse("a 1\nb x\n").error, PageError::Malformed(_)));
}

#[test]
fn of_two_samples_of_one_series_the_first_is_sent() {
    let mut target = Target::new(settings());
    for _ in 0..3 {
        let page = "a{b=\"c\",d=\"e\"} 1\na{d=\"e\",b=\"c\"} 2\na{b=\"c\",d=\"e\"} 3\n";
        let (encoded, counts) = target.scrape_as(page, Format::Text).unwrap();
        assert_eq!((counts.scraped, counts.kept, encoded.unusable), (3, 3, 2));
        assert_eq!(decode(&encoded), target.expect(&[("a{b=\"c\",d=\"e\"}", 1.0, None)]));
    }
    assert_eq!(
        target.scrape("a{d=\"e\",b=\"c\"} 2\n"),
        target.expect(&[("a{b=\"c\",d=\"e\"}", 2.0, None)]),
        "it is the same series in other words"
    );
}

#[test]
fn own_timestamps_are_kept_and_repeats_are_not_sent_again() {
    let mut target = Target::new(settings());
    assert_eq!(
        target.scrape("a 1 5000\nb 2\n"),
        target.expect(&[("a{}", 1.0, Some(5000)), ("b{}", 2.0, None)])
    );
    for repeat in ["a 1 5000\nb 2\n", "b 2\na 1 5000\n"] {
        let (encoded, _) = target.scrape_as(repeat, Format::Text).unwrap();
        assert_eq!((decode(&encoded), encoded.unusable), (target.expect(&[("b{}", 2.0, None)]), 0));
    }
    for unusable in ["b 2\na 7 5000\n", "b 2\na 1 4000\n", "b 2\na 1 1800000000000\n", "b 2\nc 1\na 1 4000\n"]
    {
        let (encoded, _) = target.scrape_as(unusable, Format::Text).unwrap();
        assert_eq!(encoded.unusable, 1, "{unusable}");
    }
    assert_eq!(target.scrape("a 1 6000\nb 2\nc 1\n").len(), 3);
    assert_eq!(target.scrape("b 2\nc 1\n").len(), 2, "no marker for a series with its own timestamps");
}

#[test]
fn own_timestamps_count_for_nothing_unless_honored() {
    let mut target = Target::new(PageSettings { honor_timestamps: false, ..settings() });
    for _ in 0..2 {
        assert_eq!(target.scrape("a 1 5000\n"), target.expect(&[("a{}", 1.0, None)]));
    }
    assert_eq!(target.scrape(""), target.expect(&[("a{}", STALE, None)]));
}

#[test]
fn series_with_own_timestamps_end_too_when_tracked() {
    let mut target = Target::new(PageSettings { track_timestamps_staleness: true, ..settings() });
    target.scrape("a 1 5000\n");
    assert_eq!(target.scrape(""), target.expect(&[("a{}", STALE, None)]));
    target.scrape("a 1 6000\na 2 7000\n");
    assert_eq!(target.lose(), target.expect(&[("a{}", STALE, None)]), "one marker for both lines");
}

#[test]
fn a_page_may_give_one_series_several_times_in_order() {
    let mut target = Target::new(settings());
    let samples = target.scrape("a 1 5000\na 2 6000\na 3 5500\n");
    assert_eq!(samples, target.expect(&[("a{}", 1.0, Some(5000)), ("a{}", 2.0, Some(6000))]));
}

#[test]
fn a_series_may_begin_and_cease_to_bring_its_own_timestamps() {
    let mut target = Target::new(settings());
    target.scrape("a 1\n");
    assert_eq!(
        target.scrape("a 1 5000\n"),
        target.expect(&[("a{}", 1.0, Some(5000)), ("a{}", STALE, None)]),
        "as in Prometheus it is no longer tracked"
    );
    assert_eq!(target.scrape("a 1\n"), target.expect(&[("a{}", 1.0, None)]));
}

#[test]
fn past_the_sample_limit_the_page_is_refused_and_counted_to_its_end() {
    let mut target = Target::new(PageSettings { sample_limit: 2, ..settings() });
    assert_eq!(target.scrape("a 1\nb 2\n").len(), 2);
    let refused = target.refuse("a 1\nb 2\nc 3\nd 4\n");
    assert_eq!(refused.error, PageError::SampleLimit { limit: 2 });
    assert_eq!(refused.counts, Counts { scraped: 4, kept: 4, added: 0 });
    assert_eq!(target.lose().len(), 2);
    assert_eq!(target.scrape("a 1\na 2\nb 2\n").len(), 2, "a duplicate does not count");
}

#[test]
fn metadata_and_exemplars_go_with_their_series() {
    let page = |id: &str| {
        format!(
            "# TYPE a_seconds counter\n# HELP a_seconds h\n# UNIT a_seconds seconds\n\
             a_seconds_total 1 # {{trace_id=\"{id}\",x=\"y\"}} 0.5 5\na_seconds_total{{b=\"c\"}} 2 # {{}} 7\n\
             other 1\n# EOF\n"
        )
    };
    let mut target = Target::new(settings());
    for (scrape, id) in ["one", "two", "two"].into_iter().enumerate() {
        let (encoded, _) = target.scrape_as(&page(id), Format::OpenMetrics).unwrap();
        decode(&encoded);
        let request = Request::decode(encoded.payload).unwrap();
        let series = &request.timeseries[0];
        let metadata = series.metadata.unwrap();
        let text = |index: u32| request.symbols[index as usize].as_str();
        assert_eq!((metadata.r#type, text(metadata.help_ref), text(metadata.unit_ref)), (1, "h", "seconds"));
        let exemplar = &series.exemplars[0];
        assert_eq!((exemplar.value, exemplar.timestamp), (0.5, 5000), "{scrape}");
        assert_eq!(
            labels(&request, &exemplar.labels_refs),
            [("trace_id".to_owned(), id.to_owned()), ("x".to_owned(), "y".to_owned())]
        );
        assert_eq!(request.timeseries[1].exemplars[0].timestamp, target.now);
        assert_eq!(request.timeseries[2].metadata.unwrap_or_default().r#type, 0);
    }
}

#[test]
fn an_exemplar_that_prometheus_would_refuse_is_left_out() {
    let mut target = Target::new(settings());
    let page = format!("a 1 # {{trace_id=\"{}\"}} 1\nb 1 # {{\"\\\"\"=\"x\"}} 1\n# EOF\n", "x".repeat(121));
    for _ in 0..2 {
        let (encoded, _) = target.scrape_as(&page, Format::OpenMetrics).unwrap();
        let request = Request::decode(encoded.payload).unwrap();
        assert!(request.timeseries[0].exemplars.is_empty());
        assert_eq!(request.timeseries[1].exemplars.len(), 1);
    }
}

#[test]
fn changed_settings_end_only_the_series_that_are_gone_under_them() {
    let mut target = Target::new(settings());
    target.scrape("a 1\nb 2\n");
    drop_metric(&mut target.settings, "b");
    target.memory.settings_changed();
    assert_eq!(target.scrape("a 1\nb 2\n"), target.expect(&[("a{}", 1.0, None), ("b{}", STALE, None)]));
    assert_eq!(target.scrape("a 1\nb 2\n"), target.expect(&[("a{}", 1.0, None)]));
}

#[test]
fn a_page_in_the_other_format_is_read_anew() {
    let mut target = Target::new(settings());
    target.scrape("a 1\nb 1\n");
    let (encoded, _) = target.scrape_as("a 2\nc 1\n# EOF\n", Format::OpenMetrics).unwrap();
    assert_eq!(
        decode(&encoded),
        target.expect(&[("a{}", 2.0, None), ("b{}", STALE, None), ("c{}", 1.0, None)])
    );
}

#[test]
fn the_report_says_what_became_of_the_scrape() {
    let mut target = Target::new(settings());
    let (encoded, _) = target.scrape_as("a 1\nb 2\n", Format::Text).unwrap();
    let request = Request::decode(encoded.payload).unwrap();
    let report: Vec<(String, f64)> = request.timeseries[2..]
        .iter()
        .map(|series| (series_name(&labels(&request, &series.labels_refs)), series.samples[0].value))
        .collect();
    let expected = [
        ("up{}", 1.0),
        ("scrape_duration_seconds{}", 0.5),
        ("scrape_samples_scraped{}", 2.0),
        ("scrape_samples_post_metric_relabeling{}", 2.0),
        ("scrape_series_added{}", 2.0),
    ];
    assert_eq!(report, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn symbols_of_series_that_left_are_forgotten() {
    let mut target = Target::new(settings());
    for round in 0..50 {
        target.scrape(&format!("a 1\nb{{c=\"value number {round}\"}} 2\n"));
    }
    assert!(target.memory.bytes() < 4096, "{}", target.memory.bytes());
}
