//! The preview of a plan, which asks nobody.

use destination::Destination;
use destination_salesforce::{Grant, Salesforce, Settings};
use mapping::plan::Missing;
use ports::{
    SystemClock,
    memory::{MemorySecrets, MemoryTokens},
};
use std::{sync::Arc, time::Duration};

use crate::support::shop;

#[test]
fn the_sample_order_as_two_requests() {
    let clock = Arc::new(SystemClock);
    let settings = Settings {
        name: "sales".to_owned(),
        auth: Grant::JwtBearer,
        login_url: "https://login.salesforce.com".to_owned(),
        api_version: "v65.0".to_owned(),
        request_timeout: Duration::from_secs(30),
        is_in_batches: false,
    };
    let tokens = Arc::new(MemoryTokens::new(clock.clone()));
    let salesforce = Salesforce::new(
        settings,
        Arc::new(MemorySecrets::new()),
        "none".to_owned(),
        tokens,
        clock,
    )
    .unwrap();
    for missing in [Missing::Reject, Missing::Skip, Missing::Create] {
        let mut order = shop::sample();
        order.missing = missing;
        let requests = salesforce.preview(&order.plan());
        insta::assert_snapshot!("sample", serde_json::to_string_pretty(&requests).unwrap());
    }
    assert_eq!(salesforce.calls().total(), 0);

    let mut broken = shop::order(1, "1", vec![shop::line("101", 1, "1.00")]).plan();
    broken.records[2].key = None;
    let note = salesforce.preview(&broken)[0].note.clone().unwrap();
    assert!(
        note.contains("record opportunity has neither a key"),
        "{note}"
    );
}
