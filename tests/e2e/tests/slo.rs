//! `weir slo` over the objectives that ship, judged by the real promtool.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use weir_e2e::Weir;

fn alert_rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../alert-rules")
}

fn slo(arguments: &[&str]) -> Output {
    Weir::run(&[&["slo"], arguments].concat())
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn what_ships_is_what_the_generator_makes_and_promtool_finds_it_good() {
    let (documents, generated) = (alert_rules().join("slos"), alert_rules().join("generated"));
    let checked = slo(&["check", text(&documents), "--out", text(&generated)]);
    assert!(checked.status.success(), "{}", words(&checked));
    let tested = slo(&["test", text(&generated)]);
    assert!(tested.status.success(), "{}", words(&tested));
    let slos = fs::read_dir(&generated).expect("a folder").count() / 4;
    let wanted = format!("{} rule files are good, {} test files pass", slos * 2, slos * 2);
    assert!(words(&tested).contains(&wanted), "each SLO has tests: {}", words(&tested));
}

/// Of each kind of indicator: a rule that is wrong in one place makes a generated test fail.
#[test]
fn a_generated_test_fails_when_a_rule_is_changed() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mutations = [
        ("checkout-availability", "> 0.0144 and", "> 0.9 and"),
        ("checkout-availability", "or 0 * (", "or 1 * ("),
        ("checkout-availability", "* 3600 >= 10", "* 3600 >= 0"),
        ("checkout-availability", "absent_over_time(http", "absent_over_time(https"),
        ("checkout-latency", "le=\"0.3\"", "le=\"+Inf\""),
        ("payment-latency", "(1 - histogram_fraction", "(0 * histogram_fraction"),
        (
            "inventory-availability",
            "slo:events_total:rate1h{slo_id=\"inventory-availability\"} > 0",
            "vector(1)",
        ),
    ];
    for (name, from, to) in mutations {
        for suffix in ["rules.yaml", "test.yaml"] {
            let file = format!("{name}.{suffix}");
            let rules = fs::read_to_string(alert_rules().join("generated").join(&file)).expect("it ships");
            let changed = if suffix == "rules.yaml" { rules.replace(from, to) } else { rules.clone() };
            assert!(suffix != "rules.yaml" || changed != rules, "{name} has no {from}");
            fs::write(folder.path().join(&file), changed).expect("written");
        }
        let tested = slo(&["test", text(folder.path())]);
        assert!(!tested.status.success() && words(&tested).contains("FAILED"), "{from}: {}", words(&tested));
        ["rules.yaml", "test.yaml"].iter().for_each(|suffix| {
            fs::remove_file(folder.path().join(format!("{name}.{suffix}"))).expect("removed");
        });
    }
}

/// Series of inventory-availability, which counts good events and leaves maintenance out: `(good, bad, maintenance)`.
fn inventory(good: &str, bad: &str, maintenance: &str, asked: &[(u32, &str, u32)]) -> String {
    let counted =
        |code: &str| format!("grpc_server_handled_total{{service=\"inventory\",grpc_code=\"{code}\"}}");
    let series = [
        (counted("OK"), good),
        (counted("Internal"), bad),
        ("maintenance_window{service=\"inventory\"}".to_owned(), maintenance),
    ];
    let series = series
        .map(|(series, values)| format!("      - {{series: '{series}', values: '{values}'}}\n"))
        .concat();
    let ask = |(minute, alerts, value): &(u32, &str, u32)| {
        format!(
            "      - {{expr: 'count(ALERTS{{alertstate=\"firing\",{alerts}}}) or vector(0)', eval_time: {minute}m, \
             exp_samples: [{{labels: '{{}}', value: {value}}}]}}\n"
        )
    };
    let asked: String = asked.iter().map(ask).collect();
    format!(
        "rule_files: [inventory-availability.rules.yaml]\nevaluation_interval: 15s\ntests:\n  - interval: 15s\n    \
         input_series:\n{series}    promql_expr_test:\n{asked}"
    )
}

