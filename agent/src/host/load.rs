//! Load averages, from `/proc/loadavg`.

use super::{CollectError, Page, Sources, form};

pub(super) fn collect(sources: &Sources, page: &mut Page) -> Result<(), CollectError> {
    let (path, text) = sources.read("loadavg")?;
    let loads: Result<Vec<f64>, _> = text.split(' ').take(3).map(str::parse).collect();
    let Ok([one, five, fifteen]) = loads.as_deref() else { return Err(form(&path, &text)) };
    page.single("node_load1", "gauge", "1m load average.", *one);
    page.single("node_load15", "gauge", "15m load average.", *fifteen);
    page.single("node_load5", "gauge", "5m load average.", *five);
    Ok(())
}
