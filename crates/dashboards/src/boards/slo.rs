//! Objectives: all of them, and one.

use crate::board::{Dashboard, Kind, Panel, Row, Unit, Variable, query};

pub(super) fn overview() -> Dashboard {
    let stats = vec![
        Panel::new(Kind::Stat, "Objectives", Unit::Count, "How many are watched.", vec![query("count(slo_info)", "")]),
        Panel::new(Kind::Stat, "Out of budget", Unit::Count, "Objectives whose budget of the period is used up. Risky releases of these services wait.", vec![query("count(slo:error_budget_remaining:ratio < 0) or vector(0)", "")]).red_from(1.0),
        Panel::new(Kind::Stat, "Burning", Unit::Count, "Objectives whose budget goes faster than it may, over the last hour. Some always do for a while.", vec![query("count(slo:burn_rate:ratio1h > 1) or vector(0)", "")]),
        Panel::new(Kind::Stat, "Without data", Unit::Count, "Objectives that nobody can tell anything about: their series are gone. See the runbook SLODataAbsent.", vec![query("count(ALERTS{alertname=\"SLODataAbsent\",alertstate=\"firing\"}) or vector(0)", "")]).red_from(1.0),
    ];
    let tables = vec![
        Panel::new(
            Kind::Table,
            "Budget left",
            Unit::Share,
            "Of the period; below 0 it is used up. Click an objective for its history.",
            vec![query("sort(slo:error_budget_remaining:ratio)", "{{slo_id}}")],
        )
        .leads_to("slo-detail"),
        Panel::new(
            Kind::Table,
            "Burn rate, last hour",
            Unit::Count,
            "1 uses the budget up exactly by the end of the period, 14.4 pages.",
            vec![query("sort_desc(slo:burn_rate:ratio1h)", "{{slo_id}}")],
        )
        .leads_to("slo-detail"),
    ];
    let lines = vec![
        Panel::new(
            Kind::Lines,
            "Budget left over time",
            Unit::Share,
            "Slow slopes are leaks, steps are incidents.",
            vec![query("slo:error_budget_remaining:ratio", "{{slo_id}}")],
        )
        .signed()
        .leads_to("slo-detail"),
    ];
    Dashboard {
        uid: "slo-overview",
        title: "SLOs",
        description: "Which objectives are in danger, and which have room for risk?",
        variables: Vec::new(),
        rows: vec![
            Row { title: "", height: 4, panels: stats },
            Row { title: "Objectives", height: 9, panels: tables },
            Row { title: "History", height: 9, panels: lines },
        ],
    }
}

pub(super) fn detail() -> Dashboard {
    Dashboard {
        uid: "slo-detail",
        title: "SLO",
        description: "What used the budget of this objective up, and is it still going on?",
        variables: vec![Variable::label("slo_id", "slo_info", "slo_id")],
        rows: vec![
            Row { title: "", height: 4, panels: numbers() },
            Row { title: "Now", height: 9, panels: now() },
            Row { title: "The period", height: 9, panels: period() },
        ],
    }
}

fn numbers() -> Vec<Panel> {
    vec![
        Panel::new(
            Kind::Stat,
            "Target",
            Unit::Share,
            "The share of events that must be good.",
            vec![query("slo:objective:ratio{slo_id=~\"$slo_id\"}", "{{slo_id}}")],
        ),
        Panel::new(
            Kind::Stat,
            "Budget left",
            Unit::Share,
            "Of the period; below 0 it is used up.",
            vec![query("slo:error_budget_remaining:ratio{slo_id=~\"$slo_id\"}", "{{slo_id}}")],
        )
        .red_below(0.0),
        Panel::new(
            Kind::Stat,
            "Burn rate, last hour",
            Unit::Count,
            "1 is just sustainable, 14.4 pages.",
            vec![query("slo:burn_rate:ratio1h{slo_id=~\"$slo_id\"}", "{{slo_id}}")],
        )
        .red_from(14.4),
        Panel::new(
            Kind::Stat,
            "Bad events, last hour",
            Unit::Count,
            "How many. Below the objective's min-bad-events nobody is paged, whatever the ratio.",
            vec![query("slo:events_bad:rate1h{slo_id=~\"$slo_id\"} * 3600", "{{slo_id}}")],
        ),
    ]
}

fn now() -> Vec<Panel> {
    vec![
        Panel::new(
            Kind::Lines,
            "Error ratio",
            Unit::Share,
            "Over the windows of the alerts: a page needs the short and the long one of a pair above its threshold.",
            vec![
                query("slo:error_ratio:rate5m{slo_id=~\"$slo_id\"}", "{{slo_id}} 5m"),
                query("slo:error_ratio:rate1h{slo_id=~\"$slo_id\"}", "{{slo_id}} 1h"),
                query("slo:error_ratio:rate6h{slo_id=~\"$slo_id\"}", "{{slo_id}} 6h"),
                query("slo:error_ratio:rate3d{slo_id=~\"$slo_id\"}", "{{slo_id}} 3d"),
            ],
        ),
        Panel::new(
            Kind::Lines,
            "Events",
            Unit::PerSecond,
            "All and bad. Few events make the ratio jump.",
            vec![
                query("slo:events_total:rate5m{slo_id=~\"$slo_id\"}", "{{slo_id}} all"),
                query("slo:events_bad:rate5m{slo_id=~\"$slo_id\"}", "{{slo_id}} bad"),
            ],
        ),
    ]
}

fn period() -> Vec<Panel> {
    vec![
        Panel::new(
            Kind::Lines,
            "Budget left over time",
            Unit::Share,
            "Of the rolling period. It comes back as bad hours leave the window.",
            vec![query("slo:error_budget_remaining:ratio{slo_id=~\"$slo_id\"}", "{{slo_id}}")],
        )
        .signed(),
        Panel::new(
            Kind::Table,
            "Alerts",
            Unit::Count,
            "What fires or waits to, of this objective.",
            vec![
                query(
                    "count by (alertname, severity, burn, alertstate) (ALERTS{slo_id=~\"$slo_id\"})",
                    "{{alertname}}",
                )
                .after("an alert that fires"),
            ],
        ),
    ]
}
