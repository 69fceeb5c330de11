//! The meaning of the store's answers: orders, or one failure for each kind of refusal; and the
//! orders that it does not show.

use super::access::{self, Token};
use super::{ShopifyReader, ask};
use crate::config::UPDATED;
use crate::{build, dates};
use serde::Deserialize;
use serde_json::value::RawValue;
use source::Kept;
use source::payload::Object;
use source::reader::{Answer, Listed, NoPage, ReadError, Shop, ShopOrder, Summary, of_entries};

/// The fields from which an order in short is read.
const SUMMARY: Kept = Kept {
    fields: &[&[
        "id",
        "name",
        "order_number",
        "created_at",
        "updated_at",
        "cancelled_at",
        "financial_status",
        "fulfillment_status",
        "current_total_price",
        "total_price",
        "currency",
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
    /// A query or a mutation of GraphQL.
    GraphQl,
}

impl Meaning<'_> {
    /// Returns whether somebody waits for the answer.
    pub(super) fn is_urgent(self) -> bool {
        matches!(self, Self::Order(_) | Self::GraphQl)
    }
}

/// Returns the answer if it is a success, else the failure that it means.
pub(super) fn judged(
    answer: Answer,
    meaning: Meaning<'_>,
    shop: &Shop,
    token: &Token,
) -> Result<Answer, NoPage> {
    if answer.status == 200 {
        return Ok(answer);
    }
    let (status, secret, keys) = (answer.status, shop.secret_name(), token.keys);
    let is_page = matches!(meaning, Meaning::Page);
    let unavailable = || answer.unavailable(shop.now());
    Err(match (status, meaning) {
        (404, Meaning::Order(id)) => ReadError::Gone(id.to_owned()).into(),
        (401, _) => ReadError::Refused(format!(
            "401; {keys} in secret {secret} is not, or no longer, valid for this store"
        ))
        .into(),
        (403, _) => ReadError::Refused(format!(
            "403; the app of {keys} in secret {secret} needs the scope read_orders, and read_all_orders for orders older than 60 days"
        ))
        .into(),
        (300..=399, _) => access::redirected(status, shop).into(),
        (400 | 404 | 422, _) => ReadError::Refused(format!(
            "{status}; it does not understand the question, or store_domain in secret {secret} is no store"
        ))
        .into(),
        (500 | 502 | 504, _) if is_page => NoPage::TooLarge(unavailable()),
        _ => unavailable().into(),
    })
}

/// Reads the order with this id, out of its envelope byte for byte.
pub(super) fn single(answer: &Answer, id: &str) -> Result<ShopOrder, ReadError> {
    #[derive(Deserialize)]
    struct One<'a> {
        #[serde(borrow)]
        order: &'a RawValue,
    }
    let one: One<'_> =
        serde_json::from_slice(&answer.body).map_err(|_| answer.strange("an order"))?;
    let (orders, _) = of_entries(&[one.order], UPDATED, summary);
    let mut orders = orders.into_iter().filter(|order| order.summary.order == id);
    let other = || answer.strange("the order that was asked for");
    orders.next().ok_or_else(other)
}

/// Reads a page, whose link to the next one shows that the list goes on. The link is not followed:
/// it expires, and names a host of its own.
pub(super) fn page(answer: &Answer) -> Result<Listed, ReadError> {
    #[derive(Deserialize)]
    struct Many<'a> {
        #[serde(borrow)]
        orders: Vec<&'a RawValue>,
    }
    let many: Many<'_> =
        serde_json::from_slice(&answer.body).map_err(|_| answer.strange("a list"))?;
    let (orders, unreadable) = of_entries(&many.orders, UPDATED, summary);
    let link = answer.header("link").unwrap_or_default();
    Ok(Listed {
        orders,
        unreadable,
        goes_on: link.contains("rel=\"next\""),
        total: None,
    })
}

fn summary(body: &[u8]) -> Option<Summary> {
    let fields = SUMMARY.of(body)?;
    let order = Object::root(&fields);
    let id = order.id("id")?;
    let total = ["current_total_price", "total_price"].map(|key| order.amount(key));
    Some(Summary {
        number: build::number(&order, &id),
        modified: dates::modified(&order),
        placed: dates::shop_time(&order, "created_at").and_then(|time| time.instant),
        total: total.into_iter().find_map(|total| total.ok().flatten()),
        currency: order.text("currency"),
        status: build::status(&order).name,
        order: id,
    })
}

impl ShopifyReader {
    /// Returns the error for an order that the store does not show: it is gone only where these
    /// credentials see orders of any age.
    pub(super) async fn absent(&self, id: String) -> ReadError {
        match self.hidden().await {
            Ok(None) => ReadError::Gone(id),
            Ok(Some(hidden)) => {
                ReadError::Refused(format!("404; the order is gone, or hidden: {hidden}"))
            }
            Err(error) => error,
        }
    }

    /// Returns a text about the orders that the store does not show to these credentials: without
    /// `read_all_orders`, older orders are absent without notice (shopify.dev, "Order", note on
    /// access).
    pub(super) async fn hidden(&self) -> Result<Option<String>, ReadError> {
        #[derive(Deserialize)]
        struct Scopes {
            access_scopes: Vec<Scope>,
        }
        #[derive(Deserialize)]
        struct Scope {
            handle: String,
        }
        let secret = self.shop.secret().await?;
        let token = self.access.token(&self.shop, &secret).await?;
        let now = self.shop.now();
        if let Some(sees_all) = self.access.sees_all(&token, now).await {
            return Ok(told(sees_all));
        }
        let answer = self
            .ask_at("oauth/access_scopes.json", &[], Meaning::List)
            .await;
        let answer = answer.map_err(ask::error)?;
        let scopes: Scopes = serde_json::from_slice(&answer.body)
            .map_err(|_| answer.strange("the scopes of the app"))?;
        let sees_all = scopes
            .access_scopes
            .iter()
            .any(|scope| scope.handle == "read_all_orders");
        self.access.note(token, sees_all, now).await;
        Ok(told(sees_all))
    }
}

fn told(sees_all: bool) -> Option<String> {
    (!sees_all).then(|| {
        "orders that were placed more than 60 days ago are not shown: the app has no scope read_all_orders; ask for it beside read_orders in the app's settings".to_owned()
    })
}
