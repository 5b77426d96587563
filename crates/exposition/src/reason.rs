//! Why a page is refused.

/// Where and why a page is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ParseError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: Reason,
}

/// What breaks the format's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A line begins with neither a metric name, nor a brace, nor a comment of the format.
    #[error("expected a metric name or a comment")]
    Start,
    /// `HELP`, `TYPE` or `UNIT` names no metric.
    #[error("expected a metric name after HELP, TYPE or UNIT")]
    MetaName,
    /// `HELP`, `TYPE` or `UNIT` has no text or no line end.
    #[error("expected a text and a line end after the metric name")]
    MetaText,
    /// `TYPE` names no type of the format.
    #[error("invalid metric type")]
    Kind,
    /// A unit that does not end the metric's name.
    #[error("unit is not a suffix of the metric name")]
    Unit,
    /// Help text or a label value is not UTF-8.
    #[error("text is not UTF-8")]
    Utf8,
    /// A label name is missing or malformed.
    #[error("expected a label name")]
    LabelName,
    /// No `=` after a label name.
    #[error("expected an equals sign after the label name")]
    Equals,
    /// A label value is not in quotes, or the quote does not close.
    #[error("expected a label value in quotes")]
    LabelValue,
    /// Neither `,` nor `}` after a label.
    #[error("expected a comma or a closing brace after the label")]
    LabelEnd,
    /// A series without a metric name.
    #[error("metric name not set")]
    NameMissing,
    /// A series with two metric names.
    #[error("metric name set twice")]
    NameTwice,
    /// A value is missing or is not a number.
    #[error("expected a number as value")]
    Value,
    /// A timestamp is not a number in range.
    #[error("expected a number as timestamp")]
    Timestamp,
    /// Something stands where the line should end.
    #[error("expected the end of the line")]
    LineEnd,
    /// An OpenMetrics page was cut off.
    #[error("data does not end with # EOF")]
    EofMissing,
    /// Something follows `# EOF`.
    #[error("unexpected data after # EOF")]
    AfterEof,
}
