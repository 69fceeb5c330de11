//! The way into the queue for what was read from the shop. What the shop posts goes first: no more
//! than a few hundred of these messages wait at a time.

use crate::{Ports, Problem, Shop, ShopRoute};
use bytes::Bytes;
use ingest::Incoming;
use jiff::Timestamp;
use ports::{Kind, Message, Origin, event_id};
use source::reader::ShopOrder;
use std::time::Duration;
use tokio::time::Instant;

/// The number of messages that go into the queue at a time: each time is a transaction on the disk,
/// for which the deliveries wait.
pub(crate) const AT_ONCE: usize = 50;
/// The pause between two looks at a queue that is full enough.
const LOOK: Duration = Duration::from_millis(100);

/// The way into the queue.
pub struct Feed<'a> {
    /// The stores.
    pub ports: &'a Ports,
    /// The time for which the queue may stand still before feeding it is given up.
    pub patience: Duration,
}

impl Feed<'_> {
    /// Puts orders on their way on a route, once there is room for them, and returns how many.
    ///
    /// # Errors
    /// Fails where nobody takes messages, or where the queue fails.
    pub async fn put(
        &self,
        shop: &Shop,
        route: &ShopRoute,
        orders: &[ShopOrder],
        origin: Origin,
        read_at: Timestamp,
    ) -> Result<u64, Problem> {
        for chunk in orders.chunks(AT_ONCE) {
            self.wait_for_room(route).await?;
            let message = |order| message(shop, route, order, origin, read_at);
            let messages = chunk.iter().map(message).collect();
            self.ports.queue.enqueue(messages).await?;
        }
        Ok(u64::try_from(orders.len()).unwrap_or(u64::MAX))
    }

    async fn wait_for_room(&self, route: &ShopRoute) -> Result<(), Problem> {
        let destination = &route.delivery.destination_name;
        let (mut fewest, mut since) = (u64::MAX, Instant::now());
        loop {
            let waiting = self.ports.queue.depth(destination).await?;
            if waiting < route.most_waiting {
                return Ok(());
            }
            if waiting < fewest {
                (fewest, since) = (waiting, Instant::now());
            } else if since.elapsed() >= self.patience {
                return Err(Problem::Stalled {
                    destination: destination.clone(),
                    waiting,
                });
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Returns the message that carries an order of the shop on a route.
fn message(
    shop: &Shop,
    route: &ShopRoute,
    order: &ShopOrder,
    origin: Origin,
    read_at: Timestamp,
) -> Message {
    let incoming = Incoming {
        store: &shop.name,
        topic: &order.topic,
        kind: Kind::Order,
        origin,
        delivery: None,
        accepted: read_at,
        event: event_id(&shop.name, &order.payload),
        body: Bytes::copy_from_slice(&order.payload),
    };
    let peek = shop.source.peek(&order.payload);
    incoming.message(&peek, &route.name, &route.delivery.destination_name)
}
