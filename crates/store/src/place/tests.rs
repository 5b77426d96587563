use rusqlite::Connection;

use super::{PER_MS, Placer, Table, bound, first_id, time_of};

const NOW: i64 = 1_795_527_000_123_456_789;

#[test]
fn an_id_tells_the_millisecond() {
    assert_eq!(time_of(first_id(NOW, NOW)), NOW / 1_000_000 * 1_000_000);
    assert_eq!(first_id(0, NOW), 0);
    assert_eq!(first_id(-5, NOW), 0);
}

#[test]
fn a_record_from_the_far_future_is_placed_ten_minutes_ahead() {
    assert_eq!(first_id(i64::MAX, NOW), first_id(NOW + 600_000_000_000, NOW));
    assert_eq!(first_id(i64::MAX, i64::MAX), i64::MAX / 1_000_000 * PER_MS);
}

#[test]
fn a_bound_is_exact_to_a_millisecond() {
    assert_eq!(bound(NOW), first_id(NOW, NOW));
    assert_eq!(bound(NOW + 1_000_000), first_id(NOW, NOW) + PER_MS);
    assert_eq!(bound(-1), 0);
}

#[test]
fn a_full_millisecond_goes_on_in_the_next() {
    let db = Connection::open_in_memory().expect("memory is there");
    db.execute_batch("CREATE TABLE log(id INTEGER PRIMARY KEY)").expect("the statement is valid");
    let fill = |ids: std::ops::Range<i64>| {
        for id in ids {
            db.execute("INSERT INTO log VALUES(?1)", [id]).expect("the id is free");
        }
    };
    fill(PER_MS..PER_MS + 3);
    assert_eq!(Placer::free(&db, Table::Log, PER_MS).expect("readable"), PER_MS + 3);
    fill(PER_MS + 3..2 * PER_MS + 7);
    assert_eq!(Placer::free(&db, Table::Log, PER_MS).expect("readable"), 2 * PER_MS + 7);
    assert_eq!(Placer::free(&db, Table::Log, 5 * PER_MS).expect("readable"), 5 * PER_MS);
}
