//! The built-in mapping for WooCommerce against the strict simulator: an order of the shop, whole.

use mapping::{Mapping, Overrides};
use order::Order;
use std::path::Path;
use support::{Org, WithoutDeadline, records};

use crate::support;

#[tokio::test]
async fn an_order_of_the_shop_lands_in_two_calls_and_twice_is_once() {
    let Some(org) = Org::start().await else {
        return;
    };
    let mapping = Mapping::load(
        "woocommerce-salesforce",
        Path::new("."),
        &Overrides::default(),
    )
    .unwrap();
    let mut order = Order::example();
    for line in &mut order.lines {
        line.sku = "woo-polo".to_owned();
        line.code = "woo-polo".to_owned();
    }
    let plan = mapping.plan(&order).unwrap();
    let findings = org.salesforce.check_all(&plan).await;
    assert!(findings.iter().all(|finding| finding.ok), "{findings:#?}");
    let before = org.calls().await;
    let first = records(&org.deliver_one(&plan).await);
    assert_eq!(org.calls().await - before, 2);
    assert_eq!(records(&org.deliver_one(&plan).await), first);
    for object in ["Account", "Contact", "Opportunity"] {
        assert_eq!(org.records(object).await.len(), 1, "{object}");
    }
    let lines = plan
        .records
        .iter()
        .filter(|record| record.object == "OpportunityLineItem")
        .count();
    assert_eq!(org.records("OpportunityLineItem").await.len(), lines);
    org.assert_no_violations().await;
}
