//! `weir slo`: documents in, rules out, and promtool over them.

mod promtool;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use weir_slo::Generated;

use crate::arguments::{SloArguments, SloCommand, SloInput};
use crate::output::{complain, complain_about, say};

/// Does one of the three things.
pub(crate) fn run(arguments: SloArguments) -> ExitCode {
    let done = match arguments.command {
        SloCommand::Generate { input, out } => generate(&input, &out),
        SloCommand::Check { input, out } => check(&input, out.as_deref()),
        SloCommand::Test { folder } => promtool::test(&folder),
    };
    match done {
        Ok(said) => {
            say(&said);
            ExitCode::SUCCESS
        }
        Err(Failure::Told) => ExitCode::FAILURE,
        Err(Failure::Words(words)) => {
            complain(&format!("weir slo: {words}"));
            ExitCode::FAILURE
        }
    }
}

/// Why nothing came of it.
pub(super) enum Failure {
    /// What is wrong was printed.
    Told,
    Words(String),
}

fn generate(input: &SloInput, out: &Path) -> Result<String, Failure> {
    let (slos, files) = files(input)?;
    let failed =
        |path: &Path, error: std::io::Error| Failure::Words(format!("write {}: {error}", path.display()));
    fs::create_dir_all(out).map_err(|error| failed(out, error))?;
    for old in generated_in(out)?.into_keys().filter(|old| !files.contains_key(old)) {
        let path = out.join(&old);
        fs::remove_file(&path).map_err(|error| failed(&path, error))?;
    }
    for (name, text) in &files {
        let path = out.join(name);
        fs::write(&path, text).map_err(|error| failed(&path, error))?;
    }
    Ok(format!("{}, {} files in {}", counted(slos), files.len(), out.display()))
}

fn check(input: &SloInput, out: Option<&Path>) -> Result<String, Failure> {
    let (slos, wanted) = files(input)?;
    let Some(out) = out else { return Ok(format!("good: {}", counted(slos))) };
    let found = generated_in(out)?;
    let mut differences = Vec::new();
    for (name, text) in &wanted {
        match found.get(name) {
            None => differences.push(format!("{name} is missing")),
            Some(other) if other != text => {
                differences.push(format!("{name} is not what its document makes"))
            }
            Some(_) => {}
        }
    }
    let too_many = found.keys().filter(|name| !wanted.contains_key(*name));
    differences.extend(too_many.map(|name| format!("{name} has no document")));
    if differences.is_empty() {
        return Ok(format!("good: {}, and {} has what they make", counted(slos), out.display()));
    }
    differences.push(format!("run weir slo generate with --out {}", out.display()));
    Err(Failure::Words(format!("{} is not up to date:\n  {}", out.display(), differences.join("\n  "))))
}

fn counted(slos: usize) -> String {
    if slos == 1 { "1 SLO".to_owned() } else { format!("{slos} SLOs") }
}

/// How many SLOs there are, and what they make.
fn files(input: &SloInput) -> Result<(usize, BTreeMap<String, String>), Failure> {
    let mut slos = Vec::new();
    let mut is_good = true;
    for path in documents(&input.paths)? {
        let name = path.display().to_string();
        let text =
            fs::read_to_string(&path).map_err(|error| Failure::Words(format!("read {name}: {error}")))?;
        match weir_slo::read(&text, &name) {
            Ok(read) => slos.extend(read),
            Err(mistakes) => {
                complain_about(&mistakes);
                is_good = false;
            }
        }
    }
    if !is_good {
        return Err(Failure::Told);
    }
    let mut files = BTreeMap::new();
    for Generated { name, text } in slos.iter().flat_map(|slo| weir_slo::generate(slo, &input.runbooks)) {
        if files.insert(name.clone(), text).is_some() {
            return Err(Failure::Words(format!("two SLOs make {name}; name each otherwise")));
        }
    }
    Ok((slos.len(), files))
}

/// The files that are named, and those in folders that are.
fn documents(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut documents = Vec::new();
    for path in paths {
        if path.is_dir() {
            documents.extend(files_in(path)?.into_iter().filter(|path| is_yaml(path)));
        } else {
            documents.push(path.clone());
        }
    }
    if documents.is_empty() {
        return Err(Failure::Words(
            "there is no document; name a file, or a folder with .yaml files".to_owned(),
        ));
    }
    Ok(documents)
}

/// Rules and tests in a folder, by name.
fn generated_in(folder: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    for path in files_in(folder)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if name.ends_with(".rules.yaml") || name.ends_with(".test.yaml") {
            let text = fs::read_to_string(&path);
            found.insert(
                name,
                text.map_err(|error| Failure::Words(format!("read {}: {error}", path.display())))?,
            );
        }
    }
    Ok(found)
}

/// The files of a folder, by name.
pub(super) fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder)
        .map_err(|error| Failure::Words(format!("list {}: {error}", folder.display())))?;
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}
