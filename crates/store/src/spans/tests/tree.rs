//! Waterfalls and critical paths.

use proptest::prelude::{prop, proptest};

use crate::spans::critical_path::critical_path;
use crate::spans::waterfall::{Interval, Node, Waterfall};

/// Spans of (id, parent, start, end); parent 0 is none.
fn tree(spans: &[(u8, u8, i64, i64)]) -> Waterfall {
    let ids: Vec<([u8; 1], [u8; 1])> = spans.iter().map(|&(id, parent, ..)| ([id], [parent])).collect();
    let nodes = spans.iter().zip(&ids).map(|(&(_, parent, start, end), (id, parent_id))| Node {
        id,
        parent: (parent != 0).then_some(&parent_id[..]),
        time: Interval { start, end },
    });
    Waterfall::new(&nodes.collect::<Vec<_>>())
}

fn lines(spans: &[(u8, u8, i64, i64)]) -> Vec<(u8, usize)> {
    tree(spans).lines().iter().map(|line| (spans[line.index].0, line.depth)).collect()
}

fn path(spans: &[(u8, u8, i64, i64)]) -> Vec<(u8, i64, i64)> {
    let pieces = critical_path(&tree(spans));
    pieces.iter().map(|piece| (spans[piece.index].0, piece.time.start, piece.time.end)).collect()
}

#[test]
fn lines_go_depth_first_by_start() {
    let spans = [(1, 0, 0, 100), (2, 1, 10, 50), (4, 2, 20, 30), (3, 1, 40, 90)];
    assert_eq!(lines(&spans), [(1, 0), (2, 1), (4, 2), (3, 1)]);
}

#[test]
fn a_span_whose_parent_is_missing_is_a_root_and_so_is_the_first_of_a_circle() {
    assert_eq!(lines(&[(1, 9, 0, 10), (2, 1, 1, 2), (3, 8, 5, 6)]), [(1, 0), (2, 1), (3, 0)]);
    assert_eq!(lines(&[(1, 2, 0, 10), (2, 1, 1, 2), (3, 3, 5, 6)]), [(3, 0), (1, 0), (2, 1)]);
    assert_eq!(lines(&[(1, 0, 0, 10), (1, 0, 1, 2), (2, 1, 3, 4)]), [(1, 0), (2, 1), (1, 0)]);
}

#[test]
fn self_time_is_what_no_child_covers() {
    let waterfall = tree(&[(1, 0, 0, 100), (2, 1, 10, 50), (3, 1, 40, 60), (4, 1, 90, 200)]);
    assert_eq!(waterfall.self_time(0), 40);
    assert_eq!(waterfall.self_time(3), 110);
}

#[test]
fn the_critical_path_follows_what_was_waited_for() {
    // 2 and 3 overlap; 3 ended last, before it 2 was still running when 3 started.
    let spans = [(1, 0, 0, 100), (2, 1, 10, 40), (3, 1, 30, 80), (4, 3, 50, 70)];
    assert_eq!(path(&spans), [(1, 0, 30), (3, 30, 50), (4, 50, 70), (3, 70, 80), (1, 80, 100)]);
    let after_another = [(1, 0, 0, 100), (2, 1, 10, 40), (3, 1, 50, 80)];
    assert_eq!(path(&after_another), [(1, 0, 10), (2, 10, 40), (1, 40, 50), (3, 50, 80), (1, 80, 100)]);
}

#[test]
fn a_child_that_outlives_its_parent_counts_up_to_the_parents_end() {
    assert_eq!(path(&[(1, 0, 0, 100), (2, 1, 60, 500)]), [(1, 0, 60), (2, 60, 100)]);
    assert_eq!(path(&[(1, 0, 0, 100), (2, 1, 200, 500)]), [(1, 0, 100)]);
    assert_eq!(path(&[]), []);
}

proptest! {
    #[test]
    fn the_pieces_of_a_critical_path_add_up_to_the_root(
        spans in prop::collection::vec((1..12_u8, 0..12_u8, 0..100_i64, 0..60_i64), 1..40),
    ) {
        let mut spans: Vec<(u8, u8, i64, i64)> =
            spans.into_iter().map(|(id, parent, start, len)| (id, parent, start, start + len)).collect();
        spans.sort_by_key(|span| span.2);
        let waterfall = tree(&spans);
        assert_eq!(waterfall.lines().len(), spans.len(), "each span is there once");
        let root = waterfall.interval(waterfall.lines()[0].index);
        let mut reached = root.start;
        for piece in critical_path(&waterfall) {
            assert_eq!(piece.time.start, reached);
            assert!(piece.time.end > reached);
            let own = waterfall.interval(piece.index);
            assert!(own.start <= piece.time.start && piece.time.end <= own.end);
            reached = piece.time.end;
        }
        assert_eq!(reached, root.end);
    }
}
