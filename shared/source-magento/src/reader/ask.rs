//! Requests to the shop, and the list of a walk.

use super::answer::{self, Meaning};
use super::{MagentoReader, access};
use async_trait::async_trait;
use jiff::{Timestamp, tz::TimeZone};
use reqwest::Method;
use serde_json::Value;
use source::reader::{Answer, Listed, Lister, NoPage, Question, ReadError, Stamp, address};

/// The size of the largest page. Each order of a page costs the shop several queries, and shops
/// that limit pages allow 300.
pub(super) const LARGEST_PAGE: u16 = 100;
/// The fields of an order in short.
const IN_SHORT: &str = "items[entity_id,increment_id,status,grand_total,order_currency_code,created_at,updated_at],total_count";

/// A column, a condition, a value.
pub(super) type Filter<'a> = (&'a str, &'a str, String);

impl MagentoReader {
    /// Asks the API.
    pub(super) async fn ask(
        &self,
        path: &str,
        parameters: &[(String, String)],
        meaning: Meaning<'_>,
    ) -> Result<Answer, NoPage> {
        let question = (&Method::GET, None);
        self.call(question, path, parameters, meaning).await
    }

    /// Changes something by the API. A signature that is refused has changed nothing.
    pub(super) async fn change(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Answer, ReadError> {
        let change = (&method, Some(body));
        let answer = self.call(change, path, &[], Meaning::Webhooks).await;
        answer.map_err(error)
    }

    /// Calls the API. A nonce that was used already is not reported; the call is repeated with a
    /// new one.
    async fn call(
        &self,
        (method, body): (&Method, Option<&Value>),
        path: &str,
        parameters: &[(String, String)],
        meaning: Meaning<'_>,
    ) -> Result<Answer, NoPage> {
        let secret = self.shop.secret().await?;
        let base = access::base(&self.shop, &secret)?;
        let parameters: Vec<(&str, &str)> = parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let url = address(&base, path, &parameters)
            .ok_or_else(|| ReadError::Refused("base_url is no address".to_owned()))?;
        let [first, second] = self.way.all();
        let mut refusal = None;
        for other in [first, first, second] {
            if matches!(refusal, Some((true, _))) && other == first {
                continue;
            }
            let request = access::proven(&self.shop, &secret, method, url.clone(), other)?;
            let request = request.header("Accept", "application/json");
            let request = match body {
                Some(body) => request
                    .header("Content-Type", "application/json")
                    .body(body.to_string()),
                None => request,
            };
            let answer = self.shop.send_as(request, meaning.is_urgent()).await?;
            if answer::is_used_nonce(&answer) {
                refusal = Some((false, answer));
            } else if answer::is_other_signature(&answer) {
                refusal = Some((true, answer));
            } else {
                self.way.worked(other);
                return answer::judged(answer, meaning, &self.shop, &secret);
            }
        }
        match refusal {
            Some((_, answer)) => answer::judged(answer, meaning, &self.shop, &secret),
            None => Err(ReadError::unavailable("there is no way to ask it").into()),
        }
    }
}

/// Returns the error for which there is no page.
pub(super) fn error(no_page: NoPage) -> ReadError {
    match no_page {
        NoPage::TooLarge(error) | NoPage::Unsortable(error) | NoPage::Failed(error) => error,
    }
}

/// Creates search criteria: all of these filters, in ascending order of these columns.
pub(super) fn criteria(
    filters: &[Filter<'_>],
    sorted_by: &[&str],
    size: u16,
    page: u32,
) -> Vec<(String, String)> {
    let mut criteria = Vec::new();
    for (group, (column, condition, value)) in filters.iter().enumerate() {
        let name = |part| format!("searchCriteria[filter_groups][{group}][filters][0][{part}]");
        criteria.push((name("field"), (*column).to_owned()));
        criteria.push((name("value"), value.clone()));
        criteria.push((name("condition_type"), (*condition).to_owned()));
    }
    for (place, column) in sorted_by.iter().enumerate() {
        let name = |part| format!("searchCriteria[sortOrders][{place}][{part}]");
        criteria.push((name("field"), (*column).to_owned()));
        criteria.push((name("direction"), "ASC".to_owned()));
    }
    criteria.push(("searchCriteria[pageSize]".to_owned(), size.to_string()));
    criteria.push(("searchCriteria[currentPage]".to_owned(), page.to_string()));
    criteria
}

#[async_trait]
impl Lister for MagentoReader {
    fn largest_page(&self) -> u16 {
        LARGEST_PAGE
    }

    /// A walk by id goes by the last id and never by the number of the page: beyond the end Magento
    /// repeats the last page for ever.
    async fn list(&self, question: Question) -> Result<Listed, NoPage> {
        let column = match question.stamp {
            Stamp::Modified => "updated_at",
            Stamp::Placed => "created_at",
        };
        let mut filters = vec![
            (column, "gteq", written(question.from)),
            (column, "lt", written(question.until)),
        ];
        let (sorted_by, page) = match question.by_id {
            true => (&["entity_id"][..], 1),
            false => (&[column, "entity_id"][..], question.page),
        };
        if question.by_id {
            filters.push(("entity_id", "gt", question.after.to_string()));
        }
        let mut parameters = criteria(&filters, sorted_by, question.size, page);
        if question.stamp == Stamp::Placed {
            parameters.push(("fields".to_owned(), IN_SHORT.to_owned()));
        }
        let answer = self.ask("/orders", &parameters, Meaning::Page).await?;
        Ok(answer::page(&answer, Some((page, question.size)))?)
    }
}

/// Writes a time as the database does, in UTC.
fn written(instant: Timestamp) -> String {
    let time = TimeZone::UTC.to_datetime(instant);
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_are_joined_by_and_and_sorted_upwards() {
        let filters = [("entity_id", "in", "1,2".to_owned())];
        let texts: Vec<String> = criteria(&filters, &["entity_id"], 100, 1)
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            texts,
            [
                "searchCriteria[filter_groups][0][filters][0][field]=entity_id",
                "searchCriteria[filter_groups][0][filters][0][value]=1,2",
                "searchCriteria[filter_groups][0][filters][0][condition_type]=in",
                "searchCriteria[sortOrders][0][field]=entity_id",
                "searchCriteria[sortOrders][0][direction]=ASC",
                "searchCriteria[pageSize]=100",
                "searchCriteria[currentPage]=1",
            ]
        );
    }
}
