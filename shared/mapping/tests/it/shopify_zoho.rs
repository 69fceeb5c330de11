//! Shopify into Zoho: the blueprint's order in the manner of the WooCommerce mapping, which has the
//! rules and their tests.

use crate::support;

use support::{mapping, plain, pretty, shopify_sample};

#[test]
fn the_sample_of_the_shop_s_blueprint() {
    let plan = mapping("shopify-zoho", "").plan(&shopify_sample()).unwrap();
    insta::assert_snapshot!(pretty(plain(&plan)));
    assert!(plan.warnings.is_empty());
}

#[test]
fn the_number_has_one_hash_whatever_the_shop_sends() {
    for number in ["#1001", "1001"] {
        let mut order = shopify_sample();
        order.number = number.to_owned();
        let plan = mapping("shopify-zoho", "").plan(&order).unwrap();
        assert_eq!(
            plain(&plan)["deal"]["Deal_Name"],
            "Shopify Order #1001 (John Doe)"
        );
    }
}
