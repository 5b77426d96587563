//! A new configuration while files are read.

use weir_config::{LineFormat, StartAt};

use super::stage::{Stage, config};

#[tokio::test]
async fn files_that_still_match_go_on_and_others_are_let_go() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "a1\n");
    stage.write("logs/b.log", "b1\n");
    stage.start().await;
    stage.expect(&["a1", "b1"]).await;
    stage.configs = vec![config("app", &stage.path("logs/a.log"))];
    stage.tailer().apply(&stage.configs).await.expect("applied");
    stage.write("logs/b.log", "b2\n");
    stage.write("logs/a.log", "a2\n");
    let records = stage.expect(&["a1", "b1", "a2"]).await;
    assert_eq!(records.len(), 3);
    assert_eq!(stage.metric("weir_tail_files_open"), 1.0);
}

#[tokio::test]
async fn a_file_that_is_named_again_is_read_on_where_it_was_left() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "one\n");
    stage.start().await;
    stage.expect(&["one"]).await;
    let configs = stage.configs.clone();
    stage.tailer().apply(&[]).await.expect("applied");
    stage.write("logs/a.log", "two\n");
    stage.tailer().apply(&configs).await.expect("applied");
    let records = stage.expect(&["one", "two"]).await;
    assert_eq!(records.len(), 2);
}

#[tokio::test]
async fn start_at_is_for_the_first_files_of_a_new_entry_too() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "one\n");
    stage.write("other.txt", "old\n");
    stage.start().await;
    stage.expect(&["one"]).await;
    let mut entry = config("other", &stage.path("*.txt"));
    entry.start_at = StartAt::End;
    stage.configs.push(entry);
    stage.tailer().apply(&stage.configs).await.expect("applied");
    stage.write("other.txt", "new\n");
    stage.write("late.txt", "late\n");
    stage.expect(&["one", "new", "late"]).await;
}

#[tokio::test]
async fn what_an_entry_says_about_its_lines_changes_in_place() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "{\"msg\":\"one\"}\n");
    stage.start().await;
    stage.wait("the first line", |records| records.len() == 1).await;
    stage.configs[0].format = LineFormat::Plain;
    stage.configs[0].attributes.insert("team".to_owned(), "blue".to_owned());
    stage.tailer().apply(&stage.configs).await.expect("applied");
    stage.write("logs/a.log", "{\"msg\":\"two\"}\n");
    let records = stage.wait("the second line", |records| records.len() == 2).await;
    assert_eq!(records[0].json_message.as_deref(), Some("\"one\""));
    assert_eq!(records[1].json_message, None);
    assert_eq!(records[1].resource["team"], "blue");
    assert_eq!(records[1].file_id, records[0].file_id);
}

#[tokio::test]
async fn a_bad_configuration_changes_nothing() {
    let mut stage = Stage::new();
    stage.start().await;
    stage.tailer().apply(&[config("app", std::path::Path::new("/["))]).await.expect_err("no glob");
    stage.write("logs/a.log", "one\n");
    stage.expect(&["one"]).await;
}
