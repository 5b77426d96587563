//! Points in a rectangle.

use super::number::scale;
use super::{Place, Series};
use crate::board::Unit;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// Series in their scale; the lowest number is 0.
pub(super) struct Chart<'s> {
    series: &'s [Series],
    place: Place,
    from: f64,
    to: f64,
    max: f64,
    stacked: bool,
}

impl<'s> Chart<'s> {
    /// `None` without points.
    pub(super) fn of(series: &'s [Series], place: Place, unit: Unit, stacked: bool) -> Option<Self> {
        let times = || series.iter().flat_map(|each| each.points.iter().map(|&(time, _)| time));
        let (from, to) = (times().reduce(f64::min)?, times().reduce(f64::max)?);
        let values = series.iter().flat_map(|each| each.points.iter().map(|&(_, value)| value));
        let max = match stacked {
            true => times().map(|time| height(series, time)).fold(0.0, f64::max),
            false => values.fold(0.0, f64::max),
        };
        Some(Self { series, place, from, to: to.max(from + 1.0), max: ceiling(max, unit), stacked })
    }

    fn x(&self, time: f64) -> f64 {
        self.place.x + self.place.width * (time - self.from) / (self.to - self.from)
    }

    fn y(&self, value: f64) -> f64 {
        self.place.y + self.place.height * (1.0 - value.max(0.0) / self.max)
    }

    /// Four numbers and their heights.
    pub(super) fn ticks(&self) -> impl Iterator<Item = (f64, f64)> {
        (0..=4).map(|step| self.max * f64::from(step) / 4.0).map(|value| (value, self.y(value)))
    }

    /// The first, middle and last time of day, their places and how they are aligned.
    pub(super) fn times(&self) -> [(String, f64, &'static str); 3] {
        [(0.0, ""), (0.5, "middle"), (1.0, "end")].map(|(share, class)| {
            let time = self.from + (self.to - self.from) * share;
            let of_day = time as u64 % DAY;
            (format!("{:02}:{:02}", of_day / 3600, of_day / 60 % 60), self.x(time), class)
        })
    }

    /// A series as a line, with the area below it on request.
    pub(super) fn line(&self, index: usize, color: &str, filled: bool) -> String {
        let points = self.series[index].points.iter();
        let path: Vec<String> =
            points.map(|&(time, value)| format!("{:.1},{:.1}", self.x(time), self.y(value))).collect();
        let line = format!("<polyline points=\"{}\" class=\"line\" stroke=\"{color}\"/>", path.join(" "));
        if !filled {
            return line;
        }
        let (bottom, end) = (self.y(0.0), self.x(self.to));
        let area = format!("{:.1},{bottom:.1} {} {end:.1},{bottom:.1}", self.x(self.from), path.join(" "));
        format!("<polygon points=\"{area}\" fill=\"{color}\" opacity=\"0.15\"/>{line}")
    }

    /// A series as bars on those of the series before it.
    pub(super) fn bars(&self, index: usize, color: &str) -> String {
        let count = self.series.iter().map(|each| each.points.len()).max().unwrap_or(1);
        let width = (self.place.width / count as f64 - 1.0).max(1.0);
        let bar = |&(time, value): &(f64, f64)| {
            let below = if self.stacked { height(&self.series[..index], time) } else { 0.0 };
            let (top, bottom) = (self.y(below + value), self.y(below));
            let x = self.x(time).min(self.place.x + self.place.width - width);
            format!(
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{color}\"/>",
                bottom - top
            )
        };
        self.series[index].points.iter().map(bar).collect()
    }
}

/// The sum of all series at a time.
fn height(series: &[Series], at: f64) -> f64 {
    let points = series.iter().flat_map(|each| &each.points);
    points.filter(|&&(time, _)| (time - at).abs() < 0.5).map(|&(_, value)| value).sum()
}

/// The next number above that is short to write.
fn ceiling(max: f64, unit: Unit) -> f64 {
    if max <= 0.0 {
        return 1.0;
    }
    let (scale, _) = scale(max, unit);
    let power = 10_f64.powf((max / scale).log10().floor()) * scale;
    let steps = [1.0, 2.0, 4.0, 5.0, 8.0, 10.0];
    steps.into_iter().map(|step| step * power).find(|&step| step >= max).unwrap_or(10.0 * power)
}
