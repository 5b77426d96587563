//! From text to what is to be computed.

use std::time::{Duration, UNIX_EPOCH};

use promql_parser::label::{MatchOp, Matcher as ParsedMatcher};
use promql_parser::parser::token::{
    T_ADD, T_AVG, T_COUNT, T_DIV, T_MAX, T_MIN, T_MOD, T_MUL, T_POW, T_SUB, T_SUM, TokenType,
};
use promql_parser::parser::{
    self, AggregateExpr, AtModifier, BinaryExpr, Call, Expr, LabelModifier, Offset, VectorSelector,
};

use super::aggregate::{Aggregation, Grouping};
use super::arithmetic::Operator;
use super::window::RangeFunction;
use crate::error::QueryError;
use crate::metrics::catalogue::{Condition, Matcher, Selector};

/// Characters of a query at most.
const QUERY_MAX: usize = 10_000;
/// Parts within parts at most.
const DEPTH_MAX: usize = 100;

/// What is to be computed.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    Number(f64),
    /// The newest sample of each series.
    Newest(Source),
    /// A function over the samples of a range.
    OverRange {
        function: RangeFunction,
        range: i64,
        source: Source,
    },
    Aggregate {
        aggregation: Aggregation,
        grouping: Grouping,
        of: Box<Plan>,
    },
    Quantile {
        quantile: Box<Plan>,
        of: Box<Plan>,
    },
    Arithmetic {
        operator: Operator,
        left: Box<Plan>,
        right: Box<Plan>,
    },
    Negate(Box<Plan>),
}

/// Series, and how their times are shifted. Milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) selector: Selector,
    pub(crate) offset: i64,
    pub(crate) at: Option<At>,
}

/// A fixed time instead of each step's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Start,
    End,
    Time(i64),
}

impl Plan {
    /// Parses a query and checks that it is within the subset.
    pub(crate) fn parse(query: &str) -> Result<Self, QueryError> {
        if query.len() > QUERY_MAX {
            return Err(QueryError::Parse { message: format!("a query has at most {QUERY_MAX} characters") });
        }
        // The parser goes down into parentheses by recursion.
        if query.bytes().filter(|byte| *byte == b'(').count() > DEPTH_MAX {
            return Err(QueryError::Parse { message: format!("more than {DEPTH_MAX} parentheses") });
        }
        let expression = parser::parse(query).map_err(|message| QueryError::Parse { message })?;
        plan(&expression)
    }

    /// The selectors in it.
    pub(crate) fn sources(&self) -> Vec<&Source> {
        match self {
            Self::Number(_) => Vec::new(),
            Self::Newest(source) | Self::OverRange { source, .. } => vec![source],
            Self::Aggregate { of, .. } | Self::Negate(of) => of.sources(),
            Self::Quantile { quantile: left, of: right } | Self::Arithmetic { left, right, .. } => {
                [left.sources(), right.sources()].concat()
            }
        }
    }

    fn is_scalar(&self) -> bool {
        match self {
            Self::Number(_) => true,
            Self::Newest(_) | Self::OverRange { .. } | Self::Aggregate { .. } | Self::Quantile { .. } => {
                false
            }
            Self::Negate(of) => of.is_scalar(),
            Self::Arithmetic { left, right, .. } => left.is_scalar() && right.is_scalar(),
        }
    }
}

/// A selector alone, such as `match` takes.
pub(crate) fn selector(text: &str) -> Result<Selector, QueryError> {
    match Plan::parse(text)? {
        Plan::Newest(Source { selector, offset: 0, at: None }) => Ok(selector),
        _ => Err(QueryError::Parameter {
            parameter: "match",
            message: format!("\"{text}\" is no selector"),
            remedy: "write name{label=\"value\"}",
        }),
    }
}

fn plan(expression: &Expr) -> Result<Plan, QueryError> {
    match expression {
        Expr::NumberLiteral(number) => Ok(Plan::Number(number.val)),
        Expr::Paren(paren) => plan(&paren.expr),
        Expr::Unary(unary) => Ok(Plan::Negate(Box::new(plan(&unary.expr)?))),
        Expr::VectorSelector(selector) => Ok(Plan::Newest(source(selector)?)),
        Expr::Call(call) => plan_call(call),
        Expr::Aggregate(aggregate) => plan_aggregate(aggregate),
        Expr::Binary(binary) => plan_binary(binary),
        Expr::MatrixSelector(_) => Err(unsupported("a range of samples outside a function")),
        Expr::Subquery(_) => Err(unsupported("a subquery")),
        Expr::StringLiteral(_) => Err(unsupported("a text as a value")),
        Expr::Extension(_) => Err(unsupported("an extension of the language")),
    }
}

