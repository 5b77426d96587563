//! Queries of indicators: selectors, and expressions with `$window`.

use promql_parser::label::Matcher;
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{Expr, parse};

/// Stands for the window of a rate in an expression.
const WINDOW: &str = "$window";

/// A query that was checked.
#[derive(Clone, Debug)]
pub(crate) enum Query {
    /// Series whose rate is taken.
    Selector(Selector),
    /// An expression that is a rate.
    Expression(String),
}

/// A metric's name and matchers.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    pub(crate) metric: String,
    pub(crate) matchers: Vec<Matcher>,
}

/// Says what is wrong with a query, in words that follow it.
pub(crate) fn check(text: &str) -> Result<(), String> {
    Query::read(text).map(|_| ())
}

impl Query {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let is_expression = text.contains(WINDOW);
        let parsed = parse(&text.replace(WINDOW, "5m")).map_err(|error| format!("is no PromQL: {error}"))?;
        match parsed {
            expression if is_expression => match expression.value_type() {
                ValueType::Vector => Ok(Self::Expression(text.to_owned())),
                other => Err(format!("is a {other}; write an expression that gives series")),
            },
            Expr::VectorSelector(selector) => {
                let Some(metric) = selector.name else {
                    return Err("names no metric; begin with its name".to_owned());
                };
                if !selector.matchers.or_matchers.is_empty()
                    || selector.offset.is_some()
                    || selector.at.is_some()
                {
                    return Err("is more than a selector; write an expression with $window".to_owned());
                }
                Ok(Self::Selector(Selector { metric, matchers: selector.matchers.matchers }))
            }
            _ => Err("is neither a selector nor an expression with $window; write one of them, such as \
                      sum(rate(http_requests_total[$window]))"
                .to_owned()),
        }
    }

    /// Events per second over `window`, summed.
    pub(crate) fn rate(&self, window: &str) -> String {
        match self {
            Self::Selector(selector) => format!("sum(rate({}[{window}]))", selector.text()),
            Self::Expression(text) => format!("sum({})", text.replace(WINDOW, window)),
        }
    }
}

impl Selector {
    /// As PromQL writes it.
    pub(crate) fn text(&self) -> String {
        let matchers: Vec<String> = self.matchers.iter().map(matcher_text).collect();
        if matchers.is_empty() {
            self.metric.clone()
        } else {
            format!("{}{{{}}}", self.metric, matchers.join(","))
        }
    }

    /// The same series under the name with `suffix`, with one matcher more.
    pub(crate) fn derived(&self, suffix: &str, matcher: Option<&str>) -> String {
        let matchers = self.matchers.iter().map(matcher_text).chain(matcher.map(str::to_owned));
        let matchers: Vec<String> = matchers.collect();
        let name = format!("{}{suffix}", self.metric);
        if matchers.is_empty() { name } else { format!("{name}{{{}}}", matchers.join(",")) }
    }
}

fn matcher_text(matcher: &Matcher) -> String {
    let value = matcher.value.replace('\\', r"\\").replace('"', "\\\"");
    format!("{}{}\"{value}\"", matcher.name, matcher.op)
}
