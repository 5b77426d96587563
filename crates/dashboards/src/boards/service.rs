//! One service: rate, errors, duration, and where they come from.

use crate::board::{Dashboard, Kind, Panel, Row, Unit, Variable, query};

pub(super) fn detail() -> Dashboard {
    Dashboard {
        uid: "service-detail",
        title: "Service detail",
        description: "What does this service do to its users, and which operation or dependency does it?",
        variables: vec![
            Variable::label("service", "traces_span_metrics_calls_total", "service_name"),
            Variable::text("trace_id"),
        ],
        rows: vec![red(), operations(), dependencies(), logs()],
    }
}

fn red() -> Row {
    let panels = vec![
        Panel::new(
            Kind::Lines,
            "Requests",
            Unit::PerSecond,
            "Server spans, counted before sampling. Normal is the shape of the day.",
            vec![query(
                "sum by (service_name) (rate(traces_span_metrics_calls_total{service_name=~\"$service\",span_kind=\"SPAN_KIND_SERVER\"}[$__rate_interval]))",
                "{{service_name}}",
            )],
        ),
        Panel::new(
            Kind::Lines,
            "Errors",
            Unit::Share,
            "Share of server spans whose status is an error. A step is a release or a dependency: compare with the last row.",
            vec![query(
                "sum by (service_name) (rate(traces_span_metrics_calls_total{service_name=~\"$service\",span_kind=\"SPAN_KIND_SERVER\",status_code=\"STATUS_CODE_ERROR\"}[$__rate_interval])) / (sum by (service_name) (rate(traces_span_metrics_calls_total{service_name=~\"$service\",span_kind=\"SPAN_KIND_SERVER\"}[$__rate_interval])) > 0)",
                "{{service_name}}",
            )
            .after("a server span with an error")],
        )
        .red_from(0.01),
        Panel::new(
            Kind::Lines,
            "Duration",
            Unit::Seconds,
            "p50, p95 and p99 of server spans. The dots are traces: open one that lies high. A p99 that leaves p50 behind is a queue or a lock; all three together are a dependency.",
            vec![
                query("histogram_quantile(0.5, sum by (le) (rate(traces_span_metrics_duration_seconds_bucket{service_name=~\"$service\",span_kind=\"SPAN_KIND_SERVER\"}[$__rate_interval])))", "p50"),
                query("histogram_quantile(0.95, sum by (le) (rate(traces_span_metrics_duration_seconds_bucket{service_name=~\"$service\",span_kind=\"SPAN_KIND_SERVER\"}[$__rate_interval])))", "p95"),
                query("histogram_quantile(0.99, sum by (le) (rate(traces_span_metrics_duration_seconds_bucket{service_name=~\"$service\",span_kind=\"SPAN_KIND_SERVER\"}[$__rate_interval])))", "p99").with_exemplars(),
            ],
        ),
    ];
    Row { title: "", height: 9, panels }
}

fn operations() -> Row {
    let panels = vec![
        Panel::new(
            Kind::Lines,
            "Slowest operations",
            Unit::Seconds,
            "p95 by operation, the ten slowest. What is slow and rare matters less than what is slow and often: see Time spent in Trace analysis.",
            vec![query(
                "topk(10, histogram_quantile(0.95, sum by (span_name, le) (rate(traces_span_metrics_duration_seconds_bucket{service_name=~\"$service\",span_kind=\"SPAN_KIND_SERVER\"}[$__rate_interval]))))",
                "{{span_name}}",
            )],
        )
        .leads_to("trace-analysis"),
        Panel::new(
            Kind::Lines,
            "Errors by operation",
            Unit::PerSecond,
            "The ten operations with most errors. Normal is nothing; one operation is a bug, all of them a dependency.",
            vec![query(
                "topk(10, sum by (span_name) (rate(traces_span_metrics_calls_total{service_name=~\"$service\",span_kind=\"SPAN_KIND_SERVER\",status_code=\"STATUS_CODE_ERROR\"}[$__rate_interval])))",
                "{{span_name}}",
            )
            .after("a server span with an error")],
        ),
    ];
    Row { title: "Operations", height: 9, panels }
}

fn dependencies() -> Row {
    let panels = vec![
        Panel::new(
            Kind::Lines,
            "Calls to others",
            Unit::PerSecond,
            "Client spans by operation: what this service asks of others. A retry storm shows here first.",
            vec![query(
                "topk(10, sum by (span_name) (rate(traces_span_metrics_calls_total{service_name=~\"$service\",span_kind=\"SPAN_KIND_CLIENT\"}[$__rate_interval])))",
                "{{span_name}}",
            )],
        ),
        Panel::new(
            Kind::Lines,
            "p95 of calls to others",
            Unit::Seconds,
            "When this rises with the service's own duration, the dependency is the reason.",
            vec![query(
                "topk(10, histogram_quantile(0.95, sum by (span_name, le) (rate(traces_span_metrics_duration_seconds_bucket{service_name=~\"$service\",span_kind=\"SPAN_KIND_CLIENT\"}[$__rate_interval]))))",
                "{{span_name}}",
            )],
        ),
        Panel::new(
            Kind::Table,
            "Error budget left",
            Unit::Share,
            "Of this service's objectives, for the period; below 0 it is used up.",
            vec![query("slo:error_budget_remaining:ratio{service=~\"$service\"}", "{{slo_id}}")],
        )
        .leads_to("slo-detail"),
    ];
    Row { title: "Dependencies and objectives", height: 9, panels }
}

fn logs() -> Row {
    let panels = vec![
        Panel::new(
            Kind::Records,
            "Errors in its logs",
            Unit::Count,
            "Its latest log records of level error and fatal. Open one: its trace.id leads to Jaeger.",
            vec![
                query("service.name:/${service:regex}/ AND log.level:(error OR fatal)", "")
                    .after("a log record with an error"),
            ],
        ),
        Panel::new(
            Kind::Records,
            "Logs of a trace",
            Unit::Count,
            "What every service logged in the trace whose id is written above, also of other services. Empty without an id: dots of Duration have one.",
            vec![query("trace.id:\"$trace_id\"", "").after("a log record with a trace id")],
        ),
    ];
    Row { title: "Logs", height: 11, panels }
}
