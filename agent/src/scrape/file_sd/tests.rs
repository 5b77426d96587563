//! Files that come, change, break and go.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use weir_config::FileSdConfig;

use super::{FileTargets, folders};

struct Folder {
    dir: TempDir,
    configs: Vec<FileSdConfig>,
    targets: FileTargets,
}

impl Folder {
    fn new(pattern: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let files = vec![dir.path().join(pattern)];
        let configs = vec![FileSdConfig { files, refresh_interval: Duration::from_secs(300) }];
        Self { dir, configs, targets: FileTargets::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    /// Reads again; gives the number of errors and all targets.
    fn read(&mut self) -> (u64, Vec<String>) {
        let errors = self.targets.read(&self.configs);
        (errors, self.targets.groups().flat_map(|group| group.targets.clone()).collect())
    }
}

fn targets(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn json_and_yaml_give_targets_with_labels_and_their_file() {
    let mut folder = Folder::new("*.*");
    folder.write("a.json", r#"[{"targets": ["a:1", "b:2"], "labels": {"env": "x"}}, {"targets": ["c:3"]}]"#);
    folder.write("b.yml", "- targets: [d:4]\n  labels: {port: 80, empty: }\n- targets: []\n");
    assert_eq!(folder.read(), (0, targets(&["a:1", "b:2", "c:3", "d:4"])));
    let groups: Vec<_> = folder.targets.groups().collect();
    assert_eq!(groups[0].labels["env"], "x");
    assert_eq!(groups[0].labels["__meta_filepath"], folder.path("a.json").to_str().unwrap());
    assert_eq!((groups[2].labels["port"].as_str(), groups[2].labels["empty"].as_str()), ("80", ""));
}

#[test]
fn a_file_that_breaks_keeps_its_targets_and_is_counted() {
    let mut folder = Folder::new("*.json");
    folder.write("a.json", r#"[{"targets": ["a:1"]}]"#);
    folder.write("b.json", r#"[{"targets": ["b:1"]}]"#);
    folder.read();
    for broken in
        ["", "[{", r#"{"targets": ["x:1"]}"#, r#"[{"targets": ["x:1"], "other": 1}]"#, r#"[{"targets": 5}]"#]
    {
        folder.write("a.json", broken);
        assert_eq!(folder.read(), (1, targets(&["a:1", "b:1"])), "{broken}");
    }
    folder.write("a.json", "[]");
    assert_eq!(folder.read(), (0, targets(&["b:1"])));
}

#[test]
fn a_file_that_goes_takes_its_targets_along() {
    let mut folder = Folder::new("*.yaml");
    folder.write("a.yaml", "- targets: [a:1]\n");
    assert_eq!(folder.read(), (0, targets(&["a:1"])));
    fs::remove_file(folder.path("a.yaml")).unwrap();
    assert_eq!(folder.read(), (0, vec![]));
}

#[test]
fn patterns_match_the_last_part_only() {
    let mut folder = Folder::new("targets-*.yml");
    folder.write("targets-1.yml", "- targets: [a:1]\n");
    folder.write("other.yml", "- targets: [b:1]\n");
    folder.write("targets-1.yml.tmp", "- targets: [c:1]\n");
    assert_eq!(folder.read(), (0, targets(&["a:1"])));
    let mut plain = Folder::new("not-there.yml");
    assert_eq!(plain.read(), (0, vec![]));
    assert_eq!(folders(&plain.configs).into_iter().collect::<Vec<_>>(), [plain.dir.path().to_owned()]);
}

#[test]
fn a_pattern_without_a_folder_is_looked_for_here() {
    let config = FileSdConfig { files: vec![PathBuf::from("a.yml")], refresh_interval: Duration::ZERO };
    assert_eq!(folders([&config]).into_iter().collect::<Vec<_>>(), [PathBuf::from(".")]);
}
