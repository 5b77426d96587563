//! Cutting and picking.

use proptest::collection::vec;
use proptest::prelude::{any, prop_assert_eq, proptest};
use weir_config::Compression;

use super::{Part, PartWriter};
use crate::codec::Codec;
use crate::document::Lines;

fn codec(is_gzip: bool) -> Codec {
    Codec::new(if is_gzip { Compression::Gzip(1) } else { Compression::None })
}

/// Parts with one item per number.
fn parts(codec: &Codec, numbers: &[u32], bytes_max: u64) -> Vec<Part> {
    codec.with(|scratch| {
        let mut writer = PartWriter::new(codec, scratch, bytes_max);
        for number in numbers {
            let line = format!("{{\"create\":{{}}}}\n{{\"n\":{number}}}\n");
            writer.buffer().extend_from_slice(line.as_bytes());
            writer.end_document();
        }
        writer.finish()
    })
}

fn numbers(part: &Part) -> Vec<u32> {
    let open = part.open().unwrap();
    let number = |position| {
        let document = std::str::from_utf8(open.item(position)?.document).unwrap();
        Some(document.trim_start_matches("{\"n\":").trim_end_matches('}').parse::<u32>().unwrap())
    };
    (0..).map_while(number).collect()
}

proptest! {
    #[test]
    fn parts_hold_every_item_in_order(items in vec(any::<u32>(), 0..40), bytes_max in 1_u64..400, is_gzip: bool) {
        let codec = codec(is_gzip);
        let parts = parts(&codec, &items, bytes_max);
        prop_assert_eq!(parts.iter().map(Part::documents).sum::<u64>(), items.len() as u64);
        prop_assert_eq!(parts.iter().flat_map(numbers).collect::<Vec<_>>(), items);
    }

    #[test]
    fn halves_and_picks_hold_the_items_asked_for(items in vec(any::<u32>(), 1..40), is_gzip: bool) {
        let codec = codec(is_gzip);
        let whole = parts(&codec, &items, u64::MAX).remove(0);
        let open = whole.open().unwrap();
        prop_assert_eq!(open.halves(&codec).iter().flat_map(numbers).collect::<Vec<_>>(), items.clone());
        let odd = open.pick((0..items.len()).filter(|position| position % 2 == 1), &codec);
        let expected: Vec<u32> = items.iter().copied().skip(1).step_by(2).collect();
        prop_assert_eq!(odd.documents(), expected.len() as u64);
        prop_assert_eq!(numbers(&odd), expected);
    }
}

#[test]
fn a_part_ends_with_the_document_that_passes_the_limit() {
    let codec = codec(false);
    let sizes: Vec<u64> = parts(&codec, &[1, 2, 3, 4, 5], 40).iter().map(Part::documents).collect();
    assert_eq!(sizes, [2, 2, 1]);
}
