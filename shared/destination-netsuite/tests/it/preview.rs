//! The output of `orderbridge preview`, without any call.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use crate::support;

use destination::Destination;
use destination_netsuite::{FEWEST_IN_A_BATCH, Grant, NetSuite, Settings, Speed};
use ports::{
    SystemClock,
    memory::{MemorySecrets, MemoryTokens},
};
use std::{sync::Arc, time::Duration};
use support::shop::sample;

fn unconnected() -> NetSuite {
    let settings = Settings {
        name: "erp".to_owned(),
        auth: Grant::Token,
        base_url: None,
        request_timeout: Duration::from_secs(10),
        calls_at_once: 3,
        batches_from: Some(FEWEST_IN_A_BATCH),
        language: None,
        speed: Speed::Single,
    };
    let clock = Arc::new(SystemClock);
    let tokens = Arc::new(MemoryTokens::new(clock.clone()));
    NetSuite::new(
        settings,
        Arc::new(MemorySecrets::new()),
        "erp".to_owned(),
        tokens,
        clock,
    )
    .unwrap()
}

#[test]
fn the_requests_of_the_sample() {
    let netsuite = unconnected();
    insta::assert_snapshot!(
        "sample",
        serde_json::to_string_pretty(&netsuite.preview(&sample().plan())).unwrap()
    );
    assert_eq!(netsuite.calls().total(), 0);
}

#[test]
fn what_would_not_be_sent_says_why() {
    let mut plan = sample().plan();
    plan.records[0].key = None;
    let requests = unconnected().preview(&plan);
    assert_eq!(requests.len(), 1);
    assert!(
        requests[0]
            .note
            .as_deref()
            .unwrap()
            .contains("would not be sent: record customer has no key")
    );

    let mut order = sample();
    order.lines[0].code = " ".to_owned();
    let requests = unconnected().preview(&order.plan());
    assert!(
        requests[0]
            .note
            .as_deref()
            .unwrap()
            .contains("does not say which item"),
        "{requests:?}"
    );
}
