//! The sides of a configuration: its destinations, each with the plans of all of its routes, and its
//! stores, each with the topics that its routes take.

use super::heard::Listened;
use crate::{assemble::Loaded, report::Failed};
use ::setup::{Item, Made, ProjectFile, Remedy, Setup, Side, State};
use async_trait::async_trait;
use config::{Config, Destination, Store};
use mapping::{Mapping, PlanError};
use ports::{Checkpoints, Clock, SystemClock, TokenStore};
use source::reader::{Unseen, Wanted};
use stack::Stack;
use std::{collections::BTreeMap, sync::Arc};

/// What the sides are made with, besides the configuration.
pub(crate) struct Asked<'a> {
    /// The stack whose address the shops post to.
    pub(crate) stack: Option<&'a Stack>,
    /// The address that the command line says in place of the configuration's.
    pub(crate) url: Option<String>,
    /// The name of an administrator's secret, for what is made in destinations.
    pub(crate) administrator: Option<String>,
    /// Whether webhooks get the store's secret once more.
    pub(crate) renews_secret: bool,
    /// Where a server writes down what it heard; `None` where none ever ran.
    pub(crate) checkpoints: Option<Arc<dyn Checkpoints>>,
    pub(crate) tokens: Arc<dyn TokenStore>,
}

impl Asked<'_> {
    /// Creates what is asked where nothing is said.
    pub(crate) const fn new(tokens: Arc<dyn TokenStore>) -> Self {
        Self {
            stack: None,
            url: None,
            administrator: None,
            renews_secret: false,
            checkpoints: None,
            tokens,
        }
    }
}

/// Returns the destinations, then the stores: an order that is posted finds its destination ready.
pub(crate) async fn sides(
    loaded: &Loaded,
    mappings: &BTreeMap<String, Mapping>,
    asked: &Asked<'_>,
) -> Result<Vec<Side>, Failed> {
    let config = &loaded.config;
    let mut sides = Vec::new();
    for destination in config.destinations.values() {
        sides.push(Side {
            name: format!("destination {}", destination.name),
            setup: of_destination(loaded, destination, mappings, asked)?,
        });
    }
    sides.extend(stores(loaded, asked).await?);
    Ok(sides)
}

/// Returns the stores alone.
pub(crate) async fn stores(loaded: &Loaded, asked: &Asked<'_>) -> Result<Vec<Side>, Failed> {
    let mut sides = Vec::new();
    for store in loaded.config.stores.values() {
        sides.push(Side {
            name: format!("store {}", store.name),
            setup: of_store(loaded, store, asked).await?,
        });
    }
    Ok(sides)
}

fn of_destination(
    loaded: &Loaded,
    destination: &Destination,
    mappings: &BTreeMap<String, Mapping>,
    asked: &Asked<'_>,
) -> Result<Arc<dyn Setup>, Failed> {
    let (mut plans, mut unplanned) = (Vec::new(), Vec::new());
    for route in &loaded.config.routes {
        let Some(mapping) = mappings.get(&route.name) else {
            continue;
        };
        if route.destination != destination.name {
            continue;
        }
        match mapping.examples() {
            Ok(examples) => plans.extend(examples),
            Err(error) => unplanned.push(no_plan(&route.name, &error)),
        }
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (secrets, tokens) = (Arc::clone(&loaded.secrets), Arc::clone(&asked.tokens));
    let administrator = asked.administrator.as_deref();
    let setup = destinations::setup(destination, secrets, administrator, tokens, clock, plans)
        .map_err(|failure| Failed::of(&failure))?;
    Ok(match unplanned.is_empty() {
        true => setup,
        false => Arc::new(InPart { setup, unplanned }),
    })
}

/// Returns the item of a route whose mapping fits no example: what it needs is not known.
fn no_plan(route: &str, error: &PlanError) -> Item {
    Item::open(
        format!("route {route}"),
        State::Unknown,
        format!(
            "what it needs is not known, because its mapping makes no records of the example order: {error}"
        ),
        Remedy::ByHand(vec![
            "Mend it, or see with an order of yours what it makes: `orderbridge preview`"
                .to_owned(),
        ]),
    )
}

/// The set-up of a destination of which some routes have no plan.
struct InPart {
    setup: Arc<dyn Setup>,
    unplanned: Vec<Item>,
}

#[async_trait]
impl Setup for InPart {
    async fn plan(&self) -> Vec<Item> {
        let mut items = self.setup.plan().await;
        items.extend(self.unplanned.iter().cloned());
        items
    }

    async fn make(&self, item: &Item) -> Made {
        self.setup.make(item).await
    }

    fn project(&self, plan: &[Item]) -> Vec<ProjectFile> {
        self.setup.project(plan)
    }
}

async fn of_store(
    loaded: &Loaded,
    store: &Store,
    asked: &Asked<'_>,
) -> Result<Arc<dyn Setup>, Failed> {
    let config = &loaded.config;
    let Some(address) = address(config, store, asked) else {
        return Ok(Arc::new(nowhere(config, store)));
    };
    let wanted = Wanted {
        address,
        topics: topics(config, store),
        renews_secret: asked.renews_secret,
    };
    let secrets = Arc::clone(&loaded.secrets);
    let setup = sources::setup(store.platform, &store.secret, secrets, wanted).await;
    let setup = setup.map_err(|error| Failed::of(&error))?;
    Ok(match &asked.checkpoints {
        Some(checkpoints) => Arc::new(Listened::new(setup, Arc::clone(checkpoints), store)),
        None => setup,
    })
}

/// Returns the address to which a store's webhooks go, where it is known.
fn address(config: &Config, store: &Store, asked: &Asked<'_>) -> Option<String> {
    if asked.url.is_none()
        && let Some(address) = asked.stack.and_then(|stack| stack.webhook_url(&store.name))
    {
        return Some(address);
    }
    let url = asked.url.as_ref().or(config.public_url.as_ref())?;
    Some(format!("{url}/webhooks/{}", store.name))
}

fn nowhere(config: &Config, store: &Store) -> Unseen {
    Unseen {
        reason: "where the shop would post them to is not known".to_owned(),
        steps: vec![format!(
            "Enter the address at which shops reach this server as public_url under [server] in {}, as in public_url = \"https://orders.example.com\", or say it with --url; webhooks of {} go to /webhooks/{} there",
            config.file.display(),
            store.name,
            store.name
        )],
    }
}

/// Returns the topics that a store's routes take, as far as webhooks are needed for them: where a
/// route takes every order topic, those that carry every order.
fn topics(config: &Config, store: &Store) -> Vec<String> {
    let source = sources::source(store.platform);
    let usual = sources::needed_topics(store.platform);
    let taken = |topic: &&&str| source.order_topics().contains(*topic);
    let mut topics: Vec<String> = Vec::new();
    for route in config.routes_of(&store.name) {
        let wanted = match &route.topics {
            Some(topics) => topics.clone(),
            None => usual
                .iter()
                .filter(taken)
                .map(|topic| (*topic).to_owned())
                .collect(),
        };
        for topic in wanted {
            if !topics.contains(&topic) {
                topics.push(topic);
            }
        }
    }
    topics
}
