//! One node or all of them: utilisation, saturation, errors of each resource.

use crate::board::{Dashboard, Kind, Panel, Row, Unit, Variable, query};

pub(super) fn usage() -> Dashboard {
    Dashboard {
        uid: "node-use",
        title: "Node (USE)",
        description: "Which resource of which node is used up, wanted by more than can have it, or failing?",
        variables: vec![Variable::label("instance", "node_uname_info", "instance")],
        rows: vec![cpu(), memory(), disk(), space(), network()],
    }
}

fn row(title: &'static str, panels: Vec<Panel>) -> Row {
    Row { title, height: 7, panels }
}

fn cpu() -> Row {
    row(
        "CPU",
        vec![
            Panel::new(Kind::Lines, "CPU utilisation", Unit::Share, "Share of all CPUs that are busy. Up to 0.8 is money well spent; near 1, look at the saturation beside.", vec![query("1 - avg by (instance) (rate(node_cpu_seconds_total{instance=~\"$instance\",mode=\"idle\"}[$__rate_interval]))", "{{instance}}")]),
            Panel::new(Kind::Lines, "CPU saturation", Unit::Share, "Share of the time in which something waits for a CPU. Normal is below 0.2; above 0.5 for long, move pods away or raise throttled limits.", vec![query("rate(node_pressure_cpu_waiting_seconds_total{instance=~\"$instance\"}[$__rate_interval])", "{{instance}}")]).red_from(0.5),
            Panel::new(Kind::Lines, "Load per CPU", Unit::Count, "Processes that run or want to, per CPU. 1 is just enough.", vec![query("instance:node_load1_per_cpu:ratio{instance=~\"$instance\"}", "{{instance}}")]),
        ],
    )
}

fn memory() -> Row {
    row(
        "Memory",
        vec![
            Panel::new(Kind::Lines, "Memory utilisation", Unit::Share, "Share that is not available to a new process; caches are available. Near 1 the OOM killer is close.", vec![query("1 - node_memory_MemAvailable_bytes{instance=~\"$instance\"} / node_memory_MemTotal_bytes{instance=~\"$instance\"}", "{{instance}}")]).red_from(0.95),
            Panel::new(Kind::Lines, "Memory saturation", Unit::Share, "Share of the time in which something waits for memory. Normal is 0; anything for long is a node that thrashes.", vec![query("rate(node_pressure_memory_waiting_seconds_total{instance=~\"$instance\"}[$__rate_interval])", "{{instance}}")]).red_from(0.1),
        ],
    )
}

fn disk() -> Row {
    row(
        "Disks",
        vec![
            Panel::new(
                Kind::Lines,
                "Disk utilisation",
                Unit::Share,
                "Share of the time in which a disk has a request. Of a disk that takes many at once, 1 is not its limit: look at the saturation.",
                vec![query(
                    "topk(10, rate(node_disk_io_time_seconds_total{instance=~\"$instance\"}[$__rate_interval]))",
                    "{{instance}} {{device}}",
                )],
            ),
            Panel::new(
                Kind::Lines,
                "Disk saturation",
                Unit::Share,
                "Share of the time in which something waits for a disk. Above 0.5 for long, find who writes.",
                vec![query(
                    "rate(node_pressure_io_waiting_seconds_total{instance=~\"$instance\"}[$__rate_interval])",
                    "{{instance}}",
                )],
            )
            .red_from(0.5),
            Panel::new(
                Kind::Lines,
                "Disk traffic",
                Unit::BytesPerSecond,
                "Read and written by all disks of a node.",
                vec![
                    query(
                        "sum by (instance) (rate(node_disk_read_bytes_total{instance=~\"$instance\"}[$__rate_interval]))",
                        "{{instance}} read",
                    ),
                    query(
                        "sum by (instance) (rate(node_disk_written_bytes_total{instance=~\"$instance\"}[$__rate_interval]))",
                        "{{instance}} written",
                    ),
                ],
            ),
        ],
    )
}

fn space() -> Row {
    row(
        "Space",
        vec![
            Panel::new(Kind::Lines, "File systems", Unit::Share, "Share that is used, the ten fullest. Above 0.9, find what grows; the alert looks 4 hours ahead.", vec![query("topk(10, 1 - node_filesystem_avail_bytes{instance=~\"$instance\",fstype!~\"tmpfs|ramfs|squashfs|overlay\"} / (node_filesystem_size_bytes{instance=~\"$instance\",fstype!~\"tmpfs|ramfs|squashfs|overlay\"} > 0))", "{{instance}} {{mountpoint}}")]).red_from(0.9),
            Panel::new(Kind::Lines, "File descriptors", Unit::Share, "Share of the kernel's limit. Normal is a few percent; a line that only rises is a leak.", vec![query("node_filefd_allocated{instance=~\"$instance\"} / node_filefd_maximum{instance=~\"$instance\"}", "{{instance}}")]).red_from(0.8),
        ],
    )
}

fn network() -> Row {
    row(
        "Network",
        vec![
            Panel::new(
                Kind::Lines,
                "Network traffic",
                Unit::BytesPerSecond,
                "Received and sent by all interfaces but loopback.",
                vec![
                    query(
                        "sum by (instance) (rate(node_network_receive_bytes_total{instance=~\"$instance\",device!=\"lo\"}[$__rate_interval]))",
                        "{{instance}} received",
                    ),
                    query(
                        "sum by (instance) (rate(node_network_transmit_bytes_total{instance=~\"$instance\",device!=\"lo\"}[$__rate_interval]))",
                        "{{instance}} sent",
                    ),
                ],
            ),
            Panel::new(
                Kind::Lines,
                "Network errors and drops",
                Unit::PerSecond,
                "Normal is 0. Errors are a cable, port or card; drops a ring that is full.",
                vec![
                    query(
                        "sum by (instance) (rate(node_network_receive_errs_total{instance=~\"$instance\"}[$__rate_interval]) + rate(node_network_transmit_errs_total{instance=~\"$instance\"}[$__rate_interval]))",
                        "{{instance}} errors",
                    ),
                    query(
                        "sum by (instance) (rate(node_network_receive_drop_total{instance=~\"$instance\"}[$__rate_interval]) + rate(node_network_transmit_drop_total{instance=~\"$instance\"}[$__rate_interval]))",
                        "{{instance}} drops",
                    ),
                ],
            ),
        ],
    )
}
