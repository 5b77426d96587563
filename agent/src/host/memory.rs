//! Memory, from `/proc/meminfo`.

use super::{CollectError, Page, Sources, form};

const KIBIBYTE: f64 = 1024.0;

pub(super) fn collect(sources: &Sources, page: &mut Page) -> Result<(), CollectError> {
    let (path, text) = sources.read("meminfo")?;
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let key = words.next().and_then(|word| word.strip_suffix(':'));
        let number = words.next().and_then(|word| word.parse::<f64>().ok());
        let (Some(key), Some(number)) = (key, number) else { return Err(form(&path, line)) };
        let key = key.replace('(', "_").replace(')', "");
        let (name, value) = match words.next() {
            Some("kB") => (format!("node_memory_{key}_bytes"), number * KIBIBYTE),
            _ => (format!("node_memory_{key}"), number),
        };
        page.single(&name, "gauge", &format!("Memory information field {key}."), value);
    }
    Ok(())
}
