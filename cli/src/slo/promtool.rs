//! Prometheus' own judge of rules.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Failure, files_in};

/// Names the folder of the program where it is not on PATH.
const FOLDER_VARIABLE: &str = "WEIR_STACK_BIN";

/// Checks the rules in `folder` and runs the tests beside them.
pub(super) fn test(folder: &Path) -> Result<String, Failure> {
    let promtool = find().ok_or_else(|| {
        let remedy = format!("install Prometheus, which has it, or set {FOLDER_VARIABLE} to its folder");
        Failure::Words(format!("promtool is not found; {remedy}"))
    })?;
    let files = files_in(folder)?;
    let of = |suffix: &str| -> Vec<&PathBuf> {
        files.iter().filter(|path| path.to_string_lossy().ends_with(suffix)).collect()
    };
    let (rules, tests) = (of(".rules.yaml"), of(".test.yaml"));
    if rules.is_empty() {
        return Err(Failure::Words(format!("there are no *.rules.yaml in {}", folder.display())));
    }
    run(&promtool, &["check", "rules"], &rules)?;
    if !tests.is_empty() {
        run(&promtool, &["test", "rules"], &tests)?;
    }
    Ok(format!("{} rule files are good, {} test files pass", rules.len(), tests.len()))
}

fn run(promtool: &Path, command: &[&str], files: &[&PathBuf]) -> Result<(), Failure> {
    let ran = Command::new(promtool).args(command).args(files).output();
    let ran = ran.map_err(|error| Failure::Words(format!("run {}: {error}", promtool.display())))?;
    if ran.status.success() {
        return Ok(());
    }
    let words = [ran.stdout, ran.stderr].map(|words| String::from_utf8_lossy(&words).into_owned()).concat();
    Err(Failure::Words(format!("promtool {} says:\n{words}", command.join(" "))))
}

/// In the folder that the variable names, on PATH, or where `./test` puts it.
fn find() -> Option<PathBuf> {
    let named = env::var_os(FOLDER_VARIABLE).map(|folder| PathBuf::from(folder).join("promtool"));
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join("promtool"));
    named.into_iter().chain(on_path).chain(in_cache()).find(|path| path.is_file())
}

fn in_cache() -> Vec<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base = base.or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
    let files = base.map(|base| files_in(&base.join("weir/stack")).unwrap_or_default()).unwrap_or_default();
    files.into_iter().filter(|path| path.to_string_lossy().contains("/promtool-")).collect()
}
