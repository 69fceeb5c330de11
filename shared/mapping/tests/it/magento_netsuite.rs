//! Magento into NetSuite: the blueprint's order in the manner of the WooCommerce mapping, which has
//! the rules and their tests.

use crate::support;

use support::{magento_sample, mapping, plain, pretty};

#[test]
fn the_sample_of_the_shop_s_blueprint() {
    let plan = mapping("magento-netsuite", "")
        .plan(&magento_sample())
        .unwrap();
    insta::assert_snapshot!(pretty(plain(&plan)));
    insta::assert_snapshot!(plan.warnings.join("\n"), @"The state of an address is no code of the USA or Canada, which NetSuite asks for, and was left out; correct it in the shop.");
}
