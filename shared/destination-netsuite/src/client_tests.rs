use super::{
    exchange::{nonce, skew_of},
    *,
};
use jiff::Timestamp;
use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderValue};

fn answer(name: &'static str, value: &str) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(name, value.parse().unwrap());
    Answer {
        status: 204,
        headers,
        body: Vec::new(),
    }
}

#[test]
fn the_id_stands_at_the_end_of_the_location() {
    let id = |location: &str| written_id(&answer("location", location));
    let host = "https://1234567.suitetalk.api.netsuite.com/services/rest/record/v1/customer";
    assert_eq!(id(&format!("{host}/647")).as_deref(), Some("647"));
    assert_eq!(id(&format!("{host}/647/")).as_deref(), Some("647"));
    assert_eq!(id(&format!("{host}/eid:WOO_CUST_56")), None);
    assert_eq!(id(""), None);
}

#[test]
fn a_wrong_clock_shows_in_the_date_of_an_answer() {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(
        skew_of(&answer("date", "Thu, 01 Jan 2026 00:10:00 GMT"), now),
        Some(600)
    );
    assert_eq!(skew_of(&answer("date", "soon"), now), None);
}

#[test]
fn no_nonce_comes_twice() {
    let nonces: std::collections::BTreeSet<String> = (0..1000).map(|_| nonce().unwrap()).collect();
    assert_eq!(nonces.len(), 1000);
    assert!(nonces.iter().all(|nonce| nonce.len() == 20));
}

proptest! {
    #[test]
    fn no_answer_is_too_odd(location in proptest::collection::vec(any::<u8>(), 0..60), body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(&location) {
            headers.insert("location", value.clone());
            headers.insert("date", value);
        }
        let answer = Answer { status: 200, headers, body };
        prop_assert!(written_id(&answer).is_none_or(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())));
        _ = (skew_of(&answer, Timestamp::UNIX_EPOCH), rows_of(&answer));
    }

    #[test]
    fn no_page_is_too_odd(text in r#"\{"items":\[(\{"(id|email)":("[a-z0-9]{0,4}"|null|\[\]|7)\}|[0-9]|null),?\](,"hasMore":(true|false|"x"))?\}"#) {
        let answer = Answer { status: 200, headers: HeaderMap::new(), body: text.into_bytes() };
        if let Some((rows, is_last)) = rows_of(&answer) {
            prop_assert!(rows.len() <= 1);
            prop_assert_eq!(is_last, !String::from_utf8_lossy(&answer.body).contains("true"));
            rows.iter().for_each(|row| _ = (row.id(), row.text("email")));
        }
    }
}
