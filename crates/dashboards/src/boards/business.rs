//! A template: copy it, and name your own counters.

use crate::board::{Dashboard, Kind, Panel, Row, Unit, query};

const WHEN: &str = "a service that counts orders";

pub(super) fn template() -> Dashboard {
    let now = vec![
        Panel::new(Kind::Stat, "Orders", Unit::PerSecond, "Placed now. Compare with the line of last week below.", vec![query("sum(rate(orders_placed_total[$__rate_interval]))", "").after(WHEN)]),
        Panel::new(Kind::Stat, "Completed", Unit::Share, "Share of the placed orders that did not fail. Normal is above 0.99.", vec![query("1 - sum(rate(orders_failed_total[$__rate_interval])) / (sum(rate(orders_placed_total[$__rate_interval])) > 0)", "").after(WHEN)]).red_below(0.99),
        Panel::new(Kind::Stat, "Budget left", Unit::Share, "Of the objective orders-completed.", vec![query("slo:error_budget_remaining:ratio{slo_id=\"orders-completed\"}", "").after(WHEN)]).red_below(0.0).leads_to("slo-detail"),
    ];
    let trend = vec![
        Panel::new(
            Kind::Lines,
            "Orders, and a week ago",
            Unit::PerSecond,
            "The two lines run together in a normal week. A gap that grows is a funnel that leaks, or a holiday.",
            vec![
                query("sum(rate(orders_placed_total[$__rate_interval]))", "now").after(WHEN),
                query("sum(rate(orders_placed_total[$__rate_interval] offset 1w))", "a week ago")
                    .after("a week of orders"),
            ],
        ),
        Panel::new(
            Kind::Lines,
            "Failed orders",
            Unit::PerSecond,
            "Normal is a few. Look at the traces of the service that takes them.",
            vec![query("sum(rate(orders_failed_total[$__rate_interval]))", "failed").after(WHEN)],
        )
        .leads_to("service-detail"),
    ];
    Dashboard {
        uid: "business-template",
        title: "Business (template)",
        description: "Do customers get what they came for? Copy this and name your own counters.",
        variables: Vec::new(),
        rows: vec![
            Row { title: "", height: 5, panels: now },
            Row { title: "Trend", height: 9, panels: trend },
        ],
    }
}
