//! The lines of an order that changes: over the sandbox, and over the strict simulator where it is
//! present. Staff puts locations and dates on lines, the warehouse fulfils them, and the shop knows
//! nothing of either.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use destination::Outcome;
use destination_netsuite::NetSuite;
use mapping::Mapping;
use order::{Money, Order, Status, StatusKind};
use sandbox::netsuite::{CustomField, Item, ItemKind, Kind, NetSuite as Sandbox, Options, Product};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use support::{
    Account, WithoutDeadline, one,
    planned::{mapping, order_of},
    records, speaking, warnings,
};

/// An account of either kind, and an order in it.
struct World {
    there: There,
    mapping: Mapping,
    shop: Order,
    known: BTreeMap<String, String>,
}

enum There {
    Sandbox(Sandbox),
    Simulator(Box<Account>),
}

/// Creates both kinds of account, each with one delivered order of two mugs (1501), a poster (1502)
/// and its shipping (1503).
async fn worlds() -> Vec<World> {
    let item = |id, kind| {
        Item::new(
            id,
            Product::new(format!("Item {id}"), "", Money::ZERO),
            kind,
        )
    };
    let goods = [1501, 1502, 1505].map(|id| item(id, ItemKind::Inventory));
    let sandbox = Sandbox::start(Options {
        items: goods
            .into_iter()
            .chain([item(1503, ItemKind::OtherCharge)])
            .collect(),
        custom_fields: vec![CustomField::text("item", "custcol_engraving", 100)],
        auto_number: true,
        ..Options::default()
    });
    let mut worlds = vec![World::new(There::Sandbox(sandbox.await.unwrap())).await];
    if let Some(account) = Account::if_present().await {
        account
            .post(
                "config",
                json!({
                    "custom_fields": {"custcol_engraving": {"type": "string", "length": 100}},
                    "items": [
                        {"id": "1501", "type": "inventoryItem", "itemId": "Mug"}, {"id": "1502", "type": "inventoryItem", "itemId": "Poster"},
                        {"id": "1503", "type": "otherChargeSaleItem", "itemId": "Shipping"}, {"id": "1505", "type": "inventoryItem", "itemId": "Cap"},
                    ],
                }),
            )
            .await;
        worlds.push(World::new(There::Simulator(Box::new(account))).await);
    }
    worlds
}

fn line(code: &str, quantity: i64, total: &str) -> order::Line {
    let (quantity, total): (Money, Money) = (quantity.into(), total.parse().unwrap());
    let unit_price = total / quantity;
    order::Line {
        quantity,
        total,
        subtotal: total,
        unit_price: (unit_price.round_dp(2) == unit_price).then_some(unit_price),
        ..support::planned::line(code)
    }
}

impl World {
    async fn new(there: There) -> Self {
        let mut shop = order_of(1, Some("7"), "jane@example.com");
        (shop.fees, shop.taxes, shop.discounts) = (Vec::new(), Vec::new(), Vec::new());
        (shop.fee_total, shop.tax_total) = (Money::ZERO, Money::ZERO);
        shop.lines = vec![line("MUG", 2, "20.00"), line("POSTER", 1, "15.00")];
        let vars = "shipping_item = '1503'\nnetsuite_taxes = true\nitems = { MUG = '1501', POSTER = '1502', CAP = '1505' }";
        let mut world = Self {
            there,
            mapping: mapping("woocommerce-netsuite", vars),
            shop,
            known: BTreeMap::new(),
        };
        let outcome = world.deliver().await;
        assert_eq!(world.lines().await.len(), 3, "{outcome:?}");
        world
    }

    fn worker(&self) -> NetSuite {
        match &self.there {
            There::Sandbox(sandbox) => {
                let secret = sandbox.credentials().token("1234567_SB1");
                let secret = secret.as_object().unwrap().iter();
                let secret: Vec<(&str, &str)> = secret
                    .map(|(key, value)| (key.as_str(), value.as_str().unwrap()))
                    .collect();
                speaking(sandbox.url(), &secret, None)
            }
            There::Simulator(account) => account.another_worker(),
        }
    }

