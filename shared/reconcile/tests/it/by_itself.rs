use crate::support::World;
use config::Deleted;
use jiff::ToSpan;
use reconcile::{Passed, Place, take_turn};
use source::{
    ReadError,
    reader::{Subscription, WebhookState, Webhooks},
};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

const QUARTER: Duration = Duration::from_mins(15);

fn found(passed: &Passed) -> (u64, u64) {
    passed.result.as_ref().unwrap().as_ref().unwrap().found()
}

fn place(passed: &Passed) -> &Place {
    passed.place.as_ref().unwrap()
}

fn orders(delivered: &[(String, bool)]) -> Vec<&str> {
    delivered.iter().map(|(order, _)| order.as_str()).collect()
}

#[tokio::test]
async fn what_the_shop_never_posted_is_put_on_its_way_once() {
    let world = World::new().await;
    world.post(1, 30).await;
    world.changed(2, 20);
    world.changed(3, 60 * 30);
    let passed = world.pass().await;
    assert_eq!(
        found(&passed),
        (1, 0),
        "the first one reaches back for a day"
    );
    assert_eq!(orders(&world.deliver().await), ["2"]);
    world.clock.advance(QUARTER);
    assert_eq!(found(&world.pass().await), (0, 0));
    // A state that is newer than what was delivered.
    world.changed(1, 5);
    let passed = world.pass().await;
    assert_eq!(found(&passed), (0, 1));
    assert_eq!(orders(&world.deliver().await), ["1"]);
}

#[tokio::test]
async fn each_pass_reaches_back_behind_the_end_of_the_last_one_however_long_ago() {
    let mut world = World::new().await;
    world.settings.verify = false;
    let settle = 1.minutes();
    world.pass().await;
    let end = world.now() - settle;
    world.clock.advance(Duration::from_hours(40));
    world.pass().await;
    let windows = world.shop.windows.lock().unwrap().clone();
    assert_eq!(windows[0].from(), end - 24.hours());
    assert_eq!(
        (windows[1].from(), windows[1].until()),
        (end - 2.hours(), world.now() - settle)
    );
    // Less than the platform needs is raised.
    world.settings.overlap = Duration::from_mins(1);
    world.pass().await;
    let windows = world.shop.windows.lock().unwrap().clone();
    assert_eq!(windows[2].from(), world.now() - settle - 65.minutes());
}

#[tokio::test(start_paused = true)]
async fn a_shop_that_is_away_or_answers_html_is_tried_again_and_nothing_is_passed_over() {
    let world = World::new().await;
    world.pass().await;
    let compared = place(&world.pass().await).compared_until;
    world.changed(7, 1);
    for error in [
        ReadError::unavailable("it did not answer in time"),
        ReadError::NoAnswer("200 with a page of HTML in place of a list".to_owned()),
        ReadError::Refused("the key is gone".to_owned()),
    ] {
        world.clock.advance(Duration::from_hours(3));
        *world.shop.fails.lock().unwrap() = Some(error);
        let passed = world.pass().await;
        assert!(passed.result.is_err());
        assert_eq!(place(&passed).compared_until, compared);
        assert!(
            place(&passed)
                .last
                .as_deref()
                .unwrap()
                .contains("not compared")
        );
    }
    *world.shop.fails.lock().unwrap() = None;
    assert_eq!(found(&world.pass().await), (1, 0));
}

#[tokio::test]
async fn a_pass_that_is_stopped_goes_on_at_its_page() {
    let world = World::new().await;
    for order in 1..=5 {
        world.changed(order, 30);
    }
    let pages = AtomicUsize::new(0);
    let stop = || pages.fetch_add(1, Ordering::Relaxed) == 0;
    let passed = world.pass_until(&stop).await;
    assert_eq!(found(&passed), (2, 0));
    assert!(place(&passed).unfinished.is_some());
    let begin = Some(world.now() - 22.hours() - 1.minutes());
    assert_eq!(place(&passed).compared_until, begin);
    world.clock.advance(QUARTER);
    let passed = world.pass().await;
    assert_eq!(found(&passed).0, 3, "none twice, none left out");
    assert_eq!(place(&passed).unfinished, None);
    assert_eq!(
        place(&passed).compared_until,
        Some(world.now() - 1.minutes()),
        "the newest window follows at once"
    );
    assert_eq!(orders(&world.deliver().await), ["1", "2", "3", "4", "5"]);
}

