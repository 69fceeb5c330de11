/// The key of a store's secret that names the shop to which the store belongs.
pub const STORE_DOMAIN: &str = "store_domain";

/// The beginning of the address of a shop on this machine, for tests: it names no shop.
const LOCAL: &str = "http://127.0.0.1";

/// The shop that a store belongs to, under every name that the store's secret gives it. Where an
/// app signs for many shops with one key, only these names tell the shops apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShopNames(Vec<String>);

impl ShopNames {
    /// Creates the names from these texts: domains, with or without `https://`.
    #[must_use]
    pub fn new(texts: &[String]) -> Self {
        let names = texts
            .iter()
            .filter(|text| !text.trim().starts_with(LOCAL))
            .map(|text| plain(text));
        Self(names.filter(|name| !name.is_empty()).collect())
    }

    /// Returns whether the secret names the shop at all.
    #[must_use]
    pub fn are_known(&self) -> bool {
        !self.0.is_empty()
    }

    /// Returns whether this is one of the names, in whatever case.
    #[must_use]
    pub fn contain(&self, told: &str) -> bool {
        self.0.contains(&plain(told))
    }

    /// Returns whether this names another shop. It does not where the secret names none.
    #[must_use]
    pub fn exclude(&self, told: &str) -> bool {
        self.are_known() && !self.contain(told)
    }

    /// Returns the first name, which is the current one.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }
}

/// Returns a domain in the form in which domains are compared.
fn plain(text: &str) -> String {
    let text = text.trim().to_ascii_lowercase();
    let host = text.strip_prefix("https://").unwrap_or(&text);
    host.trim_end_matches(['/', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[&str]) -> ShopNames {
        ShopNames::new(
            &texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn a_domain_is_the_same_in_whatever_case_and_form() {
        for text in [
            "acme.myshopify.com",
            " Acme.MyShopify.com",
            "https://acme.myshopify.com/",
            "acme.myshopify.com.",
        ] {
            assert!(names(&[text]).contain("ACME.myshopify.com"), "{text}");
            assert!(
                names(&[text]).exclude("acme.myshopify.com.example.com"),
                "{text}"
            );
            assert!(names(&[text]).exclude(""), "{text}");
        }
        assert!(!names(&["new.myshopify.com", "old.myshopify.com"]).exclude("old.myshopify.com"));
    }

    #[test]
    fn without_a_name_nobody_is_another_shop() {
        for texts in [&[][..], &[""], &[" "], &["http://127.0.0.1:8080"]] {
            assert!(
                !names(texts).are_known() && !names(texts).exclude("acme.myshopify.com"),
                "{texts:?}"
            );
        }
    }
}
