//! The meaning of the shop's answers: orders, or one failure for each kind of refusal.

use super::access;
use crate::config::{DECIMALS, USUAL_TOPIC};
use crate::dates;
use ports::Secret;
use serde::Deserialize;
use serde_json::value::RawValue;
use source::Kept;
use source::payload::Object;
use source::reader::{Answer, Listed, NoPage, ReadError, Shop, ShopOrder, Summary, of_entries};

/// The fields from which an order in short is read.
const SUMMARY: Kept = Kept {
    fields: &[&[
        "entity_id",
        "increment_id",
        "status",
        "grand_total",
        "order_currency_code",
        "created_at",
        "updated_at",
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
    /// The subscriptions of the shop's webhook module, or a change of one.
    Webhooks,
}

impl Meaning<'_> {
    /// Returns whether somebody waits for the answer.
    pub(super) fn is_urgent(self) -> bool {
        matches!(self, Self::Order(_) | Self::Webhooks)
    }
}

#[derive(Deserialize)]
pub(super) struct List<'a> {
    #[serde(borrow)]
    pub(super) items: Option<Vec<&'a RawValue>>,
    total_count: Option<u64>,
}

pub(super) fn list(answer: &Answer) -> Result<List<'_>, ReadError> {
    serde_json::from_slice(&answer.body).map_err(|_| answer.strange("a list"))
}

/// Returns the text of a refusal: from JSON, or the plain text of old installations.
fn message(answer: &Answer) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    let refusal: Result<Refusal, _> = serde_json::from_slice(&answer.body);
    match refusal {
        Ok(refusal) => refusal.message,
        Err(_) => String::from_utf8_lossy(&answer.body)
            .chars()
            .take(300)
            .collect(),
    }
}

pub(super) fn is_used_nonce(answer: &Answer) -> bool {
    let is_refusal = matches!(answer.status, 400 | 401);
    is_refusal && message(answer).to_ascii_lowercase().contains("nonce")
}

pub(super) fn is_other_signature(answer: &Answer) -> bool {
    let is_refusal = matches!(answer.status, 400 | 401);
    is_refusal && message(answer).to_ascii_lowercase().contains("signature")
}

/// Returns the answer if it is a success, else the failure that it means.
pub(super) fn judged(
    answer: Answer,
    meaning: Meaning<'_>,
    shop: &Shop,
    secret: &Secret,
) -> Result<Answer, NoPage> {
    if answer.status == 200 {
        return Ok(answer);
    }
    let message = message(&answer);
    let is_page = matches!(meaning, Meaning::Page);
    let unavailable = || answer.unavailable(shop.now());
    Err(match (answer.status, meaning) {
        (404, Meaning::Order(id)) if message.contains("doesn't exist") => {
            ReadError::Gone(id.to_owned()).into()
        }
        (400, _) if is_page && message.contains("pageSize") => NoPage::TooLarge(misunderstood()),
        (500 | 502 | 504 | 524, _) if is_page => NoPage::TooLarge(unavailable()),
        (401 | 403, _) if answer.is_html() => firewall().into(),
        (401 | 403, Meaning::Webhooks) if message.contains("isn't authorized") => {
            may_not_subscribe(shop).into()
        }
        (404, Meaning::Webhooks) => no_module().into(),
        (400, Meaning::Webhooks) => not_taken(&message).into(),
        (401 | 403, _) => refused(&message, shop, secret).into(),
        (400, _) => misunderstood().into(),
        (300..=399 | 404, _) => no_api(answer.status, shop).into(),
        _ => unavailable().into(),
    })
}

fn firewall() -> ReadError {
    ReadError::Refused(
        "a firewall of the shop answers in its place; let it allow requests to /rest/ from this machine, whose User-Agent begins with orderbridge".to_owned(),
    )
}

/// Returns the refusal of a shop whose core has no webhooks, and no module that we know.
fn no_module() -> ReadError {
    ReadError::Refused(
        "the shop has no API for webhooks; Mage-OS or Aligent Async Events brings one, and any other module that signs the body with HMAC-SHA256 in X-Magento-Signature is set up by hand".to_owned(),
    )
}