    async fn deliver(&mut self) -> Outcome {
        let total: Money = self.shop.lines.iter().map(|line| line.total).sum();
        (self.shop.subtotal, self.shop.total) = (total, total + self.shop.shipping_total);
        let mut plan = self.mapping.plan(&self.shop).unwrap();
        plan.known = self.known.clone().into_iter().collect();
        let outcome = one(&self.worker(), &plan).await;
        self.known = records(&outcome);
        outcome
    }

    /// Returns the number of calls to the account so far.
    async fn calls(&self) -> u64 {
        match &self.there {
            There::Sandbox(sandbox) => sandbox.calls().total,
            There::Simulator(account) => account.calls().await,
        }
    }

    async fn order(&self) -> Value {
        match &self.there {
            There::Sandbox(sandbox) => json!(sandbox.records("salesOrder")[0]),
            There::Simulator(account) => account.records("salesOrder").await[0].clone(),
        }
    }

    async fn lines(&self) -> Vec<Value> {
        self.order().await["item"]["items"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// Returns the lines in the form `1: 1501 x 2 = 20.00`.
    async fn told(&self) -> Vec<String> {
        let lines = self.lines().await;
        let text = |line: &Value| {
            let [quantity, amount] =
                ["quantity", "amount"].map(|name| line[name].as_f64().unwrap_or_default());
            format!(
                "{}: {} x {quantity} = {amount:.2}",
                line["line"],
                line["item"]["id"].as_str().unwrap()
            )
        };
        lines.iter().map(text).collect()
    }

    async fn staff(&self, change: Value) {
        let id = self.known["sales_order"].clone();
        match &self.there {
            There::Sandbox(sandbox) => {
                let mut change = change;
                if let Some(items) = change.get("item").cloned() {
                    change["item"] = json!({ "items": items });
                }
                sandbox
                    .edit("salesOrder", &id, change.as_object().unwrap())
                    .unwrap();
            }
            There::Simulator(account) => {
                _ = account
                    .post(
                        "staff",
                        json!({"object": "salesOrder", "id": id, "set": change}),
                    )
                    .await
            }
        }
    }

    async fn fulfil(&self, line: u32) {
        let id = self.known["sales_order"].clone();
        match &self.there {
            There::Sandbox(sandbox) => assert!(sandbox.fulfil(&id, Some(line))),
            There::Simulator(account) => {
                let quantity = self.lines().await[line as usize - 1]["quantity"].clone();
                account
                    .post(
                        "fulfil",
                        json!({"id": id, "lines": {line.to_string(): quantity}}),
                    )
                    .await;
            }
        }
    }

    /// Returns what was sent of the order in the last write.
    async fn sent(&self) -> Value {
        match &self.there {
            There::Sandbox(sandbox) => {
                let changes = sandbox.changes();
                json!(
                    changes
                        .iter()
                        .rfind(|change| change.object == "salesOrder")
                        .unwrap()
                        .fields
                )
            }
            There::Simulator(account) => {
                let id = self.known["sales_order"].clone();
                let audit = account
                    .get(&format!("audit?object=salesOrder&id={id}"))
                    .await;
                audit[format!("salesOrder/{id}")]
                    .as_array()
                    .unwrap()
                    .last()
                    .unwrap()["fields"]
                    .clone()
            }
        }
    }

    async fn assert_no_violations(&self) {
        if let There::Simulator(account) = &self.there {
            account.assert_no_violations().await;
        }
    }
}

/// Returns what staff puts on the first line.
fn of_staff() -> Value {
    json!({"item": [{"line": 1, "location": {"id": "1"}, "expectedShipDate": "2027-01-15", "custcol_engraving": "Jane"}]})
}

fn assert_kept(line: &Value) {
    assert_eq!(line["location"]["id"], "1", "{line}");
    assert_eq!(
        (&line["expectedShipDate"], &line["custcol_engraving"]),
        (&json!("2027-01-15"), &json!("Jane"))
    );
}

#[tokio::test]
async fn a_corrected_address_leaves_the_lines_alone() {
    for mut world in worlds().await {
        world.staff(of_staff()).await;
        let (calls, before) = (world.calls().await, world.told().await);
        world.shop.shipping.city = "Springfield".to_owned();
        let outcome = world.deliver().await;
        assert_eq!(world.calls().await - calls, 2, "one question and one write");
        assert_eq!(
            world.order().await["shippingAddress"]["city"],
            "Springfield"
        );
        assert!(
            world.sent().await.get("item").is_none(),
            "{}",
            world.sent().await
        );
        assert_eq!(world.told().await, before);
        assert_kept(&world.lines().await[0]);
        assert!(
            !warnings(&outcome).iter().any(|note| note.contains("line")),
            "{outcome:?}"
        );
        world.assert_no_violations().await;
    }
}

#[tokio::test]
async fn only_the_lines_that_changed_are_changed() {
    for mut world in worlds().await {
        world.staff(of_staff()).await;
        let calls = world.calls().await;
        world.shop.lines[0] = line("MUG", 3, "30.00");
        world.deliver().await;
        assert_eq!(
            world.told().await[..2],
            ["1: 1501 x 3 = 30.00", "2: 1502 x 1 = 15.00"]
        );
        assert_kept(&world.lines().await[0]);

        // An amount that does not divide evenly goes without a rate.
        world.shop.lines[0] = line("MUG", 3, "10.00");
        world.deliver().await;
        assert_eq!(world.told().await[0], "1: 1501 x 3 = 10.00");

        // The poster is gone, and a cap has come.
        world.shop.lines[1] = line("CAP", 1, "12.00");
        world.deliver().await;
        let told = world.told().await;
        assert!(
            told.contains(&"1: 1501 x 3 = 10.00".to_owned())
                && told.iter().any(|line| line.ends_with(": 1505 x 1 = 12.00")),
            "{told:?}"
        );
        assert!(!told.iter().any(|line| line.contains("1502")), "{told:?}");
        assert_kept(&world.lines().await[0]);
        assert_eq!(
            world.calls().await - calls,
            6,
            "one question and one write each"
        );
        world.assert_no_violations().await;
    }
}

#[tokio::test]
async fn what_is_fulfilled_cannot_go_and_the_rest_is_written() {
    for mut world in worlds().await {
        world.fulfil(1).await;
        let calls = world.calls().await;
        world.shop.lines = vec![line("POSTER", 2, "30.00")];
        world.shop.shipping.city = "Springfield".to_owned();
        let outcome = world.deliver().await;
        assert_eq!(world.calls().await - calls, 2);
        assert_eq!(
            world.told().await[..2],
            ["1: 1501 x 2 = 20.00", "2: 1502 x 2 = 30.00"]
        );
        assert_eq!(
            world.order().await["shippingAddress"]["city"],
            "Springfield"
        );
        assert!(
            warnings(&outcome)
                .iter()
                .any(|note| note.contains("sales_order: line 1 (item 1501) is fulfilled or billed")),
            "{outcome:?}"
        );

        // Fewer than the number that is fulfilled.
        world.shop.lines = vec![line("MUG", 1, "10.00"), line("POSTER", 1, "15.00")];
        world.shop.shipping.city = "Shelbyville".to_owned();
        let outcome = world.deliver().await;
        assert_eq!(
            world.told().await[..2],
            ["1: 1501 x 2 = 20.00", "2: 1502 x 1 = 15.00"]
        );
        assert_eq!(
            world.order().await["shippingAddress"]["city"],
            "Shelbyville"
        );
        assert!(
            warnings(&outcome)
                .iter()
                .any(|note| note.contains("line 1 (item 1501) keeps its quantity")),
            "{outcome:?}"
        );
        world.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_cancelled_order_is_closed_and_opened_again_line_by_line() {
    for mut world in worlds().await {
        world.staff(of_staff()).await;
        let is_closed = |line: &Value| line["isClosed"] == true;
        let before = world.shop.status.clone();
        world.shop.status = Status::new(StatusKind::Cancelled, "cancelled");
        world.deliver().await;
        assert!(world.lines().await.iter().all(is_closed));
        world.shop.status = before;
        world.deliver().await;
        assert!(!world.lines().await.iter().any(is_closed));
        assert_kept(&world.lines().await[0]);
        world.assert_no_violations().await;
    }
}

#[tokio::test]
async fn what_staff_has_closed_stays_closed_and_is_told() {
    let mut world = worlds().await.swap_remove(0);
    let all: Vec<Value> = world
        .lines()
        .await
        .iter()
        .map(|line| json!({"line": line["line"], "isClosed": true}))
        .collect();
    world.staff(json!({ "item": all })).await;
    world.shop.shipping.city = "Springfield".to_owned();
    let outcome = world.deliver().await;
    assert_eq!(world.order().await["status"]["id"], "H");
    assert!(
        warnings(&outcome)
            .iter()
            .any(|note| note.contains("closed in NetSuite, not by the shop")),
        "{outcome:?}"
    );
}

/// The ledger was lost, so nobody knows that the order exists until NetSuite says so.
#[tokio::test]
async fn an_order_that_nobody_remembers_keeps_its_lines_too() {
    for mut world in worlds().await {
        world.staff(of_staff()).await;
        let calls = world.calls().await;
        world.known.clear();
        world.shop.shipping.city = "Springfield".to_owned();
        world.deliver().await;
        assert_eq!(
            world.calls().await - calls,
            4,
            "two questions, a refused write and a change"
        );
        assert_kept(&world.lines().await[0]);
        assert_eq!(
            world.order().await["shippingAddress"]["city"],
            "Springfield"
        );
        world.assert_no_violations().await;
    }
}

/// A line that NetSuite does not let be changed for a reason of its own: the order gets everything
/// else, and the reason is reported.
#[tokio::test]
async fn lines_that_netsuite_refuses_do_not_keep_the_rest_back() {
    for mut world in worlds().await {
        world.fulfil(1).await;
        let There::Simulator(account) = &world.there else {
            continue;
        };
        let refusal = json!({"code": "USER_ERROR", "detail": "This line is in a closed quarter."});
        account
            .faults(json!([{"match": {"kind": "update", "body_re": "\"line\""}, "record_error": refusal, "times": 2}]))
            .await;
        world.shop.lines[1] = line("POSTER", 2, "30.00");
        world.shop.shipping.city = "Springfield".to_owned();
        let before = world.told().await;
        let outcome = world.deliver().await;
        assert_eq!(
            (
                world.told().await,
                &world.order().await["shippingAddress"]["city"]
            ),
            (before, &json!("Springfield"))
        );
        assert!(
            warnings(&outcome).iter().any(|note| note
                .contains("did not take the changes of its lines")
                && note.contains("closed quarter")),
            "{outcome:?}"
        );
    }
}

/// An order that was moved to another customer in NetSuite is found with its lines all the same.
#[tokio::test]
async fn an_order_of_another_customer_keeps_its_lines() {
    for mut world in worlds().await {
        world.staff(of_staff()).await;
        let calls = world.calls().await;
        let other = order_of(1, Some("8"), "joan@example.com");
        (world.shop.customer, world.shop.billing) = (other.customer, other.billing);
        world.deliver().await;
        assert_eq!(
            world.calls().await - calls,
            4,
            "its own customer is asked for, made, and put in the place of the other"
        );
        assert_kept(&world.lines().await[0]);
        world.assert_no_violations().await;
    }
}

/// Ten changed orders cost one query and a write each.
#[tokio::test]
async fn ten_changed_orders_are_read_at_once() {
    for mut world in worlds().await {
        let mut plans = Vec::new();
        for number in 10..20 {
            world.shop = order_of(
                number,
                Some(&number.to_string()),
                &format!("jane.{number}@example.com"),
            );
            (world.shop.fees, world.shop.taxes) = (Vec::new(), Vec::new());
            (world.shop.fee_total, world.shop.tax_total) = (Money::ZERO, Money::ZERO);
            world.shop.lines = vec![line("MUG", 2, "20.00")];
            world.known.clear();
            world.deliver().await;
            world.shop.lines.push(line("POSTER", 1, "15.00"));
            let mut plan = world.mapping.plan(&world.shop).unwrap();
            plan.known = world.known.clone().into_iter().collect();
            plans.push(plan);
        }
        let calls = world.calls().await;
        world
            .worker()
            .deliver_all(&plans)
            .await
            .iter()
            .for_each(|outcome| _ = records(outcome));
        assert_eq!(world.calls().await - calls, 11);
        if let There::Sandbox(sandbox) = &world.there {
            assert!(sandbox.calls().of(Kind::Update) >= 10);
        }
        world.assert_no_violations().await;
    }
}
