//! Weir itself, in the order of the data's way.

use crate::board::{Dashboard, Kind, Panel, Row, Unit, Variable, query};

pub(super) fn health() -> Dashboard {
    Dashboard {
        uid: "pipeline-health",
        title: "Pipeline health",
        description: "Does everything arrive, how late, and for how long can an outage go on?",
        variables: vec![Variable::label("instance", "weir_build_info", "instance")],
        rows: vec![now(), way(), waiting(), losses(), own()],
    }
}

fn now() -> Row {
    let panels = vec![
        Panel::new(Kind::Stat, "Received", Unit::PerSecond, "Records taken in. Spans that tail sampling keeps count a second time there.", vec![query("sum(rate(weir_records_received_total{instance=~\"$instance\"}[$__rate_interval]))", "")]),
        Panel::new(Kind::Stat, "Books", Unit::Count, "Records that are missing from, or too many in, received = delivered + held + dropped. Normal is 0 at every instant; anything else is a bug in weir.", vec![query("max(abs(weir_ledger_imbalance{instance=~\"$instance\"}))", "")]).red_from(1.0),
        Panel::new(Kind::Stat, "Lost", Unit::PerSecond, "Records dropped, but for sampling and filters. Normal is 0; the row Losses says where and why.", vec![query("sum(rate(weir_records_dropped_total{instance=~\"$instance\",reason!~\"sampled|filtered\"}[$__rate_interval])) or vector(0)", "")]).red_from(0.001),
        Panel::new(Kind::Stat, "Held", Unit::Count, "Records that wait for an exporter. A few thousand are on their way; a number that grows is an exporter that fails.", vec![query("sum(weir_records_held{instance=~\"$instance\"})", "")]),
        Panel::new(Kind::Stat, "Lag p99", Unit::Seconds, "From received to delivered. Normal is below 5 s; alerts on these records are late by as much.", vec![query("histogram_quantile(0.99, sum by (le) (rate(weir_delivery_lag_seconds_bucket{instance=~\"$instance\"}[$__rate_interval])))", "")]).red_from(60.0),
        Panel::new(Kind::Stat, "Exporters failing", Unit::Count, "Exporters of which no request gets through. Their records wait in the spool.", vec![query("sum(weir_exporter_retrying{instance=~\"$instance\"})", "")]).red_from(1.0),
    ];
    Row { title: "", height: 4, panels }
}

fn way() -> Row {
    let panels = vec![
        Panel::new(
            Kind::Lines,
            "Received by receiver",
            Unit::PerSecond,
            "A receiver that falls to nothing has lost its source, or waits for room in the spool.",
            vec![query(
                "sum by (signal, receiver) (rate(weir_records_received_total{instance=~\"$instance\"}[$__rate_interval])) > 0",
                "{{signal}} {{receiver}}",
            )],
        ),
        Panel::new(
            Kind::Lines,
            "Delivered by exporter",
            Unit::PerSecond,
            "After an outage it rises above what is received until the backlog is gone.",
            vec![query(
                "sum by (signal, exporter) (rate(weir_records_delivered_total{instance=~\"$instance\"}[$__rate_interval])) > 0",
                "{{signal}} {{exporter}}",
            )],
        ),
        Panel::new(
            Kind::Lines,
            "Requests by outcome",
            Unit::PerSecond,
            "Normal are delivered ones. Retries are a destination that is slow or down, rejections one that does not want what it gets.",
            vec![query(
                "sum by (exporter, outcome) (rate(weir_export_requests_total{instance=~\"$instance\"}[$__rate_interval])) > 0",
                "{{exporter}} {{outcome}}",
            )],
        ),
    ];
    Row { title: "The way of the data", height: 8, panels }
}

