//! The bytes around a checkpoint's content.

use thiserror::Error;

/// What a file claims to be: its first eight bytes and the newest version that this program understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// The file's first bytes.
    pub magic: [u8; 8],
    /// Written into new files; files of a higher version are refused.
    pub version: u32,
}

/// How a file breaks the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// Shorter than its header, or than the length that its header tells.
    #[error("the file is shorter than it says")]
    Short,
    /// Another kind of file.
    #[error("the file starts with other bytes")]
    Magic,
    /// The checksum does not match.
    #[error("the checksum does not match")]
    Checksum,
}

/// Bytes before the content.
pub(crate) const HEADER_BYTES: usize = 32;
/// Bytes of the header that the checksum covers, before the content.
const CHECKED_BYTES: usize = 28;

/// An intact file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) version: u32,
    /// Grows with each save of a pair; 0 for a file that stands alone.
    pub(crate) sequence: u64,
    pub(crate) body: Vec<u8>,
}

/// What a file's bytes are.
pub(crate) enum Opened {
    Intact(Envelope),
    NewerVersion(u32),
    Damaged(Damage),
}

/// Encodes a file into `out`, replacing what it held.
pub(crate) fn seal(format: Format, sequence: u64, body: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(body.len()).expect("a checkpoint is far smaller than 4 GiB");
    out.clear();
    out.reserve(HEADER_BYTES + body.len());
    out.extend_from_slice(&format.magic);
    out.extend_from_slice(&format.version.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    let checksum = crc32c::crc32c_append(crc32c::crc32c(out), body);
    out.extend_from_slice(&checksum.to_le_bytes());
    out.extend_from_slice(body);
}

/// Decodes a file. Bytes after the content are left over from a longer one that was overwritten.
///
/// The checksum comes before the version, so that a flipped bit never looks like a newer program's file.
pub(crate) fn open(format: Format, file: &[u8]) -> Opened {
    let Some((header, rest)) = file.split_at_checked(HEADER_BYTES) else {
        return Opened::Damaged(Damage::Short);
    };
    if header[..8] != format.magic {
        return Opened::Damaged(Damage::Magic);
    }
    let Some(body) = rest.get(..u32_at(header, 12) as usize) else {
        return Opened::Damaged(Damage::Short);
    };
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&header[..CHECKED_BYTES]), body);
    if checksum != u32_at(header, CHECKED_BYTES) {
        return Opened::Damaged(Damage::Checksum);
    }
    let version = u32_at(header, 8);
    if version > format.version {
        return Opened::NewerVersion(version);
    }
    let sequence = u64::from(u32_at(header, 16)) | u64::from(u32_at(header, 20)) << 32;
    Opened::Intact(Envelope { version, sequence, body: body.to_vec() })
}

fn u32_at(header: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}
