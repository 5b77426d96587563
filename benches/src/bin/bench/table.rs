//! What a path's run found.

/// One subject under one load.
pub(crate) struct Row {
    pub(crate) load: String,
    pub(crate) subject: String,
    pub(crate) records: u64,
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_resident_bytes: u64,
    /// Bytes that left, where that is known.
    pub(crate) wire_bytes: Option<u64>,
}

impl Row {
    fn micros_per_record(&self) -> f64 {
        self.cpu_seconds * 1e6 / self.records.max(1) as f64
    }
}

/// The rows of a path; the first row of each load is its floor.
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) record: &'static str,
    pub(crate) rows: Vec<Row>,
}

impl Table {
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!(
            "## {}\n\n| load | subject | us CPU per {} | x floor | peak MB | bytes out per {} |\n|---|---|---|---|---|---|\n",
            self.title, self.record, self.record
        );
        for row in &self.rows {
            let floor =
                self.rows.iter().find(|other| other.load == row.load).map_or(0.0, Row::micros_per_record);
            let bytes = row
                .wire_bytes
                .map_or("-".to_owned(), |bytes| format!("{:.1}", bytes as f64 / row.records.max(1) as f64));
            text.push_str(&format!(
                "| {} | {} | {:.2} | {:.1} | {:.0} | {bytes} |\n",
                row.load,
                row.subject,
                row.micros_per_record(),
                row.micros_per_record() / floor,
                row.peak_resident_bytes as f64 / 1e6,
            ));
        }
        text
    }
}
