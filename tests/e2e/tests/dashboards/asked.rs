//! Which metrics an expression asks for, what it makes of them, and what Prometheus has of them.

use std::collections::BTreeSet;

use promql_parser::parser::{Expr, VectorSelector, parse};
use serde_json::Value;
use weir_stack::Prometheus;

/// A metric in an expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Selector {
    /// A regular expression.
    pub(crate) name: String,
    /// With its labels and their values, as Prometheus reads it.
    pub(crate) text: String,
    /// The function, counting aggregation or `unless` that it stands in; empty without.
    pub(crate) within: String,
}

impl Selector {
    /// The types under which Prometheus has series that it selects.
    pub(crate) fn types(&self, prometheus: &Prometheus) -> BTreeSet<String> {
        let series = prometheus.api("series", &[("match[]", &self.text)]);
        let kind = |series: &Value| series["__type__"].as_str().unwrap_or_default().to_owned();
        let mut types: BTreeSet<String> = series.as_array().into_iter().flatten().map(kind).collect();
        // What was written as history has none.
        if types.len() > 1 {
            types.remove("");
        }
        types
    }

    /// What is wrong with asking a metric of this type so.
    pub(crate) fn misuse(&self, kind: &str) -> Option<String> {
        let is_rate = ["rate", "irate", "increase"].contains(&self.within.as_str());
        let only_asks_whether =
            ["absent", "absent_over_time", "count", "group", "unless"].contains(&self.within.as_str());
        let is_recorded = self.name.contains(':');
        let is_right = match kind {
            "counter" | "histogram" | "summary" => is_rate || only_asks_whether,
            "gauge" | "info" | "stateset" => !is_rate,
            _ => is_recorded || !is_rate,
        };
        (!is_right).then(|| format!("{self:?} is a {kind:?}"))
    }
}

/// The expressions of rules that Prometheus has loaded.
#[derive(Default)]
pub(crate) struct Rules {
    pub(crate) recordings: Vec<String>,
    pub(crate) alerts: Vec<String>,
}

/// All rules. Each is evaluated without an error.
pub(crate) fn rules(prometheus: &Prometheus) -> Rules {
    let groups = prometheus.api("rules", &[])["groups"].as_array().cloned().unwrap_or_default();
    let mut found = Rules::default();
    for rule in groups.iter().flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default()) {
        let expr = rule["query"].as_str().expect("an expression");
        assert_ne!(rule["health"], "err", "{rule}");
        assert!(prometheus.api("query", &[("query", expr)])["result"].is_array(), "{rule}");
        let kind = if rule["type"] == "recording" { &mut found.recordings } else { &mut found.alerts };
        kind.push(expr.to_owned());
    }
    found
}

/// Takes out what Prometheus has; gives what is wrong with how that is asked for.
pub(crate) fn find(missing: &mut BTreeSet<Selector>, prometheus: &Prometheus) -> Vec<String> {
    let mut wrong = Vec::new();
    missing.retain(|asked| {
        let types = asked.types(prometheus);
        wrong.extend(types.iter().filter_map(|kind| asked.misuse(kind)));
        types.is_empty()
    });
    wrong
}

/// All selectors of an expression.
pub(crate) fn selectors(expr: &str) -> Vec<Selector> {
    let parsed = parse(expr).unwrap_or_else(|error| panic!("{expr}: {error}"));
    let mut found = Vec::new();
    walk(&parsed, "", &mut found);
    found
}

fn walk(expr: &Expr, within: &str, found: &mut Vec<Selector>) {
    match expr {
        Expr::VectorSelector(selector) => found.push(of(selector, within)),
        Expr::MatrixSelector(matrix) => found.push(of(&matrix.vs, within)),
        Expr::Call(call) => call.args.args.iter().for_each(|each| walk(each, call.func.name, found)),
        Expr::Aggregate(aggregate) => match aggregate.op.to_string().as_str() {
            op @ ("count" | "group") => walk(&aggregate.expr, op, found),
            _ => walk(&aggregate.expr, within, found),
        },
        Expr::Binary(binary) => {
            let op = binary.op.to_string();
            // All of a counter that was not there before.
            let within = if op == "unless" { &op } else { within };
            walk(&binary.lhs, within, found);
            walk(&binary.rhs, within, found);
        }
        Expr::Paren(paren) => walk(&paren.expr, within, found),
        Expr::Unary(unary) => walk(&unary.expr, within, found),
        Expr::Subquery(subquery) => walk(&subquery.expr, within, found),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

fn of(selector: &VectorSelector, within: &str) -> Selector {
    let matchers = &selector.matchers.matchers;
    let by_matcher =
        || matchers.iter().find(|matcher| matcher.name == "__name__").map(|matcher| matcher.value.clone());
    let name = selector.name.clone().or_else(by_matcher).unwrap_or_default();
    let now = VectorSelector { offset: None, at: None, ..selector.clone() };
    Selector { name, text: now.to_string(), within: within.to_owned() }
}
