//! The organisation's API credits, against the simulator's.

use crate::support;

use destination::Destination;
use serde_json::json;
use support::{Org, WithoutDeadline, records, shop::order};

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn what_zoho_tells_of_the_credits_is_the_budget_of_an_organisation_whose_number_is_known() {
    let org = Org::start().await;
    org.config(json!({"limits": {"credits": 20}})).await;
    let watched = org.with_daily_credits(20);
    let mut told = Vec::new();
    for number in 1..=6 {
        records(
            &watched
                .deliver_all(&[order(number).plan()])
                .await
                .pop()
                .unwrap(),
        );
        told.push(watched.budget().map(|budget| (budget.used, budget.limit)));
    }
    let spent = org.calls().await;
    assert!(
        (13..=20).contains(&spent),
        "the simulator counted {spent} credits"
    );
    assert_eq!(
        told.first(),
        Some(&Some((10, 20))),
        "up to half are told as half: {told:?}"
    );
    assert_eq!(told.last(), Some(&Some((spent, 20))), "{told:?}");
    assert_eq!(
        org.zoho.budget(),
        None,
        "without the number there is no budget"
    );
    org.assert_no_violations().await;
}
