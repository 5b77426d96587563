//! Whole scrapes: a real HTTP server on one side, a real spool on the other.

mod stage;

use std::fs;
use std::time::Duration;

use weir_config::FileSdConfig;
use weir_model::UnixNanos;
use weir_relabel::{Rule, RuleSpec};

use super::{Health, ScrapeSettings};
use stage::{Answer, Stage, job, settings};

fn labeldrop(regex: &str) -> Rule {
    let action = Some("labeldrop".to_owned());
    Rule::new(RuleSpec { action, regex: Some(regex.to_owned()), ..RuleSpec::default() }).unwrap()
}

#[tokio::test]
async fn a_page_reaches_the_spool_with_its_report_and_the_books_balance() {
    let mut stage = Stage::new().await;
    stage.answer(Answer::page("# TYPE a counter\na{b=\"c\"} 1\nd 2\n"));
    stage.start(settings(vec![job("j", &stage)]));
    let samples = stage.scrape_until("up", 1.0).await;
    let instance = stage.address.to_string();
    let series = |name: &str| format!("{name}{{instance=\"{instance}\",job=\"j\"}}");
    assert_eq!(samples.value(&format!("a{{b=\"c\",instance=\"{instance}\",job=\"j\"}}")), Some(1.0));
    assert_eq!(samples.value(&series("d")), Some(2.0));
    assert_eq!(samples.value(&series("up")), Some(1.0));
    assert_eq!(samples.value(&series("scrape_samples_scraped")), Some(2.0));
    assert_eq!(samples.value(&series("scrape_series_added")), Some(2.0));
    let again = stage.scrape().await;
    assert_eq!(again.value(&series("scrape_series_added")), Some(0.0));
    assert!(again.timestamp > samples.timestamp);
    let headers = stage.request_headers();
    assert_eq!(headers["accept"], weir_exposition::ACCEPT);
    assert_eq!(headers["accept-encoding"], "gzip");
    assert_eq!(headers["x-prometheus-scrape-timeout-seconds"], "0.1");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("weir/"));
    stage.stop_and_check_books().await;
}

#[tokio::test]
async fn every_way_in_which_a_scrape_fails_is_up_0_and_counted_by_its_reason() {
    let mut stage = Stage::new().await;
    let mut limited = job("j", &stage);
    limited.limits.body_size_limit = 1000;
    limited.limits.sample_limit = 3;
    limited.limits.label_limit = 4;
    stage.answer(Answer::page("a 1\n"));
    stage.start(settings(vec![limited]));
    stage.scrape_until("up", 1.0).await;
    for (answer, outcome) in [
        (Answer::status(500), "status"),
        (Answer::page("a 1\nb x\n"), "malformed"),
        (Answer::page("a{b=\"1\",b=\"2\"} 1\n"), "malformed"),
        (Answer::page("a 1\nb 1\nc 1\nd 1\n"), "sample_limit"),
        (Answer::page("a{b=\"1\",c=\"2\"} 1\n"), "label_limit"),
        (Answer::page(&format!("# {}\na 1\n", "x".repeat(2000))), "body_size_limit"),
        (Answer::page(&format!("# {}\na 1\n", "x".repeat(2000))).gzip(), "body_size_limit"),
        (Answer::page("a 1\n").header("content-type", "text/html"), "content_type"),
        (Answer::page("a 1\n").header("content-encoding", "br"), "encoding"),
        (Answer::page("a 1\n").header("content-encoding", "gzip"), "encoding"),
        (Answer::hang(), "timeout"),
    ] {
        let before = stage.outcome(outcome);
        stage.answer(answer);
        stage.scrape_until("up", 0.0).await;
        stage.until(|stage| stage.outcome(outcome) > before, outcome).await;
        let status = &stage.targets()[0];
        assert_eq!(status.health, Health::Down);
        assert!(status.last_scrape.as_ref().unwrap().error.is_some());
        stage.answer(Answer::page("a 1\n"));
        stage.scrape_until("up", 1.0).await;
    }
    stage.answer(Answer::page("a 1\nb 2\n").gzip());
    stage.scrape_until("scrape_samples_scraped", 2.0).await;
    stage.answer(Answer::page("").header("content-type", "text/html"));
    stage.scrape_until("scrape_samples_scraped", 0.0).await;
    assert_eq!(stage.targets()[0].health, Health::Up, "an empty page has no format to be wrong");
    stage.stop_and_check_books().await;
}

