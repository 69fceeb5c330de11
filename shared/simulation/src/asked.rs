//! A shop that is asked for one order: its newest state, as the shop itself has it.

use crate::{
    clock::SimClock,
    dice::Dice,
    judge::Judge,
    scenario::{Life, Scenario, own_number},
};
use async_trait::async_trait;
use config::Platform;
use source::reader::{OrderReader, ReadError};
use std::{sync::Arc, time::Duration};

const IN_DOUBT: &str = "states in doubt, for which the shop was asked";
/// The longest that an answer takes.
const LONGEST: Duration = Duration::from_millis(200);

/// A store, as a route of one process asks it. Deliveries that only name an order are not drawn: it is asked where
/// nobody can tell which of two states is the newer one.
pub(crate) struct AskedShop {
    pub(crate) platform: Platform,
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) dice: Arc<Dice>,
    pub(crate) judge: Arc<Judge>,
}

impl AskedShop {
    /// The place of the state that the shop shows now.
    fn shown(&self, life: &Life) -> Option<usize> {
        let now = self.clock.elapsed();
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
        tokio::time::sleep(self.dice.span(LONGEST)).await;
        let place = self.shown(life).ok_or_else(gone)?;
        self.judge.counted(IN_DOUBT.to_owned());
        let topic = Life::topic(self.platform, 1);
        Ok((topic.to_owned(), life.states[place].body.to_vec()))
    }
}
