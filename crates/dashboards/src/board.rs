//! What a dashboard is made of.

/// A dashboard.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// Stable; the name of its file, and of links to it.
    pub uid: &'static str,
    /// Shown.
    pub title: &'static str,
    /// Whose question it answers.
    pub description: &'static str,
    /// What one may choose, besides the data source.
    pub variables: Vec<Variable>,
    /// From top to bottom: whether something is wrong comes first, why it is comes later.
    pub rows: Vec<Row>,
}

/// What one may choose.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// In queries, `$name`.
    pub name: &'static str,
    /// Of what.
    pub choice: Choice,
}

/// What a variable is chosen of.
#[derive(Clone, Copy, Debug)]
pub enum Choice {
    /// The values of a label, any number of them.
    Label {
        /// The series that has it.
        series: &'static str,
        /// The label.
        label: &'static str,
    },
    /// Whatever is written.
    Text,
}

/// Panels beside each other.
#[derive(Clone, Debug)]
pub struct Row {
    /// Above them; none for the first row.
    pub title: &'static str,
    /// Their height in Grafana's units.
    pub height: u32,
    /// From left to right, of equal width.
    pub panels: Vec<Panel>,
}

/// How numbers are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One number, large.
    Stat,
    /// Lines over time.
    Lines,
    /// A row per series, as they are now.
    Table,
    /// Log records, the latest first.
    Records,
    /// How many log records there are over time, by a field.
    RecordCounts,
}

impl Kind {
    /// Whether Elasticsearch is asked, not Prometheus.
    pub const fn is_of_logs(self) -> bool {
        matches!(self, Self::Records | Self::RecordCounts)
    }
}

/// Of a panel's numbers; Grafana's names are in [`Unit::id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A count.
    Count,
    /// Things per second.
    PerSecond,
    /// 0 to 1.
    Share,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
}

impl Unit {
    /// Grafana's name.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Count => "short",
            Self::PerSecond => "ops",
            Self::Share => "percentunit",
            Self::Seconds => "s",
            Self::Bytes => "bytes",
            Self::BytesPerSecond => "Bps",
        }
    }
}

/// Whether a query must have data on a healthy platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It must.
    Data,
    /// Not before this has happened.
    EmptyUntil(&'static str),
}

/// A query.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// PromQL; of logs, Lucene's query string.
    pub expr: &'static str,
    /// What a series is called, such as `{{service}}`; empty for the only one. Log records are counted by this field.
    pub legend: &'static str,
    /// Whether exemplars are shown.
    pub exemplars: bool,
    /// Whether it must have data.
    pub expect: Expect,
}

/// A panel.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Shown.
    pub title: &'static str,
    /// What is normal, and what to do when it is not.
    pub description: &'static str,
    /// How.
    pub kind: Kind,
    /// Of its numbers.
    pub unit: Unit,
    /// From here on a number is shown in red.
    pub red_from: Option<f64>,
    /// Below this it is, too.
    pub red_below: Option<f64>,
    /// Numbers may be below 0.
    pub signed: bool,
    /// At least one.
    pub queries: Vec<Query>,
    /// The dashboard that a click leads to.
    pub leads_to: Option<&'static str>,
}

/// A query that must have data.
pub(crate) const fn query(expr: &'static str, legend: &'static str) -> Query {
    Query { expr, legend, exemplars: false, expect: Expect::Data }
}

impl Variable {
    pub(crate) const fn label(name: &'static str, series: &'static str, label: &'static str) -> Self {
        Self { name, choice: Choice::Label { series, label } }
    }

    pub(crate) const fn text(name: &'static str) -> Self {
        Self { name, choice: Choice::Text }
    }
}

impl Query {
    /// The field that log records are counted by.
    pub fn field(&self) -> &'static str {
        self.legend.trim_start_matches("{{").trim_end_matches("}}")
    }

    /// Has data only after `fault`.
    pub(crate) const fn after(self, fault: &'static str) -> Self {
        Self { expect: Expect::EmptyUntil(fault), ..self }
    }

    /// Shows exemplars.
    pub(crate) const fn with_exemplars(self) -> Self {
        Self { exemplars: true, ..self }
    }
}

impl Dashboard {
    /// From the top left to the bottom right.
    pub fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().flat_map(|row| &row.panels)
    }
}

impl Panel {
    pub(crate) const fn new(
        kind: Kind,
        title: &'static str,
        unit: Unit,
        description: &'static str,
        queries: Vec<Query>,
    ) -> Self {
        Self {
            title,
            description,
            kind,
            unit,
            red_from: None,
            red_below: None,
            signed: false,
            queries,
            leads_to: None,
        }
    }

    pub(crate) fn red_from(self, number: f64) -> Self {
        Self { red_from: Some(number), ..self }
    }

    pub(crate) fn red_below(self, number: f64) -> Self {
        Self { red_below: Some(number), ..self }
    }

    /// Whether a number is shown in red.
    pub fn is_red(&self, number: f64) -> bool {
        self.red_from.is_some_and(|from| number >= from) || self.red_below.is_some_and(|below| number < below)
    }

    pub(crate) fn signed(self) -> Self {
        Self { signed: true, ..self }
    }

    pub(crate) fn leads_to(self, uid: &'static str) -> Self {
        Self { leads_to: Some(uid), ..self }
    }
}
