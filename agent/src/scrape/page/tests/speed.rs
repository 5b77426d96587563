//! What a sample costs. `cargo test -p weir-agent --profile quick --lib page::tests::speed -- --ignored --nocapture`

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use weir_exposition::Format;

use super::{NOW, PageMemory, Report, settings};

const SERIES: usize = 1000;
const SCRAPES: usize = 2000;

/// 1000 series of 25 families; names, labels and numbers like those of a Go service.
fn page(scrape: usize, churn: usize) -> String {
    let mut page = String::new();
    for index in 0..SERIES {
        if index % 40 == 0 {
            let family = index / 40;
            writeln!(
                page,
                "# HELP http_requests_{family}_total Requests served by the handler since the start."
            )
            .unwrap();
            writeln!(page, "# TYPE http_requests_{family}_total counter").unwrap();
        }
        let generation = if index < churn { scrape } else { 0 };
        let (family, code) = (index / 40, [200, 204, 404, 500][index % 4]);
        let value = (scrape * 17 + index * 131) as f64 * if index % 3 == 0 { 1.0 } else { 0.125 };
        writeln!(
            page,
            "http_requests_{family}_total{{code=\"{code}\",handler=\"/api/v1/{index}\",method=\"get\",pod=\"p{generation}\"}} {value}"
        )
        .unwrap();
    }
    page
}

/// Nanoseconds per sample when `churn` of the series are new in each scrape.
fn measure(churn: usize) -> f64 {
    let settings = settings();
    let mut memory = PageMemory::new(&settings);
    let pages: Vec<String> = (0..20).map(|scrape| page(scrape, churn)).collect();
    let mut scrape = |at: usize| {
        let (page, now) = (&pages[at % pages.len()], NOW + at as i64);
        let started = Instant::now();
        let observed = memory.observe(page.as_bytes(), Format::Text, now, &settings).unwrap();
        let report = Report::new(true, 0.1, observed.counts);
        let encoded = memory.encode(observed, &report, now);
        let took = started.elapsed();
        assert!(encoded.records as usize >= SERIES + Report::SAMPLES);
        (took, encoded.payload.len(), memory.bytes())
    };
    for at in 0..50 {
        scrape(at);
    }
    let mut total = Duration::ZERO;
    let (mut payload, mut memory) = (0, 0);
    for at in 0..SCRAPES {
        let took;
        (took, payload, memory) = scrape(at);
        total += took;
    }
    let nanos = total.as_nanos() as f64 / (SCRAPES * SERIES) as f64;
    println!(
        "{churn} of {SERIES} series new: {nanos:.1} ns per sample, payload {payload} B, memory {memory} B"
    );
    nanos
}

#[test]
#[ignore = "measures; to be run alone and optimised"]
fn a_page_that_hardly_changes_costs_far_less_than_a_microsecond_per_sample() {
    assert!(measure(0) < 150.0);
}

#[test]
#[ignore = "measures; to be run alone and optimised"]
fn a_page_with_a_new_series_costs_less_than_a_microsecond_per_sample() {
    assert!(measure(1) < 1000.0);
}

#[test]
#[ignore = "measures; to be run alone and optimised"]
fn a_page_of_new_series_costs_less_than_ten_microseconds_per_sample() {
    measure(SERIES / 10);
    assert!(measure(SERIES) < 10_000.0);
}
