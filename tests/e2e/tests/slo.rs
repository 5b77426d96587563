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
