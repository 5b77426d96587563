//! Damaged segments: skipped, counted, never in the way.

use std::fs;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::timeout;
use weir_model::{Reason, Signal};

use super::rig::{ALL, Rig, take, texts};
use crate::segment::HEADER_BYTES;
use crate::{Reader, SpoolError};

const TEXTS: [&str; 5] = ["zero", "one.", "two.", "more", "last"];
const FRAME: usize = 60;

/// A spool with five frames in a first segment and one in a second, stopped.
async fn stopped() -> Rig {
    let mut rig = Rig::with(|settings| settings.segment_bytes_max = 5 * FRAME as u64);
    drop(rig.subscribe("es"));
    for text in TEXTS {
        rig.log(text).await;
    }
    rig.log("next").await;
    rig.spool = None;
    rig
}

fn change(rig: &Rig, segment: usize, change: impl FnOnce(&mut Vec<u8>)) {
    let path = &rig.segment_files(Signal::Logs)[segment];
    let mut content = fs::read(path).unwrap();
    change(&mut content);
    fs::write(path, content).unwrap();
}

/// Opens the spool and takes everything but `lost` of the five texts.
async fn takes_all_but(rig: &mut Rig, lost: &[usize]) -> Reader {
    rig.open();
    let reader = rig.subscribe("es");
    assert_eq!(reader.held_records(), 18, "what is lost is known before it is read");
    let expected: Vec<&str> =
        TEXTS.iter().enumerate().filter(|(at, _)| !lost.contains(at)).map(|(_, text)| *text).collect();
    let expected = [expected, vec!["next"]].concat();
    assert_eq!(texts(&take(&reader, expected.len()).await), expected);
    assert_eq!(rig.dropped("es", Reason::Damaged), 3 * lost.len() as u64);
    rig.check(&reader, "es");
    reader
}

#[tokio::test]
async fn any_flipped_byte_costs_its_frame_only_and_is_counted() {
    for at in 0..FRAME {
        let mut rig = stopped().await;
        change(&rig, 0, |content| content[HEADER_BYTES + 2 * FRAME + at] ^= 0x20);
        let _reader = takes_all_but(&mut rig, &[2]).await;
        assert_eq!(rig.spool().stats().signals[1].damaged_frames, 1, "byte {at}");
    }
}

#[tokio::test]
async fn damage_at_the_ends_of_a_segment_and_over_several_frames_is_skipped() {
    for lost in [vec![0], vec![4], vec![0, 1, 2], vec![2, 3, 4], vec![0, 1, 2, 3, 4]] {
        let mut rig = stopped().await;
        change(&rig, 0, |content| {
            let range = HEADER_BYTES + lost[0] * FRAME..HEADER_BYTES + (lost[lost.len() - 1] + 1) * FRAME;
            content[range].fill(0);
        });
        takes_all_but(&mut rig, &lost).await;
    }
}

#[tokio::test]
async fn two_exporters_each_count_their_loss_but_the_damage_counts_once() {
    let mut rig = stopped().await;
    change(&rig, 0, |content| content[HEADER_BYTES + FRAME] = 0);
    rig.open();
    let other = rig.subscribe("other");
    drop(rig.spool().subscribe(Signal::Logs, "es").unwrap());
    assert_eq!(other.held_records(), 0, "joined at the end");
    drop(other);
    rig.spool = None;
    takes_all_but(&mut rig, &[1]).await;
    assert_eq!(rig.spool().stats().signals[1].damaged_frames, 1);
}

#[tokio::test]
async fn a_segment_cut_short_or_with_a_damaged_header_or_gone_is_skipped() {
    let mut rig = stopped().await;
    change(&rig, 0, |content| content.truncate(HEADER_BYTES + 3 * FRAME + 10));
    takes_all_but(&mut rig, &[3, 4]).await;

    let mut rig = stopped().await;
    change(&rig, 0, |content| content[9] ^= 1);
    takes_all_but(&mut rig, &[]).await;
    assert_eq!(rig.spool().stats().signals[1].damaged_frames, 1);

    let mut rig = stopped().await;
    change(&rig, 0, |content| content[..HEADER_BYTES + 30].fill(0));
    takes_all_but(&mut rig, &[0]).await;

    let mut rig = stopped().await;
    fs::remove_file(&rig.segment_files(Signal::Logs)[0]).unwrap();
    takes_all_but(&mut rig, &[0, 1, 2, 3, 4]).await;
}