fn plan_call(call: &Call) -> Result<Plan, QueryError> {
    let name = call.func.name;
    let arguments = &call.args.args;
    if let Some(function) = RangeFunction::named(name) {
        return match arguments.first().map(|argument| &**argument) {
            Some(Expr::MatrixSelector(matrix)) => {
                Ok(Plan::OverRange { function, range: millis(matrix.range), source: source(&matrix.vs)? })
            }
            _ => Err(unsupported(&format!("{name} of anything but a selector with a range"))),
        };
    }
    match (name, &arguments[..]) {
        ("histogram_quantile", [quantile, of]) => {
            let (quantile, of) = (Box::new(plan(quantile)?), Box::new(plan(of)?));
            Ok(Plan::Quantile { quantile, of })
        }
        _ => Err(unsupported(&format!("the function {name}"))),
    }
}

fn plan_aggregate(aggregate: &AggregateExpr) -> Result<Plan, QueryError> {
    let aggregation = match aggregate.op.id() {
        T_SUM => Aggregation::Sum,
        T_AVG => Aggregation::Average,
        T_MIN => Aggregation::Min,
        T_MAX => Aggregation::Max,
        T_COUNT => Aggregation::Count,
        _ => return Err(unsupported(&format!("the aggregation {}", aggregate.op))),
    };
    let grouping = match &aggregate.modifier {
        None => Grouping::By(Vec::new()),
        Some(LabelModifier::Include(labels)) => Grouping::By(labels.labels.clone()),
        Some(LabelModifier::Exclude(labels)) => Grouping::Without(labels.labels.clone()),
    };
    let of = Box::new(plan(&aggregate.expr)?);
    if of.is_scalar() {
        return Err(QueryError::Parse { message: format!("{} expects series, not a number", aggregate.op) });
    }
    Ok(Plan::Aggregate { aggregation, grouping, of })
}

fn plan_binary(binary: &BinaryExpr) -> Result<Plan, QueryError> {
    let operator = operator(binary.op).ok_or_else(|| unsupported(&format!("the operator {}", binary.op)))?;
    let (left, right) = (plan(&binary.lhs)?, plan(&binary.rhs)?);
    if !left.is_scalar() && !right.is_scalar() {
        return Err(unsupported(&format!("the operator {} between two sets of series", binary.op)));
    }
    Ok(Plan::Arithmetic { operator, left: Box::new(left), right: Box::new(right) })
}

fn operator(token: TokenType) -> Option<Operator> {
    Some(match token.id() {
        T_ADD => Operator::Add,
        T_SUB => Operator::Subtract,
        T_MUL => Operator::Multiply,
        T_DIV => Operator::Divide,
        T_MOD => Operator::Remainder,
        T_POW => Operator::Power,
        _ => return None,
    })
}

fn source(selector: &VectorSelector) -> Result<Source, QueryError> {
    if !selector.matchers.or_matchers.is_empty() {
        return Err(unsupported("`or` between matchers"));
    }
    let mut matchers = Vec::new();
    if let Some(name) = &selector.name {
        matchers.push(Matcher { label: "__name__".to_owned(), condition: Condition::Is(name.clone()) });
    }
    matchers.extend(selector.matchers.matchers.iter().map(matcher));
    let offset = match &selector.offset {
        None => 0,
        Some(Offset::Pos(duration)) => millis(*duration),
        Some(Offset::Neg(duration)) => -millis(*duration),
    };
    let at = selector.at.as_ref().map(|at| match at {
        AtModifier::Start => At::Start,
        AtModifier::End => At::End,
        AtModifier::At(time) => At::Time(time.duration_since(UNIX_EPOCH).map_or(0, millis)),
    });
    Ok(Source { selector: Selector { matchers }, offset, at })
}

fn matcher(parsed: &ParsedMatcher) -> Matcher {
    let condition = match &parsed.op {
        MatchOp::Equal => Condition::Is(parsed.value.clone()),
        MatchOp::NotEqual => Condition::IsNot(parsed.value.clone()),
        MatchOp::Re(regex) => Condition::Matches(regex.clone()),
        MatchOp::NotRe(regex) => Condition::MatchesNot(regex.clone()),
    };
    Matcher { label: parsed.name.clone(), condition }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

fn unsupported(what: &str) -> QueryError {
    QueryError::Unsupported { what: what.to_owned() }
}
