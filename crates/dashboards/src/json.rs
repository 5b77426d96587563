//! The classic JSON model of Grafana's dashboards.

use serde_json::{Value, json};

use crate::board::{Choice, Dashboard, Kind, Panel, Query, Variable};
use crate::boards::all;

/// What Grafana 11 writes; later ones migrate it when they read it.
const SCHEMA_VERSION: u32 = 39;
/// Columns of Grafana's grid.
const COLUMNS: u32 = 24;
/// On every dashboard, so that they link each other.
const TAG: &str = "weir";
const DATA_SOURCE: &str = "${datasource}";
const LOGS_SOURCE: &str = "${logs}";
/// Log records in a panel.
const RECORDS_MAX: u32 = 200;
const TIME_FIELD: &str = "@timestamp";
/// Values of a field that are told apart.
const VALUES_MAX: u32 = 10;

/// A dashboard as Grafana provisions it.
pub fn json(board: &Dashboard) -> Value {
    let mut variables = vec![source("datasource", "Data source", "prometheus")];
    if board.panels().any(|panel| panel.kind.is_of_logs()) {
        variables.push(source("logs", "Logs", "elasticsearch"));
    }
    variables.extend(board.variables.iter().map(variable));
    json!({
        "id": null,
        "uid": board.uid,
        "title": board.title,
        "description": board.description,
        "tags": [TAG],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": false,
        "timezone": "utc",
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "30s",
        "graphTooltip": 1,
        "templating": {"list": variables},
        "annotations": {"list": [pages()]},
        "links": [{
            "type": "dashboards", "title": "weir", "tags": [TAG], "asDropdown": true, "keepTime": true,
            "includeVars": true, "targetBlank": false, "icon": "external link", "tooltip": "", "url": "",
        }],
        "panels": panels(board),
    })
}

/// Pages that fire, as marks in every chart.
fn pages() -> Value {
    json!({
        "name": "Pages", "enable": true, "hide": false, "iconColor": "red",
        "datasource": {"type": "prometheus", "uid": DATA_SOURCE},
        "expr": "ALERTS{alertstate=\"firing\",severity=\"page\"}",
        "titleFormat": "{{alertname}}", "textFormat": "{{service}} {{instance}}",
    })
}

fn source(name: &str, label: &str, kind: &str) -> Value {
    json!({
        "name": name, "label": label, "type": "datasource", "query": kind, "refresh": 1, "hide": 0, "multi": false,
        "includeAll": false, "regex": "", "options": [], "current": {},
    })
}

fn variable(variable: &Variable) -> Value {
    let name = variable.name;
    let Choice::Label { series, label } = variable.choice else {
        let empty = json!({"selected": true, "text": "", "value": ""});
        return json!({
            "name": name, "label": capitalised(name), "type": "textbox", "query": "", "current": empty,
            "options": [empty], "hide": 0,
        });
    };
    let query = format!("label_values({series}, {label})");
    json!({
        "name": name, "label": capitalised(name), "type": "query",
        "datasource": {"type": "prometheus", "uid": DATA_SOURCE},
        "query": {"query": query, "refId": "values"}, "definition": query,
        "refresh": 2, "sort": 1, "multi": true, "includeAll": true, "allValue": ".+",
        "current": {"selected": true, "text": ["All"], "value": ["$__all"]}, "options": [], "regex": "", "hide": 0,
    })
}

fn capitalised(name: &str) -> String {
    let mut letters = name.replace('_', " ").chars().collect::<Vec<_>>();
    if let Some(first) = letters.first_mut() {
        *first = first.to_ascii_uppercase();
    }
    letters.into_iter().collect()
}

fn panels(board: &Dashboard) -> Vec<Value> {
    let mut panels = Vec::new();
    let mut y = 0;
    for row in &board.rows {
        if !row.title.is_empty() {
            panels.push(json!({
                "id": panels.len() + 1, "type": "row", "title": row.title, "collapsed": false, "panels": [],
                "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
            }));
            y += 1;
        }
        let width = COLUMNS / row.panels.len() as u32;
        for (index, each) in row.panels.iter().enumerate() {
            let mut value = panel(board, each);
            value["id"] = json!(panels.len() + 1);
            value["gridPos"] = json!({"x": index as u32 * width, "y": y, "w": width, "h": row.height});
            panels.push(value);
        }
        y += row.height;
    }
    panels
}

