//! Weir's metrics, read back from `/metrics`.

use std::fmt;

/// Samples of one page.
pub struct Books {
    samples: Vec<(String, Vec<(String, String)>, f64)>,
}

impl Books {
    /// Reads a page of the text format without escapes in label values: weir's own have none.
    pub fn parse(page: &str) -> Self {
        let lines = page.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { samples: lines.filter_map(sample).collect() }
    }

    /// The sum over the series of `name` that have all of `labels`; 0 when there are none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.matching(name, labels).map(|(_, _, value)| value).sum()
    }

    /// How many series of `name` have all of `labels`.
    pub fn count(&self, name: &str, labels: &[(&str, &str)]) -> usize {
        self.matching(name, labels).count()
    }

    fn matching<'a>(
        &'a self,
        name: &'a str,
        labels: &'a [(&str, &str)],
    ) -> impl Iterator<Item = &'a (String, Vec<(String, String)>, f64)> {
        self.samples.iter().filter(move |(found, own, _)| {
            found == name && labels.iter().all(|(key, value)| own.iter().any(|(k, v)| k == key && v == value))
        })
    }
}

impl fmt::Debug for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, labels, value) in self.samples.iter().filter(|(name, ..)| name.starts_with("weir_records"))
        {
            writeln!(f, "{name}{labels:?} {value}")?;
        }
        Ok(())
    }
}

fn sample(line: &str) -> Option<(String, Vec<(String, String)>, f64)> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let labels = labels.strip_suffix('}')?.split("\",").filter_map(|label| {
        let (key, value) = label.split_once("=\"")?;
        Some((key.to_owned(), value.trim_end_matches('"').to_owned()))
    });
    Some((name.to_owned(), labels.collect(), value.parse().ok()?))
}
