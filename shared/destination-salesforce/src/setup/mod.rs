//! What an org must have before the first order, and the making of it.

use crate::Salesforce;
use ::setup::{Item, Made, Setup};
use async_trait::async_trait;
use mapping::Plan;

/// The set-up of one org for the plans of its routes.
pub struct SalesforceSetup {
    own: Salesforce,
    maker: Option<Salesforce>,
    plans: Vec<Plan>,
}

impl SalesforceSetup {
    /// Creates the set-up. `own` is the integration user, with whose rights everything is judged;
    /// `maker` makes what is missing, and is the integration user, too, where it is `None`.
    #[must_use]
    pub fn new(own: Salesforce, maker: Option<Salesforce>, plans: Vec<Plan>) -> Self {
        Self { own, maker, plans }
    }

    fn maker(&self) -> &Salesforce {
        self.maker.as_ref().unwrap_or(&self.own)
    }
}

#[async_trait]
impl Setup for SalesforceSetup {
    async fn plan(&self) -> Vec<Item> {
        let _ = (&self.plans, self.maker());
        Vec::new()
    }

    async fn make(&self, _item: &Item) -> Made {
        Made::WasThere
    }
}
