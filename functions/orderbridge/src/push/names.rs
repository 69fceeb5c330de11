//! The names under which the keys of a secret are looked for in a .env file.

use config::SecretWants;

/// Returns the variables that may hold a key, of which the first that exists counts: those of this
/// store or destination alone, then those of all of its kind.
pub(super) fn variables(wants: &SecretWants<'_>, key: &str) -> Vec<String> {
    let others = wants.other_names.iter().filter(|(of, _)| *of == key);
    let common: Vec<String> = std::iter::once(format!("{}_{}", upper(wants.word), upper(key)))
        .chain(others.map(|(_, name)| (*name).to_owned()))
        .collect();
    let own = common
        .iter()
        .map(|name| format!("{}{name}", scope(wants.owner)));
    own.chain(common.iter().cloned()).collect()
}

/// Returns the prefix of the variables of one store or destination: `ACME__`.
pub(super) fn scope(owner: &str) -> String {
    format!("{}__", upper(owner))
}

fn upper(text: &str) -> String {
    text.to_ascii_uppercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(
        owner: &'static str,
        word: &'static str,
        other_names: &'static [(&'static str, &'static str)],
    ) -> SecretWants<'static> {
        SecretWants {
            secret: "fake",
            owner,
            word,
            required: Vec::new(),
            optional: Vec::new(),
            other_names,
        }
    }

    #[test]
    fn the_own_names_come_before_the_common_ones() {
        assert_eq!(
            variables(
                &wants("acme-eu", "woocommerce", &[("url", "WOOCOMMERCE_API_URL")]),
                "url"
            ),
            [
                "ACME_EU__WOOCOMMERCE_URL",
                "ACME_EU__WOOCOMMERCE_API_URL",
                "WOOCOMMERCE_URL",
                "WOOCOMMERCE_API_URL"
            ]
        );
        assert_eq!(
            variables(&wants("erp", "netsuite", &[]), "account_id"),
            ["ERP__NETSUITE_ACCOUNT_ID", "NETSUITE_ACCOUNT_ID"]
        );
    }
}
