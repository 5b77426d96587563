//! Limits from folders laid out as the kernel does.

use std::fs;

use super::Limits;

fn layout(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("temporary folder");
    for (name, text) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folder");
        fs::write(path, text).expect("file");
    }
    root
}

#[test]
fn the_tightest_limit_on_the_way_up_holds() {
    let root = layout(&[
        ("pod/cpu.max", "400000 100000\n"),
        ("pod/memory.max", "1073741824\n"),
        ("pod/weir/cpu.max", "max 100000\n"),
        ("pod/weir/memory.max", "max\n"),
    ]);
    let limits = Limits::read_from(root.path(), "0::/pod/weir\n");
    assert_eq!(limits, Limits { cpus: Some(4.0), memory_bytes: Some(1 << 30) });
}

#[test]
fn without_limits_there_are_none() {
    let root = layout(&[("cpu.max", "max 100000\n")]);
    let limits = Limits::read_from(root.path(), "0::/\n");
    assert_eq!(limits, Limits::default());
    assert_eq!(limits.workers(), std::thread::available_parallelism().expect("known"));
}

#[test]
fn a_container_that_sees_only_its_own_group_finds_its_limit_at_the_root() {
    let root = layout(&[("cpu.max", "50000 100000\n"), ("memory.max", "134217728\n")]);
    let limits = Limits::read_from(root.path(), "0::/kubepods/pod1/c1\n");
    assert_eq!(limits, Limits { cpus: Some(0.5), memory_bytes: Some(128 << 20) });
    assert_eq!(limits.workers().get(), 1);
}

#[test]
fn limits_of_version_1_are_read_where_there_is_no_version_2() {
    let root = layout(&[
        ("cpu/a/cpu.cfs_quota_us", "150000\n"),
        ("cpu/a/cpu.cfs_period_us", "100000\n"),
        ("cpu/cpu.cfs_quota_us", "-1\n"),
        ("memory/a/memory.limit_in_bytes", "268435456\n"),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
    ]);
    let limits = Limits::read_from(root.path(), "4:memory:/a\n3:cpu,cpuacct:/a\n");
    assert_eq!(limits, Limits { cpus: Some(1.5), memory_bytes: Some(256 << 20) });
}
