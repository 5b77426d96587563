//! Lines of container runtimes: `<time> <stream> <P|F>[:more tags] <message>`, and the joining of partial ones.
//!
//! <https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/cri-client/pkg/logs/logs.go>

use weir_jsonline::parse_rfc3339;

/// Where a container wrote a line to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// A line's parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CriLine<'a> {
    /// Nanoseconds since 1970.
    pub(crate) time: u64,
    pub(crate) stream: Stream,
    /// The message goes on in the stream's next line.
    pub(crate) partial: bool,
    pub(crate) message: &'a [u8],
}

impl<'a> CriLine<'a> {
    /// Nothing when `line` is not of this format.
    pub(crate) fn parse(line: &'a [u8]) -> Option<Self> {
        let (time, rest) = split_at_space(line)?;
        let (stream, rest) = split_at_space(rest)?;
        let (tags, message) = split_at_space(rest).unwrap_or((rest, b""));
        let stream = match stream {
            b"stdout" => Stream::Stdout,
            b"stderr" => Stream::Stderr,
            _ => return None,
        };
        let partial = match tags.split(|&byte| byte == b':').next() {
            Some(b"P") => true,
            Some(b"F") => false,
            _ => return None,
        };
        Some(Self { time: parse_rfc3339(time)?, stream, partial, message })
    }
}

fn split_at_space(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b' ', bytes)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// A message of which not all parts have been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Join {
    /// Offset of the first part's line.
    pub(crate) offset: u64,
    /// Time of the first part.
    pub(crate) time: u64,
    pub(crate) stream: Stream,
    /// The parts so far.
    pub(crate) message: Vec<u8>,
    /// Parts were left out since the message would have been too long.
    pub(crate) cut: bool,
}

impl Join {
    pub(crate) fn begin(offset: u64, line: &CriLine<'_>, bytes_max: usize) -> Self {
        let mut join = Self { offset, time: line.time, stream: line.stream, message: Vec::new(), cut: false };
        join.add(line.message, bytes_max);
        join
    }

    /// Appends as much of `part` as fits.
    pub(crate) fn add(&mut self, part: &[u8], bytes_max: usize) {
        let room = bytes_max.saturating_sub(self.message.len());
        self.cut |= part.len() > room;
        self.message.extend_from_slice(&part[..part.len().min(room)]);
    }
}

/// The open joins of a file: one per stream, since the streams' lines come interleaved.
#[derive(Debug, Default)]
pub(crate) struct Joins {
    open: [Option<Join>; 2],
}

impl Joins {
    pub(crate) fn of(&mut self, stream: Stream) -> &mut Option<Join> {
        &mut self.open[stream as usize]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.iter().all(Option::is_none)
    }

    /// Ends all joins as they are, the older one first.
    pub(crate) fn take(&mut self) -> Vec<Join> {
        let mut joins: Vec<Join> = self.open.iter_mut().filter_map(Option::take).collect();
        joins.sort_by_key(|join| join.offset);
        joins
    }
}

#[cfg(test)]
mod tests;
