//! The changes to the lines of an existing sales order: which stay as they are, which change under
//! their own `line` key, which are new and which go. A line that is made anew loses what staff has
//! put on it (a location, a ship date, commitments), and one that is fulfilled or billed cannot be
//! made anew ("Replacing a Sublist", NetSuite help, section_1545297048).

use crate::row::Row;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};
use std::collections::{HashMap, VecDeque};

/// A line as NetSuite has it: a row whose columns are those of the line, with the signs of a form.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    /// The line's key in a request: `line`.
    pub(crate) key: u64,
    pub(crate) row: Row,
    /// Whether it is a member of an item group, or the group's end: it stays and goes with its
    /// group.
    pub(crate) is_member: bool,
}

/// The changes to the lines of an order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Change {
    /// The lines to send; empty where they are as they should be.
    pub(crate) items: Vec<Json>,
    /// Whether lines that are not among the items go away and those without a key are added.
    pub(crate) replaces: bool,
    /// Warnings about lines that could not be changed, or that were taken away.
    pub(crate) warnings: Vec<String>,
}

/// The state of the order beside its lines.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Circumstances<'a> {
    /// Whether we closed the order and the shop has opened it again.
    pub(crate) reopens: bool,
    /// Whether all lines are closed.
    pub(crate) is_closed: bool,
    /// The item by which the order as a whole is discounted: it has a row among the lines but is no
    /// line.
    pub(crate) discount_item: Option<&'a str>,
}

/// Returns the changes that lead from the existing lines to the wanted ones; `None` where a wanted
/// line does not say which item it is, so that nothing can be compared.
pub(crate) fn change(there: &[Line], wanted: &[Json], about: Circumstances<'_>) -> Option<Change> {
    if wanted.iter().any(|line| item_of(line).is_none()) {
        return None;
    }
    let pairs = pair(there, wanted);
    let mut change = Change::default();
    let mut kept = Vec::new();
    let (mut has_changes, mut goes) = (false, false);
    for (line, partner) in there.iter().zip(pairs.of_there) {
        if line.is_member {
            // Its group stands before it.
            if !goes {
                kept.push((line.key, Map::new()));
            }
            continue;
        }
        goes = false;
        match partner.and_then(|place| wanted.get(place)) {
            Some(wanted) => {
                let fields = changed(line, wanted, about, &mut change.warnings);
                has_changes |= !fields.is_empty();
                kept.push((line.key, fields));
            }
            None if line.is_discount_of(about.discount_item) => {}
            None if line.is_at_work() => {
                change.warnings.push(format!(
                    "{line} is fulfilled or billed in NetSuite and cannot be taken away, although the shop's order has it no more"
                ));
                kept.push((line.key, Map::new()));
            }
            None => {
                // Nothing in NetSuite tells which lines of an order the staff have added.
                change.warnings.push(format!(
                    "{line} was taken away, because the shop's order does not have it"
                ));
                goes = true;
                change.replaces = true;
            }
        }
    }
    let added: Vec<&Json> = pairs
        .new
        .iter()
        .filter_map(|place| wanted.get(*place))
        .collect();
    change.replaces |= !added.is_empty();
    if change.replaces || has_changes {
        let is_sent = |fields: &Map<String, Json>| change.replaces || !fields.is_empty();
        let kept = kept.into_iter().filter(|(_, fields)| is_sent(fields));
        change.items.extend(kept.map(|(key, mut fields)| {
            fields.insert("line".to_owned(), json!(key));
            Json::Object(fields)
        }));
        change.items.extend(added.into_iter().cloned());
    }
    Some(change)
}

/// The wanted line for each existing one, by position, and the wanted lines that are new.
struct Pairs {
    of_there: Vec<Option<usize>>,
    new: Vec<usize>,
}

/// A test whether an existing line may be the wanted one.
type Way<'a> = &'a dyn Fn(&Line, &Json) -> bool;

