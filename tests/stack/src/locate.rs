//! Where the programs are.

use std::env;
use std::path::{Path, PathBuf};

/// A program that `tests/stack/install` has not put in place.
#[derive(Debug, thiserror::Error)]
#[error("{name} is not installed; run tests/stack/install {name}")]
pub struct NotInstalled {
    name: String,
}

/// The program `name`: in `WEIR_STACK_BIN`, on `PATH`, or in the cache, in the order in which `install` looks.
pub fn locate(name: &str) -> Result<PathBuf, NotInstalled> {
    let version = version_of(name).unwrap_or_default();
    let in_cache = cache().join(format!("{name}-{version}"));
    let cached = if name == "elasticsearch" { in_cache.join("bin/elasticsearch") } else { in_cache };
    let on_path = env::var_os("PATH").unwrap_or_default();
    env::var_os("WEIR_STACK_BIN")
        .map(PathBuf::from)
        .into_iter()
        .chain(env::split_paths(&on_path))
        .map(|folder| folder.join(name))
        .chain([cached])
        .find(|path| path.exists())
        .ok_or_else(|| NotInstalled { name: name.to_owned() })
}

/// The version that `versions` names for a program.
pub(crate) fn version_of(name: &str) -> Option<&'static str> {
    include_str!("../versions").lines().find_map(|line| {
        let (program, version) = line.split_once(' ')?;
        (program == name).then_some(version)
    })
}

fn cache() -> PathBuf {
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
    base.unwrap_or_default().join("weir/stack")
}
