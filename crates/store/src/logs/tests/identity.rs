//! What comes twice shows once.

use weir_delivery::Outcome;

use crate::stage::{NOW, SECOND, Stage, lines, logs, record};

#[tokio::test]
async fn a_batch_that_comes_again_shows_once() {
    let mut stage = Stage::new();
    let batch = logs("web", NOW, vec![record(NOW, "a"), record(NOW, "b")]);
    stage.put_new(&batch).await;
    assert_eq!(stage.put(&batch).await, Outcome::Delivered { deduplicated: 2 });
    stage.reopen().await;
    assert_eq!(stage.put(&batch).await, Outcome::Delivered { deduplicated: 2 });
    assert_eq!(stage.messages("", &[]).await, ["b", "a"]);
}

#[tokio::test]
async fn the_same_content_received_at_another_time_is_another_batch() {
    let stage = Stage::new();
    for received in [NOW, NOW + 1] {
        stage.put_new(&logs("web", received, vec![record(NOW, "a")])).await;
    }
    assert_eq!(stage.messages("", &[]).await, ["a", "a"]);
}

#[tokio::test]
async fn a_line_that_is_read_again_in_another_batch_shows_once() {
    let mut stage = Stage::new();
    let line = |offset: i64| (offset, record(NOW + offset, &format!("line{offset}")));
    stage.put_new(&lines(1, NOW, vec![line(0), line(10), line(20)])).await;
    stage.reopen().await;
    let outcome = stage.put(&lines(1, NOW + SECOND, vec![line(10), line(20), line(30)])).await;
    assert_eq!(outcome, Outcome::Delivered { deduplicated: 2 });
    stage.put_new(&lines(2, NOW + SECOND, vec![line(10)])).await;
    assert_eq!(stage.messages("line10", &[]).await.len(), 2, "another file has its own lines");
    assert_eq!(stage.messages("", &["log.file.path=/var/log/1.log"]).await.len(), 4);
}

#[tokio::test]
async fn a_line_with_an_earlier_offset_that_comes_later_is_kept() {
    let stage = Stage::new();
    stage.put_new(&lines(1, NOW, vec![(0, record(NOW, "a")), (20, record(NOW, "c"))])).await;
    stage.put_new(&lines(1, NOW + 1, vec![(10, record(NOW, "b"))])).await;
    assert_eq!(stage.messages("", &[]).await.len(), 3);
}

#[tokio::test]
async fn what_cannot_be_read_is_counted_and_the_rest_is_stored() {
    let stage = Stage::new();
    let mut batch = logs("web", NOW, vec![record(NOW, "good"), record(NOW, "bad")]);
    let mut payload = batch.payload.to_vec();
    let at = payload.windows(3).position(|window| window == b"bad").expect("it is there");
    payload[at] = 0xff;
    batch.payload = payload.into();
    let dropped = vec![(weir_model::Reason::Malformed, 1)];
    let expected = Outcome::Partial { delivered: 1, deduplicated: 0, dropped, retry: None };
    assert_eq!(stage.put(&batch).await, expected);
    assert_eq!(stage.messages("", &[]).await, ["good"]);
}
