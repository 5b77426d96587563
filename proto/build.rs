//! Generates the prost types from `vendor/`, without a system protoc.

use std::error::Error;
use std::path::{Path, PathBuf};

/// Folder of `vendor/` and its files. Each becomes one file with a module tree that follows the package names.
const DEFINITIONS: [(&str, &[&str]); 4] = [
    (
        "opentelemetry",
        &[
            "opentelemetry/proto/collector/logs/v1/logs_service.proto",
            "opentelemetry/proto/collector/trace/v1/trace_service.proto",
        ],
    ),
    ("remote_write_v1", &["remote.proto"]),
    ("remote_write_v2", &["io/prometheus/write/v2/types.proto"]),
    ("metrics", &["io/prometheus/client/metrics.proto"]),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=vendor");
    let out_dir = PathBuf::from(std::env::var("OUT_DIR")?);
    for (folder, files) in DEFINITIONS {
        generate(&out_dir, folder, files)?;
    }
    Ok(())
}

fn generate(out_dir: &Path, folder: &str, files: &[&str]) -> Result<(), Box<dyn Error>> {
    let definitions = protox::compile(files, [Path::new("vendor").join(folder)])?;
    let out_dir = out_dir.join(folder);
    std::fs::create_dir_all(&out_dir)?;
    prost_build::Config::new()
        .out_dir(out_dir)
        .include_file("tree.rs")
        .compile_well_known_types()
        // The definitions' comments would be read as Markdown and tested as examples.
        .disable_comments(["."])
        .compile_fds(definitions)?;
    Ok(())
}