#[tokio::test]
async fn a_target_that_refuses_connections_is_down() {
    let mut stage = Stage::new().await;
    let mut gone = job("j", &stage);
    gone.static_configs[0].targets = vec!["127.0.0.1:1".to_owned()];
    stage.start(settings(vec![gone]));
    stage.scrape_until("up", 0.0).await;
    stage.until(|stage| stage.outcome("connection") > 0, "counted").await;
    stage.stop_and_check_books().await;
}

#[tokio::test]
async fn dropped_samples_are_in_the_books() {
    let mut stage = Stage::new().await;
    stage.answer(Answer::page("a 1\nb 2\nb 3\n"));
    let mut dropping = job("j", &stage);
    let drop_a = RuleSpec {
        source_labels: Some(vec!["__name__".into()]),
        regex: Some("a".into()),
        action: Some("drop".into()),
        ..RuleSpec::default()
    };
    dropping.metric_relabel_configs = vec![Rule::new(drop_a).unwrap()];
    stage.start(settings(vec![dropping]));
    stage.scrape().await;
    let dropped = stage.dropped();
    assert!(dropped.iter().any(|(reason, records)| reason == "filtered" && *records >= 1), "{dropped:?}");
    assert!(dropped.iter().any(|(reason, records)| reason == "malformed" && *records >= 1), "{dropped:?}");
    stage.stop_and_check_books().await;
}

#[tokio::test]
async fn a_reload_leaves_unchanged_targets_alone_and_ends_the_series_of_removed_ones() {
    let mut stage = Stage::new().await;
    stage.answer(Answer::page("a 1\n"));
    let (stays, goes) = (job("stays", &stage), job("goes", &stage));
    stage.start(settings(vec![stays.clone(), goes]));
    stage.until(|stage| stage.up() == 2, "both are up").await;
    stage.apply(settings(vec![stays])).await;
    let ended = stage.scrape_where(|samples| samples.has_stale("job=\"goes\"")).await;
    assert_eq!(ended.stale_count(), 6, "a and the five report samples");
    let next = stage.scrape().await;
    let added = next.values_of("scrape_series_added");
    assert_eq!(added, [0.0], "the loop that stays kept its page memory");
    assert_eq!(stage.targets().len(), 1);
    stage.stop_and_check_books().await;
}

#[tokio::test]
async fn changed_rules_take_the_memory_over_and_end_only_what_is_gone() {
    let mut stage = Stage::new().await;
    stage.answer(Answer::page("a 1\nb{c=\"d\"} 1\n"));
    let mut changing = job("j", &stage);
    stage.start(settings(vec![changing.clone()]));
    stage.scrape().await;
    changing.metric_relabel_configs = vec![labeldrop("c")];
    stage.apply(settings(vec![changing.clone()])).await;
    let first = stage.scrape_where(|samples| samples.has_stale("c=\"d\"")).await;
    assert_eq!(first.stale_count(), 1, "b{{c}} has ended, a goes on");
    changing.scrape_interval *= 2;
    stage.apply(settings(vec![changing])).await;
    let next = stage.scrape().await;
    assert_eq!(next.stale_count(), 0);
    assert_eq!(next.values_of("scrape_series_added"), [0.0], "another interval changes no series");
    stage.stop_and_check_books().await;
}

