//! The meaning of the shop's answers: orders, or one failure for each kind of refusal.

use super::{TOPIC, access::Proof};
use crate::{build, dates};
use serde::Deserialize;
use serde_json::value::RawValue;
use source::Kept;
use source::payload::Object;
use source::reader::{
    Answer, Listed, NoPage, Question, ReadError, Shop, ShopOrder, Stamp, Summary, Unreadable,
    of_entries,
};

/// The fields from which an order in short is read.
const SUMMARY: Kept = Kept {
    fields: &[&[
        "id",
        "number",
        "status",
        "total",
        "currency",
        "date_created",
        "date_created_gmt",
        "date_modified",
        "date_modified_gmt",
    ]],
    envelopes: &[],
    layers: 0,
};

/// The purpose of a request.
#[derive(Clone, Copy)]
pub(super) enum Meaning<'a> {
    /// The order with this id.
    Order(&'a str),
    /// A list whose size cannot be changed.
    List,
    /// A page of a walk.
    Page,
    /// A change of a webhook.
    Change,
}

impl Meaning<'_> {
    /// Returns whether somebody waits for the answer.
    pub(super) fn is_urgent(self) -> bool {
        matches!(self, Self::Order(_) | Self::Change)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    code: String,
    message: String,
    data: RefusalData,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RefusalData {
    params: serde_json::Value,
}

fn refusal(answer: &Answer) -> Refusal {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

/// Returns whether the shop did not recognise the caller, or computed another signature, so that
/// another way may work. WooCommerce has one code for every fault of a signed request and translates
/// the texts, so that only an English text can tell that the signature itself was right.
pub(super) fn is_refusal_of_the_way(answer: &Answer, proof: Proof) -> bool {
    if answer.status != 401 {
        return false;
    }
    let refusal = refusal(answer);
    match refusal.code.as_str() {
        "woocommerce_rest_cannot_view" => true,
        "woocommerce_rest_authentication_error" => {
            matches!(proof, Proof::Signed(_)) && !is_of_another_cause(&refusal.message)
        }
        _ => false,
    }
}

fn is_of_another_cause(message: &str) -> bool {
    ["timestamp", "permissions", "Consumer"]
        .iter()
        .any(|cause| message.contains(cause))
}

pub(super) fn is_used_nonce(answer: &Answer) -> bool {
    answer.status == 401
        && refusal(answer)
            .message
            .contains("nonce has already been used")
}

/// Returns the answer if it is a success, else the failure that it means.
pub(super) fn judged(answer: Answer, meaning: Meaning<'_>, shop: &Shop) -> Result<Answer, NoPage> {
    if matches!(answer.status, 200 | 201) {
        return Ok(answer);
    }
    let refusal = refusal(&answer);
    let is_page = matches!(meaning, Meaning::Page);
    let unavailable = || answer.unavailable(shop.now());
    Err(match (answer.status, meaning) {
        (404, Meaning::Order(id)) if refusal.code.ends_with("invalid_id") => {
            ReadError::Gone(id.to_owned()).into()
        }
        (400, _) if is_page && refusal.data.params.get("orderby").is_some() => {
            NoPage::Unsortable(misunderstood(&refusal))
        }
        (500 | 502 | 504 | 524, _) if is_page => NoPage::TooLarge(unavailable()),
        (400, Meaning::Change) => not_changed(&refusal).into(),
        (401, Meaning::Change) => may_not_write(shop).into(),
        (403, Meaning::Change) if !refusal.code.is_empty() => may_not_manage(shop).into(),
        (400, _) => misunderstood(&refusal).into(),
        (401, _) => keys_refused(&refusal, shop).into(),
        (403, _) if refusal.code.is_empty() => firewall().into(),
        (403, _) => rights_lacking(shop).into(),
        (300..=399 | 404, _) => super::site::no_api(answer.status, shop).into(),
        (501, _) => firewall().into(),
        _ => unavailable().into(),
    })
}

pub(super) fn firewall() -> ReadError {
    ReadError::Refused(
        "a firewall or security plug-in of the shop answers in its place; let it allow requests to /wp-json/wc/v3/ from this machine, whose User-Agent begins with orderbridge"
            .to_owned(),
    )
}

fn misunderstood(refusal: &Refusal) -> ReadError {
    ReadError::Refused(format!(
        "it does not understand the question ({}); WooCommerce 5.8 or newer is needed",
        refusal.code
    ))
}

/// Returns the refusal of a change, with the shop's own words about the value that it did not take.
fn not_changed(refusal: &Refusal) -> ReadError {
    ReadError::Refused(format!(
        "WooCommerce does not take it: {} ({})",
        refusal.message.trim_end_matches('.'),
        refusal.code
    ))
}

/// Returns the refusal of a key with which the list of webhooks was read just now.
fn may_not_write(shop: &Shop) -> ReadError {
    let secret = shop.secret_name();
    ReadError::Refused(format!(
        "the key in secret {secret} may only read; under WooCommerce > Settings > Advanced > REST API edit it and choose the permission Read/Write, or make a second key with it for this one command"
    ))
}

fn may_not_manage(shop: &Shop) -> ReadError {
    let secret = shop.secret_name();
    ReadError::Refused(format!(
        "403; the user of the key in secret {secret} may not manage WooCommerce; give the key to a shop manager or an administrator"
    ))
}

fn keys_refused(refusal: &Refusal, shop: &Shop) -> ReadError {
    let secret = shop.secret_name();
    let text = match refusal.message.as_str() {
        message if message.contains("timestamp") => {
            "its clock and this machine's are more than 15 minutes apart".to_owned()
        }
        message if message.contains("permissions") => {
            format!("the key in secret {secret} may not read; make one with the permission Read")
        }
        message if message.contains("signature") => format!(
            "it computes another signature; url in secret {secret} must be the address that WordPress has under Settings > General"
        ),
        _ => format!(
            "401; consumer_key and consumer_secret in secret {secret} are not, or no longer, valid for this shop, their user may not see orders, or a proxy hides from \
             WordPress that it is asked over https"
        ),
    };
    ReadError::Refused(text)
}

fn rights_lacking(shop: &Shop) -> ReadError {
    let secret = shop.secret_name();
    ReadError::Refused(format!(
        "403; the user of the key in secret {secret} may not see orders; give the key to a shop manager or an administrator"
    ))
}

/// Reads the order with this id.
pub(super) fn single(answer: &Answer, id: &str) -> Result<ShopOrder, ReadError> {
    let raw: &RawValue =
        serde_json::from_slice(&answer.body).map_err(|_| answer.strange("an order"))?;
    let (orders, _) = of_entries(&[raw], TOPIC, summary);
    let mut orders = orders.into_iter().filter(|order| order.summary.order == id);
    orders
        .next()
        .ok_or_else(|| answer.strange("the order that was asked for"))
}

/// Reads all orders of a list.
pub(super) fn list(answer: &Answer) -> Result<(Vec<ShopOrder>, Vec<Unreadable>), ReadError> {
    Ok(of_entries(&entries(answer)?, TOPIC, summary))
}

pub(super) fn entries(answer: &Answer) -> Result<Vec<&RawValue>, ReadError> {
    serde_json::from_slice(&answer.body).map_err(|_| answer.strange("a list"))
}

/// Reads a page of a walk. Orders that the key's user may not see are counted but left out, so that
/// only the total shows where the list ends; some proxies drop that header.
pub(super) fn page(answer: &Answer, question: &Question, after: &str) -> Result<Listed, ReadError> {
    let entries = entries(answer)?;
    let (orders, unreadable) = of_entries(&entries, TOPIC, summary);
    let is_stray =
        |order: &ShopOrder| stamp(order, question.stamp).is_some_and(|at| at.as_str() <= after);
    if orders.iter().any(is_stray) {
        return Err(ReadError::NoAnswer(
            "its list begins before the time that was asked for; either a cache answers in its place (let it leave out /wp-json/), or WooCommerce is older than 5.8".to_owned(),
        ));
    }
    let total = answer
        .header("x-wp-total")
        .and_then(|text| text.parse().ok());
    let read = u64::from(question.page) * u64::from(question.size);
    Ok(Listed {
        goes_on: match total {
            Some(total) => read < total,
            None => entries.len() >= usize::from(question.size),
        },
        orders,
        unreadable,
        total,
    })
}

fn stamp(order: &ShopOrder, stamp: Stamp) -> Option<String> {
    let at = match stamp {
        Stamp::Modified => order.summary.modified,
        Stamp::Placed => order.summary.placed,
    };
    at.map(super::site::plain)
}

fn summary(body: &[u8]) -> Option<Summary> {
    let fields = SUMMARY.of(body)?;
    let order = Object::root(&fields);
    let id = order.id("id")?;
    let number = order.text("number");
    Some(Summary {
        number: if number.is_empty() {
            id.clone()
        } else {
            number
        },
        modified: dates::modified(&order),
        placed: dates::shop_time(&order, "created").and_then(|time| time.instant),
        total: order.amount("total").ok().flatten(),
        currency: order.text("currency"),
        status: build::status(&order).name,
        order: id,
    })
}