fn waiting() -> Row {
    let panels = vec![
        Panel::new(Kind::Lines, "Held by exporter", Unit::Count, "A sawtooth near 0 is normal; a ramp is an outage, and falls when it ends.", vec![query("sum by (signal, exporter) (weir_records_held{instance=~\"$instance\"})", "{{signal}} {{exporter}}")]),
        Panel::new(Kind::Lines, "Spool", Unit::Share, "How full. At 1 receivers wait and senders are told to come back.", vec![query("sum by (instance) (weir_spool_bytes{instance=~\"$instance\"}) / max by (instance) (weir_spool_bytes_max{instance=~\"$instance\"})", "{{instance}}")]).red_from(0.8),
        Panel::new(Kind::Lines, "Time to loss", Unit::Seconds, "How long the outage of an exporter can go on before something is dropped or refused. No line is best: nothing is in sight.", vec![query("min by (instance, exporter) (weir_time_to_loss_seconds{instance=~\"$instance\"} < Inf)", "{{instance}} {{exporter}}").after("a destination that is down")]),
        Panel::new(Kind::Lines, "Lag p99 by exporter", Unit::Seconds, "From received to delivered. One exporter that is late does not hold up the others.", vec![query("histogram_quantile(0.99, sum by (signal, exporter, le) (rate(weir_delivery_lag_seconds_bucket{instance=~\"$instance\"}[$__rate_interval])))", "{{signal}} {{exporter}}")]),
    ];
    Row { title: "What waits", height: 8, panels }
}

fn losses() -> Row {
    let panels = vec![
        Panel::new(Kind::Lines, "Dropped by reason", Unit::PerSecond, "Sampled and filtered are meant. Of the others, the runbook WeirRecordsDropped says what to look at.", vec![query("sum by (component, reason) (rate(weir_records_dropped_total{instance=~\"$instance\"}[$__rate_interval])) > 0", "{{component}} {{reason}}").after("a trace that is sampled out")]),
        Panel::new(Kind::Lines, "Scrapes that fail", Unit::PerSecond, "By outcome. /targets of the agent has each target's last error.", vec![query("sum by (outcome) (rate(weir_scrapes_total{instance=~\"$instance\",outcome!=\"ok\"}[$__rate_interval])) > 0", "{{outcome}}").after("a target that does not answer")]),
        Panel::new(Kind::Lines, "Conservation", Unit::PerSecond, "Received less delivered, dropped and newly held, for what goes straight from a receiver to an exporter. Normal is a line at 0 with the noise of the scrape; the books above are exact.", vec![query("sum by (instance, signal) (rate(weir_records_received_total{instance=~\"$instance\",signal!=\"traces\"}[$__rate_interval])) - on (instance, signal) max by (instance, signal) (rate(weir_records_delivered_total{instance=~\"$instance\",signal!=\"traces\"}[$__rate_interval]) + on (instance, signal, exporter) deriv(weir_records_held{instance=~\"$instance\",signal!=\"traces\"}[$__rate_interval]))", "{{instance}} {{signal}}")]).signed(),
    ];
    Row { title: "Losses", height: 8, panels }
}

fn own() -> Row {
    let panels = vec![
        Panel::new(
            Kind::Lines,
            "CPU",
            Unit::Count,
            "CPUs that weir uses. It follows the records; a step without more records is worth a look.",
            vec![query(
                "rate(process_cpu_seconds_total{instance=~\"$instance\"}[$__rate_interval]) and on (instance) weir_build_info",
                "{{instance}}",
            )],
        ),
        Panel::new(
            Kind::Lines,
            "Memory",
            Unit::Bytes,
            "Resident. Normal is flat and below limits.memory.",
            vec![query(
                "process_resident_memory_bytes{instance=~\"$instance\"} and on (instance) weir_build_info",
                "{{instance}}",
            )],
        ),
        Panel::new(
            Kind::Lines,
            "Configuration",
            Unit::Count,
            "1 while the file is what runs; 0 after a reload that was refused, whose reason is in the log.",
            vec![query(
                "min by (instance) (weir_config_last_reload_successful{instance=~\"$instance\"})",
                "{{instance}}",
            )],
        ),
    ];
    Row { title: "Weir itself", height: 7, panels }
}
