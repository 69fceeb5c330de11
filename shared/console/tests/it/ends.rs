//! Both ends of a route: a shop with some orders, and a CRM that holds each of them in an older
//! state.

use async_trait::async_trait;
use config::Config;
use console::Setup;
use destination::{
    Call, Change, Destination, Difference, Failure, Finding, Held, Outcome, Reading, RecordReading,
    RequestPreview,
};
use jiff::Timestamp;
use mapping::{Plan, plan::Value};
use ports::{Secrets, memory::MemorySecrets};
use reconcile::shops;
use serde_json::json;
use source::{
    OrderReader, ReadError,
    reader::{Cursor, Found, Page, Reach, ShopOrder, ShopReader, Summary, Webhooks, Window},
};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

/// Creates a setup over a shop that has these orders, all of them in the CRM as `Prospecting`.
pub(crate) fn setup(config: Config, orders: &[&str]) -> Setup {
    let orders = orders.iter().map(|order| (*order).to_owned()).collect();
    let shop: Arc<dyn ShopReader> = Arc::new(Shop(orders));
    let adapters = BTreeMap::from([("sales".to_owned(), Arc::new(Crm) as Arc<dyn Destination>)]);
    let secrets: Arc<dyn Secrets> = Arc::new(MemorySecrets::new());
    let readers = BTreeMap::from([("acme".to_owned(), shop)]);
    let mappings = routes::mappings(&config).unwrap();
    let made = routes::delivery_routes(&config, mappings, &adapters, &secrets, &readers).unwrap();
    let made = made
        .into_iter()
        .map(|(name, route)| (name, Arc::new(route)))
        .collect();
    Setup {
        shops: shops(&config, &made, &readers, None),
        routes: made,
        sides: Vec::new(),
        config,
    }
}

/// Returns what the shop says of an order.
pub(crate) fn body(order: &str) -> Vec<u8> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/woocommerce/01-new-customer.json");
    let text = std::fs::read(file).unwrap();
    let mut body: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let fields = body.as_object_mut().unwrap();
    fields.insert("id".to_owned(), json!(order.parse::<u64>().unwrap()));
    body.to_string().into_bytes()
}

struct Shop(Vec<String>);

fn order(id: &str) -> ShopOrder {
    ShopOrder {
        summary: Summary {
            order: id.to_owned(),
            number: id.to_owned(),
            modified: Some(Timestamp::UNIX_EPOCH),
            placed: None,
            total: None,
            currency: "USD".to_owned(),
            status: "processing".to_owned(),
        },
        topic: "order.updated".to_owned(),
        payload: body(id),
    }
}

#[async_trait]
impl OrderReader for Shop {
    async fn read(&self, order: &str) -> Result<(String, Vec<u8>), ReadError> {
        Err(ReadError::Gone(order.to_owned()))
    }
}

#[async_trait]
impl ShopReader for Shop {
    fn reach(&self) -> Reach {
        Reach {
            overlap: Duration::ZERO,
            settle: Duration::ZERO,
        }
    }

    async fn numbered(&self, _: &str) -> Result<Vec<ShopOrder>, ReadError> {
        Ok(Vec::new())
    }

    async fn many(&self, orders: &[String]) -> Result<Found, ReadError> {
        let known = orders.iter().filter(|order| self.0.contains(order));
        Ok(Found {
            orders: known.map(|id| order(id)).collect(),
            ..Found::default()
        })
    }

    async fn changed(&self, _: Window, _: Option<&Cursor>) -> Result<Page<ShopOrder>, ReadError> {
        Ok(Page {
            orders: self.0.iter().map(|id| order(id)).collect(),
            unreadable: Vec::new(),
            hidden: None,
            next: None,
        })
    }

    async fn placed(&self, _: Window, _: Option<&Cursor>) -> Result<Page<Summary>, ReadError> {
        Err(ReadError::unavailable("no test asks for this"))
    }

    async fn webhooks(&self, _: &str) -> Result<Webhooks, ReadError> {
        Err(ReadError::unavailable("no test asks for this"))
    }
}

struct Crm;

#[async_trait]
impl Destination for Crm {
    fn system(&self) -> &'static str {
        "salesforce"
    }

    async fn deliver(&self, _: &Call, _: &[&Plan]) -> Vec<Outcome> {
        Vec::new()
    }

    async fn read(&self, _: &Call, plans: &[&Plan]) -> Vec<Result<Reading, Failure>> {
        plans.iter().map(|plan| Ok(read(plan))).collect()
    }

    fn preview(&self, _: &Plan) -> Vec<RequestPreview> {
        Vec::new()
    }

    async fn check(&self, _: &Call, _: &Plan) -> Vec<Finding> {
        Vec::new()
    }
}

fn read(plan: &Plan) -> Reading {
    let opportunity = plan.record("opportunity").unwrap();
    let Value::Literal(stage) = &opportunity.fields.get("StageName").unwrap().value else {
        return Reading::default();
    };
    let stage = serde_json::to_value(stage).unwrap();
    let planned = stage.as_str().unwrap().to_owned();
    let differences = if planned == "Prospecting" {
        Vec::new()
    } else {
        let found = "Prospecting".to_owned();
        vec![Difference::new("StageName", planned, found)]
    };
    let record = RecordReading {
        name: "opportunity".to_owned(),
        index: 0,
        object: "Opportunity".to_owned(),
        held: Held::Found {
            id: format!("006{}", plan.order),
            differences,
            changed: Change::default(),
        },
    };
    Reading {
        records: vec![record],
    }
}
