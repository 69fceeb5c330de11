//! Mappings from before one could extend another, each a whole file: users have copies of them,
//! which go on working, and today's built-in mappings make the same plans.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use mapping::Mapping;
use order::Order;
use std::{fs, path::Path};
use support::{json, mapping, orders, overrides};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wave1/");

/// Overrides of routes: each is tried with every mapping that has all of its variables.
const ROUTES: [&str; 31] = [
    "",
    "prefix = 'eu-'",
    "address_codes = true\nhome_currency = 'EUR'",
    "shipping_address = true\nmulti_currency = true",
    "shipping_address = true\naddress_codes = true\nperson_accounts = true",
    "person_accounts = true",
    "match_company = true\ndomain_field = 'Domain__c'\nmail_providers = []",
    "contact_role_field = 'Role_Key__c'",
    "guests_overwrite = true",
    "duplicate_rules = 'obey'\npricebook_id = '01s'",
    "line_items = true",
    "line_items = true\nshipping_product = 'S'\ntax_product = 'T'\nfee_product = 'F'\ndiscount_product = 'D'\nrefund_product = 'R'\nmulti_currency = true",
    "shipping_product = 'S'\ndifference_product = 'X'\nmissing_product = 'create'\nseveral_products = 'oldest'",
    "custom_product = 'ANY'\nmissing_product = 'skip'",
    "subtract_refunds = false\nclose_in_months = 3",
    "subtract_refunds = false",
    "object = 'Lead'\naddress_codes = true\nassignment_rules = 'TRUE'",
    "customers = false\nshared_numbers = true",
    "test_orders = true\nmarketplace_tax = 'leave_out'",
    "sub_orders = 'parts'",
    "sub_orders = 'both'",
    "sub_orders = 'all'",
    "home_currency = 'USD'\nconvert_currency = true",
    "module = 'Sales_Orders'",
    "module = 'Sales_Orders'\nmissing_product = 'create'\nprivate_account = 'Web'\norder_field = 'O'\ncustomer_field = 'C'\naccount_field = 'A'\nprefix = 'eu-'",
    "shop = 'EU'\norder_field = 'O'\ncustomer_field = 'C'\ntrigger = []\npipeline = 'Shop'\ncampaign_id = '7'\nlead_source = 'Web'",
    "quiet_before = '2024-01-31'\nmulti_currency = true\nstages = { trash = 'Lost' }\norder_field = 'O'",
    "stages = { trash = 'Lost' }",
    "subsidiary = '1'\nlocation = '2'\ndepartment = '3'\nclass = '4'\ncustom_form = '5'\ncustomer_key_field = 'custentity_key'\nadd_currencies = true\ncurrencies = { EUR = '4', USD = '1' }",
    "shipping_item = 'S'\nfee_item = 'F'\ntax_item = 'T'\ndiscount_item = 'D'\nrefund_item = 'R'\nitem_field = 'upccode'\nprice_level = '1'\nship_methods = { other = '9' }\ntax_codes = { US = '1', other = '2' }\nshipping_items = { flat_rate = '8' }",
    "difference_item = 'X'\nany_case = true\ncustom_item = 'ANY'\nnetsuite_taxes = true\nmissing_product = 'skip'\nitems = { '101' = '98' }",
];

fn text(name: &str) -> String {
    fs::read_to_string(format!("{FOLDER}{name}.toml")).unwrap()
}

/// The routes for a mapping: those whose variables it has.
fn routes(text: &str) -> impl Iterator<Item = &'static str> {
    let mapping: toml::Table = text.parse().unwrap();
    let known = mapping.get("vars").unwrap().as_table().unwrap().clone();
    let fits = move |route: &&str| {
        let vars: toml::Table = route.parse().unwrap();
        vars.keys().all(|name| known.contains_key(name))
    };
    ROUTES.into_iter().filter(fits)
}

fn of_wave_1(name: &str, route: &str) -> Mapping {
    Mapping::parse(&format!("{name}.toml"), &text(name), &overrides(route))
        .unwrap_or_else(|problems| panic!("{name}: {problems:#?}"))
}

/// Returns the outcome of a mapping for an order, as text.
fn made(mapping: &Mapping, order: &Order) -> String {
    match mapping.plan(order) {
        Ok(plan) => json(&plan),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_built_in_mappings_make_the_plans_that_they_made_as_whole_files() {
    let mut compared = 0;
    for name in Mapping::builtin_names() {
        let (shop, _) = name.split_once('-').unwrap();
        let orders = orders::of_shop(shop);
        for vars in routes(&text(name)) {
            let route = &format!("[vars]\n{vars}");
            let (before, now) = (of_wave_1(name, route), mapping(name, route));
            assert_eq!(now.home_currency(), before.home_currency());
            let gone = |mapping: &Mapping| mapping.plan_gone("77").unwrap().map(|plan| json(&plan));
            assert_eq!(gone(&now), gone(&before), "{name} of a route with {vars}");
            for (order_name, order) in &orders {
                let (now, before) = (made(&now, order), made(&before, order));
                assert!(
                    now == before,
                    "{name} of a route with {vars}\nand the order \"{order_name}\": {}",
                    difference(&before, &now)
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 3_000, "{compared} plans");
}

/// The first lines that differ, each with the one before it.
fn difference(before: &str, now: &str) -> String {
    let differs = before.lines().zip(now.lines()).position(|(b, n)| b != n);
    let at = differs.unwrap_or_else(|| before.lines().count().min(now.lines().count()));
    let part = |text: &str| {
        let lines = text.lines().skip(at.saturating_sub(3)).take(7);
        lines.collect::<Vec<_>>().join("\n")
    };
    format!("before\n{}\nnow\n{}", part(before), part(now))
}

#[test]
fn each_of_them_is_a_file_that_a_route_may_name() {
    for entry in fs::read_dir(FOLDER).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let mapping = Mapping::load(&file, Path::new(FOLDER), &overrides("")).unwrap();
        assert!(mapping.plan(&support::sample()).is_ok(), "{file}");
    }
}
