//! Decoded labels of one series.

/// Labels in the order of the page, the metric name under `__name__`, in one text. Reused from series to series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelBuf {
    text: String,
    /// Where each label's name and value end in `text`.
    ends: Vec<(usize, usize)>,
}

impl LabelBuf {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names and values in the order of the page. Names may repeat; names and values may be empty.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |&(name_end, value_end)| {
            let label = (&self.text[start..name_end], &self.text[name_end..value_end]);
            start = value_end;
            label
        })
    }

    /// Removes every label; the memory is kept.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub(crate) fn push(&mut self, name: &str, value: &str) {
        self.text.push_str(name);
        let name_end = self.text.len();
        self.text.push_str(value);
        self.ends.push((name_end, self.text.len()));
    }
}
