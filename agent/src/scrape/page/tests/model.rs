//! Random sequences of pages against a model that has nothing but maps.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use weir_exposition::Format;

use super::{Counts, NOW, PageSettings, STALE, Sample, Target, drop_metric, settings};

/// A line: which series, in which words, its value, perhaps its own time.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    series: u8,
    wording: u8,
    value: u8,
    time: Option<u16>,
    comment: bool,
}

#[derive(Clone, Debug)]
enum Action {
    /// New lines altogether.
    Page(Vec<Line>),
    /// The last page with other numbers.
    Again(u8),
    /// The last page with a line put in.
    Insert(prop::sample::Index, Line),
    /// The last page without a line.
    Remove(prop::sample::Index),
    /// The last page with two lines exchanged.
    Swap(prop::sample::Index, prop::sample::Index),
    /// A page that is malformed at its end.
    Malformed,
    /// No page.
    Lost,
}

fn line() -> impl Strategy<Value = Line> {
    (0..12_u8, 0..2_u8, any::<u8>(), prop::option::weighted(0.2, 1..2000_u16), any::<bool>())
        .prop_map(|(series, wording, value, time, comment)| Line { series, wording, value, time, comment })
}

fn action() -> impl Strategy<Value = Action> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        2 => prop::collection::vec(line(), 0..10).prop_map(Action::Page),
        4 => any::<u8>().prop_map(Action::Again),
        3 => (index(), line()).prop_map(|(at, line)| Action::Insert(at, line)),
        3 => index().prop_map(Action::Remove),
        1 => (index(), index()).prop_map(|(a, b)| Action::Swap(a, b)),
        1 => Just(Action::Malformed),
        1 => Just(Action::Lost),
    ]
}

impl Line {
    /// The series bytes. Series 10 and 11 are dropped by a rule.
    fn key(&self) -> String {
        let name = if self.series >= 10 { "dropped" } else { "kept" };
        match self.wording {
            0 => format!("{name}{{a=\"{}\",b=\"x\"}}", self.series),
            _ => format!("{name}{{b=\"x\",a=\"{}\"}}", self.series),
        }
    }

    fn name(&self) -> Option<String> {
        (self.series < 10).then(|| format!("kept{{a=\"{}\",b=\"x\"}}", self.series))
    }

    fn write(&self, page: &mut String) {
        if self.comment {
            page.push_str("# a comment\n");
        }
        *page += &format!("{} {}", self.key(), self.value);
        if let Some(time) = self.time {
            *page += &format!(" {}", i64::from(time));
        }
        page.push('\n');
    }
}

/// Next to nothing: what stood on the last page, and whether its series have ended.
#[derive(Default)]
struct Model {
    /// The last page's series bytes with what was last sent of those that bring their own time.
    lines: BTreeMap<String, Option<(i64, u8)>>,
    /// The series that end with a marker when they are gone.
    tracked: BTreeSet<String>,
}

impl Model {
    fn scrape(&mut self, lines: &[Line], settings: &PageSettings, now: i64) -> (Vec<Sample>, Counts) {
        let mut counts = Counts::default();
        let (mut samples, mut tracked, mut seen) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        let mut next = BTreeMap::new();
        for line in lines {
            counts.scraped += 1;
            let last = self.lines.get(&line.key());
            let Some(name) = line.name() else { continue };
            counts.kept += 1;
            counts.added +=
                u64::from(last.is_none() && !next.contains_key(&line.key()) && !seen.contains(&name));
            let last = last.copied().flatten();
            if !seen.insert(name.clone()) {
                next.entry(line.key()).or_insert(None);
                continue;
            }
            let time = line.time.map(i64::from).filter(|_| settings.honor_timestamps);
            if time.is_none() || settings.track_timestamps_staleness {
                tracked.insert(name.clone());
            }
            let advances = match (time, last) {
                (Some(time), Some((last, _))) => time > last,
                _ => true,
            };
            let sent = if advances { time.map(|time| (time, line.value)) } else { last };
            next.insert(line.key(), sent);
            if advances {
                samples.push((name, f64::from(line.value).to_bits(), time.unwrap_or(now)));
            }
        }
        for name in self.tracked.difference(&tracked) {
            samples.push((name.clone(), STALE.to_bits(), now));
        }
        self.tracked = tracked;
        self.lines = next;
        samples.sort();
        (samples, counts)
    }

