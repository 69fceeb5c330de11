//! Questions that are asked together in one composite request, and the meaning of a refused part of
//! one.

use crate::support;

use destination::{Class, Failure};
use destination_zoho::Zoho;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use support::{WithoutDeadline, over, retry, shop, wires::Parts};

/// Creates an organisation that gives this answer to the question about products, and a list of the
/// paths that it is asked.
fn org(about_products: Value) -> (Zoho, Arc<Mutex<Vec<String>>>) {
    let paths = Arc::default();
    let zoho = over(Parts {
        about_products,
        paths: Arc::clone(&paths),
    });
    (zoho, paths)
}

async fn deliver(zoho: &Zoho) -> Failure {
    let order = shop::Order {
        sales_order: true,
        ..shop::sample()
    };
    retry(zoho.deliver_all(&[order.plan()]).await.remove(0))
}

#[tokio::test]
async fn a_part_that_may_not_be_read_says_nothing_about_composite_requests() {
    let refused = json!({"code": "NO_PERMISSION", "details": {"permissions": ["Crm_Implied_View_Products"]}, "message": "permission denied", "status": "error"});
    let (zoho, paths) = org(json!({"status_code": 403, "body": refused}));
    for _ in 0..2 {
        let failure = deliver(&zoho).await;
        assert_eq!(
            (failure.class, failure.code.as_deref()),
            (Class::Authentication, Some("NO_PERMISSION"))
        );
    }
    let composite = "/crm/v8/__composite_requests";
    assert_eq!(
        *paths.lock().unwrap(),
        ["/oauth/v2/token", composite, composite]
    );
}

#[tokio::test]
async fn a_part_without_a_status_is_asked_again_later() {
    for response in [
        json!({"body": {"data": []}}),
        json!({}),
        json!({"status_code": "200"}),
        json!({"status_code": 70_000}),
    ] {
        let failure = deliver(&org(response).0).await;
        assert_eq!(failure.class, Class::Unavailable, "{failure:?}");
    }
}
