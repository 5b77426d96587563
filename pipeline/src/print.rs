//! An exporter that prints what flows to standard output, for a first look at what an agent finds.
//!
//! One line per scraped page, log record and span. Not meant for machines to read, nor for a busy node.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use weir_delivery::{Backoff, Encoded, Exporter, Outcome, Retry, Settings};
use weir_model::{Batch, Signal};
use weir_proto::attributes::{LOG_FILE_PATH, SERVICE_NAME};
use weir_proto::otlp::{AnyValueView, KeyValues, logs, traces};
use weir_proto::remote_write_v2;
use weir_proto::wire::WireError;

/// Characters of a line's text that are shown.
const TEXT_CHARS_MAX: usize = 160;

/// Prints to standard output.
pub(crate) struct Print;

impl Print {
    /// One request at a time, so that lines do not mix.
    pub(crate) fn settings() -> Settings {
        Settings {
            exporter: "print".to_owned(),
            requests_max: 1,
            batch_bytes_max: 1 << 20,
            batch_records_max: u64::MAX,
            linger: Duration::ZERO,
            backoff: Backoff { min: Duration::from_secs(1), max: Duration::from_secs(1) },
        }
    }
}

impl Exporter for Print {
    type Request = (String, u64);

    fn encode(&self, batches: &[Batch]) -> Encoded<Self::Request> {
        let records = batches.iter().map(|batch| u64::from(batch.records)).sum();
        let style = Style { color: io::stdout().is_terminal() };
        let mut text = String::new();
        for batch in batches {
            let written = match batch.signal {
                Signal::Metrics => style.metrics(batch, &mut text),
                Signal::Logs => style.logs(&batch.payload, &mut text),
                Signal::Traces => style.traces(&batch.payload, &mut text),
            };
            if let Err(error) = written {
                text.push_str(&format!("{} batch cannot be shown: {error}\n", batch.signal));
            }
        }
        Encoded { request: Some((text, records)), records, dropped: Vec::new() }
    }

    async fn send(&self, (text, _): &mut Self::Request) -> Outcome {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Outcome::Delivered { deduplicated: 0 },
            Err(error) => Outcome::Retry(Retry { after: None, cause: error.to_string() }),
        }
    }
}

struct Style {
    color: bool,
}

impl Style {
    fn line(&self, out: &mut String, kind: (&str, &str), subject: &str, rest: &str) {
        let (kind, color) = kind;
        let rest: String =
            rest.chars().take(TEXT_CHARS_MAX).map(|it| if it.is_control() { ' ' } else { it }).collect();
        if self.color {
            out.push_str(&format!("\x1b[{color}m{kind:<7}\x1b[0m \x1b[1m{subject:<24}\x1b[0m {rest}\n"));
        } else {
            out.push_str(&format!("{kind:<7} {subject:<24} {rest}\n"));
        }
    }

    fn metrics(&self, batch: &Batch, out: &mut String) -> Result<(), WireError> {
        let request = remote_write_v2::RequestView::new(&batch.payload);
        let symbols: Vec<&str> = request.symbols().collect::<Result<_, _>>()?;
        let first = request.timeseries().next().transpose()?;
        let refs: Vec<u32> =
            first.map(|series| series.label_refs().collect()).transpose()?.unwrap_or_default();
        let label = |name: &str| {
            refs.chunks_exact(2)
                .find(|pair| symbols.get(pair[0] as usize) == Some(&name))
                .and_then(|pair| symbols.get(pair[1] as usize).copied())
                .unwrap_or_default()
        };
        let subject = label("job").to_owned();
        self.line(
            out,
            ("metrics", "36"),
            &subject,
            &format!("{} samples from {}", batch.records, label("instance")),
        );
        Ok(())
    }

    fn logs(&self, payload: &[u8], out: &mut String) -> Result<(), WireError> {
        for resource in logs::RequestView::new(payload).resources() {
            let resource = resource?;
            let path = text_of(resource.attributes(), LOG_FILE_PATH)?;
            let subject = path.or(text_of(resource.attributes(), SERVICE_NAME)?).unwrap_or_default();
            let subject = subject.rsplit('/').next().unwrap_or_default();
            for scope in resource.scopes() {
                for record in scope?.records() {
                    let record = record?;
                    let body = record.body()?.as_ref().and_then(AnyValueView::as_str).unwrap_or_default();
                    let severity = record.severity_text()?;
                    let color = if record.severity_number() >= 17 { "31" } else { "32" };
                    self.line(out, ("log", color), subject, format!("{severity} {body}").trim_start());
                }
            }
        }
        Ok(())
    }

    fn traces(&self, payload: &[u8], out: &mut String) -> Result<(), WireError> {
        for resource in traces::RequestView::new(payload).resources() {
            let resource = resource?;
            let service = text_of(resource.attributes(), SERVICE_NAME)?.unwrap_or_default();
            for scope in resource.scopes() {
                for span in scope?.records() {
                    let span = span?;
                    let nanos = span.end_time_unix_nano().saturating_sub(span.start_time_unix_nano());
                    let milliseconds = nanos as f64 / 1e6;
                    self.line(
                        out,
                        ("span", "35"),
                        service,
                        &format!("{} {milliseconds:.3} ms", span.name()?),
                    );
                }
            }
        }
        Ok(())
    }
}

fn text_of<'a>(attributes: KeyValues<'a>, key: &str) -> Result<Option<&'a str>, WireError> {
    Ok(attributes.find(key)?.as_ref().and_then(AnyValueView::as_str))
}

#[cfg(test)]
mod tests;