fn may_not_subscribe(shop: &Shop) -> ReadError {
    let secret = shop.secret_name();
    ReadError::Refused(format!(
        "the integration of the keys in secret {secret} may not see or make webhooks; in System > Integrations > the integration > API give it Async Events beside Sales, and reauthorize it"
    ))
}

fn not_taken(message: &str) -> ReadError {
    ReadError::Refused(format!(
        "the shop's webhook module does not take it: {}",
        message.trim_end_matches('.')
    ))
}

fn misunderstood() -> ReadError {
    ReadError::Refused(
        "it does not understand the question; Magento 2.3 or newer is needed".to_owned(),
    )
}

fn no_api(status: u16, shop: &Shop) -> ReadError {
    let secret = shop.secret_name();
    ReadError::Refused(format!(
        "{status} in place of Magento's REST API; base_url in secret {secret} must be the shop's exact address (https and www as the browser shows them; some shops need /index.php behind it)"
    ))
}

fn refused(message: &str, shop: &Shop, secret: &Secret) -> ReadError {
    let name = shop.secret_name();
    let message = message.to_ascii_lowercase();
    let text = match () {
        () if message.contains("signature") => format!(
            "it computes another signature; the four keys in secret {name} must be those of one integration, and base_url its exact address"
        ),
        () if message.contains("timestamp") => {
            "its clock is more than 10 minutes behind this machine's".to_owned()
        }
        () if message.contains("isn't authorized") && access::is_bearer(secret) => format!(
            "the access token in secret {name} is not valid or not enough: since 2.4.4 it is only where oauth/consumer/enable_integration_as_bearer is switched on; enter all four keys of the \
             integration instead"
        ),
        () if message.contains("isn't authorized") => format!(
            "the integration of the keys in secret {name} may not see orders; in System > Integrations give it Sales > Operations > Orders > Actions > View"
        ),
        () => format!(
            "the keys in secret {name} are not, or no longer, valid for this shop; is the integration active?"
        ),
    };
    ReadError::Refused(text)
}

/// Reads the order with this id.
pub(super) fn single(answer: &Answer, id: &str) -> Result<ShopOrder, ReadError> {
    let raw: &RawValue =
        serde_json::from_slice(&answer.body).map_err(|_| answer.strange("an order"))?;
    let (orders, _) = of_entries(&[raw], USUAL_TOPIC, summary);
    let mut orders = orders.into_iter().filter(|order| order.summary.order == id);
    orders
        .next()
        .ok_or_else(|| answer.strange("the order that was asked for"))
}

/// Reads a page. `read` is its position in its list: the number of pages up to it, and their size.
pub(super) fn page(answer: &Answer, read: Option<(u32, u16)>) -> Result<Listed, ReadError> {
    let list = list(answer)?;
    let total = list
        .total_count
        .ok_or_else(|| answer.strange("a list with its length"))?;
    let (orders, unreadable) = of_entries(&list.items.unwrap_or_default(), USUAL_TOPIC, summary);
    let read = read.map(|(page, size)| u64::from(page) * u64::from(size));
    Ok(Listed {
        orders,
        unreadable,
        goes_on: read.is_some_and(|read| read < total),
        total: None,
    })
}

fn summary(body: &[u8]) -> Option<Summary> {
    let fields = SUMMARY.of(body)?;
    let order = Object::root(&fields).storing_decimals(DECIMALS);
    let id = order.id("entity_id")?;
    let number = order.text("increment_id");
    Some(Summary {
        number: if number.is_empty() {
            id.clone()
        } else {
            number
        },
        modified: dates::modified(&order),
        placed: dates::shop_time(&order, "created_at").and_then(|time| time.instant),
        total: order.amount("grand_total").ok().flatten(),
        currency: order.text("order_currency_code"),
        status: order.text("status"),
        order: id,
    })
}
