//! Arithmetic with numbers.

use super::eval::{Column, Value};
use crate::error::QueryError;

/// An operator between two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

impl Operator {
    fn of(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Remainder => left % right,
            Self::Power => left.powf(right),
        }
    }
}

/// Applies an operator, step by step. Series lose their names.
pub(crate) fn arithmetic(operator: Operator, left: Value, right: Value) -> Result<Value, QueryError> {
    match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => {
            Ok(Value::Scalar(left.iter().zip(right).map(|(&left, right)| operator.of(left, right)).collect()))
        }
        (Value::Series(columns), Value::Scalar(numbers)) => {
            Ok(changed(columns, |step, value| operator.of(value, numbers[step])))
        }
        (Value::Scalar(numbers), Value::Series(columns)) => {
            Ok(changed(columns, |step, value| operator.of(numbers[step], value)))
        }
        (Value::Series(_), Value::Series(_)) => {
            Err(QueryError::Unsupported { what: "an operator between two sets of series".to_owned() })
        }
    }
}

/// Changes the sign. Series lose their names.
pub(crate) fn negate(value: Value) -> Result<Value, QueryError> {
    Ok(match value {
        Value::Scalar(numbers) => Value::Scalar(numbers.into_iter().map(|number| -number).collect()),
        Value::Series(columns) => changed(columns, |_, value| -value),
    })
}

fn changed(columns: Vec<Column>, change: impl Fn(usize, f64) -> f64) -> Value {
    let columns = columns.into_iter().map(|mut column| {
        column.labels.remove("__name__");
        column.sample_time = None;
        for (step, value) in column.values.iter_mut().enumerate() {
            *value = value.map(|value| change(step, value));
        }
        column
    });
    Value::Series(columns.collect())
}
