//! From lines to a batch: one OTLP request per read, each body copied once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use weir_config::LineFormat;
use weir_intake::IntakeSettings;
use weir_jsonline::{Found, Keys};
use weir_kubernetes::{KnownPod, Pods};
use weir_model::UnixNanos;
use weir_proto::attributes::{
    CORRELATION_ID, HOST_NAME, LOG_FILE_PATH, LOG_IOSTREAM, LOG_OFFSET, SCOPE_TAIL, WEIR_FILE_ID, WEIR_JSON,
};
use weir_proto::otlp::AnyValueView;
use weir_proto::otlp::write::{Attribute, LogRecord, LogsHeader, LogsWriter};
use weir_sampling::{Randomness, Threshold};

use crate::tail::cri::Stream;
use crate::tail::entry::Entry;
use crate::tail::identity::FileId;
use crate::tail::pod::PodPath;

/// Bytes that a record adds to its body, about.
const RECORD_OVERHEAD: usize = 128;

/// What the configuration says about every record, in the form that encoding needs.
#[derive(Debug)]
pub(crate) struct Style {
    pub(crate) settings: Arc<IntakeSettings>,
    keys: Keys,
    has_keys: bool,
    /// Records of traces below it are dropped.
    threshold: Option<Threshold>,
    host_name: String,
    pods: Option<Pods>,
}

impl Style {
    pub(crate) fn new(settings: Arc<IntakeSettings>) -> Self {
        let threshold = Threshold::from_ratio(settings.traces_ratio).ok();
        Self {
            keys: Keys::new(&settings.correlation_keys),
            has_keys: !settings.correlation_keys.is_empty(),
            threshold: threshold.filter(|_| settings.logs_follow_traces),
            host_name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            pods: None,
            settings,
        }
    }

    /// Records of pods' files get what is known of those pods.
    pub(crate) fn with_pods(self, pods: Option<Pods>) -> Self {
        Self { pods, ..self }
    }

    /// Resource and scope of one file's records. Of equal keys the later wins: the node's, the pod's, the file's, the
    /// entry's.
    pub(crate) fn header(&self, entry: &Entry, path: &Path, id: FileId) -> LogsHeader {
        let pod_path = PodPath::of(path);
        let pod = pod_path.as_ref().zip(self.pods.as_ref()).and_then(|(path, pods)| path.find(pods));
        let is_its = |pod: &&KnownPod| pod_path.as_ref().is_some_and(|path| path.is_of(pod));
        let pod = pod.as_ref().filter(is_its).map(|pod| &*pod.metadata);
        let mut resource: BTreeMap<&str, Cow<'_, str>> = BTreeMap::new();
        resource.insert(HOST_NAME, (&self.host_name).into());
        resource.extend(self.settings.resource.iter().map(|(key, value)| (key.as_str(), value.into())));
        resource.extend(pod_path.iter().flat_map(|path| path.attributes(pod)));
        resource.insert(LOG_FILE_PATH, path.to_string_lossy());
        resource.extend(entry.config.attributes.iter().map(|(key, value)| (key.as_str(), value.into())));
        let resource: Vec<Attribute<'_>> =
            resource.iter().map(|(key, value)| (*key, AnyValueView::Str(value))).collect();
        let id = id.hex();
        LogsHeader::new(&resource, SCOPE_TAIL, &[(WEIR_FILE_ID, AnyValueView::Str(&id))])
    }

    /// The host's name, where the configuration gives none.
    pub(crate) fn host_name(&self) -> &str {
        &self.host_name
    }

    /// What a text says of itself, when it is a JSON object.
    pub(crate) fn scan<'t>(&self, text: &'t str) -> Option<Found<'t>> {
        let may_be = text.trim_ascii_start().starts_with('{');
        if may_be { weir_jsonline::scan(text.as_bytes(), &self.keys) } else { None }
    }

    /// The text's own, or the trace id, once any key is configured.
    pub(crate) fn correlation_id<'f>(&self, found: &'f Found<'_>) -> Option<Cow<'f, str>> {
        if !self.has_keys {
            return None;
        }
        let own = found.correlation_id.as_ref().map(|text| text.decode());
        own.filter(|id| !id.is_empty()).or_else(|| found.trace_id.map(|id| Cow::Owned(hex(&id))))
    }

    /// Whether head sampling dropped the trace, and its records go with it.
    pub(crate) fn drops(&self, trace_id: Option<[u8; 16]>) -> bool {
        match (self.threshold, trace_id) {
            (Some(threshold), Some(trace_id)) => !threshold.keeps(Randomness::from_trace_id(&trace_id)),
            _ => false,
        }
    }
}

/// A message and where it came from.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// Of its first byte's line in the file.
    pub(crate) offset: u64,
    pub(crate) text: Cow<'a, str>,
    /// From a container runtime.
    pub(crate) source: Option<(u64, Stream)>,
}

