//! The duties of a destination, for every system that this build speaks, each against its sandbox.
//! See the crate's README.

use crate::support;

use config::{Platform, System};
use destination::{Call, Class, Outcome};
use mapping::{Mapping, Plan};
use sandbox::Effect;
use std::collections::BTreeSet;
use support::{Account, all, failure, is_delivered};

#[tokio::test]
async fn every_system_has_its_name_and_a_mapping_from_every_shop() {
    for account in all().await {
        assert_eq!(account.adapter.system(), account.system.as_str());
        for platform in Platform::ALL {
            let name = format!("{}-{}", platform.as_str(), account.system.as_str());
            assert!(
                Mapping::builtin_names().any(|there| there == name),
                "there is no mapping {name}"
            );
        }
    }
}

#[tokio::test]
async fn nothing_to_deliver_makes_no_call() {
    for account in all().await {
        assert_eq!(account.deliver(&[]).await, []);
        assert_eq!(account.double.calls(), 0);
    }
}

#[tokio::test]
async fn each_plan_has_its_own_outcome_with_records_of_its_own() {
    // The last two have as many digits as an id of Salesforce, and the same ones in front.
    let numbers = || (1..=8).chain([202_611_280_000_001_234, 202_611_280_000_001_235]);
    for account in all().await {
        let outcomes = account.deliver(&account.plans(numbers())).await;
        assert_eq!(outcomes.len(), 10);
        let order_kind = account.double.kinds()[0];
        let mut ids = BTreeSet::new();
        for (number, outcome) in numbers().zip(&outcomes) {
            let Outcome::Delivered { records, .. } = outcome else {
                panic!("{:?} order {number}: {outcome:?}", account.system);
            };
            let order = records
                .iter()
                .find(|record| record.object == order_kind)
                .map(|record| record.id.clone());
            let held = account.double.records(order_kind);
            let named = held
                .iter()
                .find(|record| is_about(record, number))
                .and_then(id);
            assert_eq!(order, named, "{:?} order {number}", account.system);
            ids.extend(order);
        }
        assert_eq!(ids.len(), 10, "{:?}", account.system);
    }
}

/// `Id` in Salesforce, `id` elsewhere.
fn id(record: &serde_json::Map<String, serde_json::Value>) -> Option<String> {
    let id = record.get("Id").or_else(|| record.get("id"))?;
    id.as_str().map(str::to_owned)
}

/// Whether a text of the record, such as its name, says `#` and the number.
fn is_about(record: &serde_json::Map<String, serde_json::Value>, number: u64) -> bool {
    let number = number.to_string();
    let names_it = |text: &str| {
        let mut behind = text.split('#').skip(1);
        behind
            .any(|rest| rest.split(|letter: char| !letter.is_ascii_digit()).next() == Some(&number))
    };
    record
        .values()
        .filter_map(serde_json::Value::as_str)
        .any(names_it)
}

#[tokio::test]
async fn the_same_plans_again_change_nothing_whoever_delivers_them() {
    for mut account in all().await {
        let plans = account.plans(1..=3);
        let first = account.deliver(&plans).await;
        let counts = account.counts();
        account.fresh();
        let again = account.deliver(&plans).await;
        assert!(
            first.iter().chain(&again).all(is_delivered),
            "{:?}: {first:?} {again:?}",
            account.system
        );
        assert_eq!(account.counts(), counts, "{:?}", account.system);
        for (one, other) in first.iter().zip(&again) {
            let (
                Outcome::Delivered { records: one, .. },
                Outcome::Delivered { records: other, .. },
            ) = (one, other)
            else {
                panic!("not delivered");
            };
            assert_eq!(one, other, "{:?}: the same records", account.system);
        }
    }
}

/// An answer that was lost: nobody knows whether the plan was written.
fn in_doubt(plans: Vec<Plan>) -> Vec<Plan> {
    let doubted = plans.into_iter().map(|plan| Plan {
        in_doubt: true,
        ..plan
    });
    doubted.collect()
}

