//! The companion RESTlet: a script in the account that takes many REST requests in one call.
//!
//! A batch is tried optimistically: its requests are made before anything is asked, under the
//! assumption that a customer is new, or is as this process last saw him. The script asks the same
//! queries as ever, writes the orders whose assumption holds, and returns the rows. The others go
//! once more with what the rows say; whatever is refused, changed or in any other way not plain goes
//! the way of one call per record, which knows every race. Only new records are written here, so
//! that a script which goes on after its caller gave up cannot undo a newer state: a record that is
//! there by then is refused.

mod batch;
mod pack;
mod presence;
mod protocol;
mod seen;

pub(crate) use batch::{Carried, carry};
pub(crate) use presence::{Asked, Companion, ask, other_version};
pub(crate) use protocol::VERSION;

use crate::{
    client::{Client, VALIDATION},
    error::{self, Cause, Refusal},
};
use destination::Answer;
use protocol::{Delivery, Said};
use reqwest::Method;
use serde_json::{Map, Value as Json, json};

/// The path of every RESTlet.
pub(crate) const PATH: &str = "/app/site/hosting/restlet.nl";
/// The companion's deployment, as `config/netsuite` names it.
pub(crate) const DEPLOYMENT: &str = "customdeploy_orderbridge";
/// The path of the companion.
const COMPANION: &str =
    "/app/site/hosting/restlet.nl?script=customscript_orderbridge&deploy=customdeploy_orderbridge";

impl Client<'_> {
    /// Returns the headers of a request that writes, as somebody else sends it.
    fn headers_of_writes(&self) -> Map<String, Json> {
        let mut headers = Map::new();
        let mut add = |name: &str, value: &str| headers.insert(name.to_owned(), json!(value));
        add("Content-Type", "application/json");
        add(VALIDATION.0, VALIDATION.1);
        if let Some(language) = self.language() {
            add("Content-Language", &language);
            add("Accept-Language", &language);
        }
        headers
    }

    /// Asks the companion which version of the protocol it speaks.
    pub(crate) async fn companion_version(&self) -> Result<u64, Refusal> {
        let answer = self.call("restlet", &Method::GET, COMPANION, None).await?;
        let version = answer
            .json()
            .filter(|said| said.get("name").and_then(Json::as_str) == Some("orderbridge"))
            .and_then(|said| said.get("v").and_then(Json::as_u64));
        version.ok_or_else(|| not_understood(&answer))
    }

    /// Gives the companion orders to write.
    async fn give(&self, delivery: &Delivery) -> Result<Said, Refusal> {
        let body = serde_json::to_value(delivery).unwrap_or_default();
        let answer = self
            .call("restlet", &Method::POST, COMPANION, Some(&body))
            .await?;
        let said: Option<Said> = serde_json::from_slice(&answer.body).ok();
        let is_whole = |said: &Said| {
            said.v != VERSION
                || said.refused.is_some()
                || said.orders.len() == delivery.orders.len()
        };
        said.filter(is_whole).ok_or_else(|| not_understood(&answer))
    }
}

/// Returns the refusal for an answer that is not the companion's: of another script, or cut off on
/// its way, after which it is not known what became of the orders.
fn not_understood(answer: &Answer) -> Refusal {
    let mut refusal = error::refusal("restlet", answer.status, None, None);
    if answer.json().is_some() {
        refusal.cause = Cause::NoScript;
    }
    refusal
        .failure
        .response
        .get_or_insert_with(|| answer.quote());
    refusal
}
