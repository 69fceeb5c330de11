//! What each destination would hold of an order, by its own arithmetic over the planned records.

use crate::Told;
use mapping::{Mapping, Overrides, Plan, plan::Record};
use order::{Money, Order};
use proptest::test_runner::TestCaseError;
use rust_decimal::RoundingStrategy;
use serde_json::Value;
use std::path::Path;

/// Whether something stands for every amount beside the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variables {
    All,
    None,
}

/// The destination's amount, from a plan.
type Reading = fn(&Plan) -> Money;

/// The mappings of one platform, each with a way to read the destination's amount.
pub(crate) struct Held {
    variables: Variables,
    mappings: Vec<(Mapping, Reading)>,
}

impl Held {
    pub(crate) fn new(platform: &str, variables: Variables) -> Self {
        let all = variables == Variables::All;
        let products = if all {
            "shipping_product = 'S'\ntax_product = 'T'\nfee_product = 'F'\ndiscount_product = 'D'\nrefund_product = 'R'\ndifference_product = 'X'\n"
        } else {
            ""
        };
        let items = if all {
            "shipping_item = '1'\nfee_item = '2'\ntax_item = '3'\ndiscount_item = '4'\nrefund_item = '5'\ndifference_item = '6'\n"
        } else {
            ""
        };
        let lines = if platform == "woocommerce" {
            ""
        } else {
            "line_items = true\n"
        };
        let mut mappings: Vec<(Mapping, Reading)> = vec![
            (
                load(platform, "salesforce", &format!("{products}{lines}")),
                of_opportunity,
            ),
            (load(platform, "zoho", ""), of_deal),
            (
                load(platform, "zoho", "module = 'Sales_Orders'"),
                of_zoho_sales_order,
            ),
            (load(platform, "netsuite", items), of_netsuite_sales_order),
        ];
        if platform != "woocommerce" {
            mappings.push((load(platform, "salesforce", ""), of_opportunity));
        }
        Self {
            variables,
            mappings,
        }
    }

    /// The mapping into Salesforce, with lines.
    pub(crate) fn salesforce(&self) -> &Mapping {
        &self.mappings[0].0
    }

    /// What an opportunity is worth in Salesforce.
    pub(crate) fn opportunity(plan: &Plan) -> Money {
        of_opportunity(plan)
    }

    /// What the mappings make of an order.
    pub(crate) fn plans(&self, order: &Order) -> Vec<Plan> {
        self.mappings
            .iter()
            .map(|(mapping, _)| mapping.plan(order).unwrap())
            .collect()
    }

    /// The law, for every mapping of the platform.
    pub(crate) fn check(&self, order: &Order, told: &Told) -> Result<(), TestCaseError> {
        for (mapping, amount) in &self.mappings {
            let plan = mapping
                .plan(order)
                .map_err(|error| TestCaseError::fail(format!("{error}: {}", told.body)))?;
            let held = amount(&plan);
            let missing = told_difference(&plan);
            if self.variables == Variables::All && missing.is_some() {
                return Err(TestCaseError::fail(format!(
                    "{}: {:?}: {}",
                    mapping.name(),
                    plan.warnings,
                    told.body
                )));
            }
            let expected = told.worth - missing.unwrap_or_default();
            if held != rounded(expected) && held != rounded_up(expected) {
                let text = format!(
                    "{} ({:?}): holds {held}, told to miss {missing:?}, and the shop says {}: {:?}: {}",
                    mapping.name(),
                    self.variables,
                    told.worth,
                    plan.warnings,
                    told.body
                );
                return Err(TestCaseError::fail(text));
            }
        }
        Ok(())
    }
}

fn load(platform: &str, system: &str, vars: &str) -> Mapping {
    let stand_in = if system == "netsuite" {
        "custom_item = '9'"
    } else {
        "custom_product = 'C'"
    };
    let overrides = Overrides {
        vars: format!("{vars}\n{stand_in}").parse().unwrap(),
        ..Overrides::default()
    };
    Mapping::load(
        &format!("{platform}-{system}"),
        Path::new("/nowhere"),
        &overrides,
    )
    .unwrap()
}

/// "The opportunity's amount will be 4.75 lower than ...": what the operator is told to add.
fn told_difference(plan: &Plan) -> Option<Money> {
    let text = plan
        .warnings
        .iter()
        .find_map(|warning| warning.split_once("'s amount will be "))?
        .1;
    let mut words = text.split(' ');
    let amount: Money = words.next()?.parse().ok()?;
    Some(if words.next()? == "lower" {
        amount
    } else {
        -amount
    })
}

/// The destinations hold two decimals; a total of three is rounded once.
fn rounded(amount: Money) -> Money {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// The same where half a unit goes up below zero as well, as amounts do that are rounded together.
fn rounded_up(amount: Money) -> Money {
    (amount * Money::ONE_HUNDRED + Money::new(5, 1)).floor() / Money::ONE_HUNDRED
}

fn number(record: &Record, field: &str) -> Option<Money> {
    let value = serde_json::to_value(&record.fields.get(field)?.value).unwrap();
    literal(&value)
}

fn literal(value: &Value) -> Option<Money> {
    value
        .get("literal")
        .map(|number| number.to_string().parse().unwrap())
}

fn of_opportunity(plan: &Plan) -> Money {
    let lines: Vec<&Record> = plan
        .records
        .iter()
        .filter(|record| record.object == "OpportunityLineItem")
        .collect();
    if lines.is_empty() {
        return number(plan.record("opportunity").unwrap(), "Amount").unwrap();
    }
    let amount = |line: &&Record| {
        let by_unit = || Some(number(line, "UnitPrice")? * number(line, "Quantity")?);
        number(line, "TotalPrice").or_else(by_unit).unwrap()
    };
    lines.iter().map(amount).sum()
}

fn of_deal(plan: &Plan) -> Money {
    number(plan.record("deal").unwrap(), "Amount").unwrap()
}

fn of_zoho_sales_order(plan: &Plan) -> Money {
    let order = plan.record("sales_order").unwrap();
    let lines = serde_json::to_value(&order.fields["Ordered_Items"].value).unwrap();
    let line = |line: &Value| {
        let of = |key: &str| literal(&line["object"][key]).unwrap_or_default();
        rounded(of("Quantity") * of("List_Price")) - of("Discount")
    };
    let lines: Money = lines["list"].as_array().unwrap().iter().map(line).sum();
    lines + number(order, "Adjustment").unwrap_or_default()
}

fn of_netsuite_sales_order(plan: &Plan) -> Money {
    let order = plan.record("sales_order").unwrap();
    let items = serde_json::to_value(&order.fields["item"].value).unwrap();
    let items = items["object"]["items"]["list"].as_array().unwrap();
    items
        .iter()
        .filter_map(|item| literal(&item["object"]["amount"]))
        .sum()
}
