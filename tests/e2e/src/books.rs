//! Weir's metrics, read back from `/metrics`.

use std::fmt;

/// Samples of one page.
pub struct Books {
    samples: Vec<Sample>,
}

struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

impl Books {
    /// Reads a page of the text format without escapes in label values: weir's own have none.
    pub fn parse(page: &str) -> Self {
        let lines = page.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { samples: lines.filter_map(sample).collect() }
    }

    /// The sum over the series of `name` that have all of `labels`; 0 when there are none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.matching(name, labels).map(|sample| sample.value).sum()
    }

    /// How many series of `name` have all of `labels`.
    pub fn count(&self, name: &str, labels: &[(&str, &str)]) -> usize {
        self.matching(name, labels).count()
    }

    /// Whether every exporter's equation holds. There must be at least one, and each is looked at by itself: in a sum, one
    /// record too many here would hide one too few there.
    pub fn balance(&self) -> Result<(), String> {
        let imbalances: Vec<&Sample> = self.matching("weir_ledger_imbalance", &[]).collect();
        let off: Vec<String> =
            imbalances.iter().copied().filter(|sample| sample.value != 0.0).map(Sample::text).collect();
        match (imbalances.is_empty(), off.is_empty()) {
            (true, _) => Err("weir shows no weir_ledger_imbalance".to_owned()),
            (false, true) => Ok(()),
            (false, false) => Err(off.join("\n")),
        }
    }

    fn matching(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = &Sample> {
        let has = |sample: &Sample| {
            labels.iter().all(|(key, value)| sample.labels.iter().any(|(k, v)| k == key && v == value))
        };
        self.samples.iter().filter(move |sample| sample.name == name && has(sample))
    }
}

impl Sample {
    fn text(&self) -> String {
        format!("{}{:?} {}", self.name, self.labels, self.value)
    }
}

impl fmt::Debug for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sample in self.samples.iter().filter(|sample| sample.name.starts_with("weir_records")) {
            writeln!(f, "{}", sample.text())?;
        }
        Ok(())
    }
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let labels = labels.strip_suffix('}')?.split("\",").filter_map(|label| {
        let (key, value) = label.split_once("=\"")?;
        Some((key.to_owned(), value.trim_end_matches('"').to_owned()))
    });
    Some(Sample { name: name.to_owned(), labels: labels.collect(), value: value.parse().ok()? })
}
