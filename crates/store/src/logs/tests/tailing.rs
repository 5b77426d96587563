//! Following records live.

use crate::stage::{MS, NOW, Stage, logs, record, selection};

#[tokio::test]
async fn a_tail_gets_what_matches_of_what_is_stored_after_it_began() {
    let stage = Stage::new();
    stage.put_new(&logs("web", NOW, vec![record(NOW, "before x")])).await;
    let mut tail = stage.store.tail(selection("x", &["service=web"]));
    assert_eq!(tail.turn(10).await.expect("readable").matched, 0);
    stage
        .put_new(&logs(
            "web",
            NOW,
            vec![record(NOW + MS, "late x"), record(NOW - MS, "early x"), record(NOW, "y")],
        ))
        .await;
    stage.put_new(&logs("db", NOW, vec![record(NOW, "x")])).await;
    let turn = tail.turn(10).await.expect("readable");
    let messages: Vec<&str> = turn.records.iter().map(|row| row.message.as_str()).collect();
    assert_eq!((messages, turn.matched, turn.lost), (vec!["early x", "late x"], 2, 0));
    assert_eq!(tail.turn(10).await.expect("readable").matched, 0);
}

#[tokio::test]
async fn a_tail_gets_an_even_sample_of_too_many() {
    let stage = Stage::new();
    let mut tail = stage.store.tail(selection("", &[]));
    let records = (0..1000).map(|n| record(NOW + n * MS, &n.to_string())).collect();
    stage.put_new(&logs("web", NOW, records)).await;
    let turn = tail.turn(10).await.expect("readable");
    let messages: Vec<String> = turn.records.into_iter().map(|row| row.message).collect();
    assert_eq!(messages, (0..10).map(|n| (n * 100).to_string()).collect::<Vec<_>>());
    assert_eq!((turn.matched, turn.lost), (1000, 0));
}

#[tokio::test]
async fn a_tail_that_does_not_look_learns_how_much_it_lost() {
    let stage = Stage::new();
    let mut tail = stage.store.tail(selection("", &[]));
    stage.put_new(&logs("web", NOW, vec![record(NOW, "first")])).await;
    assert_eq!(tail.turn(10).await.expect("readable").matched, 1);
    for n in 0..70 {
        stage.put_new(&logs("web", NOW + n, vec![record(NOW, "a"), record(NOW, "b")])).await;
    }
    let turn = tail.turn(1000).await.expect("readable");
    assert_eq!(turn.matched + turn.lost, 140);
    assert_eq!(turn.matched, 128);
}

#[tokio::test]
async fn a_tail_ends_with_the_store() {
    let stage = Stage::new();
    let mut tail = stage.store.tail(selection("", &[]));
    drop(stage);
    assert!(tail.turn(1).await.is_err());
}
