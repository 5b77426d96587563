//! Where time goes.

use crate::board::{Dashboard, Kind, Panel, Row, Unit, Variable, query};

pub(super) fn analysis() -> Dashboard {
    let impact = vec![
        Panel::new(Kind::Table, "Time spent", Unit::Seconds, "Seconds that each operation takes per second, of all its calls: rate times duration. What is high here is worth making faster.", vec![query("topk(20, sum by (service_name, span_name) (rate(traces_span_metrics_duration_seconds_sum{service_name=~\"$service\"}[$__rate_interval])))", "{{service_name}}")]),
        Panel::new(Kind::Table, "Errors", Unit::PerSecond, "Operations with most error spans. An error that shows in several services begins in the lowest.", vec![query("topk(20, sum by (service_name, span_name) (rate(traces_span_metrics_calls_total{service_name=~\"$service\",status_code=\"STATUS_CODE_ERROR\"}[$__rate_interval])))", "{{service_name}}").after("a server span with an error")]),
    ];
    let durations = vec![
        Panel::new(Kind::Lines, "p95 by operation", Unit::Seconds, "The ten slowest. The dots are traces: open one.", vec![query("topk(10, histogram_quantile(0.95, sum by (service_name, span_name, le) (rate(traces_span_metrics_duration_seconds_bucket{service_name=~\"$service\"}[$__rate_interval]))))", "{{service_name}} {{span_name}}").with_exemplars()]),
        Panel::new(Kind::Lines, "Calls and what they wait for", Unit::Seconds, "Mean duration of server and client spans of a service. Where the client's share is most of the server's, look at the dependency.", vec![query("sum by (service_name, span_kind) (rate(traces_span_metrics_duration_seconds_sum{service_name=~\"$service\"}[$__rate_interval])) / (sum by (service_name, span_kind) (rate(traces_span_metrics_duration_seconds_count{service_name=~\"$service\"}[$__rate_interval])) > 0)", "{{service_name}} {{span_kind}}")]),
    ];
    let sampling = vec![
        Panel::new(
            Kind::Lines,
            "Traces decided",
            Unit::PerSecond,
            "Kept and dropped by tail sampling. What you find in Jaeger are the kept ones; the metrics here count all.",
            vec![query(
                "sum by (decision) (rate(weir_tail_sampling_traces_total[$__rate_interval]))",
                "{{decision}}",
            )],
        ),
        Panel::new(
            Kind::Lines,
            "Why they were decided",
            Unit::PerSecond,
            "Root is best. Wait are traces whose root never came; evicted ones were decided early for want of memory, which the runbook WeirTracesEvicted is about.",
            vec![query(
                "sum by (cause) (rate(weir_tail_sampling_decisions_total[$__rate_interval]))",
                "{{cause}}",
            )],
        ),
        Panel::new(
            Kind::Lines,
            "Kept by policy",
            Unit::PerSecond,
            "Which policy keeps how much. One that keeps nothing may be misspelt.",
            vec![query(
                "sum by (policy) (rate(weir_tail_sampling_policy_kept_total[$__rate_interval]))",
                "{{policy}}",
            )],
        ),
        Panel::new(
            Kind::Lines,
            "Memory of undecided traces",
            Unit::Share,
            "Of undecided_bytes_max. Near 1, traces are decided over before they are complete.",
            vec![query(
                "weir_tail_sampling_undecided_bytes / weir_tail_sampling_undecided_bytes_max",
                "{{instance}}",
            )],
        )
        .red_from(0.9),
    ];
    Dashboard {
        uid: "trace-analysis",
        title: "Trace analysis",
        description: "Where does the time go, and what do we see of it?",
        variables: vec![Variable::label("service", "traces_span_metrics_calls_total", "service_name")],
        rows: vec![
            Row { title: "", height: 9, panels: impact },
            Row { title: "Durations", height: 9, panels: durations },
            Row { title: "Sampling", height: 7, panels: sampling },
        ],
    }
}
