//! Reading back: what was delivered is found as planned, whatever the shop, in few calls, and
//! nothing is written for it.

use crate::support::{Account, all, in_time, is_delivered};
use config::{Platform, System};
use destination::{Held, Reading};
use mapping::{Mapping, Overrides, Plan};
use serde_json::json;
use std::path::Path;

/// The systems whose adapters read back.
const READ: [System; 3] = [System::Salesforce, System::Zoho, System::NetSuite];

async fn readable() -> Vec<Account> {
    let mut accounts = all().await;
    accounts.retain(|account| READ.contains(&account.system));
    accounts
}

async fn read(account: &Account, plans: &[Plan]) -> Vec<Reading> {
    let lent: Vec<&Plan> = plans.iter().collect();
    let readings = account.adapter.read(&in_time(), &lent).await;
    readings.into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn what_was_delivered_is_read_back_as_planned_in_few_calls_and_nothing_is_written() {
    for mut account in readable().await {
        let plans = account.plans(1..=100);
        for chunk in plans.chunks(10) {
            assert!(account.deliver(chunk).await.iter().all(is_delivered));
        }
        account.fresh();
        let _ = read(&account, &plans[..1]).await;
        let (changes, calls) = (account.double.changes(), account.double.calls());
        for readings in [
            read(&account, &plans[..10]).await,
            read(&account, &plans).await,
        ] {
            for reading in readings {
                assert!(reading.agrees(), "{:?}: {reading:#?}", account.system);
            }
        }
        assert_eq!(account.double.changes(), changes, "{:?}", account.system);
        let calls = account.double.calls() - calls;
        assert!(
            calls <= 1 + 10,
            "{:?}: {calls} calls for 10 and 100 orders",
            account.system
        );
    }
}

#[tokio::test]
async fn an_order_that_was_never_delivered_is_absent() {
    for account in readable().await {
        let [reading] = &read(&account, &[account.plan(1)]).await[..] else {
            panic!("one plan, one reading");
        };
        assert!(!reading.agrees() && !reading.records.is_empty());
        let is_absent = |held: &Held| *held == Held::Absent;
        assert!(
            reading.records.iter().all(|record| is_absent(&record.held)),
            "{reading:#?}"
        );
    }
}

#[tokio::test]
async fn a_field_that_somebody_changed_is_the_only_difference() {
    for account in readable().await {
        let plans = account.plans(1..=2);
        assert!(account.deliver(&plans).await.iter().all(is_delivered));
        let kind = account.double.kinds()[0];
        let (id_field, field) = match account.system {
            System::Salesforce => ("Id", "StageName"),
            System::Zoho => ("id", "Stage"),
            System::NetSuite => ("id", "memo"),
        };
        let record = account.double.records(kind).swap_remove(0);
        let id = record[id_field].as_str().unwrap().to_owned();
        let change = json!({ field: "Closed Lost" });
        account
            .double
            .edit(kind, &id, change.as_object().unwrap())
            .unwrap();
        let [changed, same] = &read(&account, &plans).await[..] else {
            panic!("two plans, two readings");
        };
        assert!(same.agrees(), "{same:#?}");
        let found: Vec<(&str, &str)> = changed
            .records
            .iter()
            .filter_map(|record| match &record.held {
                Held::Found { differences, .. } => Some(differences),
                _ => None,
            })
            .flatten()
            .map(|difference| (difference.field.as_str(), difference.found.as_str()))
            .collect();
        assert_eq!(found, [(field, "Closed Lost")]);
    }
}

/// The mappings of all shops, over the shops' samples: a false alarm makes reading back worthless.
#[tokio::test]
async fn every_sample_of_every_shop_is_read_back_as_planned() {
    let mut read_back = 0;
    for account in readable().await {
        for platform in Platform::ALL.iter().copied() {
            let name = format!("{}-{}", platform.as_str(), account.system.as_str());
            let vars = toml::toml! { missing_product = "create" };
            let set = toml::Table::new();
            let mapping = Mapping::load(&name, Path::new("."), &Overrides { vars, set }).unwrap();
            for (sample, order) in contract::orders(platform, &sources::source(platform)) {
                let Ok(plan) = mapping.plan(&order) else {
                    continue;
                };
                let plans = [plan];
                let outcomes = account.deliver(&plans).await;
                if !outcomes.iter().all(is_delivered) {
                    continue;
                }
                let readings = read(&account, &plans).await;
                let agrees = readings.iter().all(Reading::agrees);
                assert!(agrees, "{name}, {}: {readings:#?}", sample.name);
                read_back += 1;
            }
        }
    }
    assert!(read_back > 20, "{read_back}");
}
