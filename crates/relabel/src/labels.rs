//! A label set.

/// Characters that the name of a label may not have become `_`, as Prometheus and OpenTelemetry translate other names.
pub fn label_name(text: &str) -> String {
    text.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }).collect()
}

/// Labels sorted by name. Invariants: names are unique, no value is empty (an empty label is an absent one).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels {
    pairs: Vec<(String, String)>,
}

impl Labels {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of `name`, if the set has it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.position(name).ok().map(|index| self.pairs[index].1.as_str())
    }

    /// Gives `name` a value; an empty one removes the label.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match (self.position(name), value.is_empty()) {
            (Ok(index), true) => drop(self.pairs.remove(index)),
            (Ok(index), false) => self.pairs[index].1 = value,
            (Err(_), true) => {}
            (Err(index), false) => self.pairs.insert(index, (name.to_owned(), value)),
        }
    }

    /// Removes `name`.
    pub fn remove(&mut self, name: &str) {
        if let Ok(index) = self.position(name) {
            self.pairs.remove(index);
        }
    }

    /// Keeps the labels for which `keep(name, value)` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) {
        self.pairs.retain(|(name, value)| keep(name, value));
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Number of labels.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether the set has no label.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Removes every label; the memory is kept for reuse.
    pub fn clear(&mut self) {
        self.pairs.clear();
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.pairs.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }
}

impl<N: AsRef<str>, V: Into<String>> FromIterator<(N, V)> for Labels {
    /// Of several labels with one name the last wins.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(labels: I) -> Self {
        let mut set = Self::new();
        for (name, value) in labels {
            set.set(name.as_ref(), value);
        }
        set
    }
}