#[tokio::test]
async fn common_labels_are_on_every_series_and_external_ones_win() {
    let mut stage = Stage::new().await;
    stage.answer(Answer::page("a{cluster=\"own\"} 1\n"));
    let mut settings = settings(vec![job("j", &stage)]);
    settings.global.external_labels = [("cluster".to_owned(), "eu".to_owned())].into();
    settings.resource_labels =
        [("cluster".to_owned(), "us".to_owned()), ("node".to_owned(), "n".to_owned())].into();
    stage.start(settings);
    let samples = stage.scrape().await;
    assert!(samples.names().any(|name| name.starts_with("a{cluster=\"own\"") && name.contains("node=\"n\"")));
    assert!(samples.names().any(|name| name.starts_with("up{cluster=\"eu\"") && name.contains("node=\"n\"")));
    stage.stop_and_check_books().await;
}

#[tokio::test]
async fn past_the_target_limit_all_targets_of_the_job_fail() {
    let mut stage = Stage::new().await;
    stage.answer(Answer::page("a 1\n"));
    let mut many = job("j", &stage);
    many.limits.target_limit = 1;
    many.static_configs[0].targets.push(format!("localhost:{}", stage.address.port()));
    stage.start(settings(vec![many.clone()]));
    stage.until(|stage| stage.outcome("target_limit") >= 2, "both fail").await;
    assert_eq!(stage.up(), 0);
    many.limits.target_limit = 2;
    stage.apply(settings(vec![many])).await;
    stage.until(|stage| stage.up() == 2, "both are up").await;
    stage.stop_and_check_books().await;
}

#[tokio::test]
async fn a_target_named_twice_is_scraped_once() {
    let mut stage = Stage::new().await;
    stage.answer(Answer::page("a 1\n"));
    let mut twice = job("j", &stage);
    let same = twice.static_configs[0].clone();
    twice.static_configs.push(same);
    stage.start(settings(vec![twice]));
    stage.scrape().await;
    assert_eq!(stage.targets().len(), 1);
    stage.stop_and_check_books().await;
}

