//! Journals as kills and bad disks leave them.

use prometheus::Registry;
use weir_sampling::Threshold;

use super::*;

fn metrics() -> TailSamplingMetrics {
    TailSamplingMetrics::register(&Registry::new()).expect("once")
}

fn record(append_at: Option<u64>, ids: &[u8], through: u64) -> Record {
    let decision = Decision { threshold: Threshold::ALWAYS, kept: true, through: Position(through) };
    Record {
        append_at: append_at.map(Position),
        decisions: ids.iter().map(|&id| ([id; 16], decision)).collect(),
    }
}

fn ends(kept: u64) -> Ends {
    Ends { kept: Position(kept), undecided: Position(1000) }
}

fn known(decisions: &Decisions) -> Vec<u8> {
    (0..=255).filter(|&id| decisions.get(&[id; 16]).is_some()).collect()
}

#[test]
fn decisions_are_there_in_the_next_life_but_for_a_step_that_was_not_appended() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (mut journal, _) = Journal::open(folder.path(), ends(0), 100, &metrics()).expect("opens");
    for step in [record(None, &[1, 2], 5), record(Some(70), &[3], 6), record(Some(100), &[4], 7)] {
        journal.append(&step, Position(0)).expect("written");
    }
    let told = metrics();
    let (_, decisions) = Journal::open(folder.path(), ends(100), 100, &told).expect("opens");
    assert_eq!(known(&decisions), [1, 2, 3]);
    assert_eq!(decisions.get(&[3; 16]).map(|decision| decision.through), Some(Position(6)));
    assert_eq!((told.void_steps.get(), told.journal_damage.get()), (1, 0));
}

#[test]
fn a_step_that_was_not_appended_stays_void_when_others_have_been_appended_since() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (mut journal, _) = Journal::open(folder.path(), ends(0), 100, &metrics()).expect("opens");
    journal.append(&record(Some(70), &[1], 5), Position(70)).expect("written");
    let (mut journal, decisions) = Journal::open(folder.path(), ends(70), 100, &metrics()).expect("opens");
    assert_eq!(known(&decisions), [0_u8; 0]);
    journal.append(&record(Some(70), &[2], 6), Position(70)).expect("written");
    let (_, decisions) = Journal::open(folder.path(), ends(90), 100, &metrics()).expect("opens");
    assert_eq!(known(&decisions), [2]);
}

#[test]
fn a_journal_cut_or_changed_at_any_byte_gives_the_records_before_it() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (mut journal, _) = Journal::open(folder.path(), ends(0), 100, &metrics()).expect("opens");
    (1..=3).for_each(|id| journal.append(&record(None, &[id], 9), Position(0)).expect("written"));
    let path = path_of(folder.path(), 0);
    let whole = fs::read(&path).expect("the file");
    let record_bytes = (whole.len() - HEADER_BYTES) / 3;
    for cut in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[cut] ^= 0x20;
        for bytes in [&whole[..cut], &damaged] {
            let folder = tempfile::tempdir().expect("temporary folder");
            fs::write(path_of(folder.path(), 0), bytes).expect("written");
            let opened = Journal::open(folder.path(), ends(0), 100, &metrics());
            let before = cut.saturating_sub(HEADER_BYTES) / record_bytes;
            match opened {
                Ok((_, decisions)) => assert_eq!(known(&decisions).len(), before, "at {cut}"),
                Err(error) => assert!(matches!(error, FileError::NewerVersion { .. }), "{error}"),
            }
        }
    }
}

#[test]
fn old_files_go_once_their_decisions_are_too_many_and_no_longer_needed() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (mut journal, _) = Journal::open(folder.path(), ends(0), 8, &metrics()).expect("opens");
    let files = || numbered(folder.path(), PREFIX).expect("listed").len();
    for step in 0..20 {
        journal.append(&record(None, &[step, step + 100], u64::from(step)), Position(0)).expect("written");
        journal.tidy(Position(u64::from(step)), Position(0), Position(0)).expect("tidied");
    }
    assert_eq!(files(), 21, "all are needed to recognise spans of entry 0");
    journal.tidy(Position(20), Position(21), Position(0)).expect("tidied");
    assert_eq!(files(), 4, "8 decisions in files of 2, and the new one");
    let (_, decisions) = Journal::open(folder.path(), ends(0), 8, &metrics()).expect("opens");
    assert_eq!(known(&decisions).len(), 6);
}

#[test]
fn decisions_over_entries_that_the_log_does_not_have_are_left_out() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (mut journal, _) = Journal::open(folder.path(), ends(0), 100, &metrics()).expect("opens");
    journal.append(&record(None, &[1], 5), Position(0)).expect("written");
    journal.append(&record(None, &[2], 900), Position(0)).expect("written");
    let another = Ends { undecided: Position(900), ..ends(0) };
    let (_, decisions) = Journal::open(folder.path(), another, 100, &metrics()).expect("opens");
    assert_eq!(known(&decisions), [1]);
}
