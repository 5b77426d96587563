//! Which files are found, and from where they are read.

use std::fs;
use std::os::unix::fs::symlink;

use weir_config::StartAt;

use super::stage::{Stage, config};

#[tokio::test]
async fn lines_of_files_that_are_there_and_of_files_that_come_up_are_read_from_the_first_byte() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "one\ntwo\n");
    stage.start().await;
    stage.expect(&["one", "two"]).await;
    stage.write("logs/b.log", "three\n");
    stage.write("logs/a.log", "four\n");
    let records = stage.expect(&["one", "two", "three", "four"]).await;
    let of_two = records.iter().find(|record| record.body == "two").expect("expected above");
    assert_eq!(of_two.offset, 4);
    assert_eq!(of_two.resource["log.file.path"], stage.path("logs/a.log").to_str().expect("UTF-8"));
    assert_eq!(of_two.resource["service.name"], "shop");
    assert!(!of_two.resource["host.name"].is_empty());
}

#[tokio::test]
async fn a_line_is_read_once_its_newline_is_there() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "first\nhal");
    stage.start().await;
    stage.expect(&["first"]).await;
    stage.write("logs/a.log", "f\n");
    stage.expect(&["first", "half"]).await;
}

#[tokio::test]
async fn excluded_files_are_left_alone() {
    let mut stage = Stage::new();
    stage.configs[0].exclude =
        vec!["debug*.log".to_owned(), stage.path("logs/private.log").display().to_string()];
    for name in ["logs/debug-1.log", "logs/private.log", "logs/a.log", "logs/a.txt"] {
        stage.write(name, format!("{name}\n"));
    }
    stage.start().await;
    stage.write("logs/debug-2.log", "no\n");
    stage.write("logs/z.log", "yes\n");
    stage.expect(&["logs/a.log", "yes"]).await;
}

#[tokio::test]
async fn folders_that_come_up_are_entered_at_once() {
    let mut stage = Stage::new();
    stage.configs = vec![config("pods", &stage.path("pods/*/**/*.log"))];
    stage.start().await;
    fs::create_dir_all(stage.path("pods/shop/web/deep")).expect("create");
    stage.write("pods/shop/web/deep/0.log", "deep\n");
    stage.write("pods/shop/0.log", "flat\n");
    stage.expect(&["deep", "flat"]).await;
}

#[tokio::test]
async fn a_file_under_several_names_is_read_once() {
    let mut stage = Stage::new();
    fs::create_dir_all(stage.path("pods/shop_web_1/web")).expect("create");
    fs::create_dir_all(stage.path("containers")).expect("create");
    stage.configs = vec![
        config("containers", &stage.path("containers/*.log")),
        config("pods", &stage.path("pods/*/*/*.log")),
    ];
    stage.write("pods/shop_web_1/web/0.log", "one\n");
    let target = stage.path("pods/shop_web_1/web/0.log");
    symlink(&target, stage.path("containers/web.log")).expect("symlink");
    fs::hard_link(&target, stage.path("pods/shop_web_1/web/1.log")).expect("link");
    stage.start().await;
    stage.write("pods/shop_web_1/web/0.log", "two\n");
    let records = stage.expect(&["one", "two"]).await;
    assert_eq!(records.len(), 2);
    assert_eq!(
        records[0].resource["log.file.path"],
        stage.path("containers/web.log").to_str().expect("UTF-8")
    );
    assert_eq!(stage.metric("weir_tail_files_open"), 1.0);
}

#[tokio::test]
async fn start_at_end_skips_what_was_there_at_the_first_start_but_no_line_after_it() {
    let mut stage = Stage::new();
    stage.configs[0].start_at = StartAt::End;
    stage.write("logs/a.log", "old\nbegun ");
    stage.start().await;
    stage.write("logs/a.log", "and ended\n");
    stage.write("logs/new.log", "new\n");
    stage.expect(&["begun and ended", "new"]).await;
    stage.stop().await;
    stage.write("logs/a.log", "meanwhile\n");
    stage.write("logs/late.log", "late\n");
    stage.start().await;
    stage.expect(&["begun and ended", "new", "meanwhile", "late"]).await;
}

#[tokio::test]
async fn start_at_end_holds_after_a_crash_right_after_the_start() {
    let mut stage = Stage::new();
    stage.configs[0].start_at = StartAt::End;
    stage.write("logs/a.log", "old\n");
    stage.start().await;
    stage.write("logs/a.log", "first\n");
    stage.expect(&["first"]).await;
    stage.kill();
    stage.write("logs/a.log", "second\n");
    stage.start().await;
    stage.expect(&["first", "second"]).await;
}

#[tokio::test]
async fn a_compressed_file_is_not_read_as_text() {
    let mut stage = Stage::new();
    stage.write("logs/old.log", b"\x1f\x8b\x08\x00\nbinary\n");
    stage.write("logs/a.log", "text\n");
    stage.start().await;
    stage.expect_metric("weir_tail_files_compressed_total", 1.0).await;
    stage.expect(&["text"]).await;
}

#[tokio::test]
async fn a_pattern_that_is_no_glob_or_no_absolute_path_stops_the_start() {
    for pattern in ["/var/log/[", "log/*.log"] {
        let mut stage = Stage::new();
        stage.configs[0].paths = vec![pattern.to_owned()];
        let started = crate::tail::Tailer::start(
            &stage.configs,
            stage.settings.clone(),
            stage.sink.clone(),
            stage.sink.ledger.clone(),
            &stage.registry,
            tokio_util::sync::CancellationToken::new(),
        );
        let error = started.await.expect_err("must not start").to_string();
        assert!(error.contains(pattern), "{error}");
    }
}
