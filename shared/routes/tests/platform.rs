//! A mapping for another platform than the store's is refused before any order is planned with it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use config::Config;
use std::path::Path;

/// Returns the configuration of a WooCommerce store into Zoho with this mapping.
fn config(folder: &Path, mapping: &str) -> Config {
    let text = format!(
        "[destinations.crm]\nsystem = \"zoho\"\nsecret = \"crm\"\naccounts_url = \"https://accounts.zoho.eu\"\n\
         [stores.acme]\nplatform = \"woocommerce\"\nsecret = \"acme\"\n\
         [[routes]]\nname = \"acme-crm\"\nstore = \"acme\"\ndestination = \"crm\"\nmapping = \"{mapping}\"\n"
    );
    Config::parse(&folder.join("orderbridge.toml"), &text).unwrap()
}

/// Returns the problems of the mapping; an empty text where it is accepted.
fn said(folder: &Path, mapping: &str) -> String {
    let made = routes::mappings(&config(folder, mapping));
    made.err().map_or_else(String::new, |problems| {
        problems
            .to_string()
            .replace(&folder.display().to_string(), "")
    })
}

#[test]
fn a_mapping_for_another_platform_is_refused_with_the_way_out() {
    let folder = Path::new("/nowhere");
    assert_eq!(said(folder, "woocommerce-zoho"), "");
    assert_eq!(
        said(folder, "shopify-zoho"),
        "/orderbridge.toml:8: route acme-crm: the mapping shopify-zoho is for orders of shopify, but the store acme is woocommerce; \
         choose a mapping from woocommerce, such as woocommerce-zoho, or write platform = \"woocommerce\" in a copy of your own that is made for it"
    );
    let both = said(folder, "magento-netsuite");
    assert_eq!(both.lines().count(), 2, "{both}");
    assert!(
        both.contains("is for netsuite, but the destination crm is zoho"),
        "{both}"
    );
}

#[test]
fn a_file_that_names_no_platform_is_for_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let own = "system = \"zoho\"\n[[record]]\nname = \"deal\"\nobject = \"Deals\"\nkey = { field = \"K\", value = \"{{ order.id }}\" }\n";
    std::fs::write(folder.path().join("own.toml"), own).unwrap();
    std::fs::write(
        folder.path().join("theirs.toml"),
        format!("platform = \"magento\"\n{own}"),
    )
    .unwrap();
    assert_eq!(said(folder.path(), "own.toml"), "");
    assert!(
        said(folder.path(), "theirs.toml")
            .contains("theirs.toml is for orders of magento, but the store acme is woocommerce")
    );
}
