//! Which series a family's metadata describes.

use weir_exposition::{Format, Parser};
use weir_proto::remote_write_v2::{Metadata, SymbolTable};

use super::Family;

fn kind_of(page: &str, metric: &str) -> i32 {
    let page = format!("{page}# EOF\n");
    let mut family = Family::default();
    for item in Parser::new(page.as_bytes(), Format::OpenMetrics) {
        family.take(&item.unwrap());
    }
    family.metadata(metric, &mut SymbolTable::new()).kind
}

#[test]
fn suffixes_belong_to_the_types_that_have_them() {
    for (page, metric, kind) in [
        ("# TYPE a counter\n", "a_total", 1),
        ("# TYPE a counter\n", "a", 1),
        ("# TYPE a_total counter\n", "a_total", 1),
        ("# TYPE a counter\n", "a_created", 0),
        ("# TYPE a gauge\n", "a", 2),
        ("# TYPE a gauge\n", "a_total", 0),
        ("# TYPE a histogram\n", "a_bucket", 3),
        ("# TYPE a histogram\n", "a_sum", 3),
        ("# TYPE a histogram\n", "a_count", 3),
        ("# TYPE a gaugehistogram\n", "a_gsum", 4),
        ("# TYPE a gaugehistogram\n", "a_sum", 0),
        ("# TYPE a summary\n", "a", 5),
        ("# TYPE a summary\n", "a_bucket", 0),
        ("# TYPE a info\n", "a_info", 6),
        ("# TYPE a stateset\n", "a", 7),
        ("# TYPE a gauge\n", "ab", 0),
        ("# TYPE a gauge\n# TYPE b counter\n", "a", 0),
        ("", "a", 0),
    ] {
        assert_eq!(kind_of(page, metric), kind, "{page}{metric}");
    }
}

#[test]
fn type_help_and_unit_of_one_family_come_together() {
    let page = b"# TYPE a_s gauge\n# UNIT a_s s\n# HELP a_s h\\nx\n# EOF\n";
    let (mut family, mut symbols) = (Family::default(), SymbolTable::new());
    Parser::new(page, Format::OpenMetrics).for_each(|item| family.take(&item.unwrap()));
    let metadata = family.metadata("a_s", &mut symbols);
    assert_eq!(metadata.kind, 2);
    assert_eq!(symbols.get(metadata.help_ref), Some(&b"h\nx"[..]));
    assert_eq!(symbols.get(metadata.unit_ref), Some(&b"s"[..]));
    assert_eq!(family.metadata("other", &mut symbols), Metadata::default());
}
