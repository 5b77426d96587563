use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, advance};

use super::{Activity, Busy, aged, idle};

const TIMEOUT: Duration = Duration::from_secs(100);

#[tokio::test(start_paused = true)]
async fn a_connection_without_requests_is_idle_after_the_timeout() {
    let begun = Instant::now();
    idle(&Activity::default(), TIMEOUT).await;
    assert_eq!(begun.elapsed(), TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_connection_with_a_request_under_way_is_not_idle() {
    let activity = Arc::new(Activity::default());
    let busy = Busy::begin(&activity);
    let watch = tokio::spawn({
        let activity = Arc::clone(&activity);
        async move { idle(&activity, TIMEOUT).await }
    });
    for _ in 0..5 {
        advance(TIMEOUT).await;
        tokio::task::yield_now().await;
    }
    assert!(!watch.is_finished());
    drop(busy);
    watch.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn requests_between_two_looks_put_the_end_off() {
    let activity = Arc::new(Activity::default());
    let begun = Instant::now();
    let watch = tokio::spawn({
        let activity = Arc::clone(&activity);
        async move { idle(&activity, TIMEOUT).await }
    });
    tokio::time::sleep(TIMEOUT / 2).await;
    drop(Busy::begin(&activity));
    watch.await.expect("no panic");
    assert_eq!(begun.elapsed(), TIMEOUT * 2);
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_at_its_age_give_or_take_a_tenth() {
    for _ in 0..20 {
        let begun = Instant::now();
        aged(Some(TIMEOUT)).await;
        let age = begun.elapsed();
        assert!(age >= TIMEOUT * 9 / 10 && age <= TIMEOUT * 11 / 10 + Duration::from_millis(1), "{age:?}");
    }
}
