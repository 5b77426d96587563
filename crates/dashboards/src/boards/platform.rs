//! The first page of whoever is on call.

use crate::board::{Dashboard, Kind, Panel, Row, Unit, query};

pub(super) fn overview() -> Dashboard {
    Dashboard {
        uid: "platform-overview",
        title: "Platform overview",
        description: "Which service is unhealthy, since when, and can the numbers be trusted?",
        variables: Vec::new(),
        rows: vec![now(), services(), objectives()],
    }
}

fn now() -> Row {
    let panels = vec![
        Panel::new(
            Kind::Stat,
            "Services with traffic",
            Unit::Count,
            "Services that have answered a request in the last 5 minutes. A sudden drop is an outage, or lost telemetry: look at the last number of this row.",
            vec![query("count(sum by (service) (rate(http_requests_total[$__rate_interval])) > 0)", "")],
        ),
        Panel::new(
            Kind::Stat,
            "Requests",
            Unit::PerSecond,
            "Of all services. Compare with the same hour of yesterday before you worry.",
            vec![query("sum(rate(http_requests_total[$__rate_interval]))", "")],
        ),
        Panel::new(
            Kind::Stat,
            "Errors",
            Unit::Share,
            "Share of all requests answered with 5xx. Normal is well below 0.1 %. The table below says whose they are.",
            vec![query(
                "(sum(rate(http_requests_total{status=~\"5..\"}[$__rate_interval])) or vector(0)) / (sum(rate(http_requests_total[$__rate_interval])) > 0)",
                "",
            )],
        )
        .red_from(0.01),
        Panel::new(
            Kind::Stat,
            "Pages",
            Unit::Count,
            "Alerts that wake somebody, firing now. Normal is none.",
            vec![query("count(ALERTS{alertstate=\"firing\",severity=\"page\"}) or vector(0)", "")],
        )
        .red_from(1.0),
        Panel::new(
            Kind::Stat,
            "SLOs out of budget",
            Unit::Count,
            "Objectives whose error budget of the period is used up. For those, risky releases wait.",
            vec![query("count(slo:error_budget_remaining:ratio < 0) or vector(0)", "")],
        )
        .red_from(1.0)
        .leads_to("slo-overview"),
        Panel::new(
            Kind::Stat,
            "Telemetry lost",
            Unit::PerSecond,
            "Records that weir drops without having been told to. Normal is 0; anything else means that this page lies by as much.",
            vec![query("sum(rate(weir_records_dropped_total{reason!~\"sampled|filtered\"}[$__rate_interval])) or vector(0)", "")],
        )
        .red_from(0.001)
        .leads_to("pipeline-health"),
    ];
    Row { title: "", height: 4, panels }
}

fn services() -> Row {
    let panels = vec![
        Panel::new(
            Kind::Lines,
            "Request rate by service",
            Unit::PerSecond,
            "Normal is the shape of the day. A line that falls to nothing while others go on is a service that nobody reaches; click it.",
            vec![query("sum(rate(http_requests_total[5m])) by (service)", "{{service}}")],
        )
        .leads_to("service-detail"),
        Panel::new(
            Kind::Lines,
            "Error share by service",
            Unit::Share,
            "Share of requests answered with 5xx. Normal is a flat line near 0; a step is a release or a dependency.",
            vec![query(
                "sum by (service) (rate(http_requests_total{status=~\"5..\"}[$__rate_interval])) / (sum by (service) (rate(http_requests_total[$__rate_interval])) > 0)",
                "{{service}}",
            )
            .after("a request that is answered with 500")],
        )
        .red_from(0.01)
        .leads_to("service-detail"),
        Panel::new(
            Kind::Lines,
            "p95 by service",
            Unit::Seconds,
            "Nineteen of twenty requests are faster. A rise without more traffic is a dependency or a full pool.",
            vec![query(
                "histogram_quantile(0.95, sum by (service, le) (rate(http_request_duration_seconds_bucket[$__rate_interval])))",
                "{{service}}",
            )],
        )
        .leads_to("service-detail"),
    ];
    Row { title: "Services", height: 9, panels }
}

fn objectives() -> Row {
    let panels = vec![
        Panel::new(
            Kind::Table,
            "Error budget left",
            Unit::Share,
            "Of the period, per objective; below 0 it is used up. Start where it is least.",
            vec![query("sort(slo:error_budget_remaining:ratio)", "{{slo_id}}")],
        )
        .leads_to("slo-detail"),
        Panel::new(
            Kind::Table,
            "Alerts firing",
            Unit::Count,
            "Pages and tickets that fire now. Each has a runbook in its annotations.",
            vec![
                query(
                    "count by (alertname, severity, service, instance) (ALERTS{alertstate=\"firing\"})",
                    "{{alertname}}",
                )
                .after("an alert that fires"),
            ],
        ),
    ];
    Row { title: "Objectives and alerts", height: 9, panels }
}
