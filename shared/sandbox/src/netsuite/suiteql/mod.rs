//! `POST /services/rest/query/v1/suiteql`: a small SELECT over customer, transaction,
//! transactionline, item, customfield, companyfeaturesetup and a few lists. It has columns, JOIN and LEFT JOIN by equal columns,
//! WHERE with AND, OR, NOT, parentheses, comparisons, IN and IS NULL, UPPER, LOWER and TO_CHAR, GROUP BY
//! with COUNT(*), ORDER BY, bound parameters and pages. Everything else is refused, unions too.
//! NetSuite Help, section_157909186990.

mod lexer;
mod read;
mod run;
mod table;

use super::{
    account::Books, answer::Answer, error::Problem, request::Call, request::invalid_parameter,
};
use run::Scalar;
use serde_json::{Map, Value, json};

/// Answers `POST /suiteql`.
pub(super) fn answer(books: &Books, call: &Call<'_>) -> Result<Answer, Problem> {
    call.allow(&["limit", "offset"])?;
    check_prefer(call)?;
    let body = call.object()?;
    let (limit, offset) = call.page()?;
    let rows = rows(books, &body)?;
    let page: Vec<Value> = rows.iter().skip(offset).take(limit).cloned().collect();
    let body = json!({
        "links": [], "count": page.len(), "hasMore": offset + page.len() < rows.len(), "offset": offset, "totalResults": rows.len(), "items": page,
    });
    Ok(Answer::collection(body))
}

/// Returns the rows that answer a query, all of them: every value a text, names in lower case, nulls
/// left out.
pub(super) fn rows(books: &Books, body: &Map<String, Value>) -> Result<Vec<Value>, Problem> {
    let select =
        read::select(&books.schema, query(body)?, parameters(body)?).map_err(unreadable)?;
    run::rows(books, &select).map_err(unreadable)
}

/// Checks the header `Prefer: transient`, without which NetSuite refuses the query.
fn check_prefer(call: &Call<'_>) -> Result<(), Problem> {
    let prefer = call
        .request
        .header("prefer")
        .unwrap_or_default()
        .to_lowercase();
    if prefer
        .split([',', ';'])
        .any(|token| token.trim() == "transient")
    {
        return Ok(());
    }
    let detail =
        "Required request header(s) with the following value(s) are missing: Prefer: transient.";
    Err(Problem::new(400, "INVALID_HEADER", detail).in_header("Prefer"))
}

fn query(body: &Map<String, Value>) -> Result<&str, Problem> {
    if let Some(other) = body
        .keys()
        .find(|key| !matches!(key.as_str(), "q" | "params"))
    {
        return Err(Problem::invalid_body(format!("unknown property {other}.")).at(other));
    }
    let text = body.get("q").and_then(Value::as_str);
    text.ok_or_else(|| Problem::invalid_body("the property q with the query is missing.").at("q"))
}

/// Reads the values of the question marks. As in the database behind NetSuite, an empty text is
/// null.
fn parameters(body: &Map<String, Value>) -> Result<Vec<Option<Scalar>>, Problem> {
    let invalid = || Problem::invalid_body("params must be an array of texts.").at("params");
    let values = match body.get("params") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(values) => values.as_array().ok_or_else(invalid)?,
    };
    let value = |value: &Value| match value {
        Value::String(text) => Ok(Scalar::of_text(text)),
        Value::Number(number) => number
            .to_string()
            .parse()
            .map(|number| Some(Scalar::Number(number)))
            .map_err(|_| invalid()),
        _ => Err(invalid()),
    };
    values.iter().map(value).collect()
}

fn unreadable(reason: impl std::fmt::Display) -> Problem {
    let detail = format!(
        "Invalid search query. Detailed unprocessed description follows. Search error occurred: {reason}."
    );
    invalid_parameter("q", detail)
}