#[tokio::test]
async fn what_is_in_doubt_is_read_back_and_only_written_where_it_is_not_there_as_it_should_be() {
    for mut account in all().await {
        let first = account.deliver(&account.plans(1..=3)).await;
        let (counts, changes, calls) = (
            account.counts(),
            account.double.changes(),
            account.double.calls(),
        );
        account.fresh();
        let again = account.deliver(&in_doubt(account.plans(1..=3))).await;
        assert_eq!(first, again, "{:?}: the same records", account.system);
        let written = account.double.changes() - changes;
        // NetSuite shows no addresses of orders to a query, so the order's own fields are written
        // once more, without its lines.
        let most = if account.system == System::NetSuite {
            3
        } else {
            0
        };
        let calls = account.double.calls() - calls;
        // The companion's guards find out in a call that the orders are there.
        let most_calls = if account.has_companion() { 6 } else { 5 };
        assert!(
            written <= most && calls <= most_calls,
            "{:?}: {written} writes, {calls} calls",
            account.system
        );
        assert_eq!(account.counts(), counts, "{:?}", account.system);

        // Another order is not there, and of another customer the telephone number is not as it
        // should be.
        account.fresh();
        let mut plans = in_doubt(account.plans([4]));
        plans.push(account.plan_with_phone(2, "+1 555 0177"));
        let outcomes = account.deliver(&in_doubt(plans)).await;
        assert!(
            outcomes.iter().all(is_delivered),
            "{:?}: {outcomes:?}",
            account.system
        );
        assert_eq!(account.orders(), 4, "{:?}", account.system);
        let holds_it = |kind: &&str| {
            let records = account.double.records(kind);
            records.iter().any(|record| {
                serde_json::to_string(record)
                    .unwrap_or_default()
                    .contains("+1 555 0177")
            })
        };
        assert!(
            account.double.kinds().iter().any(holds_it),
            "{:?}",
            account.system
        );
    }
}

#[tokio::test]
async fn a_quote_or_a_backslash_is_a_letter_like_any_other() {
    for mut account in all().await {
        let plans = [account.plan(1), account.plan_of_quotes(2), account.plan(3)];
        let first = account.deliver(&plans).await;
        let counts = account.counts();
        account.fresh();
        let again = account.deliver(&plans).await;
        assert!(
            first.iter().chain(&again).all(is_delivered),
            "{:?}: {first:?} {again:?}",
            account.system
        );
        assert_eq!(
            account.counts(),
            counts,
            "{:?}: what has quotes is found again",
            account.system
        );
    }
}

