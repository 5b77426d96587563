//! Which metrics an expression names, and what it makes of them.

use promql_parser::label::MatchOp;
use promql_parser::parser::{Expr, VectorSelector, parse};

/// A metric in an expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Selector {
    pub(crate) name: String,
    /// Labels that it must have.
    pub(crate) labels: Vec<String>,
    /// The function or counting aggregation that it stands in; empty without.
    pub(crate) within: String,
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
    let wants = |op: &MatchOp, value: &str| match op {
        MatchOp::Equal => !value.is_empty(),
        MatchOp::Re(regex) => !regex.is_match(""),
        MatchOp::NotEqual | MatchOp::NotRe(_) => false,
    };
    let matchers = selector.matchers.matchers.iter();
    let labels = matchers.filter(|matcher| wants(&matcher.op, &matcher.value));
    Selector {
        name: selector.name.clone().unwrap_or_default(),
        labels: labels.map(|matcher| matcher.name.clone()).collect(),
        within: within.to_owned(),
    }
}
