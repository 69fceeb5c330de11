//! `missing = "create"`: making the records that a look-up did not find. A price book entry needs
//! its product and, before an entry in any other price book, an entry in the standard one
//! (Pricebook2, Usage, in the Object Reference).

use crate::{
    lookups::{self, LookupResults},
    node::Node,
    read::Rows,
    row::Row,
    soql::Question,
};
use destination::{Class, Failure};
use mapping::plan::{Lookup, Scalar};
use serde_json::{Map, Value, json};

const ENTRY: &str = "PricebookEntry";
const PRODUCT_PATH: &str = "Product2.";

/// Salesforce's price books, products and entries for the products that are missing in a price
/// book.
#[derive(Debug, Default)]
pub(crate) struct Catalogue(Rows);

/// Returns the queries that [`Catalogue`] is made from, each with the object that it asks about.
pub(crate) fn questions(missing: &[&Lookup]) -> Result<Vec<(String, String)>, Failure> {
    let entries: Vec<&&Lookup> = missing.iter().filter(|lookup| is_entry(lookup)).collect();
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let (mut books, mut products, mut prices) = (
        Question::new("Pricebook2")?,
        Question::new("Product2")?,
        Question::new(ENTRY)?,
    );
    books.select("IsStandard")?;
    products.select("Name")?;
    books.or_where("IsStandard", &Scalar::Bool(true), &[])?;
    for path in ["Product2Id", "Pricebook2Id", "IsActive"] {
        prices.select(path)?;
    }
    for lookup in entries {
        let conditions: Vec<(&str, &Scalar)> = product_conditions(lookup).collect();
        let Some(((path, value), common)) = conditions.split_first() else {
            continue;
        };
        products.or_where(path, value, common)?;
        conditions
            .iter()
            .try_for_each(|(path, _)| products.select(path))?;
        let long: Vec<(String, &Scalar)> = common
            .iter()
            .map(|(path, value)| (format!("{PRODUCT_PATH}{path}"), *value))
            .collect();
        let long: Vec<(&str, &Scalar)> = long
            .iter()
            .map(|(path, value)| (path.as_str(), *value))
            .collect();
        prices.or_where(&format!("{PRODUCT_PATH}{path}"), value, &long)?;
        if lookup.conditions.contains_key("CurrencyIsoCode") {
            prices.select("CurrencyIsoCode")?;
        }
    }
    let all = [
        ("pricebook2", books),
        ("product2", products),
        ("pricebookentry", prices),
    ];
    Ok(all
        .into_iter()
        .flat_map(|(object, question)| {
            question
                .queries()
                .into_iter()
                .map(move |query| (object.to_owned(), query))
        })
        .collect())
}

/// Returns the claim that two orders must not both create: the product, else the look-up itself.
pub(crate) fn claim(lookup: &Lookup) -> String {
    let product: Vec<String> = product_conditions(lookup)
        .map(|(path, value)| format!("{path}={value:?}"))
        .collect();
    if is_entry(lookup) && !product.is_empty() {
        product.join(" ").to_lowercase()
    } else {
        lookups::key(lookup)
    }
}

impl Catalogue {
    pub(crate) fn new(rows: Rows) -> Self {
        Self(rows)
    }

    /// Returns the nodes that make what is missing; the last one makes what was looked up.
    pub(crate) fn create(&self, lookup: &Lookup, number: usize) -> Result<Vec<Node>, Failure> {
        if !is_entry(lookup) || product_conditions(lookup).next().is_none() {
            return Ok(vec![Node::create(
                format!("lookup_{number}"),
                &lookup.object,
                &lookup.object,
                own_fields(lookup),
            )]);
        }
        let mut nodes = Vec::new();
        let product_id = match self.product(lookup)? {
            Some(id) => id,
            None => {
                let reference = format!("product_{number}");
                let id = format!("@{{{reference}.id}}");
                nodes.push(Node::create(
                    reference,
                    "Product2",
                    "product",
                    product_fields(lookup),
                ));
                id
            }
        };
        let standard = self.standard_book()?;
        let wanted = match lookup.conditions.get("Pricebook2Id") {
            Some(Scalar::Text(book)) if !crate::row::same_id(book, &standard) => Some(book.clone()),
            _ => None,
        };
        if self
            .entry(lookup, &product_id, &standard, wanted.is_none())?
            .is_none()
        {
            nodes.push(entry_node(
                lookup,
                format!("standard_entry_{number}"),
                &product_id,
                &standard,
            ));
        }
        if let Some(book) = wanted {
            self.entry(lookup, &product_id, &book, true)?;
            nodes.push(entry_node(
                lookup,
                format!("entry_{number}"),
                &product_id,
                &book,
            ));
        }
        Ok(nodes)
    }

