//! The law of every destination: the sum that it calculates from the planned lines is the order's
//! total, to the cent; for a currency with more decimals than the destination holds, the total
//! rounded once.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use crate::support;

use order::{Fee, Money, Order, ShippingLine};
use proptest::prelude::*;
use serde_json::Value;
use support::{line, mapping, money, plain, sample};

/// Quantities and minor units of lines; the minor units of shipping, tax, fees and discounts; and
/// the number of decimals that make a minor unit.
type Amounts = (Vec<(u32, i64)>, (i64, i64, i64, i64), u32);

fn amounts() -> impl Strategy<Value = Amounts> {
    let lines = proptest::collection::vec((1_u32..200, 0_i64..100_000), 1..12);
    let beside = (
        0_i64..10_000,
        0_i64..10_000,
        -5_000_i64..10_000,
        0_i64..5_000,
    );
    (
        lines,
        beside,
        prop_oneof![Just(2_u32), Just(3_u32), Just(4_u32)],
    )
}

fn order((lines, (shipping, tax, fees, discount), decimals): Amounts) -> Order {
    let mut order = sample();
    let cents = |units: i64| Money::new(units, decimals);
    let planned = lines.iter().enumerate();
    order.lines = planned
        .map(|(index, (quantity, total))| {
            line(
                &index.to_string(),
                "Thing",
                &quantity.to_string(),
                &cents(*total).to_string(),
            )
        })
        .collect();
    order.shipping_lines = vec![ShippingLine {
        method: "flat_rate".to_owned(),
        total: cents(shipping),
        ..ShippingLine::default()
    }];
    order.fees = vec![Fee {
        total: cents(fees),
        ..Fee::default()
    }];
    (order.shipping_total, order.tax_total, order.fee_total) =
        (cents(shipping), cents(tax), cents(fees));
    order.discount_total_unallocated = cents(discount);
    order.total = Money::ZERO;
    order.total = -order.difference().unwrap();
    order
}

fn number(value: &Value) -> Money {
    if value.is_null() {
        Money::ZERO
    } else {
        money(&value.to_string())
    }
}

/// Returns a total as the destination can hold it: half a cent goes up.
fn cents(amount: Money) -> Money {
    (amount * money("100") + money("0.5")).floor() / money("100")
}

/// Returns whether the plan warns of nothing but rounding: at most twice, and only for a currency
/// with more than two decimals.
fn is_quiet(plan: &mapping::Plan, decimals: u32) -> bool {
    let rounded = plan
        .warnings
        .iter()
        .filter(|warning| warning.contains("rounded"))
        .count();
    let most = if decimals > 2 { 2 } else { 0 };
    plan.warnings.len() == rounded && rounded <= most
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_sales_order_in_zoho_has_the_order_s_grand_total(amounts in amounts()) {
        let order = order(amounts);
        let round = |amount: Money| amount.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        let planned = plain(&mapping("woocommerce-zoho", "vars.module = 'Sales_Orders'").plan(&order).unwrap());
        let planned = planned.get("sales_order").unwrap();
        let lines = planned["Ordered_Items"].as_array().unwrap();
        prop_assert!(lines.iter().all(|line| number(&line["Discount"]) >= Money::ZERO));
        let sum: Money = lines.iter().map(|line| round(number(&line["Quantity"]) * number(&line["List_Price"])) - number(&line["Discount"])).sum();
        prop_assert_eq!(sum + number(&planned["Adjustment"]), round(order.total));
    }

    #[test]
    fn a_sales_order_in_netsuite_has_lines_that_add_up_and_rates_that_multiply_up(amounts in amounts()) {
        let decimals = amounts.2;
        let order = order(amounts);
        let vars = "[vars]\nshipping_item = '1'\nfee_item = '2'\ntax_item = '3'\ndiscount_item = '4'";
        let plan = mapping("woocommerce-netsuite", vars).plan(&order).unwrap();
        prop_assert!(is_quiet(&plan, decimals), "{:?}", plan.warnings);
        let planned = plain(&plan);
        let lines = planned["sales_order"]["item"]["items"].as_array().unwrap();
        prop_assert_eq!(lines.iter().map(|line| number(&line["amount"])).sum::<Money>(), cents(order.total));
        for line in lines.iter().filter(|line| !line["rate"].is_null()) {
            let quantity = if line["quantity"].is_null() { Money::ONE } else { number(&line["quantity"]) };
            prop_assert_eq!(number(&line["rate"]) * quantity, number(&line["amount"]));
        }
    }

    #[test]
    fn the_line_items_of_an_opportunity_add_up(amounts in amounts()) {
        let decimals = amounts.2;
        let order = order(amounts);
        let vars = "[vars]\nshipping_product = 'S'\ntax_product = 'T'\nfee_product = 'F'\ndiscount_product = 'D'";
        for name in ["woocommerce-salesforce", "shopify-salesforce", "magento-salesforce"] {
            let switch = if name == "woocommerce-salesforce" { "" } else { "\nline_items = true" };
            let plan = mapping(name, &format!("{vars}{switch}")).plan(&order).unwrap();
            prop_assert!(is_quiet(&plan, decimals), "{:?}", plan.warnings);
            let lines = plan.records.iter().filter(|record| record.object == "OpportunityLineItem");
            let field = |record: &mapping::plan::Record, name: &str| {
                record.fields.get(name).map(|field| number(&serde_json::to_value(&field.value).unwrap()["literal"]))
            };
            let amount = |record| field(record, "TotalPrice").unwrap_or_else(|| field(record, "UnitPrice").unwrap() * field(record, "Quantity").unwrap());
            prop_assert_eq!(lines.map(amount).sum::<Money>(), cents(order.total));
        }
    }
}
