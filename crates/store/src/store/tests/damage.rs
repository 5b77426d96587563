//! A file that breaks while it is used.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use rusqlite::Connection;
use weir_delivery::Outcome;

use crate::database::{beside, file_in};
use crate::stage::{NOW, Stage, logs, record};

#[tokio::test]
async fn a_file_that_breaks_while_it_is_used_is_replaced() {
    let stage = Stage::new();
    let path = file_in(stage.folder.path());
    stage.put_new(&logs("web", NOW, vec![record(NOW, "before")])).await;
    assert_eq!(stage.messages("", &[]).await, ["before"]);
    // Another writer makes the store's own drop the pages that it remembers.
    let other = Connection::open(&path).expect("it opens");
    other.execute("UPDATE usage SET bytes = bytes + 1", []).expect("writable");
    other.pragma_update(None, "wal_checkpoint", "truncate").expect("writable");
    let file = OpenOptions::new().write(true).open(&path).expect("it opens");
    let len = file.metadata().expect("it is there").len();
    file.write_all_at(&vec![0x5a; len as usize - 4096], 4096).expect("writable");

    let after = logs("web", NOW + 1, vec![record(NOW, "after")]);
    let outcome = stage.put(&after).await;
    assert!(matches!(outcome, Outcome::Retry(_)), "{outcome:?}");
    stage.put_new(&after).await;
    assert_eq!(stage.messages("", &[]).await, ["after"]);
    assert!(beside(&path, ".damaged").exists());
    assert_eq!(stage.metric("weir_store_failures_total", &[]), 1.0);
}