#[tokio::test]
async fn a_bad_order_leaves_its_nine_neighbours_delivered() {
    for account in all().await {
        let numbers = [1, 2, 3, 4, 666, 6, 7, 8, 9, 10];
        let outcomes = account.deliver(&account.plans(numbers)).await;
        for (number, outcome) in numbers.into_iter().zip(&outcomes) {
            if number != 666 {
                assert!(
                    is_delivered(outcome),
                    "{:?} order {number}: {outcome:?}",
                    account.system
                );
                continue;
            }
            let Outcome::Rejected(rejected) = outcome else {
                panic!("{:?}: the bad order was {outcome:?}", account.system);
            };
            failure(outcome);
            assert!(
                matches!(rejected.class, Class::Validation | Class::Mapping),
                "{:?}: {rejected:?}",
                account.system
            );
            assert!(
                rejected.message.contains("666"),
                "{:?} does not name the order: {}",
                account.system,
                rejected.message
            );
            assert!(
                rejected.request.is_some() && rejected.response.is_some(),
                "{:?}: what was asked and answered",
                account.system
            );
        }
        assert_eq!(account.orders(), 9, "{:?}", account.system);
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_doubles_nothing() {
    for effect in [
        Effect::DropAfterCommit,
        Effect::TruncateAnswer,
        Effect::StatusAfterCommit(503),
    ] {
        for mut account in all().await {
            if effect == Effect::TruncateAnswer && account.system == System::NetSuite {
                continue; // It answers writes with 204 and no body: there is nothing to cut off.
            }
            let plans = account.plans(1..=3);
            account.fault_writes(effect.clone(), 1);
            let first = account.deliver(&plans).await;
            assert!(
                first.iter().any(|outcome| !is_delivered(outcome)),
                "{:?} {effect:?} struck nothing",
                account.system
            );
            for outcome in first.iter().filter(|outcome| !is_delivered(outcome)) {
                assert!(
                    matches!(outcome, Outcome::Retry(_)),
                    "{:?} {effect:?}: {outcome:?}",
                    account.system
                );
                failure(outcome);
            }
            for program in ["the same", "another"] {
                if program == "another" {
                    account.fresh();
                }
                let again = account.deliver(&plans).await;
                assert!(
                    again.iter().all(is_delivered),
                    "{:?} {effect:?} {program}: {again:?}",
                    account.system
                );
                assert_eq!(account.orders(), 3, "{:?} {effect:?}", account.system);
            }
            let customers = account.double.kinds()[1];
            assert_eq!(
                account.double.records(customers).len(),
                3,
                "{:?} {effect:?}",
                account.system
            );
        }
    }
}

#[tokio::test]
async fn each_kind_of_failure_has_the_class_that_the_engine_acts_by() {
    let expected = [
        (Effect::Status(500), Class::Unavailable),
        (Effect::Status(503), Class::Unavailable),
        (Effect::Html, Class::Unavailable),
        (Effect::DropBeforeWork, Class::Unavailable),
        (Effect::Status(429), Class::RateLimit),
        (Effect::RequestLimit, Class::RateLimit),
        (Effect::LockRow, Class::Conflict),
    ];
    for (effect, class) in expected {
        for account in all().await {
            if effect == Effect::LockRow && account.has_companion() {
                continue; // What is refused there is written in a call of its own at once.
            }
            account.fault_writes(effect.clone(), 1);
            let outcomes = account.deliver(&account.plans([1])).await;
            let Outcome::Retry(_) = &outcomes[0] else {
                panic!("{:?} {effect:?}: {outcomes:?}", account.system);
            };
            assert_eq!(
                failure(&outcomes[0]).class,
                class,
                "{:?} {effect:?}",
                account.system
            );
            let again = account.deliver(&account.plans([1])).await;
            assert!(
                is_delivered(&again[0]),
                "{:?} after {effect:?}: {again:?}",
                account.system
            );
        }
    }
}

#[tokio::test]
async fn refused_credentials_are_a_fault_of_the_account_not_of_the_order() {
    for mut account in all().await {
        account.lock_out();
        let outcomes = account.deliver(&account.plans([1, 2])).await;
        for outcome in &outcomes {
            assert!(
                matches!(outcome, Outcome::Retry(_)),
                "{:?}: {outcome:?}",
                account.system
            );
            assert_eq!(
                failure(outcome).class,
                Class::Authentication,
                "{:?}",
                account.system
            );
        }
        assert_eq!(account.orders(), 0);
        let findings = account
            .adapter
            .check(&Call::without_deadline(), &account.plan(1))
            .await;
        assert!(
            findings.iter().any(|finding| !finding.ok),
            "{:?}: {findings:?}",
            account.system
        );
    }
}

#[tokio::test]
async fn a_token_that_ended_is_renewed_once_and_the_call_repeated() {
    for account in all().await {
        assert!(is_delivered(&account.deliver(&account.plans([1])).await[0]));
        account.double.fault(Effect::ExpireTokens, 1);
        let outcomes = account.deliver(&account.plans([2])).await;
        assert!(
            is_delivered(&outcomes[0]),
            "{:?}: {outcomes:?}",
            account.system
        );
    }
}

#[tokio::test]
async fn a_preview_makes_no_call_and_a_check_finds_a_good_account_good() {
    for account in all().await {
        let preview = account.adapter.preview(&account.plan(1));
        assert!(!preview.is_empty(), "{:?}", account.system);
        assert_eq!(account.double.calls(), 0, "{:?}", account.system);
        let findings = account
            .adapter
            .check(&Call::without_deadline(), &account.plan(1))
            .await;
        assert!(!findings.is_empty(), "{:?}", account.system);
        assert!(
            findings.iter().all(|finding| finding.ok),
            "{:?}: {findings:?}",
            account.system
        );
        let names_currencies = |text: &str| {
            text.contains("1 = US Dollar")
                && text.contains("4 = Euro")
                && text.contains("vars.currencies")
        };
        assert_eq!(
            findings
                .iter()
                .any(|finding| names_currencies(&finding.text)),
            account.system == System::NetSuite,
            "only NetSuite's sandbox has several: {findings:?}"
        );
        assert_eq!(
            account.double.changes(),
            0,
            "{:?}: a check writes nothing",
            account.system
        );
    }
}

#[tokio::test]
async fn an_account_tells_its_currency_where_its_system_has_a_word_for_it() {
    for account in all().await {
        let told = account
            .adapter
            .home_currency(&Call::without_deadline())
            .await;
        let expected = (account.system == System::Zoho).then(|| "USD".to_owned());
        assert_eq!(told, Ok(expected), "{:?}", account.system);
    }
}

/// What staff and shop know of a customer, in the CRM's record of the person.
fn person(account: &Account) -> Vec<String> {
    let [_, kind, ..] = account.double.kinds() else {
        unreachable!()
    };
    let people = account.double.records(kind);
    assert_eq!(people.len(), 1, "{:?}: {people:?}", account.system);
    let fields = [
        "FirstName",
        "LastName",
        "Phone",
        "MailingStreet",
        "MailingCity",
        "MailingPostalCode",
        "First_Name",
        "Last_Name",
        "Mailing_Street",
        "Mailing_City",
        "Mailing_Zip",
    ];
    let value = |field: &&str| people.first()?.get(*field).map(ToString::to_string);
    fields.iter().filter_map(value).collect()
}

#[tokio::test]
async fn whoever_orders_without_a_log_in_changes_nothing_of_the_customer_with_that_e_mail_address()
{
    for system in [System::Salesforce, System::Zoho] {
        let mut account = Account::start(system).await;
        assert!(is_delivered(
            &account.deliver(&[account.plan_of(1, 77)]).await[0]
        ));
        let before = person(&account);
        assert!(before.len() >= 6, "{before:?}");
        assert!(is_delivered(
            &account.deliver(&[account.plan_of_guest(2, 77)]).await[0]
        ));
        assert_eq!(person(&account), before, "{system:?}");
        assert_eq!(account.orders(), 2);

        account.with_vars("guests_overwrite = true");
        account.fresh();
        assert!(is_delivered(
            &account.deliver(&[account.plan_of_guest(3, 77)]).await[0]
        ));
        let after = person(&account);
        assert!(
            before
                .iter()
                .zip(&after)
                .all(|(before, after)| before != after),
            "{system:?}: {after:?}"
        );
    }
}

/// The figures of the design: orders whose products are known, token at hand.
#[tokio::test]
async fn ten_orders_need_few_calls() {
    for account in all().await {
        let system = account.system;
        assert!(
            account
                .deliver(&account.plans([100, 101]))
                .await
                .iter()
                .all(is_delivered)
        );
        let new = calls_for(&account, 1..=10).await;
        let (limit_new, limit_returning) = match system {
            System::Salesforce => (2, 2),
            System::Zoho => (4, 4),
            System::NetSuite if account.has_companion() => (1, 1),
            System::NetSuite => (22, 12),
        };
        assert!(
            new <= limit_new,
            "{system:?}: {new} calls for ten orders of new customers"
        );
        let returning = calls_for_returning(&account).await;
        assert!(
            returning <= limit_returning,
            "{system:?}: {returning} calls for ten orders of returning customers"
        );
    }
}

async fn calls_for(account: &Account, numbers: std::ops::RangeInclusive<u64>) -> u64 {
    let before = account.double.calls();
    let outcomes = account.deliver(&account.plans(numbers)).await;
    assert!(
        outcomes.iter().all(is_delivered),
        "{:?}: {outcomes:?}",
        account.system
    );
    account.double.calls() - before
}

async fn calls_for_returning(account: &Account) -> u64 {
    let before = account.double.calls();
    let plans: Vec<_> = (1..=10)
        .map(|customer| account.plan_of(1_000 + customer, customer))
        .collect();
    let outcomes = account.deliver(&plans).await;
    assert!(
        outcomes.iter().all(is_delivered),
        "{:?}: {outcomes:?}",
        account.system
    );
    account.double.calls() - before
}
