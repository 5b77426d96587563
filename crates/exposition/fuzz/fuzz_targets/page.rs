//! Any bytes as a page, in both formats: the walk ends, gives series that stand on the page, and a series that is
//! known is taken exactly as it is read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_exposition::{Format, Item, LabelBuf, Parser};

fuzz_target!(|page: &[u8]| {
    for format in [Format::Text, Format::OpenMetrics] {
        walk(page, format);
    }
});

fn walk(page: &[u8], format: Format) {
    let mut labels = LabelBuf::new();
    let mut parser = Parser::new(page, format);
    loop {
        let mut taking = parser.clone();
        let before = parser.position();
        let Some(Ok(item)) = parser.next() else { return };
        assert!(parser.position() > before);
        if let Item::Series(line) = item {
            let _ = line.labels(&mut labels);
            for (name, value) in line.exemplar.iter().flat_map(|exemplar| exemplar.labels()) {
                assert!(!name.contains(&b'\n') && !value.contains(&b'\n'));
            }
            if let Some(tail) = taking.take_series(line.series) {
                assert_eq!(tail.value.to_bits(), line.value.to_bits());
                assert_eq!(tail.timestamp_ms, line.timestamp_ms);
                assert_eq!(taking.position(), parser.position());
            }
        }
    }
}