#[tokio::test]
async fn a_turn_that_somebody_else_has_is_no_error_and_is_left_alone() {
    let world = World::new().await;
    world.changed(1, 30);
    let theirs = take_turn(&world.ports, "reconcile", "acme").await.unwrap();
    let passed = world.pass().await;
    assert!(matches!(passed.result, Ok(None)) && passed.place.is_none());
    theirs.end().await.unwrap();
    assert_eq!(found(&world.pass().await), (1, 0));
}

#[tokio::test]
async fn the_destination_is_read_back_once_a_day_and_what_is_gone_is_told_or_made_again() {
    let mut world = World::new().await;
    world.post(1, 3 * 24 * 60).await;
    world.post(2, 30).await;
    world.changed(9, 4 * 24 * 60);
    world.crm.gone.lock().unwrap().insert("1".to_owned());
    let passed = world.pass().await;
    assert_eq!(
        found(&passed),
        (0, 0),
        "what is old is read back and not compared"
    );
    assert_eq!((place(&passed).gone, place(&passed).differs), (1, 0));
    assert_eq!(world.deliver().await, []);
    let read = || world.crm.read.lock().unwrap().len();
    assert_eq!(read(), 2);
    world.clock.advance(QUARTER);
    assert_eq!(
        place(&world.pass().await).gone,
        1,
        "it lasts as long as it is so"
    );
    assert_eq!(read(), 2);
    world.settings.deleted = Deleted::Recreate;
    world.clock.advance(Duration::from_hours(24));
    world.pass().await;
    assert_eq!(world.deliver().await, [("1".to_owned(), true)]);
    world.clock.advance(Duration::from_hours(24));
    assert_eq!(place(&world.pass().await).gone, 0);
}

#[tokio::test(start_paused = true)]
async fn a_reading_back_that_met_no_shop_is_made_up_for() {
    let world = World::new().await;
    world.post(1, 3 * 24 * 60).await;
    *world.shop.fails.lock().unwrap() = Some(ReadError::unavailable("no connection"));
    assert_eq!(place(&world.pass().await).verified, None);
    *world.shop.fails.lock().unwrap() = None;
    world.pass().await;
    assert_eq!(*world.crm.read.lock().unwrap(), ["1"]);
}

