//! The times at which a query is computed.

use crate::error::QueryError;

/// Steps of a query at most.
pub const STEPS_MAX: usize = 11_000;

/// Times in milliseconds since 1970, evenly spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steps {
    pub(crate) start: i64,
    pub(crate) step: i64,
    pub(crate) count: usize,
}

impl Steps {
    /// One time.
    pub(crate) fn one(time: i64) -> Self {
        Self { start: time, step: 1, count: 1 }
    }

    /// From `from` to `to`, both included.
    pub(crate) fn range(from: i64, to: i64, step: i64) -> Result<Self, QueryError> {
        let mistake = |message: String, remedy| QueryError::Parameter { parameter: "step", message, remedy };
        if step < 1 {
            return Err(mistake("it must be at least 1 ms".to_owned(), "write a duration such as 15s"));
        }
        let count = to.saturating_sub(from).max(0) / step + 1;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > STEPS_MAX {
            let message = format!("{count} steps are more than {STEPS_MAX}");
            return Err(mistake(message, "choose a longer step or a shorter range"));
        }
        Ok(Self { start: from, step, count })
    }

    pub(crate) fn times(self) -> impl Iterator<Item = i64> {
        (0..self.count as i64).map(move |index| self.start + index * self.step)
    }

    pub(crate) fn end(self) -> i64 {
        self.start + (self.count as i64 - 1) * self.step
    }
}
