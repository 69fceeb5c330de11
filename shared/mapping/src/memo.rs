//! Plans that were made before. The same order always becomes the same plan, so that who plans it
//! again may have the first one.

use crate::{NoPlan, Plan};
use order::Order;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// The states of an order that were planned, and what came of each.
type States = Vec<(Order, Result<Plan, NoPlan>)>;

/// The plans of one mapping, by the id of the order.
#[derive(Default)]
pub(crate) struct Memo(Mutex<HashMap<String, States>>);

impl Memo {
    /// Returns the plan of an order, made by `plan` where there is none yet.
    pub(crate) fn plan(
        &self,
        order: &Order,
        plan: impl FnOnce(&Order) -> Result<Plan, NoPlan>,
    ) -> Result<Plan, NoPlan> {
        let mut orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let states = orders.entry(order.id.clone()).or_default();
        if let Some((_, made)) = states.iter().find(|(state, _)| state == order) {
            return made.clone();
        }
        let made = plan(order);
        states.push((order.clone(), made.clone()));
        made
    }
}