/// What a read's records came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Encoded {
    /// The request; empty without records.
    pub(crate) payload: Bytes,
    /// Records in the request.
    pub(crate) records: u32,
    /// Records left out with their traces.
    pub(crate) sampled: u64,
    /// Lines that are not of the configured format.
    pub(crate) not_in_format: u64,
}

/// Takes one read's lines.
#[derive(Debug)]
pub(crate) struct Encoder<'a> {
    style: &'a Style,
    writer: LogsWriter,
    /// Lines that are no JSON object are counted.
    wants_json: bool,
    takes_json: bool,
    observed: u64,
    sampled: u64,
    not_in_format: u64,
}

impl<'a> Encoder<'a> {
    /// `bytes` is how much text is about to come, `lines` a guess at how many lines that is.
    pub(crate) fn new(
        style: &'a Style,
        header: &LogsHeader,
        format: LineFormat,
        bytes: usize,
        lines: usize,
    ) -> Self {
        let capacity = bytes + (lines + 1) * RECORD_OVERHEAD;
        Self {
            style,
            writer: LogsWriter::new(header, capacity),
            wants_json: format == LineFormat::Json,
            takes_json: format != LineFormat::Plain,
            observed: UnixNanos::now().0,
            sampled: 0,
            not_in_format: 0,
        }
    }

    pub(crate) fn count_not_in_format(&mut self) {
        self.not_in_format += 1;
    }

    /// Appends one record, or drops it with its trace.
    pub(crate) fn append(&mut self, line: &Line<'_>) {
        let found = if self.takes_json { self.style.scan(&line.text) } else { None };
        match found {
            Some(found) if self.style.drops(found.trace_id) => self.sampled += 1,
            Some(found) => self.append_json(line, &found),
            None => {
                self.not_in_format += u64::from(self.wants_json);
                self.append_plain(line);
            }
        }
    }

    fn append_plain(&mut self, line: &Line<'_>) {
        let time = line.source.map_or(0, |(time, _)| time);
        let attributes = [offset_attribute(line), stream_attribute(line)];
        let count = 1 + usize::from(line.source.is_some());
        self.writer.append(&LogRecord {
            time_unix_nano: time,
            observed_time_unix_nano: self.observed,
            body: &line.text,
            attributes: &attributes[..count],
            ..LogRecord::default()
        });
    }

    fn append_json(&mut self, line: &Line<'_>, found: &Found<'_>) {
        let json = message_place(found);
        let correlation = self.style.correlation_id(found);
        let mut attributes = [offset_attribute(line); 4];
        attributes[1] = (WEIR_JSON, AnyValueView::Bytes(&json));
        let mut count = 2;
        if let Some(id) = &correlation {
            attributes[count] = (CORRELATION_ID, AnyValueView::Str(id));
            count += 1;
        }
        if line.source.is_some() {
            attributes[count] = stream_attribute(line);
            count += 1;
        }
        let severity = found.severity.unwrap_or(weir_jsonline::Severity { number: 0, text: "" });
        self.writer.append(&LogRecord {
            time_unix_nano: found.time.or(line.source.map(|(time, _)| time)).unwrap_or(0),
            observed_time_unix_nano: self.observed,
            severity_number: severity.number,
            severity_text: severity.text,
            body: &line.text,
            attributes: &attributes[..count],
            trace_id: found.trace_id,
            span_id: found.span_id,
            flags: 0,
        });
    }

    pub(crate) fn finish(self) -> Encoded {
        let records = self.writer.records();
        Encoded {
            payload: if records == 0 { Bytes::new() } else { self.writer.finish() },
            records,
            sampled: self.sampled,
            not_in_format: self.not_in_format,
        }
    }
}

fn offset_attribute<'a>(line: &Line<'_>) -> Attribute<'a> {
    (LOG_OFFSET, AnyValueView::Int(i64::try_from(line.offset).unwrap_or(i64::MAX)))
}

fn stream_attribute<'a>(line: &Line<'_>) -> Attribute<'a> {
    (LOG_IOSTREAM, AnyValueView::Str(line.source.map_or("", |(_, stream)| stream.as_str())))
}

/// The value of [`WEIR_JSON`].
pub(crate) fn message_place(found: &Found<'_>) -> [u8; 8] {
    let place = found.message.clone().unwrap_or(0..0);
    let mut value = [0; 8];
    value[..4].copy_from_slice(&place.start.to_le_bytes());
    value[4..].copy_from_slice(&(place.end - place.start).to_le_bytes());
    value
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = Vec::with_capacity(2 * bytes.len());
    weir_correlation::ids::put_hex(&mut digits, bytes);
    String::from_utf8(digits).unwrap_or_default()
}

#[cfg(test)]
mod tests;