fn panel(board: &Dashboard, panel: &Panel) -> Value {
    let lowest = if panel.red_below.is_some() { "red" } else { "green" };
    let mut thresholds = vec![json!({"color": lowest, "value": null})];
    let above = [(panel.red_below, "green"), (panel.red_from, "red")];
    thresholds
        .extend(above.into_iter().filter_map(|(from, color)| Some(json!({"color": color, "value": from?}))));
    let mut defaults = json!({
        "unit": panel.unit.id(), "noValue": "none",
        "thresholds": {"mode": "absolute", "steps": thresholds}, "links": links(board, panel),
    });
    if !panel.signed {
        defaults["min"] = json!(0);
    }
    let legend = json!({"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []});
    let (kind, options) = match panel.kind {
        Kind::Stat => (
            "stat",
            json!({
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
                "colorMode": "value", "graphMode": "area", "textMode": "auto", "orientation": "auto", "justifyMode": "auto",
            }),
        ),
        Kind::Lines => {
            defaults["custom"] = json!({
                "drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "showPoints": "never", "spanNulls": false,
                "axisPlacement": "auto", "stacking": {"mode": "none", "group": "A"},
            });
            ("timeseries", json!({"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}))
        }
        Kind::RecordCounts => {
            defaults["custom"] = json!({
                "drawStyle": "bars", "lineWidth": 0, "fillOpacity": 80, "showPoints": "never",
                "axisPlacement": "auto", "stacking": {"mode": "normal", "group": "A"},
            });
            ("timeseries", json!({"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}))
        }
        Kind::Records => (
            "logs",
            json!({
                "dedupStrategy": "none", "enableLogDetails": true, "prettifyLogMessage": false, "showCommonLabels": false,
                "showLabels": false, "showTime": true, "sortOrder": "Descending", "wrapLogMessage": true,
            }),
        ),
        Kind::Table => (
            "table",
            json!({"showHeader": true, "footer": {"show": false}, "sortBy": [{"displayName": "Value", "desc": true}]}),
        ),
    };
    json!({
        "type": kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": source_of(panel.kind),
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": panel.queries.iter().enumerate().map(|(index, query)| target(panel.kind, index, query)).collect::<Vec<_>>(),
    })
}

/// Variables by the labels that have their values.
const VARIABLES: [(&str, &str); 5] = [
    ("service", "service"),
    ("service_name", "service"),
    ("service.name", "service"),
    ("slo_id", "slo_id"),
    ("instance", "instance"),
];

/// A link chooses on the other dashboard what was clicked, and what is chosen here.
fn links(board: &Dashboard, panel: &Panel) -> Value {
    let Some(uid) = panel.leads_to else { return json!([]) };
    let has = |board: &Dashboard, name: &str| board.variables.iter().any(|variable| variable.name == name);
    let boards = all();
    let target = boards.iter().find(|board| board.uid == uid);
    let target_has = |name: &str| target.is_some_and(|target| has(target, name));
    let label = panel.queries.iter().find_map(|query| query.legend.strip_prefix("{{")?.split("}}").next());
    let clicked = VARIABLES.into_iter().find(|(by, name)| Some(*by) == label && target_has(name));
    let mut url = format!("/d/{uid}?${{__url_time_range}}");
    if let Some((label, name)) = clicked {
        // A table has labels as columns.
        url += &match panel.kind {
            Kind::Table => format!("&var-{name}=${{__data.fields.{label}}}"),
            Kind::RecordCounts => format!("&var-{name}=${{__series.name}}"),
            _ => format!("&var-{name}=${{__field.labels.{label}}}"),
        };
    }
    let chosen = board.variables.iter().map(|variable| variable.name);
    for name in chosen.filter(|name| target_has(name) && clicked.is_none_or(|(_, clicked)| clicked != *name))
    {
        url += &format!("&${{{name}:queryparam}}");
    }
    json!([{"title": uid, "url": url, "targetBlank": false}])
}

fn source_of(kind: Kind) -> Value {
    match kind.is_of_logs() {
        true => json!({"type": "elasticsearch", "uid": LOGS_SOURCE}),
        false => json!({"type": "prometheus", "uid": DATA_SOURCE}),
    }
}

fn target(kind: Kind, index: usize, query: &Query) -> Value {
    let letter = char::from(b'A' + index as u8).to_string();
    if kind.is_of_logs() {
        return target_of_logs(kind, &letter, query);
    }
    json!({
        "refId": letter,
        "datasource": source_of(kind),
        "expr": query.expr,
        "legendFormat": if query.legend.is_empty() { "__auto" } else { query.legend },
        "exemplar": query.exemplars,
        "instant": kind == Kind::Table,
        "range": kind != Kind::Table,
        "format": if kind == Kind::Table { "table" } else { "time_series" },
        "editorMode": "code",
    })
}

fn target_of_logs(kind: Kind, letter: &str, query: &Query) -> Value {
    let (metric, buckets) = match kind {
        Kind::RecordCounts => (
            json!({"id": "1", "type": "count"}),
            json!([
                {
                    "id": "2", "type": "terms", "field": query.field(),
                    "settings": {"size": VALUES_MAX.to_string(), "order": "desc", "orderBy": "_count", "min_doc_count": "1"},
                },
                {"id": "3", "type": "date_histogram", "field": TIME_FIELD, "settings": {"interval": "auto"}},
            ]),
        ),
        _ => (json!({"id": "1", "type": "logs", "settings": {"limit": RECORDS_MAX.to_string()}}), json!([])),
    };
    json!({
        "refId": letter,
        "datasource": source_of(kind),
        "query": query.expr,
        "alias": if query.legend.is_empty() { String::new() } else { format!("{{{{term {}}}}}", query.field()) },
        "metrics": [metric],
        "bucketAggs": buckets,
        "timeField": TIME_FIELD,
    })
}
