//! The cursor against a model that keeps one state per frame.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

use super::{Cursor, Settled, decode, encode};
use crate::mark::Mark;

/// Frame `i` is at positions `10 * i..10 * i + 10` and has `i % 3` records.
fn mark(frame: usize) -> Mark {
    Mark { position: 10 * frame as u64, record: (0..frame as u64).map(|frame| frame % 3).sum() }
}

const FRAMES: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Model {
    Gap,
    InFlight,
    Settled,
}

#[derive(Clone, Debug)]
enum Action {
    Claim(usize),
    Settle(usize),
    Release(usize),
    ReleaseAll,
    SettleGaps(usize, usize),
    Reload,
}

fn action() -> impl Strategy<Value = Action> {
    let frame = 0..FRAMES;
    prop_oneof![
        4 => frame.clone().prop_map(Action::Claim),
        4 => frame.clone().prop_map(Action::Settle),
        2 => frame.clone().prop_map(Action::Release),
        1 => Just(Action::ReleaseAll),
        1 => (frame.clone(), frame).prop_map(|(a, b)| Action::SettleGaps(a.min(b), a.max(b))),
        1 => Just(Action::Reload),
    ]
}

fn apply(action: &Action, cursor: &mut Cursor, model: &mut [Model; FRAMES]) {
    match *action {
        Action::Claim(frame) => {
            assert_eq!(cursor.claim(mark(frame), mark(frame + 1)), model[frame] == Model::Gap);
            if model[frame] == Model::Gap {
                model[frame] = Model::InFlight;
            }
        }
        Action::Settle(frame) => {
            assert_eq!(cursor.settle(mark(frame).position), model[frame] == Model::InFlight);
            if model[frame] == Model::InFlight {
                model[frame] = Model::Settled;
            }
        }
        Action::Release(frame) => {
            let released = (model[frame] == Model::InFlight).then(|| (mark(frame), mark(frame + 1)));
            assert_eq!(cursor.release(mark(frame).position), released);
            if released.is_some() {
                model[frame] = Model::Gap;
            }
        }
        Action::ReleaseAll => {
            let in_flight: Vec<u64> =
                (0..FRAMES).filter(|&i| model[i] == Model::InFlight).map(|i| mark(i).position).collect();
            assert_eq!(cursor.in_flight(), in_flight);
            in_flight.into_iter().for_each(|position| assert!(cursor.release(position).is_some()));
            in_flight_to_gaps(model);
        }
        Action::SettleGaps(from, to) => {
            let gaps: Vec<_> = (from..to).filter(|&frame| model[frame] == Model::Gap).collect();
            let records: u64 = gaps.iter().map(|&frame| frame as u64 % 3).sum();
            assert_eq!(cursor.settle_gaps(mark(from), mark(to)), records);
            gaps.into_iter().for_each(|frame| model[frame] = Model::Settled);
        }
        Action::Reload => {
            let mut saved = Vec::new();
            encode(&cursor.settled(), &mut saved);
            *cursor = Cursor::from_settled(&decode(&saved).unwrap());
            in_flight_to_gaps(model);
        }
    }
}

fn in_flight_to_gaps(model: &mut [Model; FRAMES]) {
    model.iter_mut().filter(|state| **state == Model::InFlight).for_each(|state| *state = Model::Gap);
}

fn check(cursor: &mut Cursor, model: &[Model; FRAMES]) {
    let low = model.iter().take_while(|state| **state == Model::Settled).count();
    assert_eq!(cursor.low(), mark(low));
    let held: u64 = (0..FRAMES).filter(|&i| model[i] != Model::Settled).map(|i| i as u64 % 3).sum();
    assert_eq!(cursor.held(mark(FRAMES)), held);
    let first_gap = model.iter().position(|state| *state == Model::Gap);
    let found = cursor.first_gap(mark(FRAMES));
    assert_eq!(found.map(|(start, _)| start), first_gap.map(mark));
    if let (Some((_, end)), Some(first)) = (found, first_gap) {
        let length = model[first..].iter().take_while(|state| **state == Model::Gap).count();
        assert_eq!(end, mark(first + length));
    }
    let settled = cursor.settled();
    for from in 0..FRAMES {
        for to in from + 1..=FRAMES {
            let all = model[from..to].iter().all(|state| *state == Model::Settled);
            assert_eq!(settled.covers(mark(from).position, mark(to).position), all, "{from}..{to}");
        }
    }
}

proptest! {
    #[test]
    fn a_cursor_agrees_with_one_state_per_frame(actions in vec(action(), 0..60)) {
        let mut cursor = Cursor::default();
        let mut model = [Model::Gap; FRAMES];
        for action in &actions {
            apply(action, &mut cursor, &mut model);
            check(&mut cursor, &model);
        }
    }

    #[test]
    fn any_bytes_decode_to_nothing_or_to_a_cursor_that_encodes_to_them(body in vec(any::<u8>(), 0..100)) {
        if let Some(settled) = decode(&body) {
            let mut again = Vec::new();
            encode(&settled, &mut again);
            assert_eq!(again, body);
        }
    }
}

#[test]
fn marks_that_do_not_ascend_are_damage() {
    let ascending = Settled { low: mark(1), ranges: vec![(mark(2), mark(4)), (mark(6), mark(8))] };
    let decoded = |settled: &Settled| {
        let mut body = Vec::new();
        encode(settled, &mut body);
        decode(&body)
    };
    assert_eq!(decoded(&ascending), Some(ascending.clone()));
    let touching = Settled { ranges: vec![(mark(2), mark(4)), (mark(4), mark(8))], ..ascending.clone() };
    let below = Settled { low: mark(3), ..ascending.clone() };
    let backwards = Settled { ranges: vec![(mark(4), mark(2))], ..ascending };
    for wrong in [touching, below, backwards] {
        assert_eq!(decoded(&wrong), None, "{wrong:?}");
    }
}
