//! A dashboard with answers to its queries, drawn as SVG: what it looks like, without a Grafana.

mod chart;
mod number;

use std::fmt::{Display, Write};

use crate::board::{Dashboard, Kind, Panel};
use chart::Chart;
use number::shown;

/// Columns of Grafana's grid.
const COLUMNS: f64 = 24.0;
const WIDTH: f64 = 1280.0;
const MARGIN: f64 = 12.0;
const GAP: f64 = 8.0;
/// A row of Grafana's grid.
const GRID_ROW: f64 = 26.0;
const HEAD: f64 = 64.0;
const LINE: f64 = 18.0;
/// Room for the numbers of an axis.
const AXIS: f64 = 56.0;
/// Of a letter, about.
const LETTER: f64 = 6.3;

const COLORS: [&str; 10] = [
    "#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#ffa6b0", "#96d98d",
    "#fade2a",
];

/// Numbers of one series.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// As its legend says.
    pub name: String,
    /// Seconds since 1970, and the number then.
    pub points: Vec<(f64, f64)>,
}

/// What a panel's queries were answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Over the time that is shown; of a table only the last number counts.
    Numbers(Vec<Series>),
    /// Log records as lines, the latest first.
    Records(Vec<String>),
}

/// Where something is drawn.
#[derive(Clone, Copy, Debug)]
struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// Draws a dashboard; `answers` has one for each of its panels, in their order.
pub fn draw(board: &Dashboard, answers: &[Answer]) -> String {
    let mut svg = Svg::default();
    let mut answers = answers.iter();
    let mut y = HEAD;
    for row in &board.rows {
        if !row.title.is_empty() {
            svg.text(MARGIN, y + 16.0, "title", row.title);
            y += GRID_ROW;
        }
        let width = (WIDTH - 2.0 * MARGIN + GAP) / COLUMNS * (24 / row.panels.len()) as f64;
        let height = f64::from(row.height) * GRID_ROW;
        for (index, (panel, answer)) in row.panels.iter().zip(&mut answers).enumerate() {
            let place =
                Place { x: MARGIN + index as f64 * width, y, width: width - GAP, height: height - GAP };
            svg.panel(panel, answer, place);
        }
        y += height;
    }
    let head = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {0:.0}\" width=\"{WIDTH}\" height=\"{0:.0}\">\n\
         <style>text{{font:11px Inter,Helvetica,Arial,sans-serif;fill:#9da2ad}}.board{{font-size:20px;fill:#f0f1f4}}\
         .title{{font-size:13px;font-weight:600;fill:#d5d7de}}.record{{font:11px ui-monospace,Menlo,monospace;fill:#c3c6cf}}\
         .cell{{font-size:12px;fill:#d5d7de}}.end{{text-anchor:end}}.middle{{text-anchor:middle}}\
         .line{{fill:none;stroke-width:1.5;stroke-linejoin:round}}.grid{{stroke:#2a2d35;stroke-width:1}}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#111217\"/>\n",
        y + MARGIN
    );
    let mut title = Svg::default();
    title.text(MARGIN, 30.0, "board", board.title);
    title.text(MARGIN, 50.0, "", board.description);
    format!("{head}{}{}</svg>\n", title.0, svg.0)
}

/// Elements, one a line.
#[derive(Default)]
struct Svg(String);

