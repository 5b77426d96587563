//! Pages from files as a kernel writes them, and from this machine's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::statvfs;
use weir_config::HostMetricsConfig;
use weir_exposition::{Format, Item, Parser};

use super::collect;
use super::filesystem::within;

const FILES: [(&str, &str); 11] = [
    (
        "stat",
        "cpu  300 0 0 0\ncpu0 100 20 30 4000 5 6 7 8 9 1\ncpu1 200 0 0 5000 0 0 0 0 0 0\nintr 12345 1 2 3\n\
              ctxt 678\nbtime 1700000000\nprocesses 42\nprocs_running 2\nprocs_blocked 1\n",
    ),
    ("loadavg", "0.50 1.25 2.00 1/100 4242\n"),
    ("meminfo", "MemTotal:       16000 kB\nActive(anon):      100 kB\nHugePages_Total:       3\n"),
    (
        "diskstats",
        " 254 0 vda 10 1 20 3000 40 4 80 5000 1 6000 7000 2 0 16 100 3 50\n 254 1 vda1 1 1 1 1 1 1 1 1 1 1 1\n\
                    259 0 nvme0n1 1 1 1 1 1 1 1 1 1 1 1\n 259 1 nvme0n1p1 1 1 1 1 1 1 1 1 1 1 1\n   7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\n",
    ),
    (
        "1/mounts",
        "/dev/vda / ext4 rw 0 0\nproc /proc proc rw 0 0\ntmpfs /run\\040it tmpfs rw 0 0\n\
         /dev/vdb /tmp ext4 ro,nosuid 0 0\n\
         tmpfs /var/lib/kubelet/pods/1/volumes/secret tmpfs rw 0 0\n",
    ),
    (
        "1/net/dev",
        "Inter-|   Receive                                                |  Transmit\n face |bytes\n\
                    lo: 10 1 0 0 0 0 0 0 20 2 0 0 0 0 0 0\n  eth0:1000 11 2 3 4 5 6 7 2000 12 8 9 10 13 14 15\n",
    ),
    (
        "pressure/cpu",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
    ),
    (
        "pressure/io",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n",
    ),
    (
        "pressure/memory",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=2\n",
    ),
    ("sys/fs/file-nr", "1024\t0\t9999\n"),
    ("version", "Linux\n"),
];

fn config(proc_path: &Path) -> HostMetricsConfig {
    HostMetricsConfig {
        interval: Duration::from_secs(15),
        proc_path: proc_path.to_owned(),
        sys_path: "/sys".into(),
        root_path: "/".into(),
    }
}

fn fixture() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    for (name, text) in FILES {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folder");
        fs::write(path, text).expect("file");
    }
    folder
}

fn has(page: &str, line: &str) {
    assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
}

#[test]
fn numbers_appear_under_the_names_and_units_of_node_exporter() {
    let folder = fixture();
    let mut page = String::new();
    let failures = collect(&config(folder.path()), &mut page);
    assert_eq!(failures, []);
    for line in [
        "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 1",
        "node_cpu_seconds_total{cpu=\"0\",mode=\"steal\"} 0.08",
        "node_cpu_seconds_total{cpu=\"1\",mode=\"idle\"} 50",
        "node_cpu_guest_seconds_total{cpu=\"0\",mode=\"nice\"} 0.01",
        "node_load1 0.5",
        "node_load15 2",
        "node_memory_MemTotal_bytes 16384000",
        "node_memory_Active_anon_bytes 102400",
        "node_memory_HugePages_Total 3",
        "node_disk_read_bytes_total{device=\"vda\"} 10240",
        "node_disk_write_time_seconds_total{device=\"vda\"} 5",
        "node_disk_flush_requests_total{device=\"vda\"} 3",
        "node_disk_io_now{device=\"nvme0n1\"} 1",
        "node_network_receive_bytes_total{device=\"eth0\"} 1000",
        "node_network_receive_multicast_total{device=\"eth0\"} 7",
        "node_network_transmit_bytes_total{device=\"eth0\"} 2000",
        "node_network_transmit_compressed_total{device=\"eth0\"} 15",
        "node_pressure_cpu_waiting_seconds_total 1.5",
        "node_pressure_io_stalled_seconds_total 0.5",
        "node_boot_time_seconds 1700000000",
        "node_intr_total 12345",
        "node_filefd_allocated 1024",
        "node_scrape_collector_success{collector=\"cpu\"} 1",
        "node_filesystem_readonly{device=\"/dev/vda\",fstype=\"ext4\",mountpoint=\"/\"} 0",
        "node_filesystem_readonly{device=\"/dev/vdb\",fstype=\"ext4\",mountpoint=\"/tmp\"} 1",
    ] {
        has(&page, line);
    }
    for absent in ["vda1", "nvme0n1p1", "loop0", "mountpoint=\"/proc\"", "kubelet"] {
        assert!(!page.contains(absent), "{absent} is in\n{page}");
    }
    let root = page.lines().find(|line| line.starts_with("node_filesystem_size_bytes{device=\"/dev/vda\""));
    let root = root.expect("the root file system has a size");
    assert!(root.contains("mountpoint=\"/\"") && !root.ends_with(" 0"), "{root}");
    has(&page, "node_filesystem_device_error{device=\"tmpfs\",fstype=\"tmpfs\",mountpoint=\"/run it\"} 1");
}

#[test]
fn a_collector_that_fails_is_named_and_does_not_take_the_others_along() {
    let folder = fixture();
    fs::write(folder.path().join("loadavg"), "no numbers here\n").expect("file");
    fs::remove_file(folder.path().join("meminfo")).expect("file");
    let mut page = String::new();
    let failed: Vec<_> =
        collect(&config(folder.path()), &mut page).into_iter().map(|(name, _)| name).collect();
    assert_eq!(failed, ["loadavg", "meminfo"]);
    has(&page, "node_scrape_collector_success{collector=\"loadavg\"} 0");
    has(&page, "node_scrape_collector_success{collector=\"cpu\"} 1");
    has(&page, "node_cpu_seconds_total{cpu=\"1\",mode=\"idle\"} 50");
}

#[test]
fn the_page_of_this_machine_is_one_that_a_scrape_accepts() {
    let mut page = String::new();
    let failures = collect(&config(Path::new("/proc")), &mut page);
    assert_eq!(failures, []);
    let series = Parser::new(page.as_bytes(), Format::Text)
        .map(|item| item.expect("every line is well-formed"))
        .filter(|item| matches!(item, Item::Series(_)))
        .count();
    assert!(series > 50, "{series} series in\n{page}");
}

#[test]
fn a_mount_that_does_not_answer_is_not_waited_for_and_not_asked_again_until_it_does() {
    let path = PathBuf::from("/never/answers");
    let ask = || {
        let (end, ended) = mpsc::channel::<()>();
        let found = within(Duration::from_millis(10), path.clone(), move |_| {
            let _ = ended.recv();
            None
        });
        assert!(found.is_none());
        end
    };
    let end = ask();
    let asked_again = within(Duration::from_secs(60), path.clone(), |_| panic!("it is asked again"));
    assert!(asked_again.is_none());
    drop(end);
    let answered = || within(Duration::from_secs(60), path.clone(), |_| statvfs("/").ok());
    let began = Instant::now();
    while answered().is_none() {
        assert!(began.elapsed() < Duration::from_secs(60), "it answers again");
        thread::yield_now();
    }
}
