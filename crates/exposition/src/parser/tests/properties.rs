//! Pages that are written read back; no bytes make the walk panic.

use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::strategy::Strategy;

use super::{Sample, samples};
use crate::{Format, Item, Parser, parse_tail};

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

/// A sample with a name and labels of any UTF-8 text without NUL.
fn sample() -> impl Strategy<Value = Sample> {
    let label = ("[a-z\u{e9}\"\\\\\n.{},= ]{1,5}", "[a-z\u{e9}\"\\\\\n{},=# ]{1,6}");
    let labels = prop::collection::btree_map(label.0, label.1, 0..4);
    ("[a-z\u{e9}\"\\\\\n.]{1,6}", labels, any::<f64>(), prop::option::of(0..4_000_000_000_000_i64)).prop_map(
        |(name, labels, value, time)| {
            let labels = std::iter::once(("__name__".to_owned(), name)).chain(labels).collect();
            (labels, if value.is_nan() { 0.0 } else { value }, time)
        },
    )
}

fn write(sample: &Sample, format: Format) -> String {
    let (labels, value, time) = sample;
    let mut line = format!("{{\"{}\"", escape(&labels[0].1));
    for (name, value) in &labels[1..] {
        line += &format!(",\"{}\"=\"{}\"", escape(name), escape(value));
    }
    line += &format!("}} {value}");
    match (time, format) {
        (Some(time), Format::Text) => line += &format!(" {time}"),
        (Some(time), Format::OpenMetrics) => line += &format!(" {}", time / 1000),
        (None, _) => {}
    }
    line + "\n"
}

/// OpenMetrics here is written in whole seconds.
fn rounded(sample: &Sample, format: Format) -> Sample {
    let (labels, value, time) = sample.clone();
    let time = if format == Format::OpenMetrics { time.map(|time| time / 1000 * 1000) } else { time };
    (labels, value, time)
}

proptest! {
    #[test]
    fn a_page_that_is_written_reads_back(written in prop::collection::vec(sample(), 0..5)) {
        for (format, end) in [(Format::Text, ""), (Format::OpenMetrics, "# EOF\n")] {
            let page: String = written.iter().map(|sample| write(sample, format)).collect();
            let expected: Vec<Sample> = written.iter().map(|sample| rounded(sample, format)).collect();
            prop_assert_eq!(samples((page + end).as_bytes(), format), Ok(expected));
        }
    }

    #[test]
    fn no_bytes_make_the_walk_panic(page in prop::collection::vec(any::<u8>(), 0..64)) {
        for format in [Format::Text, Format::OpenMetrics] {
            Parser::new(&page, format).for_each(drop);
            let _ = parse_tail(&page, format);
        }
    }

    #[test]
    fn no_soup_of_tokens_makes_the_walk_panic_or_stand_still(
        page in "([a{}\"=, \t\n1.#\\\\e\u{e9}]|# HELP |# TYPE a |counter|# EOF|NaN| # \\{|a=\"b\"){0,20}",
    ) {
        for format in [Format::Text, Format::OpenMetrics] {
            let mut parser = Parser::new(page.as_bytes(), format);
            let mut before = 0;
            while let Some(Ok(item)) = parser.next() {
                prop_assert!(parser.position() > before);
                if let Item::Series(line) = item {
                    let _ = line.labels(&mut crate::LabelBuf::new());
                    let rest = &page.as_bytes()[before..];
                    prop_assert!(rest.windows(line.series.len()).any(|window| window == line.series));
                }
                before = parser.position();
            }
        }
    }

    #[test]
    fn a_series_that_is_known_is_taken_as_it_is_read(
        page in "(a|ab|\\{\"a\"\\}|a\\{b=\"c\"\\})[ \t]{0,2}(1|2.5|x|-3e2)( [0-9]{1,3})?\n",
    ) {
        for format in [Format::Text, Format::OpenMetrics] {
            for known in ["a", "ab", "{\"a\"}", "a{b=\"c\"}"] {
                let mut taking = Parser::new(page.as_bytes(), format);
                let mut reading = taking.clone();
                if let Some(tail) = taking.take_series(known.as_bytes()) {
                    let Some(Ok(Item::Series(line))) = reading.next() else { panic!("{page}") };
                    prop_assert_eq!(line.series, known.as_bytes());
                    prop_assert_eq!((line.value, line.timestamp_ms), (tail.value, tail.timestamp_ms));
                    prop_assert_eq!(reading.position(), taking.position());
                }
            }
        }
    }
}
