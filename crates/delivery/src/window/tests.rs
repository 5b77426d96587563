//! The window under failures and successes.

use super::Window;

#[test]
fn the_window_halves_and_grows_back_by_one_per_round() {
    let window = Window::new(8);
    assert_eq!(window.size(), 8);
    window.shrink();
    window.shrink();
    assert_eq!(window.size(), 2);
    (0..3).for_each(|_| window.grow());
    assert_eq!(window.size(), 3);
    (0..100).for_each(|_| window.grow());
    assert_eq!(window.size(), 8);
    (0..100).for_each(|_| window.shrink());
    assert_eq!(window.size(), 1);
}
