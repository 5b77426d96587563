//! The size as it shows on the page.

use prometheus::{Registry, TextEncoder};
use weir_model::Signal;

use crate::{SpoolCollector, SpoolSize};

#[test]
fn each_signal_shows_its_bytes_and_its_limit_as_they_are_when_asked() {
    let registry = Registry::new();
    let collector =
        SpoolCollector::new(|| vec![SpoolSize { signal: Signal::Logs, bytes: 3, bytes_max: 1 << 31 }]);
    registry.register(Box::new(collector)).expect("the registry is empty");
    let page = TextEncoder::new().encode_to_string(&registry.gather()).expect("every family is well formed");
    for line in ["weir_spool_bytes{signal=\"logs\"} 3", "weir_spool_bytes_max{signal=\"logs\"} 2147483648"] {
        assert!(page.lines().any(|each| each == line), "{line} is missing in\n{page}");
    }
}
