//! The walk over shops in memory, while orders change during the walk.

use super::*;
use crate::reader::Summary;
use proptest::prelude::*;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// The way in which a shop goes on behind a page that is sorted by id.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pages {
    /// By the number of the page; the shop states the length of the list.
    Counted,
    /// By the last id.
    Keyed,
}

/// A change that happens right after an answer.
#[derive(Clone, Debug)]
struct Edit {
    after_answers: usize,
    order: u64,
    moves_to: i64,
}

struct Fake {
    orders: Mutex<BTreeMap<u64, i64>>,
    edits: Vec<Edit>,
    answers: Mutex<usize>,
    pages: Pages,
    size: u16,
    fails_above: u16,
    /// The first page that fails when it is too large.
    fails_from_page: u32,
    /// Whether rows of one second come in no fixed order, as in WooCommerce before 10.
    ties_are_mixed: bool,
    cannot_sort: bool,
    blurred: Option<(i64, i64)>,
    hidden: u64,
}

impl Fake {
    fn of(orders: &[(u64, i64)], pages: Pages) -> Self {
        Self {
            orders: Mutex::new(orders.iter().copied().collect()),
            edits: Vec::new(),
            answers: Mutex::default(),
            pages,
            size: 10,
            fails_above: u16::MAX,
            fails_from_page: 1,
            ties_are_mixed: false,
            cannot_sort: false,
            blurred: None,
            hidden: u64::MAX,
        }
    }

    fn rows(&self, question: Question) -> Vec<(u64, i64)> {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let (from, until) = (question.from.as_second(), question.until.as_second());
        let mut rows: Vec<(u64, i64)> = orders
            .iter()
            .map(|(id, at)| (*id, *at))
            .filter(|(_, at)| from <= *at && *at < until)
            .collect();
        let answers = *self.answers.lock().unwrap_or_else(PoisonError::into_inner) as u64;
        match question.by_id {
            true => rows.sort_unstable(),
            false if self.ties_are_mixed => {
                rows.sort_unstable_by_key(|(id, at)| (*at, id.wrapping_mul(31 + answers) % 17));
            }
            false => rows.sort_unstable_by_key(|(id, at)| (*at, *id)),
        }
        if question.by_id && self.pages == Pages::Keyed {
            rows.retain(|(id, _)| *id > question.after);
        }
        rows
    }

    fn age(&self) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers += 1;
        let due = self.edits.iter().filter(|e| e.after_answers == *answers);
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        for edit in due {
            if let Some(at) = orders.get_mut(&edit.order) {
                *at = edit.moves_to;
            }
        }
    }
}

#[async_trait]
impl Lister for Fake {
    fn largest_page(&self) -> u16 {
        self.size
    }

    fn blurred_until(&self, from: Timestamp) -> Option<Timestamp> {
        let (begin, end) = self.blurred?;
        (begin..end).contains(&from.as_second()).then(|| at(end))
    }