#[test]
fn what_is_excluded_pages_nobody_while_it_lasts_nor_after_and_few_events_stay_few() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let rules = "inventory-availability.rules.yaml";
    fs::copy(alert_rules().join("generated").join(rules), folder.path().join(rules)).expect("copied");
    let pages = "severity=\"page\"";
    let tested = |name: &str, test: &str| {
        let path = folder.path().join("a.test.yaml");
        fs::write(&path, test).expect("written");
        let tested = slo(&["test", text(folder.path())]);
        assert!(tested.status.success(), "{name}: {}", words(&tested));
    };
    // 70 minutes of health, 10 of maintenance in which everything fails, and an hour of health.
    let quiet = [(75, pages, 0), (81, pages, 0), (83, pages, 0), (86, pages, 0), (100, pages, 0)];
    let maintenance =
        inventory("0+150x280 42000x40 42000+150x240", "0x280 0+150x40 6000x240", "0x280 1x40 0x240", &quiet);
    tested("maintenance", &maintenance);
    // The same without maintenance pages.
    let page = "alertname=\"SLOOutage\"";
    tested("an outage", &inventory("0+150x280 42000x40", "0x280 0+150x40", "0x320", &[(72, page, 1)]));
    let few = inventory(
        "0+0.01x120",
        "0x100 0+1x2 2x20",
        "0x120",
        &[(26, pages, 0), (28, pages, 0), (30, pages, 0)],
    );
    tested("two bad events in half an hour", &few);
}

#[test]
fn documents_become_files_and_what_differs_is_named() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let document = alert_rules().join("slos/orders-business.yaml");
    let out = folder.path().join("out");
    let made = slo(&["generate", text(&document), "--out", text(&out)]);
    assert!(made.status.success() && words(&made).contains("1 SLO, 4 files"), "{}", words(&made));
    fs::write(out.join("gone.rules.yaml"), "groups: []\n").expect("written");
    fs::write(out.join("orders-completed.test.yaml"), "changed\n").expect("written");
    let checked = slo(&["check", text(&document), "--out", text(&out)]);
    let told = words(&checked);
    assert!(!checked.status.success(), "{told}");
    assert!(told.contains("orders-completed.test.yaml is not what its document makes"), "{told}");
    assert!(told.contains("gone.rules.yaml has no document"), "{told}");
    let made = slo(&["generate", text(&document), "--out", text(&out)]);
    assert!(made.status.success() && !out.join("gone.rules.yaml").exists(), "{}", words(&made));
    let wrong = folder.path().join("wrong.yaml");
    let broken = fs::read_to_string(&document).expect("it ships").replace("target: 0.99", "target: 99");
    fs::write(&wrong, broken).expect("written");
    let told = slo(&["check", text(&wrong)]);
    assert!(words(&told).contains("wrong.yaml:") && words(&told).contains("target"), "{}", words(&told));
}

/// Rules that are written by hand.
const BY_HAND: [&str; 7] = ["weir", "node", "logs", "elasticsearch", "kafka", "postgresql", "redis"];

/// Whether the promtool tests beside a rule file expect the alert to fire.
fn fires_in_a_test(rules: &Path, alert: &str) -> bool {
    let stem = text(rules).trim_end_matches(".rules.yaml").trim_end_matches(".budget").to_owned();
    let files = [format!("{stem}.test.yaml"), format!("{stem}.budget.test.yaml")];
    let tests: String = files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
    tests.split("expr: ").any(|asked| {
        let expected = asked.split("value: ").nth(1).and_then(|value| value.chars().next());
        asked.contains(&format!("alertname=\"{alert}\"")) && expected.is_some_and(|digit| digit != '0')
    })
}

#[test]
fn rules_by_hand_pass_their_tests_and_each_alert_fires_in_one_and_has_a_runbook() {
    let tested = slo(&["test", text(&alert_rules())]);
    let wanted = format!("{} rule files are good, {} test files pass", BY_HAND.len(), BY_HAND.len());
    assert!(tested.status.success() && words(&tested).contains(&wanted), "{}", words(&tested));
    let generated =
        fs::read_dir(alert_rules().join("generated")).expect("a folder").flatten().map(|file| file.path());
    let by_hand = BY_HAND.map(|name| alert_rules().join(format!("{name}.rules.yaml")));
    let mut alerts = 0;
    for file in generated.chain(by_hand).filter(|path| text(path).ends_with(".rules.yaml")) {
        let rules = fs::read_to_string(&file).expect("a rule file");
        for runbook in rules.lines().filter_map(|line| line.trim().strip_prefix("runbook_url: ")) {
            let page = alert_rules().join("..").join(runbook.trim_matches('"'));
            let page = fs::read_to_string(&page)
                .unwrap_or_else(|error| panic!("{}: {runbook}: {error}", file.display()));
            assert!(page.contains("**Look first**") && page.contains("dashboard"), "{runbook}");
            alerts += 1;
        }
        for alert in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
            assert!(fires_in_a_test(&file, alert), "{}: {alert}", file.display());
        }
        assert_eq!(
            rules.matches("- alert: ").count(),
            rules.matches("runbook_url: ").count(),
            "{}",
            file.display()
        );
    }
    assert!(alerts > 70, "{alerts}");
}
