//! The calls that only look: at the clock, the limits, what a role may see.

use crate::{
    client::{Client, RECORDS},
    error::{self, Refusal},
    suiteql,
};
use destination::Failure;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;

/// The path below which the account tells of itself.
const SYSTEM: &str = "/services/rest/system/v1";

impl Client<'_> {
    /// Asks for the first record of a kind, which needs the role's permission for it.
    pub(crate) async fn first_of(&self, object: &str) -> Result<(), Refusal> {
        let path = format!("{RECORDS}/{}?limit=1", suiteql::name(object)?);
        let answer = self.call("look", &Method::GET, &path, None).await;
        answer.map(|_| ())
    }

    /// Returns NetSuite's time; `None` where the answer tells none.
    pub(crate) async fn server_time(&self) -> Result<Option<Timestamp>, Refusal> {
        let path = format!("{SYSTEM}/serverTime");
        let answer = self.call("look", &Method::GET, &path, None).await?;
        let told = answer.json();
        let time = told
            .as_ref()
            .and_then(|told| told.get("serverTime"))
            .and_then(Value::as_str);
        Ok(time.and_then(|time| time.parse().ok()))
    }

    /// Returns the calls at once that the account takes; `None` where the role is not told.
    pub(crate) async fn calls_at_once(&self) -> Option<u64> {
        let path = format!("{SYSTEM}/governanceLimits");
        let answer = self.call("look", &Method::GET, &path, None).await.ok()?;
        answer.json()?.get("accountConcurrencyLimit")?.as_u64()
    }

    /// Returns the names, in lower case, of the fields of a kind of record that the role may see,
    /// by the metadata catalogue.
    pub(crate) async fn properties(&self, object: &str) -> Result<BTreeSet<String>, Failure> {
        let path = format!("{RECORDS}/metadata-catalog/{}", suiteql::name(object)?);
        let answer = self
            .call("look", &Method::GET, &path, None)
            .await
            .map_err(Failure::from)?;
        let told = answer.json().unwrap_or_default();
        let properties = told.get("properties").and_then(Value::as_object);
        let names = properties.map(|properties| {
            properties
                .keys()
                .map(|name| name.to_ascii_lowercase())
                .collect()
        });
        names.ok_or_else(|| error::refusal("look", answer.status, None, None).into())
    }
}
