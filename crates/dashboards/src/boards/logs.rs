//! Logs as weir counts them.

use crate::board::{Dashboard, Kind, Panel, Row, Unit, Variable, query};

pub(super) fn overview() -> Dashboard {
    let volume = vec![
        Panel::new(
            Kind::Lines,
            "Log records",
            Unit::PerSecond,
            "By receiver and node. A node that doubles has a loop or a debug level left on.",
            vec![query(
                "topk(10, sum by (instance, receiver) (rate(weir_records_received_total{instance=~\"$instance\",signal=\"logs\"}[$__rate_interval])) > 0)",
                "{{instance}} {{receiver}}",
            )],
        ),
        Panel::new(
            Kind::Lines,
            "Log bytes",
            Unit::BytesPerSecond,
            "What they take on their way; Elasticsearch's disk follows it.",
            vec![query(
                "sum by (instance) (rate(weir_received_bytes_total{instance=~\"$instance\",signal=\"logs\"}[$__rate_interval]))",
                "{{instance}}",
            )],
        ),
    ];
    let files = vec![
        Panel::new(
            Kind::Lines,
            "Files open",
            Unit::Count,
            "Files that are followed. It follows the pods.",
            vec![query("sum by (instance) (weir_tail_files_open{instance=~\"$instance\"})", "{{instance}}")],
        ),
        Panel::new(
            Kind::Lines,
            "Lines cut",
            Unit::PerSecond,
            "Lines longer than line_bytes_max. Normal is none; a stack trace in one line is the usual reason.",
            vec![query(
                "sum by (instance) (rate(weir_lines_cut_total{instance=~\"$instance\"}[$__rate_interval]))",
                "{{instance}}",
            )],
        ),
        Panel::new(
            Kind::Lines,
            "Lines not in their format",
            Unit::PerSecond,
            "Kept as plain text. After a release of a service it may be its new log format.",
            vec![query(
                "sum by (instance) (rate(weir_tail_lines_not_in_format_total{instance=~\"$instance\"}[$__rate_interval]))",
                "{{instance}}",
            )],
        ),
    ];
    let delivery = vec![
        Panel::new(Kind::Lines, "Delivered", Unit::PerSecond, "Log records that their destinations have, those they already had included.", vec![query("sum by (exporter) (rate(weir_records_delivered_total{instance=~\"$instance\",signal=\"logs\"}[$__rate_interval]))", "{{exporter}}")]),
        Panel::new(Kind::Lines, "Dropped", Unit::PerSecond, "By reason. dead_letter are documents that Elasticsearch refuses: a mapping conflict.", vec![query("sum by (component, reason) (rate(weir_records_dropped_total{instance=~\"$instance\",signal=\"logs\"}[$__rate_interval]))", "{{component}} {{reason}}").after("a log record that no exporter takes")]),
    ];
    Dashboard {
        uid: "logs-overview",
        title: "Logs",
        description: "How much is logged, by whom, and does it arrive?",
        variables: vec![Variable::label("instance", "weir_build_info", "instance")],
        rows: vec![
            Row { title: "", height: 9, panels: volume },
            Row { title: "Errors", height: 9, panels: vec![severity(), errors_by_service(), errors()] },
            Row { title: "Files", height: 7, panels: files },
            Row { title: "Delivery", height: 8, panels: delivery },
        ],
    }
}

fn severity() -> Panel {
    Panel::new(
        Kind::Lines,
        "By severity",
        Unit::PerSecond,
        "As records say of themselves; plain lines say nothing. More errors than an hour ago: alerts LogErrorShare and LogErrorSurge, and their runbook.",
        vec![query(
            "sum by (severity) (rate(weir_log_records_total{instance=~\"$instance\"}[$__rate_interval]))",
            "{{severity}}",
        )],
    )
}

fn errors_by_service() -> Panel {
    Panel::new(
        Kind::RecordCounts,
        "Errors by service",
        Unit::Count,
        "Log records of level error and fatal in Elasticsearch, the ten services with most. A new one at the top: open Service detail.",
        vec![query("log.level:(error OR fatal)", "{{service.name}}").after("a log record with an error")],
    )
    .leads_to("service-detail")
}

fn errors() -> Panel {
    Panel::new(
        Kind::Records,
        "Latest errors",
        Unit::Count,
        "Of all services. Open one: its trace.id leads to Jaeger, and the trace to the logs of every service in it.",
        vec![query("log.level:(error OR fatal)", "").after("a log record with an error")],
    )
}
