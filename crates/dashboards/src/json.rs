//! The classic JSON model of Grafana's dashboards.

use serde_json::{Value, json};

use crate::board::{Dashboard, Kind, Panel, Query, Variable};

/// What Grafana 11 writes; later ones migrate it when they read it.
const SCHEMA_VERSION: u32 = 39;
/// Columns of Grafana's grid.
const COLUMNS: u32 = 24;
/// On every dashboard, so that they link each other.
const TAG: &str = "weir";
const DATA_SOURCE: &str = "${datasource}";

/// A dashboard as Grafana provisions it.
pub fn json(board: &Dashboard) -> Value {
    let mut variables = vec![json!({
        "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "refresh": 1,
        "hide": 0, "multi": false, "includeAll": false, "regex": "", "options": [], "current": {},
    })];
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

fn variable(variable: &Variable) -> Value {
    let Variable { name, series, label } = variable;
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
            let mut value = panel(each);
            value["id"] = json!(panels.len() + 1);
            value["gridPos"] = json!({"x": index as u32 * width, "y": y, "w": width, "h": row.height});
            panels.push(value);
        }
        y += row.height;
    }
    panels
}

fn panel(panel: &Panel) -> Value {
    let thresholds = match panel.red_from {
        Some(number) => json!([{"color": "green", "value": null}, {"color": "red", "value": number}]),
        None => json!([{"color": "green", "value": null}]),
    };
    let mut defaults = json!({
        "unit": panel.unit.id(), "noValue": "none", "min": 0,
        "thresholds": {"mode": "absolute", "steps": thresholds}, "links": links(panel),
    });
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
            let legend =
                json!({"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []});
            ("timeseries", json!({"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}))
        }
        Kind::Table => (
            "table",
            json!({"showHeader": true, "footer": {"show": false}, "sortBy": [{"displayName": "Value", "desc": true}]}),
        ),
    };
    json!({
        "type": kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": {"type": "prometheus", "uid": DATA_SOURCE},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": panel.queries.iter().enumerate().map(|(index, query)| target(panel.kind, index, query)).collect::<Vec<_>>(),
    })
}

fn links(panel: &Panel) -> Value {
    let Some(uid) = panel.leads_to else { return json!([]) };
    let label = panel.queries.iter().find_map(|query| query.legend.strip_prefix("{{")?.split("}}").next());
    // What a legend begins with is the variable of the same name on the other dashboard.
    let choice = label.map(|label| format!("&var-{label}=${{__field.labels.{label}}}")).unwrap_or_default();
    json!([{"title": uid, "url": format!("/d/{uid}?${{__url_time_range}}{choice}"), "targetBlank": false}])
}

fn target(kind: Kind, index: usize, query: &Query) -> Value {
    let letter = char::from(b'A' + index as u8).to_string();
    json!({
        "refId": letter,
        "datasource": {"type": "prometheus", "uid": DATA_SOURCE},
        "expr": query.expr,
        "legendFormat": if query.legend.is_empty() { "__auto" } else { query.legend },
        "exemplar": query.exemplars,
        "instant": kind == Kind::Table,
        "range": kind != Kind::Table,
        "format": if kind == Kind::Table { "table" } else { "time_series" },
        "editorMode": "code",
    })
}
