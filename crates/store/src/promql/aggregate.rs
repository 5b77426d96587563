//! Aggregations over series.

use std::collections::BTreeMap;

use super::eval::Column;
use super::window::sum;
use crate::metrics::catalogue::Labels;

/// What becomes of a group's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregation {
    Sum,
    Average,
    Min,
    Max,
    Count,
}

/// Which series form a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grouping {
    /// Those with the same values of these labels.
    By(Vec<String>),
    /// Those with the same labels, these and the name left out.
    Without(Vec<String>),
}

impl Grouping {
    /// The labels of a series' group.
    fn of(&self, mut labels: Labels) -> Labels {
        match self {
            Self::By(kept) => labels.retain(|name, _| kept.contains(name)),
            Self::Without(left_out) => {
                labels.retain(|name, _| name != "__name__" && !left_out.contains(name))
            }
        }
        labels
    }
}

/// One series per group.
pub(crate) fn aggregate(
    aggregation: Aggregation,
    grouping: &Grouping,
    columns: Vec<Column>,
    steps: usize,
) -> Vec<Column> {
    let mut groups: BTreeMap<Labels, Vec<Vec<Option<f64>>>> = BTreeMap::new();
    for column in columns {
        groups.entry(grouping.of(column.labels)).or_default().push(column.values);
    }
    let column = |(labels, members): (Labels, Vec<Vec<Option<f64>>>)| {
        let at = |step: usize| aggregation.of(members.iter().filter_map(move |values| values[step]));
        Column { labels, values: (0..steps).map(at).collect(), sample_time: None }
    };
    groups.into_iter().map(column).collect()
}

impl Aggregation {
    fn of(self, values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
        let count = values.clone().count();
        if count == 0 {
            return None;
        }
        match self {
            Self::Sum => Some(sum(values)),
            Self::Average => Some(sum(values) / count as f64),
            Self::Min => {
                values.reduce(|least, value| if value < least || least.is_nan() { value } else { least })
            }
            Self::Max => {
                values.reduce(|most, value| if value > most || most.is_nan() { value } else { most })
            }
            Self::Count => Some(count as f64),
        }
    }
}