#[tokio::test]
async fn a_clock_that_was_ahead_passes_nothing_over_once_it_is_right() {
    let world = World::new().await;
    let right = world.now();
    world.clock.advance(Duration::from_hours(9));
    for _ in 0..6 {
        world.pass().await;
        world.clock.advance(Duration::from_hours(1));
    }
    world.clock.set(right + 6.hours());
    // All of the windows until then lay behind it.
    world.changed(1, 5 * 60);
    assert_eq!(found(&world.pass().await), (1, 0));
    assert_eq!(
        place(&world.pass().await).compared_until,
        Some(world.now() - 1.minutes())
    );
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_noted_is_forgotten_even_where_nothing_can_be_compared() {
    let world = World::new().await;
    let right = world.now();
    world.clock.advance(Duration::from_hours(9));
    world.pass().await;
    world.clock.set(right + 1.hours());
    world.changed(1, 5);
    *world.shop.fails.lock().unwrap() = Some(ReadError::unavailable("no connection"));
    world.pass().await;
    *world.shop.fails.lock().unwrap() = None;
    // By now the end that it noted looks like one that was reached.
    world.clock.set(right + 16.hours());
    assert_eq!(found(&world.pass().await), (1, 0));
}

#[tokio::test]
async fn the_shop_is_asked_now_and_then_whether_its_webhooks_are_on() {
    let world = World::new().await;
    let state = |state| {
        let one = Subscription {
            topic: "order.updated".to_owned(),
            address: None,
            state,
        };
        *world.shop.webhooks.lock().unwrap() = Some(Webhooks::Told(vec![one]));
    };
    let wrong = |passed: &Passed| place(passed).webhooks.clone().unwrap().wrong;
    state(WebhookState::SwitchedOff);
    assert!(
        wrong(&world.pass().await)
            .unwrap()
            .contains("order.updated")
    );
    state(WebhookState::Alive);
    world.clock.advance(QUARTER);
    assert!(
        wrong(&world.pass().await).is_some(),
        "it was asked just now"
    );
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(wrong(&world.pass().await), None);
    assert_eq!(
        *world.shop.asked_webhooks.lock().unwrap(),
        ["https://hooks.example.com/webhooks/acme"; 2]
    );
}

#[tokio::test]
async fn the_age_of_the_last_webhook_is_that_of_the_last_posted_order() {
    let world = World::new().await;
    world.post(1, 90).await;
    let at = world.now();
    assert_eq!(
        place(&world.pass().await).heard,
        Some(at),
        "nobody knows before"
    );
    world.clock.advance(Duration::from_mins(90));
    world.post(2, 20).await;
    world.changed(3, 10);
    world.pass().await;
    world.deliver().await;
    assert_eq!(
        place(&world.pass().await).heard,
        Some(world.now() - 20.minutes()),
        "what was read from the shop is no webhook"
    );
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_stands_still_is_left_alone_and_what_it_lacks_comes_later() {
    let mut world = World::new().await;
    world.settings.verify = false;
    for order in 100..200 {
        world.changed(order, 30);
    }
    let passed = world.pass().await;
    let compared = passed.result.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(compared.stalled.first().map(String::as_str), Some("sales"));
    let begin = Some(world.now() - 22.hours() - 1.minutes());
    assert_eq!(place(&passed).compared_until, begin);
    let first = world.deliver().await.len();
    assert!((20..100).contains(&first), "{first}");
    world.clock.advance(Duration::from_hours(30));
    let mut all = first;
    while all < 100 {
        world.pass().await;
        let more = world.deliver().await.len();
        assert!(more > 0, "{all}");
        all += more;
    }
    assert_eq!(all, 100, "none twice");
    assert!(place(&world.pass().await).compared_until > begin);
}

#[tokio::test]
async fn who_is_woken_too_often_asks_the_shop_only_when_it_is_time() {
    let mut world = World::new().await;
    world.settings.every = Some(Duration::from_hours(1));
    for (minutes, windows) in [(0, 1), (15, 1), (30, 1), (45, 2), (60, 2)] {
        world.pass_when_due().await;
        assert_eq!(
            world.shop.windows.lock().unwrap().len(),
            windows,
            "{minutes}"
        );
        world
            .clock
            .advance(if minutes == 30 { 2 * QUARTER } else { QUARTER });
    }
}

#[tokio::test]
async fn what_still_waits_is_not_put_on_its_way_at_each_pass_where_the_queue_cannot_tell() {
    let world = World::new().await;
    world.changed(1, 30);
    assert_eq!(found(&world.pass().await), (1, 0));
    for _ in 0..3 {
        world.clock.advance(QUARTER);
        assert_eq!(found(&world.pass().await), (0, 0));
    }
    world.changed(1, 1);
    world.clock.advance(QUARTER);
    assert_eq!(found(&world.pass().await), (1, 0), "a newer state");
    assert_eq!(world.deliver().await.len(), 2);
}

#[tokio::test]
async fn a_second_change_within_the_second_of_what_waits_is_put_on_its_way_once() {
    let world = World::that_tells();
    world.post_only(1, 10).await;
    assert_eq!(found(&world.pass().await), (0, 0), "it waits");
    world.changed(1, 10);
    assert_eq!(found(&world.pass().await), (0, 1), "another state waits");
    assert_eq!(
        found(&world.pass().await),
        (0, 0),
        "by now this one does too"
    );
    assert_eq!(orders(&world.deliver().await), ["1", "1"]);
    assert_eq!(found(&world.pass().await), (0, 0));
}

#[tokio::test]
async fn an_order_that_went_there_and_back_unheard_moves_the_watermark() {
    let world = World::that_tells();
    world.post(1, 30).await;
    // To another state and back, of neither of which a webhook came.
    world.changed(1, 20);
    world.changed(1, 10);
    assert_eq!(found(&world.pass().await), (0, 0), "it is as it should be");
    assert_eq!(orders(&world.deliver().await), ["1"], "but is noted");
    let key = ports::LedgerKey {
        route: "acme-sales".to_owned(),
        order: "1".to_owned(),
    };
    let mut entries = world.ports.ledger.load(&[key]).await.unwrap();
    let entry = entries.pop().flatten().unwrap();
    let modified = entry.delivered.unwrap().version.modified;
    assert_eq!(
        modified,
        Some(world.now() - 10.minutes()),
        "so that a late webhook of the state in between is stale"
    );
    world.pass().await;
    assert!(world.deliver().await.is_empty(), "once");
}
