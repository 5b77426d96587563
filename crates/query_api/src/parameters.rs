//! The parameters of a request, each taken once; what is left over is a mistake.

use std::time::Duration;

use weir_store::{Filters, LogSelection, Search};

use crate::error::ApiError;
use crate::time;

const HOUR_MS: i64 = 3_600_000;
const NANOS_PER_MS: i64 = 1_000_000;
const TIME_REMEDY: &str = "write milliseconds since 1970, RFC 3339, now, or now-15m";

/// Parameters that nobody has asked for yet.
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
    /// Those asked for, for the message about others.
    known: Vec<&'static str>,
    now_ms: i64,
}

impl Parameters {
    /// Reads the part of an address behind the `?`.
    pub(crate) fn of(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self { pairs: pairs.into_owned().collect(), known: Vec::new(), now_ms: time::now_ms() }
    }

    /// All values of `name`.
    pub(crate) fn all(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        let mut values = Vec::new();
        self.pairs.retain_mut(|(key, value)| {
            let is_it = key == name;
            if is_it {
                values.push(std::mem::take(value));
            }
            !is_it
        });
        values
    }

    /// The value of `name`.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        let mut values = self.all(name);
        if values.len() > 1 {
            return Err(ApiError::parameter(name, "is given more than once", "give it once"));
        }
        Ok(values.pop())
    }

    /// A value that must be there.
    pub(crate) fn required(&mut self, name: &'static str) -> Result<String, ApiError> {
        let value = self.text(name)?.filter(|value| !value.trim().is_empty());
        value.ok_or_else(|| ApiError::parameter(name, "is missing", format!("add {name}=")))
    }

    /// A value that `read` understands.
    fn read<T>(
        &mut self,
        name: &'static str,
        what: &str,
        remedy: impl Into<String>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let mistake = || ApiError::parameter(name, &format!("{text:?} is no {what}"), remedy);
        read(text.trim()).map(Some).ok_or_else(mistake)
    }

    /// A number of things from 1 to `max`.
    pub(crate) fn count(
        &mut self,
        name: &'static str,
        default: usize,
        max: usize,
    ) -> Result<usize, ApiError> {
        self.count_from(1, name, default, max)
    }

    /// A number of things from `min` to `max`.
    pub(crate) fn count_from(
        &mut self,
        min: usize,
        name: &'static str,
        default: usize,
        max: usize,
    ) -> Result<usize, ApiError> {
        let remedy = format!("write a number from {min} to {max}");
        let read = |text: &str| text.parse().ok().filter(|count| (min..=max).contains(count));
        Ok(self.read(name, "number that may stand here", remedy, read)?.unwrap_or(default))
    }

    pub(crate) fn flag(&mut self, name: &'static str) -> Result<Option<bool>, ApiError> {
        self.read(name, "truth value", "write true or false", |text| text.parse().ok())
    }

    pub(crate) fn duration(&mut self, name: &'static str) -> Result<Option<Duration>, ApiError> {
        self.read(name, "duration", "write one such as 250ms, 1.5s, 2m, 1h or 7d", time::duration)
    }

    /// A time in milliseconds since 1970.
    pub(crate) fn time(&mut self, name: &'static str) -> Result<Option<i64>, ApiError> {
        let now_ms = self.now_ms;
        self.read(name, "time", TIME_REMEDY, |text| time::time(text, now_ms))
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// `from` and `to` in milliseconds since 1970; by default the hour until now.
    pub(crate) fn range_ms(&mut self) -> Result<(i64, i64), ApiError> {
        let (from, to) = (self.time("from")?, self.time("to")?);
        let to = to.unwrap_or(self.now_ms);
        let from = from.unwrap_or((to - HOUR_MS).max(0));
        if from > to {
            let remedy = "let the range begin before it ends";
            return Err(ApiError::parameter("from", "is later than to", remedy));
        }
        Ok((from, to))
    }

    /// The same in nanoseconds.
    pub(crate) fn range_nanos(&mut self) -> Result<(i64, i64), ApiError> {
        let (from, to) = self.range_ms()?;
        Ok((from * NANOS_PER_MS, to * NANOS_PER_MS))
    }

    /// `q` and `filter`; the times are left open.
    pub(crate) fn log_terms(&mut self) -> Result<LogSelection, ApiError> {
        let search = Search::parse(&self.text("q")?.unwrap_or_default());
        let filters = Filters::parse(&self.all("filter"))?;
        Ok(LogSelection { search, filters, from: 0, to: i64::MAX })
    }

    /// `q`, `filter`, `from` and `to`.
    pub(crate) fn log_selection(&mut self) -> Result<LogSelection, ApiError> {
        let terms = self.log_terms()?;
        let (from, to) = self.range_nanos()?;
        Ok(LogSelection { from, to, ..terms })
    }

    /// The end: nothing may be left over.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        let Some((name, _)) = self.pairs.first() else { return Ok(()) };
        let remedy = match self.known.len() {
            0 => "this endpoint has no parameters".to_owned(),
            _ => format!("this endpoint has {}", self.known.join(", ")),
        };
        Err(ApiError::parameter(name, "is no parameter of this endpoint", remedy))
    }
}
