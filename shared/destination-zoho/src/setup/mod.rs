//! What an organisation must have before the first order, and the making of it.

mod calls;
mod change;
mod described;
mod judge;
mod keys;
mod layouts;
mod needs;
mod plan;
mod refusals;
mod steps;

use crate::{Zoho, client::Client};
use ::setup::{Item, Made, Setup};
use async_trait::async_trait;
use destination::Call;
use mapping::Plan;
use needs::Needs;

pub(crate) use plan::items;

/// The set-up of one organisation for the plans of its routes.
pub struct ZohoSetup {
    own: Zoho,
    maker: Option<Zoho>,
    plans: Vec<Plan>,
}

impl ZohoSetup {
    /// Creates the set-up. `own` delivers orders, so everything is judged by what its user sees;
    /// `maker` makes what is missing, and is the same user where it is `None`.
    #[must_use]
    pub fn new(own: Zoho, maker: Option<Zoho>, plans: Vec<Plan>) -> Self {
        Self { own, maker, plans }
    }

    fn plans(&self) -> Vec<&Plan> {
        self.plans.iter().collect()
    }
}

#[async_trait]
impl Setup for ZohoSetup {
    async fn plan(&self) -> Vec<Item> {
        let call = Call::without_deadline();
        let maker = self.maker.as_ref().map(|maker| maker.client(&call));
        let own = self.own.client(&call);
        plan::items(&own, maker.as_ref(), &self.plans(), own.token().await).await
    }

    async fn make(&self, item: &Item) -> Made {
        let call = Call::without_deadline();
        let own = self.own.client(&call);
        let maker = self.maker.as_ref().map(|maker| maker.client(&call));
        make(&own, maker.as_ref(), &self.plans(), item).await
    }
}

/// Looks at the item's field again, and makes the one change that it needs now.
async fn make(own: &Client<'_>, maker: Option<&Client<'_>>, plans: &[&Plan], item: &Item) -> Made {
    let needs = Needs::of(plans);
    let field = item.subject.split_once('.');
    let Some((module, name, needs)) =
        field.and_then(|(module, name)| Some((module, name, needs.get(module)?)))
    else {
        return nothing_to_make(item);
    };
    let judged = match plan::judged(own, maker, module, needs).await {
        Ok(judged) => judged,
        Err(failure) => {
            let (why, steps) = (failure.message, Vec::new());
            return Made::Refused { why, steps };
        }
    };
    let now = judged
        .into_iter()
        .find(|judged| judged.item.subject == item.subject);
    match now {
        Some(judged) => match judged.change {
            Some(change) => change.make(own, maker, module, name).await,
            None if judged.item.is_bad() => nothing_to_make(&judged.item),
            None => Made::WasThere,
        },
        None => Made::WasThere,
    }
}

fn nothing_to_make(item: &Item) -> Made {
    Made::Refused {
        why: format!("no API can make it: {item}"),
        steps: Vec::new(),
    }
}
