//! One file, one read at a time.

mod identity;
mod joins;
mod lines;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};
use tempfile::TempDir;
use weir_config::{LineFormat, StartAt};
use weir_intake::IntakeSettings;

use super::{Job, Opening, Read, Reader, Step};
use crate::tail::encode::Style;
use crate::tail::entry::Entries;
use crate::tail::identity::Stat;
use crate::tail::saved::SavedFile;
use crate::tail::tests::decoded::{Decoded, decode};

struct Desk {
    _dir: TempDir,
    path: PathBuf,
    file: File,
    job: Job,
}

impl Desk {
    fn new(format: LineFormat, line_bytes_max: u64) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("a.log");
        let file = OpenOptions::new().create(true).append(true).open(&path).expect("create");
        let config = weir_config::LogsConfig {
            name: "app".to_owned(),
            paths: vec!["/a.log".to_owned()],
            exclude: Vec::new(),
            format,
            start_at: StartAt::Beginning,
            line_bytes_max,
            attributes: [].into(),
        };
        let entries = Entries::new(&[config]).expect("valid");
        let settings = IntakeSettings {
            resource: Vec::new(),
            correlation_keys: Vec::new(),
            traces_ratio: 1.0,
            logs_follow_traces: false,
            has_exporter: [true; 3],
        };
        let job = Job {
            entry: Arc::clone(entries.iter().next().expect("one")),
            style: Arc::new(Style::new(Arc::new(settings))),
            path: Arc::new(path.clone()),
            format,
            is_last: false,
        };
        Self { _dir: dir, path, file, job }
    }

    fn write(&self, bytes: impl AsRef<[u8]>) {
        (&self.file).write_all(bytes.as_ref()).expect("write");
    }

    fn open(&self, saved: Option<SavedFile>, start_at: StartAt) -> (Reader, Opening) {
        let file = File::open(&self.path).expect("open");
        let stat = Stat::from(&file.metadata().expect("metadata"));
        Reader::open(file, &stat, saved, start_at).expect("open")
    }

    fn reader(&self) -> Reader {
        self.open(None, StartAt::Beginning).0
    }

    fn step(&self, reader: &mut Reader) -> Step {
        reader.step(&self.job, &mut Vec::new()).expect("read")
    }

    /// Reads until there is nothing more, and checks what holds after each read.
    fn read(&self, reader: &mut Reader) -> (Vec<Decoded>, Read) {
        let (mut records, mut sum) = (Vec::new(), Read::default());
        loop {
            match self.step(reader) {
                Step::Read(read) => {
                    assert!(reader.clean.offset <= reader.offset && reader.offset <= reader.scanned);
                    if read.encoded.records > 0 {
                        records.extend(decode(&read.encoded.payload));
                    }
                    sum.bytes += read.bytes;
                    sum.lines_cut += read.lines_cut;
                    sum.lines_invalid_utf8 += read.lines_invalid_utf8;
                    sum.partials_joined += read.partials_joined;
                    sum.nul_bytes += read.nul_bytes;
                    sum.mark = read.mark;
                }
                Step::CaughtUp => return (records, sum),
                other => panic!("{other:?}"),
            }
        }
    }

    fn saved(&self, reader: &Reader) -> SavedFile {
        reader.saved(&self.path, &self.job.entry)
    }
}

fn bodies(records: &[Decoded]) -> Vec<&str> {
    records.iter().map(|record| record.body.as_str()).collect()
}

/// Pieces of a file that are likely to matter.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<Vec<u8>>(),
        "[a-z]{0,90}\r?\n".prop_map(String::into_bytes),
        "2026-11-24T12:00:00Z std(out|err) [PF] [a-z]{0,40}\n".prop_map(String::into_bytes),
        (0_usize..300).prop_map(|len| vec![0; len]),
        (0_usize..300).prop_map(|len| vec![b'x'; len]),
        Just(b"\n".to_vec()),
    ]
}

proptest! {
    #[test]
    fn records_do_not_depend_on_when_the_file_is_looked_at_or_weir_restarted(
        pieces in proptest::collection::vec((piece(), any::<bool>(), any::<bool>()), 0..30),
        is_cri in any::<bool>(),
    ) {
        let format = if is_cri { LineFormat::Cri } else { LineFormat::Plain };
        let (at_once, in_pieces) = (Desk::new(format, 100), Desk::new(format, 100));
        in_pieces.write("0");
        let mut reader = in_pieces.reader();
        let mut records = Vec::new();
        for (piece, is_read, restarts) in &pieces {
            in_pieces.write(piece);
            if *is_read {
                records.extend(in_pieces.read(&mut reader).0);
            }
            if *restarts {
                let (again, opening) = in_pieces.open(Some(in_pieces.saved(&reader)), StartAt::End);
                prop_assert_eq!(opening, Opening::Resumed);
                reader = again;
            }
        }
        records.extend(in_pieces.read(&mut reader).0);
        at_once.write("0");
        pieces.iter().for_each(|(piece, ..)| at_once.write(piece));
        let (expected, _) = at_once.read(&mut at_once.reader());
        let kept = |records: &[Decoded]| -> std::collections::BTreeMap<u64, String> {
            records.iter().map(|record| (record.offset, record.body.clone())).collect()
        };
        prop_assert_eq!(kept(&records), kept(&expected));
    }
}
