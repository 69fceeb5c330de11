//! Strangers at the door: foreign names, foreign pages, guesses, and too much of everything. Each
//! attack is tried on every act, and nothing may have been done by it.

use crate::{
    records::Records,
    support::{Browser, HOST, get, text},
};
use axum::{
    body::Body,
    http::{HeaderValue, Request, StatusCode, header},
};

/// Every path that acts.
pub(crate) const ACTS: [&str; 7] = [
    "/order/resend",
    "/dead/replay",
    "/dead/drop",
    "/letter/edit",
    "/lab/apply",
    "/privacy/done",
    "/setup/apply",
];
/// Every page.
const PAGES: [&str; 16] = [
    "/",
    "/orders",
    "/order?id=1042",
    "/order/resend?id=1042",
    "/dead",
    "/dead/group?id=mapping-1",
    "/dead/replay?id=1",
    "/dead/drop?id=1",
    "/letter?id=1",
    "/letter/edit?id=1",
    "/lab",
    "/lab?of=letters",
    "/lab/apply?look=1",
    "/reconcile",
    "/setup",
    "/privacy",
];

pub(crate) fn set(request: &mut Request<Body>, name: header::HeaderName, value: &str) {
    let value = HeaderValue::from_str(value).unwrap();
    request.headers_mut().insert(name, value);
}

#[tokio::test]
async fn a_foreign_host_reads_nothing_and_does_nothing() {
    let browser = Browser::open(Records::with_a_letter().await.desk(), false).await;
    for host in [
        "evil.example",
        "evil.example:8081",
        "127.0.0.1",
        "127.0.0.1:8082",
        "127.0.0.1:8081.evil.example",
        "localhost.:8081",
        "127.0.0.1:8081@evil.example",
        "[::ffff:127.0.0.1]:8081",
        "",
    ] {
        for path in ["/console.css", browser.link.as_str(), "/", "/orders"] {
            let mut request = get(path);
            set(&mut request, header::COOKIE, &browser.cookie);
            set(&mut request, header::HOST, host);
            let (status, page) = text(browser.send(request).await).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{host} {path}");
            assert!(page.contains("foreign name"), "{host} {path}");
        }
        for path in ACTS {
            let mut request = browser.post(path, &[]);
            set(&mut request, header::HOST, host);
            assert_eq!(browser.send(request).await.status(), StatusCode::FORBIDDEN);
        }
    }
    let mut without = get("/");
    without.headers_mut().remove(header::HOST);
    assert_eq!(browser.send(without).await.status(), StatusCode::FORBIDDEN);
    let mut two = get("/");
    two.headers_mut()
        .append(header::HOST, HeaderValue::from_static("evil.example"));
    assert_eq!(browser.send(two).await.status(), StatusCode::FORBIDDEN);
    let absolute = Request::get("http://evil.example/").header(header::HOST, HOST);
    let absolute = absolute.body(Body::empty()).unwrap();
    assert_eq!(browser.send(absolute).await.status(), StatusCode::FORBIDDEN);
    for own in ["localhost:8081", "LOCALHOST:8081", "[::1]:8081", HOST] {
        let mut request = get("/");
        set(&mut request, header::COOKIE, &browser.cookie);
        set(&mut request, header::HOST, own);
        assert_eq!(
            browser.send(request).await.status(),
            StatusCode::OK,
            "{own}"
        );
    }
}

#[tokio::test]
async fn a_foreign_page_posts_nothing() {
    let records = Records::with_a_letter().await;
    let browser = Browser::open(records.desk(), false).await;
    for path in ACTS {
        for origin in [
            None,
            Some("null"),
            Some("http://evil.example"),
            Some("https://127.0.0.1:8081"),
            Some("http://127.0.0.1:8082"),
            Some("http://localhost:8081"),
            Some("http://127.0.0.1:8081.evil.example"),
            Some("http://127.0.0.1:8081/"),
        ] {
            let mut request = browser.post(path, &[("id", "1")]);
            request.headers_mut().remove(header::ORIGIN);
            if let Some(origin) = origin {
                set(&mut request, header::ORIGIN, origin);
            }
            let (status, page) = text(browser.send(request).await).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} {origin:?}");
            assert!(page.contains("foreign page"), "{path} {origin:?}");
        }
    }
    records.is_untouched().await;
}

