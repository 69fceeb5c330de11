//! The orders that are compared with what their destination holds: the last ones of the shop, those
//! of the dead letters, or those that wait.

use crate::{Ports, Problem, Shop, ShopRoute, page};
use jiff::Timestamp;
use ports::{DeadLetter, DeadLetterFilter, Message, Version, WaitingFilter};
use source::{
    Source,
    reader::{Cursor, ShopOrder, Summary, Window},
};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

/// The ages of the orders for which the shop is asked, in days, one after the other until there are
/// enough.
const DAYS_BACK: [u64; 8] = [1, 3, 9, 27, 81, 243, 729, 3660];

/// Which orders of a route are compared.
#[derive(Clone, Copy)]
pub enum Which<'a> {
    /// Those that the shop changed last, so many of them.
    Last(&'a Shop, usize),
    /// Those that the shop changed since.
    Since(&'a Shop, Timestamp),
    /// Those of the newest dead letters, so many at most.
    Letters(Option<usize>),
    /// Those of the messages that came last and wait, so many at most.
    Waiting(Option<usize>),
}

/// Orders to compare, each once and in its newest state.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// The orders.
    pub orders: Vec<ShopOrder>,
    /// What could not be read.
    pub notes: Vec<String>,
    /// The id of the dead letter from which an order came, by the order's id.
    pub letters: BTreeMap<String, String>,
}

/// Gathers orders of a route. `None` where they wait in a queue that does not tell what waits.
///
/// # Errors
/// Fails where the shop, the dead letters or the queue cannot be read.
pub async fn gather(
    route: &ShopRoute,
    ports: &Ports,
    which: Which<'_>,
) -> Result<Option<Gathered>, Problem> {
    match which {
        Which::Last(shop, most) => last(shop, ports.clock.now(), most).await.map(Some),
        Which::Since(shop, since) => {
            let window = Window::new(since, to_the_second(ports.clock.now()));
            let mut gathered = Gathered::default();
            gathered.add(shop, window).await?;
            Ok(Some(gathered))
        }
        Which::Letters(most) => {
            let filter = DeadLetterFilter {
                route: Some(route.name.clone()),
                limit: most,
                ..DeadLetterFilter::default()
            };
            let letters = ports.letters.list(&filter).await?;
            let source = route.delivery.source.as_ref();
            Ok(Some(Gathered::of_letters(source, letters)))
        }
        Which::Waiting(most) => {
            let filter = WaitingFilter {
                route: Some(route.name.clone()),
                newest_first: true,
                limit: most,
                ..WaitingFilter::default()
            };
            let messages = ports.queue.waiting_messages(&filter).await?;
            let source = route.delivery.source.as_ref();
            Ok(messages.map(|messages| Gathered::of_messages(source, messages)))
        }
    }
}

/// Returns the order that a payload carries, as the shop's reader would give it; `None` where it
/// carries none. Only its id and its modification time are known without the shop.
#[must_use]
pub fn carried(source: &dyn Source, topic: &str, payload: Vec<u8>) -> Option<ShopOrder> {
    let peek = source.peek(&payload);
    let order = peek.order_id?;
    let summary = Summary {
        number: order.clone(),
        order,
        modified: peek.modified,
        placed: None,
        total: None,
        currency: String::new(),
        status: String::new(),
    };
    Some(ShopOrder {
        summary,
        topic: topic.to_owned(),
        payload,
    })
}

/// Asks the shop for the orders that it changed last, further and further back.
async fn last(shop: &Shop, now: Timestamp, most: usize) -> Result<Gathered, Problem> {
    let mut gathered = Gathered::default();
    let mut until = to_the_second(now);
    for days in DAYS_BACK {
        let since = now.saturating_sub(Duration::from_secs(days * 86_400));
        let since = since.unwrap_or(Timestamp::MIN);
        gathered.add(shop, Window::new(since, until)).await?;
        if gathered.orders.len() >= most {
            break;
        }
        until = since;
    }
    let orders = &mut gathered.orders;
    orders.sort_by_key(|order| order.summary.modified);
    let surplus = orders.len().saturating_sub(most);
    orders.drain(..surplus);
    Ok(gathered)
}

/// Returns the end of a window up to now: the second that has begun belongs to it.
fn to_the_second(now: Timestamp) -> Timestamp {
    now.saturating_add(Duration::from_secs(1)).unwrap_or(now)
}

impl Gathered {
    /// Adds the orders that the shop changed in a window that is older than those before.
    async fn add(&mut self, shop: &Shop, window: Window) -> Result<(), Problem> {
        let mut orders = BTreeMap::new();
        let mut cursor: Option<Cursor> = None;
        loop {
            let found = page(shop, window, cursor.as_ref()).await?;
            let unreadable = found.unreadable.into_iter();
            self.notes.extend(unreadable.map(|one| one.problem));
            for order in found.orders {
                orders.insert(order.summary.order.clone(), order);
            }
            cursor = found.next;
            if cursor.is_none() {
                break;
            }
        }
        // What was changed meanwhile is here already, in its newer state.
        for order in &self.orders {
            orders.remove(&order.summary.order);
        }
        self.orders.extend(orders.into_values());
        Ok(())
    }

    fn of_letters(source: &dyn Source, letters: Vec<DeadLetter>) -> Self {
        let mut gathered = Self::default();
        let mut newest: BTreeMap<String, (Version, String, ShopOrder)> = BTreeMap::new();
        for letter in letters {
            let version = letter.version();
            let DeadLetter { id, message, .. } = letter;
            let Some(order) = carried(source, &message.topic, message.body.to_vec()) else {
                let note = format!("dead letter {id}: it holds no order");
                gathered.notes.push(note);
                continue;
            };
            match newest.entry(order.summary.order.clone()) {
                Entry::Vacant(free) => _ = free.insert((version, id, order)),
                Entry::Occupied(mut taken) if taken.get().0.is_older_than(&version) => {
                    taken.insert((version, id, order));
                }
                Entry::Occupied(_) => {}
            }
        }
        for (name, (_, id, order)) in newest {
            gathered.letters.insert(name, id);
            gathered.orders.push(order);
        }
        gathered
    }

    fn of_messages(source: &dyn Source, messages: Vec<Message>) -> Self {
        let mut gathered = Self::default();
        let mut newest: BTreeMap<String, ShopOrder> = BTreeMap::new();
        for message in messages {
            match carried(source, &message.topic, message.body.to_vec()) {
                Some(order) => {
                    // The newest come first.
                    newest.entry(order.summary.order.clone()).or_insert(order);
                }
                None => gathered
                    .notes
                    .push("a waiting message holds no order".to_owned()),
            }
        }
        gathered.orders.extend(newest.into_values());
        gathered
    }
}
