//! Network interfaces, from `/proc/net/dev` of process 1: in a container that is the node's own network.

use super::{CollectError, Page, Sources, form};

const RECEIVE: [&str; 8] = ["bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast"];
const TRANSMIT: [&str; 8] = ["bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed"];

pub(super) fn collect(sources: &Sources, page: &mut Page) -> Result<(), CollectError> {
    let (path, text) = sources.read("1/net/dev").or_else(|_| sources.read("net/dev"))?;
    let mut interfaces = Vec::new();
    for line in text.lines().skip(2) {
        let (name, rest) = line.split_once(':').ok_or_else(|| form(&path, line))?;
        let numbers: Result<Vec<f64>, _> = rest.split_ascii_whitespace().map(str::parse).collect();
        let numbers = numbers.ok().filter(|numbers| numbers.len() >= RECEIVE.len() + TRANSMIT.len());
        interfaces.push((name.trim(), numbers.ok_or_else(|| form(&path, line))?));
    }
    let receive = RECEIVE.iter().map(|column| ("receive", column));
    let transmit = TRANSMIT.iter().map(|column| ("transmit", column));
    for (index, (way, column)) in receive.chain(transmit).enumerate() {
        let name = format!("node_network_{way}_{column}_total");
        page.family(&name, "counter", &format!("Network device statistic {way}_{column}."));
        for (interface, numbers) in &interfaces {
            page.sample(&[("device", interface)], numbers[index]);
        }
    }
    Ok(())
}