#[tokio::test]
async fn a_form_without_its_own_value_does_nothing() {
    let records = Records::with_a_letter().await;
    let mut browser = Browser::open(records.desk(), false).await;
    let own = browser.form.clone();
    let other = Browser::open(records.desk(), false).await.form;
    for path in ACTS {
        for form in ["", "0", &own[1..], &other] {
            browser.form = form.to_owned();
            let (status, _) = browser.submit(path, &[("id", "1")]).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} {form}");
        }
        let mut json = browser.post(path, &[]);
        set(&mut json, header::CONTENT_TYPE, "application/json");
        let status = browser.send(json).await.status();
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path}");
    }
    records.is_untouched().await;
}

#[tokio::test]
async fn without_the_token_there_is_no_way_in() {
    let records = Records::with_a_letter().await;
    let browser = Browser::open(records.desk(), false).await;
    for path in PAGES {
        for cookie in [
            "",
            "orderbridge-console-8081=",
            "orderbridge-console-8081=.",
            "orderbridge-console-8081=a.b",
            "orderbridge-console-8081",
        ] {
            let mut request = get(path);
            set(&mut request, header::COOKIE, cookie);
            let (status, page) = text(browser.send(request).await).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{path} {cookie}");
            assert!(!page.contains("1042"), "{path} {cookie}");
        }
    }
    // The session of another console, or of the same one before it was started anew.
    let other = Browser::open(records.desk(), false).await;
    let mut request = get("/");
    set(&mut request, header::COOKIE, &other.cookie);
    assert_eq!(
        browser.send(request).await.status(),
        StatusCode::UNAUTHORIZED
    );
    for path in ACTS {
        let mut request = browser.post(path, &[("id", "1")]);
        request.headers_mut().remove(header::COOKIE);
        assert_eq!(
            browser.send(request).await.status(),
            StatusCode::UNAUTHORIZED
        );
    }
    records.is_untouched().await;
}

#[tokio::test]
async fn a_wrong_token_lets_nobody_in() {
    let browser = Browser::open(Records::with_a_letter().await.desk(), false).await;
    let (_, right) = browser.link.split_once('=').unwrap();
    let other = Browser::open(Records::with_a_letter().await.desk(), false).await;
    let (_, foreign) = other.link.split_once('=').unwrap();
    assert_ne!(right, foreign);
    for wrong in [
        "",
        "0",
        foreign,
        &right[1..],
        &format!("{right}0"),
        "%00",
        "ä",
    ] {
        let mut request = get("/");
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("token", wrong)
            .finish();
        *request.uri_mut() = format!("/?{query}").parse().unwrap();
        let response = browser.send(request).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{wrong}");
        assert!(!response.headers().contains_key(header::SET_COOKIE));
    }
    // The token opens the first page only, and never as a form.
    let elsewhere = get(&format!("/orders?token={right}"));
    assert_eq!(
        browser.send(elsewhere).await.status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn the_way_in_is_a_strict_cookie_and_a_clean_address() {
    let browser = Browser::open(Records::with_a_letter().await.desk(), false).await;
    let response = browser.send(get(&browser.link)).await;
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    let (_, token) = browser.link.split_once('=').unwrap();
    assert!(!cookie.contains(token), "the cookie is not the token");
    let (_, page) = browser.page("/").await;
    assert!(!page.contains(token), "no page shows the token");
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let browser = Browser::open(Records::with_a_letter().await.desk(), false).await;
    let mut paths = PAGES.to_vec();
    paths.extend([
        "/console.css",
        "/icon.svg",
        "/nowhere",
        browser.link.as_str(),
    ]);
    for path in paths {
        for is_let_in in [true, false] {
            let mut request = get(path);
            if is_let_in {
                set(&mut request, header::COOKIE, &browser.cookie);
            }
            let response = browser.send(request).await;
            let of = |name: &str| {
                let value = response.headers().get(name);
                value.map(|value| value.to_str().unwrap().to_owned())
            };
            assert_eq!(
                of("content-security-policy").unwrap(),
                "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            );
            assert_eq!(of("x-content-type-options").unwrap(), "nosniff", "{path}");
            assert_eq!(of("referrer-policy").unwrap(), "same-origin", "{path}");
            assert_eq!(of("cache-control").unwrap(), "no-store", "{path}");
        }
    }
}

#[tokio::test]
async fn read_only_shows_no_act_and_does_none() {
    let records = Records::with_a_letter().await;
    let browser = Browser::open(records.desk(), true).await;
    for path in ACTS {
        let (status, page) = browser.submit(path, &[("id", "1"), ("yes", "1")]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        assert!(page.contains("reading only"), "{path}");
    }
    for path in PAGES {
        let (_, page) = browser.page(path).await;
        assert!(!page.contains("method=\"post\""), "{path}");
        for act in ACTS {
            assert!(!page.contains(&format!("href=\"{act}")), "{path} {act}");
        }
    }
    records.is_untouched().await;
}
