//! Magento into Zoho: the blueprint's order in the manner of the WooCommerce mapping, which has the
//! rules and their tests.

use crate::support;

use support::{magento_sample, mapping, plain, pretty};

#[test]
fn the_sample_of_the_shop_s_blueprint() {
    let plan = mapping("magento-zoho", "").plan(&magento_sample()).unwrap();
    insta::assert_snapshot!(pretty(plain(&plan)));
    assert!(plan.warnings.is_empty());
}

#[test]
fn the_sample_as_a_sales_order() {
    let plan = mapping("magento-zoho", "vars.module = 'Sales_Orders'")
        .plan(&magento_sample())
        .unwrap();
    insta::assert_snapshot!(pretty(plain(&plan)));
}
