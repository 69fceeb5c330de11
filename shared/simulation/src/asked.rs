//! A shop that is asked for one order: its newest state, as the shop itself has it.

use crate::{
    clock::SimClock,
    dice::Dice,
    judge::Judge,
    scenario::{Life, Scenario, own_number},
};
use async_trait::async_trait;
use ingest::Incoming;
use ports::{Clock, Kind, Origin, event_id};
use source::{
    Source,
    reader::{OrderReader, ReadError},
};
use std::{sync::Arc, time::Duration};

/// The longest that an answer takes.
const LONGEST: Duration = Duration::from_millis(200);

/// A store, as a route of one process asks it.
pub(crate) struct AskedShop {
    /// The place of the route in the scenario.
    pub(crate) way: usize,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) scenario: Arc<Scenario>,
    /// The clock of the process.
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) truth: Arc<SimClock>,
    pub(crate) dice: Arc<Dice>,
    pub(crate) judge: Arc<Judge>,
}

impl AskedShop {
    /// The place of the state that the shop shows now.
    fn shown(&self, life: &Life) -> Option<usize> {
        let now = self.truth.elapsed();
        let place = self
            .scenario
            .orders
            .iter()
            .position(|one| one.id == life.id)?;
        let shown = match &self.scenario.losses {
            Some(losses) => losses.shown[place].iter().filter(|at| **at <= now).count(),
            None => life.states.iter().filter(|state| state.made <= now).count(),
        };
        shown.checked_sub(1)
    }
}

#[async_trait]
impl OrderReader for AskedShop {
    async fn read(&self, order: &str) -> Result<(String, Vec<u8>), ReadError> {
        let gone = || ReadError::Gone(order.to_owned());
        let life = own_number(order).and_then(|id| self.scenario.order(id));
        let life = life.ok_or_else(gone)?;
        let asked = self.clock.now();
        tokio::time::sleep(self.dice.span(LONGEST)).await;
        let place = self.shown(life).ok_or_else(gone)?;
        let (way, state) = (&self.scenario.routes[self.way], &life.states[place]);
        let store = &self.scenario.stores[way.store];
        let topic = Life::topic(store.platform, 1);
        let told = Incoming {
            store: &store.name,
            topic,
            kind: Kind::Order,
            origin: Origin::Read,
            delivery: None,
            accepted: asked,
            event: event_id(&store.name, &state.body),
            body: state.body.clone(),
        };
        let destination = &self.scenario.destinations[way.destination].name;
        let peek = self.source.peek(&state.body);
        self.judge
            .counted("orders in doubt, for which the shop was asked".to_owned());
        self.judge
            .stored(&told.message(&peek, &way.name, destination));
        Ok((topic.to_owned(), state.body.to_vec()))
    }
}
