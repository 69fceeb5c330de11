//! Odd addresses, and too much of everything.

use crate::{
    attacks::{ACTS, set},
    records::Records,
    support::{Browser, get, text},
};
use axum::{
    body::{Body, Bytes},
    http::{StatusCode, header},
};
use futures::StreamExt as _;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

#[tokio::test]
async fn path_tricks_lead_nowhere() {
    let browser = Browser::open(Records::with_a_letter().await.desk(), false).await;
    for path in [
        "/../../etc/passwd",
        "/console.css/../../secrets.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/console.css%00.html",
        "//evil.example/",
        "/order/../dead/drop",
        "/%",
        "/orders/",
        "/console.css/",
        "/secrets.toml",
    ] {
        let (status, _) = browser.page(path).await;
        assert!(status.is_client_error(), "{path} {status}");
    }
    // What looks like the stylesheet is no way round the door.
    for path in ["/console.css?id=1", "/console.css#/orders"] {
        let (status, page) = text(browser.send(get(path)).await).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(page.starts_with("/* The whole look"), "{path}");
    }
    for id in [
        "../1",
        "1/../2",
        "%2e%2e",
        "-1",
        "99999999999999999999",
        "1%00",
        "'--",
        "%ff",
    ] {
        for path in [
            "/letter",
            "/letter/edit",
            "/order",
            "/dead/group",
            "/dead/replay",
        ] {
            let (status, _) = browser.page(&format!("{path}?id={id}")).await;
            assert!(status.is_client_error(), "{path}?id={id} {status}");
        }
    }
}

/// A body of 10 MB that counts how much of it was read.
fn endless(read: &Arc<AtomicUsize>) -> Body {
    let read = Arc::clone(read);
    let piece = Bytes::from_static(&[b'a'; 64 * 1024]);
    let pieces = futures::stream::iter(0..160).map(move |_| {
        read.fetch_add(piece.len(), Ordering::Relaxed);
        Ok::<_, std::io::Error>(piece.clone())
    });
    Body::from_stream(pieces)
}

#[tokio::test]
async fn ten_megabytes_are_refused_without_being_read_whole() {
    let records = Records::with_a_letter().await;
    let browser = Browser::open(records.desk(), false).await;
    for path in ACTS {
        for length in [None, Some("10485760")] {
            let read = Arc::new(AtomicUsize::new(0));
            let mut request = browser.post(path, &[]);
            *request.body_mut() = endless(&read);
            if let Some(length) = length {
                set(&mut request, header::CONTENT_LENGTH, length);
            }
            let status = browser.send(request).await.status();
            assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{path} {length:?}");
            let read = read.load(Ordering::Relaxed);
            let most = match (path, length) {
                (_, Some(_)) => 0,
                ("/letter/edit", None) => 9 << 20,
                _ => 256 << 10,
            };
            assert!(read <= most, "{path} {length:?}: {read}");
        }
        // Who was not let in has nothing read at all.
        let read = Arc::new(AtomicUsize::new(0));
        let mut request = browser.post(path, &[]);
        request.headers_mut().remove(header::COOKIE);
        *request.body_mut() = endless(&read);
        assert_eq!(
            browser.send(request).await.status(),
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(read.load(Ordering::Relaxed), 0);
    }
    records.is_untouched().await;
}
