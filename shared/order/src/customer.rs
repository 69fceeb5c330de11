use serde::Serialize;

/// Who bought. Every text is trimmed; what the shop does not say is the empty string.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Customer {
    /// The shop's id of the customer, `None` for guests (WooCommerce sends 0 for them).
    pub id: Option<String>,
    /// What identifies the customer in a destination: the shop's id, for guests `guest-` and a hash of the e-mail, for guests
    /// without one `order-` and the order's id. Only `[A-Za-z0-9_-]`, so that it is good as a path segment and as an external id.
    pub key: String,
    /// True when the shop has no account for this customer.
    pub is_guest: bool,
    /// In lower case.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// First and last name with one space, else the company, else the e-mail's local part.
    pub name: String,
    /// The customer's company.
    pub company: String,
    /// As the customer typed it.
    pub phone: String,
}

/// A postal address. Every text is trimmed; what the shop does not say is the empty string.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Address {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// First and last name with one space.
    pub name: String,
    /// Company.
    pub company: String,
    /// First line.
    pub address_1: String,
    /// Second line.
    pub address_2: String,
    /// All address lines that are not empty, joined by a line feed.
    pub street: String,
    /// Town.
    pub city: String,
    /// State, province or county as the shop writes it (often a code).
    pub state: String,
    /// Postal code.
    pub postcode: String,
    /// Country as the shop writes it (WooCommerce and Magento: ISO 3166-1 alpha-2; Shopify: the name).
    pub country: String,
    /// ISO 3166-1 alpha-2 where the shop tells it, else empty.
    pub country_code: String,
    /// Phone at this address.
    pub phone: String,
    /// E-mail at this address, in lower case.
    pub email: String,
}

impl Address {
    /// Whether the shop gave no address at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.street, &self.city, &self.state, &self.postcode, &self.country].iter().all(|part| part.is_empty())
    }
}
