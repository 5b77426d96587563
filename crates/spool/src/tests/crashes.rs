//! kill -9 and the loss of power, step by step. The model test mixes them with everything else.

use std::fs;

use fastrand::Rng;
use weir_model::{Reason, Signal};

use super::rig::{ALL, Rig, take, texts};
use crate::Position;
use crate::segment::HEADER_BYTES;

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let mut rig = Rig::new();
    for text in ["one", "two", "three"] {
        rig.log(text).await;
    }
    rig.kill(Vec::new());
    rig.open();
    let reader = rig.subscribe("es");
    rig.check(&reader, "es");
    assert_eq!(texts(&take(&reader, 3).await), ["one", "two", "three"]);
}

#[tokio::test]
async fn a_settlement_survives_a_kill_once_its_cursor_is_written() {
    let mut rig = Rig::new();
    let reader = rig.subscribe("es");
    for text in ["one", "two", "three"] {
        rig.log(text).await;
    }
    let entries = reader.take(&ALL).await;
    rig.deliver(&reader, "es", &entries[..1]);
    rig.write_cursors();
    rig.deliver(&reader, "es", &entries[1..2]);
    rig.kill(vec![reader]);
    rig.open();
    let reader = rig.subscribe("es");
    assert_eq!(reader.held_records(), 6);
    assert_eq!(texts(&take(&reader, 2).await), ["two", "three"], "two again rather than lost");
}

#[tokio::test]
async fn a_tail_torn_at_any_byte_costs_the_torn_frame_only() {
    let whole = {
        let rig = Rig::new();
        rig.log("one").await;
        rig.log("two").await;
        fs::read(&rig.segment_files(Signal::Logs)[0]).unwrap()
    };
    let frame = 59;
    for kept in 0..whole.len() {
        let mut rig = Rig::new();
        rig.log("one").await;
        rig.log("two").await;
        rig.kill(Vec::new());
        fs::write(&rig.segment_files(Signal::Logs)[0], &whole[..kept]).unwrap();
        rig.open();
        let frames_kept = kept.saturating_sub(HEADER_BYTES) / frame;
        let reader = rig.subscribe("es");
        assert_eq!(reader.held_records(), 3 * frames_kept as u64, "{kept} bytes kept");
        let stats = rig.spool().stats();
        assert_eq!(stats.signals[1].damaged_frames, u64::from(kept < HEADER_BYTES), "{kept} bytes kept");
        let torn = kept.saturating_sub(HEADER_BYTES) % frame;
        assert_eq!(stats.signals[1].torn_bytes, torn as u64, "{kept} bytes kept");
        let files = rig.segment_files(Signal::Logs);
        let bytes: u64 = files.iter().map(|path| path.metadata().unwrap().len()).sum();
        assert_eq!(bytes, stats.signals[1].bytes, "{kept} bytes kept");
        let end = rig.log("three").await;
        assert_eq!(end, Position((frames_kept * frame + 61) as u64));
        let expected = &["one", "three"][1 - frames_kept.min(1)..];
        let mut seen = texts(&take(&reader, expected.len()).await);
        seen.sort();
        assert_eq!(seen, expected, "{kept} bytes kept");
        rig.check(&reader, "es");
    }
}

#[tokio::test]
async fn a_cursor_that_is_ahead_of_the_surviving_log_never_swallows_new_batches() {
    let mut rig = Rig::new();
    let ahead = rig.subscribe("ahead");
    let behind = rig.subscribe("behind");
    rig.log("one").await;
    rig.maintain();
    rig.log("two").await;
    rig.log("three").await;
    let entries = ahead.take(&ALL).await;
    rig.deliver(&ahead, "ahead", &entries);
    rig.write_cursors();
    rig.kill(vec![ahead, behind]);
    // The data that was not synced is gone, the cursor happens to be there.
    let segment = &rig.segment_files(Signal::Logs)[0];
    let content = fs::read(segment).unwrap();
    fs::write(segment, &content[..HEADER_BYTES + 59]).unwrap();
    rig.open();
    let ahead = rig.subscribe("ahead");
    let behind = rig.subscribe("behind");
    assert_eq!((ahead.held_records(), behind.held_records()), (0, 9));
    rig.log("four").await;
    assert_eq!(texts(&take(&ahead, 1).await), ["four"]);
    let mut seen = texts(&take(&behind, 2).await);
    seen.sort();
    assert_eq!(seen, ["four", "one"]);
    assert_eq!(rig.dropped("behind", Reason::Damaged), 6, "what the cursor knows of is counted");
    rig.check(&ahead, "ahead");
    rig.check(&behind, "behind");
}

#[tokio::test]
async fn with_power_loss_every_acknowledged_batch_survives_the_power_cut() {
    for seed in 0..20 {
        let mut rng = Rng::with_seed(seed);
        let mut rig = Rig::with(|settings| {
            settings.power_loss = true;
            settings.segment_bytes_max = 150;
        });
        for text in ["one", "two", "three", "four", "five"] {
            rig.log(text).await;
        }
        rig.lose_power(Vec::new(), &mut rng);
        rig.open();
        let reader = rig.subscribe("es");
        assert_eq!(texts(&take(&reader, 5).await), ["one", "two", "three", "four", "five"], "seed {seed}");
    }
}

#[tokio::test]
async fn many_restarts_leave_no_empty_segments_behind() {
    let mut rig = Rig::new();
    for restart in 0..20 {
        rig.log("one").await;
        rig.kill(Vec::new());
        rig.open();
        assert_eq!(rig.segment_files(Signal::Logs).len(), restart + 1);
        rig.kill(Vec::new());
        rig.open();
        assert_eq!(rig.segment_files(Signal::Logs).len(), restart + 1);
    }
    let reader = rig.subscribe("es");
    assert_eq!(take(&reader, 20).await.len(), 20);
}
