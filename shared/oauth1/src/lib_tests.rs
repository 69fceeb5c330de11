use super::*;

/// The example of RFC 5849, 3.4.1.1, without its form body: parameters that repeat, are empty, or
/// need encoding twice.
#[test]
fn parameters_are_decoded_sorted_and_encoded_again() {
    let url = Url::parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b&a3=2%20q")
        .unwrap();
    let oauth = [
        ("oauth_consumer_key", "9djdj82h48djs9d2".to_owned()),
        ("oauth_nonce", "7d8f3e4a".to_owned()),
    ];
    assert_eq!(
        base_string("POST", &url, &oauth),
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26\
         oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a"
    );
    let with_port = Url::parse("http://127.0.0.1:8080/x").unwrap();
    assert!(
        base_string("GET", &with_port, &[]).starts_with("GET&http%3A%2F%2F127.0.0.1%3A8080%2Fx&")
    );
}

/// Computed with another implementation (oauthlib) for an integration of Magento.
#[test]
fn a_known_signature_comes_out() {
    let (consumer_secret, token_secret) = ("1".repeat(32), "2".repeat(32));
    let keys = Keys {
        consumer_key: "abcdefghijklmnopqrstuvwxyz012345",
        consumer_secret: &consumer_secret,
        token: Some(("543210zyxwvutsrqponmlkjihgfedcba", &token_secret)),
    };
    let url = Url::parse("https://magento.example.com/rest/V1/orders/12345").unwrap();
    let parameters = signed(
        &keys,
        "GET",
        &url,
        "a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6",
        1_767_225_600,
    );
    let signature = parameters.last().map(|(_, signature)| signature.as_str());
    assert_eq!(
        signature,
        Some("EX/iy3QkjAn+nLx/gv3jRGeFarlw9wqCAYsCb7s9HxM=")
    );
}

/// With one leg only the consumer's secret signs, and an ampersand ends the key. Computed with
/// another implementation (oauthlib) for a key of WooCommerce, which has no `oauth_version`.
#[test]
fn without_a_token_the_key_still_ends_in_an_ampersand() {
    let keys = Keys {
        consumer_key: "ck_0123456789abcdef0123456789abcdef01234567",
        consumer_secret: "cs_89abcdef0123456789abcdef0123456789abcdef",
        token: None,
    };
    let oauth = [
        ("oauth_consumer_key", keys.consumer_key.to_owned()),
        ("oauth_nonce", "a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6".to_owned()),
        ("oauth_timestamp", "1767225600".to_owned()),
        ("oauth_signature_method", "HMAC-SHA256".to_owned()),
    ];
    for (url, signature) in [
        (
            "http://shop.example.com/wp-json/wc/v3/orders/727",
            "6i/jGQxKKdOwn1kddME5Z7PjkZVkDrWYqWh2qiCsUPE=",
        ),
        (
            "http://127.0.0.1:8080/wp-json/wc/v3/orders/727",
            "+s8YCLow0StiegmxqijA4gXcokFO0f7YODWVea07YAE=",
        ),
        (
            "http://shop.example.com/wp-json/wc/v3/orders?status=any&orderby=modified&order=asc&per_page=100&page=1&dates_are_gmt=true&modified_after=2026-01-01T00%3A00%3A00",
            "rMWh7ErNi1bhzW/ArTOrv/BlrZU81+pF4xCduocpbqk=",
        ),
    ] {
        let url = Url::parse(url).unwrap();
        assert_eq!(sign(&keys, &base_string("GET", &url, &oauth)), signature);
    }
}

#[test]
fn nothing_shows_the_keys() {
    let keys = Keys {
        consumer_key: "ck",
        consumer_secret: "cs_secret",
        token: None,
    };
    assert_eq!(format!("{keys:?}"), "Keys { .. }");
    let url = Url::parse("https://shop.example/").unwrap();
    let header = header(Some("1_SB1"), &signed(&keys, "GET", &url, "n", 1));
    assert!(header.starts_with("OAuth realm=\"1_SB1\", oauth_consumer_key=\"ck\""));
    assert!(!header.contains("cs_secret"));
}
