//! What is drawn is within its place, and escaped.

use super::{Answer, Series, draw, shown};
use crate::{Unit, all};

#[test]
fn numbers_are_short_and_have_their_unit() {
    for (number, unit, text) in [
        (0.0, Unit::Count, "0"),
        (1234.0, Unit::PerSecond, "1.23 K/s"),
        (0.0005, Unit::Share, "0.05 %"),
        (0.25, Unit::Seconds, "250 ms"),
        (90_000.0, Unit::Seconds, "25 h"),
        (1536.0, Unit::Bytes, "1.5 KiB"),
        (5e12, Unit::Count, "5000 G"),
    ] {
        assert_eq!(shown(number, unit), text);
    }
}

#[test]
fn every_board_can_be_drawn_with_numbers_and_without() {
    let points = (0..10).map(|at| (f64::from(at) * 5.0, f64::from(at * at))).collect();
    let series = Series { name: "a <b> & c".to_owned(), points };
    for board in all() {
        let panels: Vec<_> = board.panels().collect();
        let full: Vec<Answer> = panels.iter().map(|_| Answer::Numbers(vec![series.clone()])).collect();
        let drawn = draw(&board, &full);
        assert!(drawn.contains("a &lt;b&gt; &amp; c") && !drawn.contains("NaN"), "{}", board.uid);
        let title = panels[0].title.replace('&', "&amp;");
        assert!(drawn.contains(&title), "{}", board.uid);
        let empty: Vec<Answer> = panels.iter().map(|_| Answer::Numbers(Vec::new())).collect();
        assert!(draw(&board, &empty).contains(">none<"), "{}", board.uid);
    }
}
