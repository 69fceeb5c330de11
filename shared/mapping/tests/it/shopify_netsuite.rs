//! Shopify into NetSuite: the blueprint's order in the manner of the WooCommerce mapping, which has
//! the rules and their tests.

use crate::support;

use support::{mapping, plain, pretty, shopify_sample};

#[test]
fn the_sample_of_the_shop_s_blueprint() {
    // Its line has no product, which Shopify calls a custom item.
    let plan = mapping("shopify-netsuite", "vars.custom_item = '77'")
        .plan(&shopify_sample())
        .unwrap();
    insta::assert_snapshot!(pretty(plain(&plan)));
    insta::assert_snapshot!(plan.warnings.join("\n"), @"The country of an address is none that NetSuite knows by its code, and was left out; correct it in the shop.");
}