/// Pairs the wanted lines with existing ones of the same item: the one that says the same, else the
/// one with the same description, else the first that is left.
fn pair(there: &[Line], wanted: &[Json]) -> Pairs {
    let mut of_there = vec![None; there.len()];
    let mut by_item: HashMap<String, VecDeque<usize>> = HashMap::new();
    for (place, line) in there.iter().enumerate().filter(|(_, line)| !line.is_member) {
        by_item
            .entry(line.row.text("item").unwrap_or_default())
            .or_default()
            .push_back(place);
    }
    let describes = |line: &Line, wanted: &Json| {
        wanted
            .get("description")
            .is_none_or(|text| line.says("description", text))
    };
    let is_same =
        |line: &Line, wanted: &Json| is_priced_as(line, wanted) && describes(line, wanted);
    let ways: [Way<'_>; 3] = [&is_same, &describes, &|_, _| true];
    let mut left: Vec<usize> = (0..wanted.len()).collect();
    for way in ways {
        left.retain(|number| {
            let Some(line) = wanted.get(*number) else {
                return false;
            };
            let Some(places) = item_of(line).and_then(|item| by_item.get_mut(item)) else {
                return true;
            };
            let fits = |place: &usize| there.get(*place).is_some_and(|there| way(there, line));
            let Some(place) = places
                .iter()
                .position(fits)
                .and_then(|at| places.remove(at))
            else {
                return true;
            };
            if let Some(partner) = of_there.get_mut(place) {
                *partner = Some(*number);
            }
            false
        });
    }
    Pairs {
        of_there,
        new: left,
    }
}

fn item_of(line: &Json) -> Option<&str> {
    line.get("item")?.get("id")?.as_str()
}

/// Returns the fields of a line that have to be written.
fn changed(
    line: &Line,
    wanted: &Json,
    about: Circumstances<'_>,
    warnings: &mut Vec<String>,
) -> Map<String, Json> {
    let mut fields = Map::new();
    let wanted = wanted.as_object().into_iter().flatten();
    let mut prices = Map::new();
    for (name, json) in wanted.clone() {
        match name.as_str() {
            "item" => {}
            "quantity" | "rate" | "amount" | "price" => {
                _ = prices.insert(name.clone(), json.clone())
            }
            "isClosed" if about.is_closed && *json == json!(true) => {}
            _ if line.says(name, json) => {}
            _ => _ = fields.insert(name.clone(), json.clone()),
        }
    }
    let prices = Json::Object(prices);
    if !is_priced_as(line, &prices) {
        let least = line.at_work();
        if number(prices.get("quantity")).is_some_and(|quantity| quantity < least) {
            warnings.push(format!(
                "{line} keeps its quantity and price: {least} of it are fulfilled or billed in NetSuite, which is more than the shop's order has of it"
            ));
        } else if let Json::Object(mut prices) = prices {
            // The old rate would count more than the new amount.
            if prices.contains_key("amount") && !prices.contains_key("rate") {
                prices.insert("rate".to_owned(), Json::Null);
            }
            fields.extend(prices);
        }
    }
    if about.reopens && wanted.into_iter().all(|(name, _)| name != "isClosed") {
        fields.insert("isClosed".to_owned(), json!(false));
    }
    fields
}

/// Returns whether quantity and price are those of the line. Where there is an amount, the rate
/// follows from it.
fn is_priced_as(line: &Line, wanted: &Json) -> bool {
    let says = |name: &str| wanted.get(name).is_none_or(|json| line.says(name, json));
    says("quantity")
        && if wanted.get("amount").is_some() {
            says("amount")
        } else {
            says("rate")
        }
}

fn number(json: Option<&Json>) -> Option<Decimal> {
    json.filter(|json| json.is_number())?
        .to_string()
        .parse()
        .ok()
}

impl Line {
    fn says(&self, name: &str, json: &Json) -> bool {
        // A text that a spreadsheet would take for a formula comes with a quote before it.
        self.row.says(name, json)
            || json
                .as_str()
                .is_some_and(|text| self.row.says(name, &json!(format!("'{text}"))))
    }

    /// Returns the quantity of it that is fulfilled or billed.
    fn at_work(&self) -> Decimal {
        let figure = |column: &str| {
            self.row
                .text(column)
                .and_then(|text| text.parse::<Decimal>().ok())
                .unwrap_or_default()
        };
        figure("shipped").abs().max(figure("billed").abs())
    }

    pub(crate) fn is_at_work(&self) -> bool {
        !self.at_work().is_zero()
    }

    /// Returns whether it stands for the item by which the order as a whole is discounted.
    pub(crate) fn is_discount_of(&self, item: Option<&str>) -> bool {
        item.is_some()
            && self.row.text("itemtype").as_deref() == Some("Discount")
            && self.row.text("item").as_deref() == item
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "line {} (item {})",
            self.key,
            self.row.text("item").unwrap_or_default()
        )
    }
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