#[tokio::test]
async fn targets_in_files_come_and_go_with_the_files() {
    let mut stage = Stage::new().await;
    stage.answer(Answer::page("a 1\n"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("targets.json");
    let mut discovering = job("j", &stage);
    discovering.static_configs.clear();
    let files = vec![folder.path().join("*.json")];
    let refresh_interval = Duration::from_secs(3600);
    discovering.file_sd_configs = vec![FileSdConfig { files, refresh_interval }];
    stage.start(settings(vec![discovering]));
    fs::write(&path, format!("[{{\"targets\": [\"{}\"]}}]", stage.address)).unwrap();
    stage.scrape().await;
    let discovered = &stage.targets()[0].discovered_labels;
    assert_eq!(discovered.get("__meta_filepath"), path.to_str());
    fs::write(&path, "[{").unwrap();
    stage.until(|stage| stage.file_errors() > 0, "the broken file is counted").await;
    assert_eq!(stage.targets().len(), 1, "the old targets stay");
    fs::remove_file(&path).unwrap();
    stage.until(|stage| stage.targets().is_empty(), "the target is gone").await;
    stage.scrape_where(|samples| samples.has_stale("up{")).await;
    stage.stop_and_check_books().await;
}

#[tokio::test]
async fn an_address_that_is_none_is_counted_when_it_turns_up() {
    let mut stage = Stage::new().await;
    stage.answer(Answer::page("a 1\n"));
    let wrong = |address: &str| {
        let mut wrong = job("j", &stage);
        wrong.static_configs[0].targets.push(address.to_owned());
        settings(vec![wrong])
    };
    let [first, again, another] = ["a/b", "a/b", "a/c"].map(wrong);
    stage.start(first);
    stage.until(|stage| stage.up() == 1, "the other target is scraped").await;
    assert_eq!(stage.targets_refused(), 1);
    stage.apply(again).await;
    assert_eq!(stage.targets_refused(), 1);
    stage.apply(another).await;
    assert_eq!(stage.targets_refused(), 2);
    stage.stop_and_check_books().await;
}

#[tokio::test]
async fn a_job_whose_client_cannot_be_made_is_refused_and_changes_nothing() {
    let mut stage = Stage::new().await;
    stage.answer(Answer::page("a 1\n"));
    stage.start(settings(vec![job("j", &stage)]));
    stage.scrape().await;
    let mut broken = job("broken", &stage);
    broken.http.tls.ca_file = Some("/does/not/exist.pem".into());
    let settings = settings(vec![broken]);
    let error = stage.try_apply(settings.clone()).await.unwrap_err();
    assert!(error.to_string().starts_with("job broken: "), "{error}");
    assert!(super::Scraper::check(settings).is_err());
    assert_eq!(stage.targets()[0].job, "j");
    stage.stop_and_check_books().await;
}

#[tokio::test]
async fn a_shutdown_ends_no_series_and_waits_for_no_target() {
    let mut stage = Stage::new().await;
    stage.answer(Answer::page("a 1\n"));
    stage.start(settings(vec![job("j", &stage)]));
    stage.scrape_until("up", 1.0).await;
    stage.answer(Answer::hang());
    stage.until_requested().await;
    let left = stage.stop_and_check_books().await;
    assert!(left.iter().all(|samples| samples.stale_count() == 0 && samples.values_of("up") != [0.0]));
}

/// A page of 5000 series: large enough to be read on a thread of its own.
fn large_page() -> String {
    (0..5000)
        .map(|series| format!("series_{series}{{label=\"some value of some length\"}} {series}\n"))
        .collect()
}

#[tokio::test]
async fn a_large_page_keeps_its_memory_like_a_small_one() {
    let mut stage = Stage::new().await;
    stage.answer(Answer::page(&large_page()));
    let mut slower = job("j", &stage);
    (slower.scrape_interval, slower.scrape_timeout) = (Duration::from_secs(1), Duration::from_secs(1));
    stage.start(settings(vec![slower]));
    let first = stage.scrape_until("up", 1.0).await;
    assert_eq!(first.values_of("scrape_series_added"), [5000.0]);
    let second = stage.scrape_until("up", 1.0).await;
    assert_eq!(second.values_of("scrape_series_added"), [0.0]);
    assert_eq!(second.names().count(), 5005);
    stage.stop_and_check_books().await;
}

#[tokio::test]
async fn a_full_spool_pauses_scraping_and_what_is_skipped_is_counted() {
    let mut stage = Stage::with_spool(2 << 20).await;
    stage.answer(Answer::page(&large_page()));
    stage.start(settings(vec![job("j", &stage)]));
    stage.until(|stage| stage.spool_is_full(), "the spool is full").await;
    let full_ms = (UnixNanos::now().0 / 1_000_000) as i64;
    stage.scrape_where(|samples| samples.timestamp > full_ms + 1000).await;
    assert!(stage.skipped() > 0);
    stage.answer(Answer::page(""));
    stage.scrape_until("scrape_samples_scraped", 0.0).await;
    stage.stop_and_check_books().await;
}

#[test]
fn the_settings_of_a_test_are_what_the_configuration_gives() {
    let text = "scrape_configs: [{job_name: j, static_configs: [{targets: ['a:1']}]}]\n\
                remote_write: [{url: 'http://127.0.0.1:1/'}]\n";
    let config = weir_config::parse(text, "weir.yaml").unwrap().config;
    let ScrapeSettings { jobs, .. } =
        ScrapeSettings { jobs: config.scrape_configs, global: config.global, resource_labels: [].into() };
    let expected = stage::job_of("j", "a:1");
    assert_eq!(jobs[0].honor_timestamps, expected.honor_timestamps);
    assert_eq!(jobs[0].http, expected.http);
    assert_eq!((&jobs[0].metrics_path, &jobs[0].scheme), (&expected.metrics_path, &expected.scheme));
}
