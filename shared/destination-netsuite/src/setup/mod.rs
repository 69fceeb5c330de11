//! What an account must have before the first order. No API makes anything of it: what is missing
//! is named in the words of NetSuite's screens, and custom fields come as a project, too.

mod codes;
mod companion;
mod custom;
mod features;
mod fields;
mod look;
mod named_items;
mod plan;
mod sdf;
mod steps;

use crate::NetSuite;
use ::setup::{Item, Made, ProjectFile, Setup};
use async_trait::async_trait;
use destination::Call;
use mapping::Plan;

pub(crate) use plan::items;
pub use sdf::sdf_project;

/// The set-up of one account for the plans of its routes.
pub struct NetSuiteSetup {
    netsuite: NetSuite,
    plans: Vec<Plan>,
}

impl NetSuiteSetup {
    /// Creates the set-up, which asks with the role that delivers orders.
    #[must_use]
    pub fn new(netsuite: NetSuite, plans: Vec<Plan>) -> Self {
        Self { netsuite, plans }
    }
}

#[async_trait]
impl Setup for NetSuiteSetup {
    async fn plan(&self) -> Vec<Item> {
        let plans: Vec<&Plan> = self.plans.iter().collect();
        let call = Call::without_deadline();
        plan::items(&self.netsuite.client(&call), &plans).await
    }

    async fn make(&self, item: &Item) -> Made {
        Made::Refused {
            why: format!("NetSuite lets no API make this: {item}"),
            steps: Vec::new(),
        }
    }

    fn project(&self, plan: &[Item]) -> Vec<ProjectFile> {
        sdf_project(&self.plans, plan)
    }
}