    fn lose(&mut self, now: i64) -> Vec<Sample> {
        std::mem::take(&mut self.tracked).into_iter().map(|name| (name, STALE.to_bits(), now)).collect()
    }
}

/// Several lines of one series, some with their own times, are an example of their own.
fn without_repeated_times(lines: &mut Vec<Line>) {
    let timed: BTreeSet<u8> =
        lines.iter().filter(|line| line.time.is_some()).map(|line| line.series).collect();
    let mut seen = BTreeSet::new();
    lines.retain(|line| !timed.contains(&line.series) || seen.insert(line.series));
}

fn change(lines: &mut Vec<Line>, action: &Action) {
    match action {
        Action::Page(new) => lines.clone_from(new),
        Action::Again(by) => lines.iter_mut().for_each(|line| {
            line.value = line.value.wrapping_add(*by);
            line.time = line.time.map(|time| time.wrapping_add(u16::from(*by % 4)));
        }),
        Action::Insert(at, line) => lines.insert(at.index(lines.len() + 1), line.clone()),
        Action::Remove(at) if !lines.is_empty() => drop(lines.remove(at.index(lines.len()))),
        Action::Swap(a, b) if !lines.is_empty() => {
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
        }
        _ => {}
    }
    without_repeated_times(lines);
}

proptest! {
    #[test]
    fn the_memory_sends_what_the_model_sends(
        actions in prop::collection::vec(action(), 1..25),
        honor in any::<bool>(),
        track in any::<bool>(),
        format in prop_oneof![Just(Format::Text), Just(Format::OpenMetrics)],
    ) {
        let mut settings =
            PageSettings { honor_timestamps: honor, track_timestamps_staleness: track, ..settings() };
        drop_metric(&mut settings, "dropped");
        let mut target = Target::new(settings.clone());
        let (mut model, mut lines) = (Model::default(), Vec::new());
        for (scrape, action) in actions.iter().enumerate() {
            change(&mut lines, action);
            let now = NOW + 1000 * (scrape as i64 + 1);
            target.now = now - 1000;
            let mut page = String::new();
            let comments = format == Format::Text;
            for line in &lines {
                // In OpenMetrics times are seconds and there are no comments.
                let time = line.time.filter(|_| comments).or(line.time.map(|time| time / 1000));
                Line { comment: line.comment && comments, time, ..line.clone() }.write(&mut page);
            }
            if format == Format::OpenMetrics {
                page += "# EOF\n";
            }
            let expected = match action {
                Action::Malformed => {
                    let refused = target.scrape_as(&(page + "x y\n"), format);
                    prop_assert_eq!(refused.is_err(), true);
                    target.now = now - 1000;
                    prop_assert_eq!(target.lose(), model.lose(now));
                    continue;
                }
                Action::Lost => {
                    prop_assert_eq!(target.lose(), model.lose(now));
                    continue;
                }
                _ => {
                    let seconds: Vec<Line> = lines
                        .iter()
                        .map(|line| Line { time: line.time.map(|time| if comments { time } else { time / 1000 * 1000 }), ..line.clone() })
                        .collect();
                    model.scrape(&seconds, &settings, now)
                }
            };
            let (encoded, counts) = target.scrape_as(&page, format).unwrap();
            prop_assert_eq!(super::decode(&encoded), expected.0);
            prop_assert_eq!(counts, expected.1);
        }
    }
}
