//! Routes of two stores into one account: those that would overwrite each other's records.

use config::Config;
use mapping::Mapping;
use ports::memory::MemorySecrets;
use std::{collections::BTreeMap, path::Path};

/// Two stores, one destination, and the routes of both.
#[expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
fn config(system: &str, stores: [&str; 2], vars: [&str; 2]) -> Config {
    let settings = match system {
        "salesforce" => {
            "auth = \"client_credentials\"\nlogin_url = \"https://a.my.salesforce.com\""
        }
        "netsuite" => "auth = \"token\"\n",
        _ => "accounts_url = \"https://accounts.zoho.eu\"\n",
    };
    let mut text = format!(
        "[destinations.crm]\nsystem = \"{system}\"\nsecret = \"crm\"\n{settings}\n\
         [stores.acme]\nplatform = \"{}\"\nsecret = \"acme\"\n[stores.second]\nplatform = \"{}\"\nsecret = \"second\"\n",
        stores[0], stores[1]
    );
    for (store, platform, vars) in [("acme", stores[0], vars[0]), ("second", stores[1], vars[1])] {
        text.push_str(&format!(
            "[[routes]]\nname = \"{store}-crm\"\nstore = \"{store}\"\ndestination = \"crm\"\nmapping = \"{platform}-{system}\"\n[routes.vars]\n{vars}\n"
        ));
    }
    Config::parse(Path::new("orderbridge.toml"), &text).unwrap()
}

/// The contents of the account's and the shops' secrets; obviously no real credentials.
fn secrets() -> MemorySecrets {
    let crm = [
        "client_id",
        "client_secret",
        "refresh_token",
        "account_id",
        "consumer_key",
        "consumer_secret",
        "token_id",
        "token_secret",
    ];
    let crm: Vec<(&str, &str)> = crm.into_iter().map(|key| (key, "1234567")).collect();
    let shop = [("webhook_secret", "an obviously made-up secret of a shop")];
    MemorySecrets::new()
        .with("crm", &crm)
        .with("acme", &shop)
        .with("second", &shop)
}

async fn checked(config: &Config) -> Result<BTreeMap<String, Mapping>, Vec<String>> {
    let checked = routes::checked_mappings(config, &secrets()).await;
    checked.map_err(|problems| problems.iter().map(str::to_owned).collect())
}

#[tokio::test]
async fn two_shops_that_count_alike_need_words_of_their_own() {
    let cases = [
        (
            "salesforce",
            ["woocommerce", "woocommerce"],
            ["", ""],
            "prefix = \"second-\"",
        ),
        (
            "salesforce",
            ["magento", "magento"],
            ["prefix = 'eu-'", "prefix = 'eu-'"],
            "prefix = \"second-\"",
        ),
        (
            "netsuite",
            ["woocommerce", "woocommerce"],
            ["", ""],
            "prefix = \"second-\"",
        ),
        (
            "netsuite",
            ["magento", "magento"],
            ["", ""],
            "prefix = \"second-\"",
        ),
        (
            "netsuite",
            ["woocommerce", "magento"],
            ["", "prefix = 'WOO'"],
            "prefix = \"second-\"",
        ),
        // Without a field for the order's id, deals are told apart by their names.
        (
            "zoho",
            ["woocommerce", "woocommerce"],
            ["", ""],
            "shop = \"second-\"",
        ),
        (
            "zoho",
            ["magento", "magento"],
            ["module = 'Sales_Orders'", "module = 'Sales_Orders'"],
            "shop = \"second-\"",
        ),
        (
            "zoho",
            ["shopify", "shopify"],
            ["", ""],
            "shop = \"second-\"",
        ),
        (
            "zoho",
            ["woocommerce", "magento"],
            ["shop = 'Shop'", "shop = 'shop'"],
            "shop = \"second-\"",
        ),
        (
            "zoho",
            ["woocommerce", "woocommerce"],
            ["order_field = 'No'", "order_field = 'No'"],
            "prefix = \"second-\"",
        ),
        (
            "zoho",
            ["woocommerce", "woocommerce"],
            ["customer_field = 'Id'", "customer_field = 'Id'"],
            "prefix = \"second-\" and shop = \"second-\"",
        ),
    ];
    for (system, stores, vars, fix) in cases {
        let config = config(system, stores, vars);
        let problems = checked(&config).await.unwrap_err();
        let [problem] = problems.as_slice() else {
            panic!("{system} {stores:?} {vars:?}: {problems:#?}")
        };
        let [first, second] = [&config.routes[0], &config.routes[1]].map(|route| route.line);
        assert!(
            problem.starts_with(&format!(
                "orderbridge.toml:{second}: route second-crm: it would overwrite the records of route acme-crm (orderbridge.toml:{first})"
            )),
            "{problem}"
        );
        assert!(
            problem.contains(fix),
            "{system} {stores:?} {vars:?}: {problem}"
        );
        assert_eq!(
            fix.contains("prefix"),
            problem.contains("prefix = "),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn what_cannot_meet_is_let_through() {
    let cases = [
        (
            "salesforce",
            ["woocommerce", "woocommerce"],
            ["", "prefix = 'eu-'"],
        ),
        ("salesforce", ["woocommerce", "magento"], ["", ""]),
        ("salesforce", ["shopify", "shopify"], ["", ""]),
        ("netsuite", ["shopify", "shopify"], ["", ""]),
        (
            "netsuite",
            ["woocommerce", "shopify"],
            ["", "prefix = 'WOO'"],
        ),
        ("netsuite", ["magento", "magento"], ["", "prefix = 'EU'"]),
        (
            "zoho",
            ["woocommerce", "woocommerce"],
            ["", "shop = 'Second'"],
        ),
        (
            "zoho",
            ["shopify", "shopify"],
            ["order_field = 'No'", "order_field = 'No'"],
        ),
        (
            "zoho",
            ["woocommerce", "woocommerce"],
            ["order_field = 'No'", "order_field = 'No'\nprefix = 'eu-'"],
        ),
        ("zoho", ["woocommerce", "shopify"], ["", ""]),
    ];
    for (system, stores, vars) in cases {
        let checked = checked(&config(system, stores, vars)).await;
        assert!(
            checked.is_ok(),
            "{system} {stores:?} {vars:?}: {checked:#?}"
        );
    }
}

#[tokio::test]
async fn two_routes_of_one_store_are_no_two_shops() {
    let mut config = config("salesforce", ["woocommerce", "woocommerce"], ["", ""]);
    config.routes[1].store = "acme".to_owned();
    checked(&config).await.unwrap();
}

#[tokio::test]
async fn two_names_of_one_account_are_one() {
    let mut config = config("netsuite", ["woocommerce", "woocommerce"], ["", ""]);
    let twin = config::Destination {
        name: "twin".to_owned(),
        ..config.destinations["crm"].clone()
    };
    config.destinations.insert("twin".to_owned(), twin);
    config.routes[1].destination = "twin".to_owned();
    assert_eq!(checked(&config).await.unwrap_err().len(), 1);
    config.destinations["twin"].secret = "second".to_owned();
    let problems = checked(&config).await.unwrap_err();
    assert!(
        problems
            .iter()
            .all(|problem| !problem.contains("overwrite")),
        "another account: {problems:#?}"
    );
}