impl Svg {
    fn put(&mut self, element: impl Display) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{element}");
    }

    fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let text = escaped(text);
        self.put(format_args!("<text x=\"{x:.0}\" y=\"{y:.0}\" class=\"{class}\">{text}</text>"));
    }

    fn panel(&mut self, panel: &Panel, answer: &Answer, place: Place) {
        let Place { x, y, width, height } = place;
        self.put(format_args!(
            "<rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" rx=\"3\" fill=\"#181b1f\" \
             stroke=\"#2a2d35\"/>"
        ));
        self.text(x + 10.0, y + 20.0, "title", &cut(panel.title, width - 20.0));
        let inner = Place { x: x + 10.0, y: y + 32.0, width: width - 20.0, height: height - 42.0 };
        match (panel.kind, answer) {
            (Kind::Stat, Answer::Numbers(series)) => self.stat(panel, series, inner),
            (Kind::Lines | Kind::RecordCounts, Answer::Numbers(series)) => self.lines(panel, series, inner),
            (Kind::Table, Answer::Numbers(series)) => self.table(panel, series, inner),
            (_, Answer::Records(records)) => self.records(records, inner),
            (Kind::Records, Answer::Numbers(_)) => {}
        }
    }

    fn nothing(&mut self, place: Place) {
        self.text(place.x + place.width / 2.0, place.y + place.height / 2.0, "middle", "none");
    }

    fn stat(&mut self, panel: &Panel, series: &[Series], place: Place) {
        let Some(last) = series.first().and_then(last) else { return self.nothing(place) };
        let color = if panel.is_red(last) { "#f2495c" } else { "#73bf69" };
        let size = (place.height * 0.42).clamp(18.0, 44.0);
        if let Some(chart) = Chart::of(&series[..1], lower(place, 0.6), panel.unit, false) {
            self.put(chart.line(0, color, true));
        }
        self.put(format_args!(
            "<text x=\"{:.0}\" y=\"{:.0}\" style=\"font-size:{size:.0}px;font-weight:600;fill:{color}\" class=\"middle\">{}</text>",
            place.x + place.width / 2.0,
            place.y + place.height * 0.5,
            shown(last, panel.unit)
        ));
    }

    fn lines(&mut self, panel: &Panel, series: &[Series], place: Place) {
        let plot = Place {
            x: place.x + AXIS,
            width: place.width - AXIS,
            height: place.height - 2.0 * LINE,
            ..place
        };
        let stacked = panel.kind == Kind::RecordCounts;
        let Some(chart) = Chart::of(series, plot, panel.unit, stacked) else { return self.nothing(place) };
        for (value, y) in chart.ticks() {
            let end = plot.x + plot.width;
            self.put(format_args!(
                "<line x1=\"{:.0}\" x2=\"{end:.0}\" y1=\"{y:.0}\" y2=\"{y:.0}\" class=\"grid\"/>",
                plot.x
            ));
            self.text(plot.x - 6.0, y + 4.0, "end", &shown(value, panel.unit));
        }
        for (text, x, class) in chart.times() {
            self.text(x, plot.y + plot.height + 14.0, class, &text);
        }
        for index in 0..series.len() {
            let color = COLORS[index % COLORS.len()];
            self.put(if stacked { chart.bars(index, color) } else { chart.line(index, color, false) });
        }
        self.legend(series, place);
    }

    /// As many names as there is room for.
    fn legend(&mut self, series: &[Series], place: Place) {
        let (mut x, y) = (place.x, place.y + place.height);
        for (index, each) in series.iter().enumerate().filter(|(_, each)| !each.name.is_empty()) {
            let name = cut(&each.name, place.width / 2.0);
            let width = 22.0 + name.chars().count() as f64 * LETTER;
            if x + width > place.x + place.width {
                return self.text(x, y, "", "...");
            }
            let color = COLORS[index % COLORS.len()];
            self.put(format_args!(
                "<rect x=\"{x:.0}\" y=\"{:.0}\" width=\"10\" height=\"3\" fill=\"{color}\"/>",
                y - 5.0
            ));
            self.text(x + 14.0, y, "", &name);
            x += width;
        }
    }

    fn table(&mut self, panel: &Panel, series: &[Series], place: Place) {
        let mut rows: Vec<(&str, f64)> =
            series.iter().filter_map(|each| Some((each.name.as_str(), last(each)?))).collect();
        rows.sort_by(|one, other| other.1.total_cmp(&one.1));
        if rows.is_empty() {
            return self.nothing(place);
        }
        let room = (place.height / LINE) as usize;
        for (index, (name, value)) in rows.into_iter().take(room).enumerate() {
            let y = place.y + (index as f64 + 0.8) * LINE;
            self.text(place.x, y, "cell", &cut(name, place.width - 80.0));
            self.text(place.x + place.width, y, "cell end", &shown(value, panel.unit));
        }
    }

    fn records(&mut self, records: &[String], place: Place) {
        if records.is_empty() {
            return self.nothing(place);
        }
        let room = (place.height / LINE) as usize;
        for (index, record) in records.iter().take(room).enumerate() {
            let y = place.y + (index as f64 + 0.8) * LINE;
            self.text(place.x, y, "record", &cut(record, place.width));
        }
    }
}

fn last(series: &Series) -> Option<f64> {
    series.points.last().map(|&(_, value)| value)
}

/// The part of a place at its bottom.
fn lower(place: Place, from: f64) -> Place {
    Place { y: place.y + place.height * from, height: place.height * (1.0 - from), ..place }
}

/// What fits.
fn cut(text: &str, width: f64) -> String {
    let room = (width / LETTER) as usize;
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(3)).chain("...".chars()).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
