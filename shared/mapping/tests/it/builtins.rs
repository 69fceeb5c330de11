//! All built-in mappings: that they load, what they have in common, and their plans of odd orders.

use crate::support;

use mapping::Mapping;
use order::Order;
use std::fmt::Write;
use support::{json, mapping, money, orders::ODDITIES, sample};

#[test]
fn every_built_in_mapping_loads_and_plans_the_example_order() {
    assert!(Mapping::builtin_names().count() >= 9);
    assert!(Mapping::builtin_names().is_sorted());
    for name in Mapping::builtin_names() {
        let mapping = mapping(name, "");
        let (_, system) = name.split_once('-').unwrap();
        assert_eq!((mapping.name(), mapping.system()), (name, system));
        let plan = mapping.plan(&Order::example()).unwrap();
        assert!(
            plan.records.iter().all(|record| record.key.is_some()
                || !record.find.is_empty()
                || record.replaces.is_some()),
            "{name}"
        );
        assert!(mapping.examples().unwrap().len() >= 6, "{name}");
    }
}

#[test]
fn the_examples_name_every_stage_and_every_product() {
    let vars = "vars.shipping_product = 'FREIGHT'\nvars.tax_product = 'VAT'";
    let mapping = mapping("woocommerce-salesforce", vars);
    let plans = mapping.examples().unwrap();
    let stages: Vec<String> = plans
        .iter()
        .map(|plan| {
            format!(
                "{:?}",
                plan.record("opportunity").unwrap().fields["StageName"]
            )
        })
        .collect();
    for stage in ["Closed Won", "Closed Lost", "Negotiation/Review"] {
        assert!(stages.iter().any(|told| told.contains(stage)), "{stages:?}");
    }
    let looked_up = format!("{:?}", plans[0].lookups().collect::<Vec<_>>());
    for code in ["FREIGHT", "VAT", ::mapping::EXAMPLE_CODE] {
        assert!(looked_up.contains(code), "{code}: {looked_up}");
    }
}

#[test]
fn the_mappings_into_zoho_and_netsuite_differ_in_the_names_of_the_shop_only() {
    for system in ["zoho", "netsuite"] {
        let plan = |shop: &str, word: &str, prefix: &str| {
            let plan = mapping(&format!("{shop}-{system}"), "")
                .plan(&full())
                .unwrap();
            json(&plan).replace(word, "SHOP").replace(prefix, "PREFIX")
        };
        let woocommerce = plan("woocommerce", "WooCommerce", "WOO");
        assert_eq!(plan("shopify", "Shopify", "SHOPIFY"), woocommerce);
        assert_eq!(plan("magento", "Magento", "MAGENTO"), woocommerce);
    }
}

/// An order with all kinds of amounts, none of which has a product or an item named for it.
fn full() -> Order {
    let mut order = sample();
    order.customer.company = "Acme Corp".to_owned();
    order.shipping = order.billing.clone();
    order.shipping_lines = Order::example().shipping_lines;
    order.shipping_total = money("4.00");
    order.tax_total = money("8.25");
    order.fee_total = money("1.50");
    order.discount_total_unallocated = money("10.00");
    order.total = money("103.74");
    order
}

#[test]
fn what_happens_to_odd_orders() {
    let mut table = String::new();
    for (name, change) in ODDITIES {
        let mut order = sample();
        change(&mut order);
        writeln!(table, "# {name}").unwrap();
        for mapping_name in Mapping::builtin_names() {
            let outcome = match mapping(mapping_name, "").plan(&order) {
                Ok(plan) => {
                    let records: Vec<&str> = plan
                        .records
                        .iter()
                        .map(|record| record.name.as_str())
                        .collect();
                    [vec![records.join(" ")], plan.warnings]
                        .concat()
                        .join("\n  ! ")
                }
                Err(error) => format!("refused: {error}"),
            };
            writeln!(table, "{mapping_name}: {outcome}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn no_odd_order_is_left_without_its_main_record() {
    for (name, change) in ODDITIES {
        let mut order = sample();
        change(&mut order);
        for mapping_name in Mapping::builtin_names() {
            if let Ok(plan) = mapping(mapping_name, "").plan(&order) {
                let main = ["opportunity", "deal", "sales_order"];
                assert!(
                    plan.records
                        .iter()
                        .any(|record| main.contains(&record.name.as_str())),
                    "{mapping_name}: {name}"
                );
            }
        }
    }
}

/// Vendors refuse longer values, so no text of a shop's customer may reach them at its full length.
#[test]
fn no_text_of_a_plan_is_endless() {
    let mut order = full();
    let endless = "x".repeat(40_000);
    order.note = Some(endless.clone());
    for text in [
        &mut order.customer.first_name,
        &mut order.customer.last_name,
        &mut order.customer.name,
        &mut order.customer.company,
    ] {
        text.clone_from(&endless);
    }
    for address in [&mut order.billing, &mut order.shipping] {
        for text in [
            &mut address.name,
            &mut address.company,
            &mut address.street,
            &mut address.address_1,
            &mut address.address_2,
            &mut address.city,
        ] {
            text.clone_from(&endless);
        }
        for text in [
            &mut address.state,
            &mut address.postcode,
            &mut address.country,
            &mut address.phone,
        ] {
            text.clone_from(&endless);
        }
    }
    for line in &mut order.lines {
        line.name.clone_from(&endless);
    }
    for name in Mapping::builtin_names() {
        for overrides in ["", "vars.module = 'Sales_Orders'", "vars.object = 'Lead'"] {
            let overrides = if mapping_has(name, overrides) {
                overrides
            } else {
                ""
            };
            let plan = json(&mapping(name, overrides).plan(&order).unwrap());
            assert!(!plan.contains(&"x".repeat(32_001)), "{name}");
        }
    }
}

/// Returns whether the mapping has the variable that the overrides set.
fn mapping_has(name: &str, overrides: &str) -> bool {
    (name.ends_with("-zoho") && overrides.contains("module"))
        || (name == "magento-salesforce" && overrides.contains("object"))
}
