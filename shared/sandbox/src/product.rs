use rust_decimal::Decimal;

/// A product that the organisation sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The SKU (Salesforce `Product2.ProductCode`, Zoho `Products.Product_Code`).
    pub code: String,
    /// Its name.
    pub name: String,
    /// List price.
    pub price: Decimal,
}

impl Product {
    /// Creates a product with its list price.
    pub fn new(code: impl Into<String>, name: impl Into<String>, price: Decimal) -> Self {
        Self {
            code: code.into(),
            name: name.into(),
            price,
        }
    }
}

/// Returns the products that the sample orders of the documentation sell, and those that carry
/// shipping, tax, discounts and fees.
pub(crate) fn samples() -> Vec<Product> {
    [
        ("101", "Product A", 4_999),
        ("102", "Product B", 2_500),
        ("woo-polo", "Polo", 2_000),
        ("woo-beanie", "Beanie", 1_800),
        ("PROD-XYZ", "Product X", 9_999),
        ("SHIPPING", "Shipping", 0),
        ("TAX", "Tax", 0),
        ("DISCOUNT", "Discount", 0),
        ("FEE", "Fee", 0),
    ]
    .into_iter()
    .map(|(code, name, cents)| Product::new(code, name, Decimal::new(cents, 2)))
    .collect()
}