    /// Returns the product that exists without an entry; of several the one that the mapping
    /// chooses, if any.
    fn product(&self, lookup: &Lookup) -> Result<Option<String>, Failure> {
        let wanted = Lookup {
            object: "Product2".to_owned(),
            conditions: product_conditions(lookup)
                .map(|(path, value)| (path.to_owned(), value.clone()))
                .collect(),
            ..lookup.clone()
        };
        let mut found = LookupResults::default();
        lookups::learn(&mut found, &wanted, self.rows("product2"));
        match found.ambiguity(&wanted, "Salesforce") {
            Some(text) => Err(Failure::permanent(Class::Mapping, "read", text)),
            None => Ok(found.get(&wanted).map(|found| found.id.clone())),
        }
    }

    /// Returns the product's entry in a price book. Fails where the look-up asked for this entry
    /// (`looked_for`): it asks for active ones only, so somebody has switched this one off.
    fn entry(
        &self,
        lookup: &Lookup,
        product_id: &str,
        book: &str,
        looked_for: bool,
    ) -> Result<Option<&Row>, Failure> {
        let same_currency = |row: &Row| {
            lookup
                .conditions
                .get("CurrencyIsoCode")
                .is_none_or(|currency| row.holds("CurrencyIsoCode", currency))
        };
        let is_it = |row: &&Row| {
            row.text("Product2Id") == Some(product_id)
                && row
                    .text("Pricebook2Id")
                    .is_some_and(|id| crate::row::same_id(id, book))
        };
        let found = self
            .rows("pricebookentry")
            .iter()
            .find(|row| is_it(row) && same_currency(row));
        match found {
            Some(row) if looked_for => {
                let text = format!(
                    "Salesforce has a price book entry, {}, for {}, but it does not meet the look-up (is it inactive?); activate it, or set vars.missing_product = \"skip\"",
                    row.id(),
                    lookups::conditions(lookup)
                );
                Err(Failure::permanent(Class::Mapping, "read", text))
            }
            other => Ok(other),
        }
    }

    fn standard_book(&self) -> Result<String, Failure> {
        let book = self
            .rows("pricebook2")
            .iter()
            .find(|row| row.holds("IsStandard", &Scalar::Bool(true)));
        book.map(|row| row.id().to_owned()).ok_or_else(|| {
            let text = "Salesforce shows no standard price book to the integration user, so that no product can be made; give the user the right to read price books";
            Failure::permanent(Class::Mapping, "read", text)
        })
    }

    fn rows(&self, object: &str) -> &[Row] {
        self.0.get(object).map(Vec::as_slice).unwrap_or_default()
    }
}

fn is_entry(lookup: &Lookup) -> bool {
    lookup.object.eq_ignore_ascii_case(ENTRY)
}

fn product_conditions(lookup: &Lookup) -> impl Iterator<Item = (&str, &Scalar)> {
    lookup
        .conditions
        .iter()
        .filter_map(|(path, value)| Some((path.strip_prefix(PRODUCT_PATH)?, value)))
        .filter(|(path, _)| !path.contains('.'))
}

fn product_fields(lookup: &Lookup) -> Map<String, Value> {
    let mut fields = Map::from_iter([("IsActive".to_owned(), json!(true))]);
    for (name, value) in product_conditions(lookup) {
        fields.insert(name.to_owned(), scalar(value));
    }
    for (name, value) in lookup
        .create
        .iter()
        .filter(|(name, value)| *name != "UnitPrice" && **value != Scalar::Null)
    {
        fields.insert(name.clone(), scalar(value));
    }
    if let (false, Some(code)) = (
        fields.contains_key("Name"),
        fields.get("ProductCode").cloned(),
    ) {
        fields.insert("Name".to_owned(), code);
    }
    fields
}

fn entry_node(lookup: &Lookup, reference: String, product_id: &str, book: &str) -> Node {
    let price = lookup
        .create
        .get("UnitPrice")
        .filter(|value| **value != Scalar::Null)
        .map_or(json!(0), scalar);
    let mut body = Map::from_iter([
        ("Pricebook2Id".to_owned(), json!(book)),
        ("Product2Id".to_owned(), json!(product_id)),
        ("UnitPrice".to_owned(), price),
        ("IsActive".to_owned(), json!(true)),
    ]);
    if let Some(currency) = lookup.conditions.get("CurrencyIsoCode") {
        body.insert("CurrencyIsoCode".to_owned(), scalar(currency));
    }
    Node::create(reference, ENTRY, "price book entry", body)
}

fn own_fields(lookup: &Lookup) -> Map<String, Value> {
    let conditions = lookup
        .conditions
        .iter()
        .filter(|(path, _)| !path.contains('.'));
    conditions
        .chain(
            lookup
                .create
                .iter()
                .filter(|(_, value)| **value != Scalar::Null),
        )
        .map(|(name, value)| (name.clone(), scalar(value)))
        .collect()
}

fn scalar(value: &Scalar) -> Value {
    crate::node::harmless(serde_json::to_value(value).unwrap_or_default())
}