    async fn list(&self, question: Question) -> Result<Listed, NoPage> {
        if question.size > self.fails_above && question.page >= self.fails_from_page {
            return Err(NoPage::TooLarge(ReadError::unavailable("500")));
        }
        if self.cannot_sort && !question.by_id {
            return Err(NoPage::Unsortable(ReadError::Refused("400".to_owned())));
        }
        let rows = self.rows(question);
        let size = usize::from(question.size);
        let begin = match self.pages {
            Pages::Counted => (question.page as usize - 1) * size,
            Pages::Keyed => 0,
        };
        let total = rows.len();
        let rows = rows.into_iter().skip(begin).take(size);
        let rows = rows.filter(|(id, _)| *id < self.hidden);
        let listed = Listed {
            orders: rows.map(|(id, at)| order(id, at)).collect(),
            goes_on: begin + size < total,
            total: (self.pages == Pages::Counted).then_some(total as u64),
            ..Listed::default()
        };
        self.age();
        Ok(listed)
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn order(id: u64, second: i64) -> ShopOrder {
    ShopOrder {
        summary: Summary {
            order: id.to_string(),
            modified: Some(at(second)),
            ..Summary::default()
        },
        topic: "updated".to_owned(),
        payload: Vec::new(),
    }
}

/// Returns all ids of a walk, each page read by a process of its own, and the number of pages.
fn walked(shop: &Fake, window: Window) -> (Vec<u64>, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (mut seen, mut pages, mut stored) = (Vec::new(), 0, None::<String>);
    loop {
        let cursor: Option<Cursor> = stored.map(|text| serde_json::from_str(&text).unwrap());
        let turned = page(shop, Stamp::Modified, window, cursor.as_ref());
        let turned = runtime.block_on(turned).unwrap();
        seen.extend(turned.orders.iter().map(|order| order.id().unwrap()));
        pages += 1;
        assert!(pages < 10_000, "the walk has no end");
        stored = match turned.next {
            Some(next) => Some(serde_json::to_string(&next).unwrap()),
            None => return (seen, pages),
        };
    }
}

fn window() -> Window {
    Window::new(at(1_000), at(2_000))
}

fn distinct(mut ids: Vec<u64>) -> Vec<u64> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[test]
fn a_walk_goes_by_date_and_repeats_the_second_of_a_border_only() {
    let orders: Vec<_> = (1..=95).map(|id| (id, 1_000 + id as i64)).collect();
    for pages in [Pages::Counted, Pages::Keyed] {
        let (seen, turned) = walked(&Fake::of(&orders, pages), window());
        assert_eq!((seen.len(), turned), (95 + 10, 11), "{pages:?}");
        assert_eq!(distinct(seen), (1..=95).collect::<Vec<_>>());
    }
}

#[test]
fn a_second_that_fills_pages_is_walked_by_id() {
    let mut orders: Vec<_> = (1..=95).map(|id| (id, 1_500)).collect();
    orders.extend((96..=130).map(|id| (id, 1_501 + id as i64)));
    for pages in [Pages::Counted, Pages::Keyed] {
        let mut shop = Fake::of(&orders, pages);
        shop.ties_are_mixed = true;
        let (seen, _) = walked(&shop, window());
        assert_eq!(distinct(seen), (1..=130).collect::<Vec<_>>(), "{pages:?}");
    }
}

#[test]
fn what_does_not_belong_to_the_window_is_left_out_and_its_ends_are_exact() {
    let shop = Fake::of(
        &[(1, 999), (2, 1_000), (3, 1_999), (4, 2_000)],
        Pages::Keyed,
    );
    assert_eq!(walked(&shop, window()), (vec![2, 3], 1));
    let half = |text: &str| -> Timestamp { text.parse().unwrap() };
    let wide = Window::new(
        half("1970-01-01T00:16:40.9Z"),
        half("1970-01-01T00:33:19.1Z"),
    );
    assert_eq!((wide.from(), wide.until()), (at(1_000), at(2_000)));
}

#[test]
fn a_shop_that_fails_at_large_pages_is_asked_for_smaller_ones_to_the_end() {
    let orders: Vec<_> = (1..=95).map(|id| (id, 1_000 + id as i64)).collect();
    let mut shop = Fake::of(&orders, Pages::Counted);
    (shop.size, shop.fails_above) = (80, 25);
    let (seen, _) = walked(&shop, window());
    assert_eq!(distinct(seen), (1..=95).collect::<Vec<_>>());
    shop.fails_above = 5;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let failed = runtime.block_on(page(&shop, Stamp::Modified, window(), None));
    assert_eq!(failed, Err(ReadError::unavailable("500")));
}

#[test]
fn a_walk_by_id_that_fails_at_a_later_page_goes_on_in_smaller_ones() {
    let orders: Vec<_> = (1..=95).map(|id| (id, 1_000 + id as i64)).collect();
    for pages in [Pages::Counted, Pages::Keyed] {
        let mut shop = Fake::of(&orders, pages);
        (shop.size, shop.fails_above, shop.fails_from_page) = (40, 25, 2);
        shop.cannot_sort = true;
        let (seen, _) = walked(&shop, window());
        assert_eq!(distinct(seen), (1..=95).collect::<Vec<_>>(), "{pages:?}");
    }
}

/// Orders that were read already leave the window one after the other, and move all others.
#[test]
fn a_walk_by_id_ends_in_a_busy_shop() {
    let orders: Vec<_> = (1..=400).map(|id| (id, 1_500)).collect();
    let mut shop = Fake::of(&orders, Pages::Counted);
    shop.cannot_sort = true;
    let edits = (1..=100).map(|id| Edit {
        after_answers: 4 * id,
        order: id as u64,
        moves_to: 2_000,
    });
    shop.edits = edits.collect();
    let (seen, turned) = walked(&shop, window());
    let seen = distinct(seen);
    assert!((101..=400).all(|id| seen.contains(&id)));
    assert!(turned < 2 * 400 / 10, "{turned} pages");
}

#[test]
fn a_shop_that_cannot_sort_by_date_is_walked_by_id() {
    let orders: Vec<_> = (1..=95).map(|id| (id, 1_200 - id as i64)).collect();
    let mut shop = Fake::of(&orders, Pages::Counted);
    shop.cannot_sort = true;
    assert_eq!(walked(&shop, window()).0, (1..=95).collect::<Vec<_>>());
}

#[test]
fn times_that_a_shop_cannot_tell_apart_are_walked_by_id() {
    let orders: Vec<_> = (1..=95).map(|id| (id, 1_000 + id as i64)).collect();
    let mut shop = Fake::of(&orders, Pages::Counted);
    shop.blurred = Some((1_030, 1_060));
    let (seen, _) = walked(&shop, window());
    assert_eq!(distinct(seen), (1..=95).collect::<Vec<_>>());
}

#[test]
fn a_page_of_which_nothing_may_be_read_is_not_the_end() {
    let orders: Vec<_> = (1..=40).map(|id| (100 - id, 1_000 + id as i64)).collect();
    let mut shop = Fake::of(&orders, Pages::Counted);
    shop.hidden = 75;
    let (seen, _) = walked(&shop, window());
    assert_eq!(distinct(seen), (60..75).collect::<Vec<_>>());
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = (1_usize..40, 1_u64..120, 1_990_i64..2_100);
    let edit = edit.prop_map(|(after_answers, order, moves_to)| Edit {
        after_answers,
        order,
        moves_to,
    });
    prop::collection::vec(edit, 0..30)
}

proptest! {
    /// Whatever the times, and whatever is changed meanwhile: an order that stays unchanged comes
    /// at least once.
    #[test]
    fn every_order_that_stays_unchanged_is_seen(
        times in prop::collection::vec(prop_oneof![1_000_i64..2_000, 1_500_i64..1_503], 0..120),
        edits in edits(),
        is_keyed in any::<bool>(),
        size in 10_u16..30,
        ties_are_mixed in any::<bool>(),
        cannot_sort in any::<bool>(),
    ) {
        let orders: Vec<_> = (1..).zip(times).collect();
        let mut shop = Fake::of(&orders, if is_keyed { Pages::Keyed } else { Pages::Counted });
        let moved: Vec<u64> = edits.iter().map(|edit| edit.order).collect();
        shop.edits = edits;
        (shop.size, shop.ties_are_mixed, shop.cannot_sort) = (size, ties_are_mixed, cannot_sort);
        let (seen, _) = walked(&shop, window());
        for (id, _) in orders.iter().filter(|(id, _)| !moved.contains(id)) {
            prop_assert!(seen.contains(id), "order {id} was not seen");
        }
    }
}