#[tokio::test]
async fn whatever_happens_to_the_files_nothing_foreign_comes_out_and_everything_is_accounted_for() {
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let mut rig = stopped().await;
        for _ in 0..rng.u8(1..4) {
            change(&rig, rng.usize(..2), |content| corrupt(content, &mut rng));
        }
        rig.open();
        let reader = rig.subscribe("es");
        let recovered = reader.held_records();
        let mut taken = Vec::new();
        while reader.held_records() > 0 {
            let Ok(entries) = timeout(Duration::from_millis(20), reader.take(&ALL)).await else { continue };
            rig.deliver(&reader, "es", &entries);
            rig.check(&reader, "es");
            taken.extend(texts(&entries));
        }
        let known = [TEXTS.as_slice(), &["next"]].concat();
        assert!(taken.iter().all(|text| known.contains(&text.as_str())), "seed {seed}: {taken:?}");
        assert!(taken.windows(2).all(|pair| at(&known, &pair[0]) < at(&known, &pair[1])), "seed {seed}");
        let lost = rig.dropped("es", Reason::Damaged);
        assert_eq!(recovered, lost + 3 * taken.len() as u64, "seed {seed}");
    }
}

fn at(known: &[&str], text: &str) -> usize {
    known.iter().position(|other| *other == text).unwrap()
}

/// Flips, cuts, inserts, removes, repeats or swaps bytes.
fn corrupt(content: &mut Vec<u8>, rng: &mut Rng) {
    let start = rng.usize(..content.len().max(1)).min(content.len());
    let end = rng.usize(start..=content.len().min(start + 100));
    match rng.u8(..6) {
        0 => content[start..end].iter_mut().for_each(|byte| *byte = rng.u8(..)),
        1 => content.truncate(start),
        2 => content.splice(start..start, [0; 17]).for_each(drop),
        3 => content.drain(start..end).for_each(drop),
        4 => content.extend_from_within(start..end),
        _ => content[start..end].reverse(),
    }
}

#[tokio::test]
async fn a_frame_inside_a_payload_is_not_taken_for_a_frame() {
    let mut rig = Rig::new();
    rig.log("inner").await;
    let inner = fs::read(&rig.segment_files(Signal::Logs)[0]).unwrap()[HEADER_BYTES..].to_vec();
    rig.append(Signal::Logs, &inner).await.unwrap();
    rig.log("after").await;
    rig.spool = None;
    change(&rig, 0, |content| content[HEADER_BYTES + inner.len()] = 0);
    rig.open();
    let reader = rig.subscribe("es");
    assert_eq!(texts(&take(&reader, 2).await), ["inner", "after"]);
}

#[tokio::test]
async fn a_segment_of_a_newer_version_refuses_the_start_and_is_left_alone() {
    let mut rig = stopped().await;
    change(&rig, 0, |content| {
        content[8] = 2;
        let checksum = crc32c::crc32c(&content[..44]);
        content[44..48].copy_from_slice(&checksum.to_le_bytes());
    });
    let before = fs::read(&rig.segment_files(Signal::Logs)[0]).unwrap();
    let error = rig.try_open().unwrap_err();
    assert!(matches!(error, SpoolError::NewerVersion { found: 2, supported: 1, .. }), "{error}");
    assert_eq!(fs::read(&rig.segment_files(Signal::Logs)[0]).unwrap(), before);
}

#[tokio::test]
async fn files_that_are_no_segments_are_left_alone() {
    let mut rig = stopped().await;
    let stray = rig.segment_files(Signal::Logs)[0].with_file_name("notes.txt");
    fs::write(&stray, "hello").unwrap();
    takes_all_but(&mut rig, &[]).await;
    assert!(stray.exists());
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fails_is_tried_again() {
    let mut rig = stopped().await;
    rig.open();
    let reader = rig.subscribe("es");
    rig.storage.set_read_fails(true);
    let recover = async {
        tokio::time::sleep(Duration::from_millis(3500)).await;
        rig.storage.set_read_fails(false);
    };
    let (entries, ()) = tokio::join!(take(&reader, 6), recover);
    assert_eq!(entries.len(), 6);
    assert_eq!(rig.dropped("es", Reason::Damaged), 0);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_cannot_be_read_costs_its_segments_and_not_the_reader() {
    let mut rig = stopped().await;
    rig.open();
    let reader = rig.subscribe("es");
    rig.storage.set_read_fails(true);
    let fresh = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        rig.log("fresh").await
    };
    let (entries, _) = tokio::join!(take(&reader, 1), fresh);
    assert_eq!(texts(&entries), ["fresh"]);
    assert_eq!(rig.dropped("es", Reason::Damaged), 18);
    rig.check(&reader, "es");
}
