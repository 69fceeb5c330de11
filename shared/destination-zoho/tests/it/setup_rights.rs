//! Set-up by users who may not do everything: each missing right is named. Over the sandbox, and over
//! the strict simulator where it is present.

use crate::{
    setup::{bad, bare, make, of, plan, refusal},
    support::{self, both::Double},
};
use ::setup::{Item, Made, Setup, State};
use destination_zoho::ZohoSetup;
use sandbox::zoho::{CustomField, Effect, Fault, Kind, Options};
use serde_json::json;

#[tokio::test]
async fn a_field_that_is_there_and_hidden_is_not_made_a_second_time() {
    let options = Options {
        custom_fields: vec![CustomField::unique_text("Deals", "Shop_Order_ID", 50)],
        hidden_fields: vec![("Deals".to_owned(), "Shop_Order_ID".to_owned())],
        ..Options::default()
    };
    let org = sandbox(options).await;
    let report = make(&org, &plan(r#"vars.order_field = "Shop_Order_ID""#)).await;
    let why = refusal(&report);
    assert!(
        why.contains("hidden from the user") && why.contains("Set Permission"),
        "{why}"
    );
    assert_eq!(bad(&report.after).len(), 1);
}

#[tokio::test]
async fn each_missing_scope_is_named() {
    let keys = r#"vars.order_field = "Shop_Order_ID""#;
    let usual = [
        "ZohoCRM.modules.ALL",
        "ZohoCRM.coql.READ",
        "ZohoCRM.org.READ",
    ];
    let with = |more: &[&str]| Options {
        scopes: usual
            .iter()
            .chain(more)
            .map(|scope| (*scope).to_owned())
            .collect(),
        ..Options::default()
    };
    let org = sandbox(with(&[])).await;
    let items = of(&org, &plan(keys)).plan().await;
    let lines = bad(&items);
    assert!(
        lines.len() == 3
            && lines
                .iter()
                .all(|line| line.contains("ZohoCRM.settings.fields.READ")
                    && line.contains("Self Client")),
        "{lines:#?}"
    );

    let org = sandbox(with(&["ZohoCRM.settings.fields.READ"])).await;
    let report = make(&org, &plan(keys)).await;
    let why = refusal(&report);
    assert!(
        why.contains("lacks the scope ZohoCRM.settings.fields.CREATE"),
        "{why}"
    );
    let layouts = report
        .after
        .iter()
        .find(|item| item.subject == "layouts of Deals")
        .unwrap();
    assert!(
        layouts.state == State::Advice && layouts.to_string().contains("settings.layouts.READ"),
        "{layouts:?}"
    );
}

/// The sandbox has one set of scopes for its life, so that this is the strict simulator's to show.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_token_that_is_older_than_the_scopes_of_the_secret_is_renewed_once() {
    for org in Double::both(Options::default(), bare()).await {
        let Some(strict) = org.as_strict() else {
            continue;
        };
        let scopes = |more: &str| {
            let scopes = format!("ZohoCRM.modules.ALL,ZohoCRM.coql.READ{more}");
            json!({"credentials": {"refresh_tokens": {support::REFRESH_TOKEN: scopes}}})
        };
        strict.config(scopes("")).await;
        let items = of(&org, &plan("")).plan().await;
        assert_eq!(bad(&items).len(), 3, "{items:#?}");
        strict.config(scopes(",ZohoCRM.settings.ALL")).await;
        let items = of(&org, &plan("")).plan().await;
        assert_eq!(bad(&items), [""; 0]);
        assert_eq!(
            strict.logins().await,
            3,
            "at first, in vain, and for the scopes"
        );
    }
}

/// One token for all the sandbox has, so that this is the strict simulator's to show, too.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_administrators_token_makes_what_the_poorer_one_may_not() {
    for org in Double::both(Options::default(), bare()).await {
        let Some(strict) = org.as_strict() else {
            continue;
        };
        let poor = "1000.poor.token";
        let tokens = json!({
            support::REFRESH_TOKEN: "ZohoCRM.settings.ALL",
            poor: "ZohoCRM.modules.ALL,ZohoCRM.coql.READ",
        });
        strict
            .config(json!({"credentials": {"refresh_tokens": tokens}}))
            .await;
        let own = strict.with_secret(&[("refresh_token", poor)]);
        let plan = plan(r#"vars.order_field = "Shop_Order_ID""#);
        let setup = ZohoSetup::new(own, Some(strict.with_secret(&[])), vec![plan]);
        let report = ::setup::make(&setup, |_, _| ()).await;
        assert!(matches!(&report.made[..], [(_, Made::Done)]), "{report:#?}");
        assert_eq!(bad(&report.after), [""; 0]);
        let told = report
            .after
            .iter()
            .find(|item| item.subject == "fields of Deals")
            .unwrap();
        assert!(
            told.state == State::Advice && told.to_string().contains("the administrator's"),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn a_module_out_of_the_users_reach_is_unknown_and_says_whose_right_it_is() {
    let sandbox = sandbox::zoho::Zoho::start(Options::default())
        .await
        .unwrap();
    sandbox.fault(Fault::new(Effect::Status(403)).on(Kind::Settings));
    let zoho = support::both::to_sandbox(&sandbox);
    let items = ZohoSetup::new(zoho, None, vec![plan("")]).plan().await;
    let unknown: Vec<&Item> = items
        .iter()
        .filter(|item| item.state == State::Unknown)
        .collect();
    assert!(
        matches!(unknown[..], [item] if item.subject == "Accounts" && item.to_string().contains("Profiles")),
        "{items:#?}"
    );
}

async fn sandbox(options: Options) -> Double {
    Double::both(options, json!({})).await.swap_remove(0)
}
