//! Every key that the file may hold, with an example of its value: the same list finds unknown
//! keys, fills in the fix of a message, and is compared with the documentation page by a test.

/// A key of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// The key, as it is written in the file.
    pub(crate) name: &'static str,
    /// An example of the text to the right of its `=`; empty for keys that are tables.
    pub(crate) example: &'static str,
}

/// Creates a key with an example of the text to the right of its `=`.
pub(crate) const fn key(name: &'static str, example: &'static str) -> Key {
    Key { name, example }
}

/// The keys at the top of the file.
pub(crate) const ROOT: &[Key] = &[
    key("data", "\"./data\""),
    key("stores", ""),
    key("destinations", ""),
    key("routes", ""),
    key("delivery", ""),
    key("server", ""),
    key("alerts", ""),
];

/// The keys of `[stores.NAME]`.
pub(crate) const STORE: &[Key] = &[
    key("platform", "\"woocommerce\""),
    key("secret", "\"orderbridge/stores/acme\""),
    key("silence", "\"24h\""),
    key("reconcile", ""),
];

/// The keys of `[stores.NAME.reconcile]`.
pub(crate) const RECONCILE: &[Key] = &[
    key("every", "\"15m\""),
    key("overlap", "\"2h\""),
    key("verify", "\"daily\""),
    key("verify_window", "\"7d\""),
    key("deleted_in_destination", "\"leave\""),
];

/// The keys of `[destinations.NAME]` that every system has; see [`crate::System::keys`] for the
/// others.
pub(crate) const DESTINATION: &[Key] = &[
    key("system", "\"salesforce\""),
    key("secret", "\"orderbridge/destinations/sales\""),
    key("delivery", ""),
];

/// The keys of `[[routes]]`.
pub(crate) const ROUTE: &[Key] = &[
    key("name", "\"acme-sales\""),
    key("store", "\"acme\""),
    key("destination", "\"sales\""),
    key("mapping", "\"woocommerce-salesforce\""),
    key("topics", "[\"order.created\", \"order.updated\"]"),
    key("set", ""),
    key("vars", ""),
];

/// The keys of `[delivery]` and `[destinations.NAME.delivery]`.
pub(crate) const DELIVERY: &[Key] = &[
    key("batch", "10"),
    key("concurrency", "4"),
    key("retry_base", "\"5s\""),
    key("retry_cap", "\"15m\""),
    key("give_up_after", "\"3d\""),
    key("request_timeout", "\"30s\""),
    key("circuit_after", "5"),
    key("circuit_probe", "\"30s\""),
    key("requests_per_minute", "300"),
    key("budget_warn", "80"),
    key("budget_slow", "95"),
];

/// The keys of `[server]`.
pub(crate) const SERVER: &[Key] = &[
    key("body_limit", "6291456"),
    key("head_timeout", "\"10s\""),
    key("body_timeout", "\"30s\""),
    key("slowest_rate", "500"),
    key("idle_timeout", "\"60s\""),
    key("connections", "1000"),
    key("bytes_in_flight", "33554432"),
    key("stop_timeout", "\"10s\""),
    key("public_url", "\"https://webhooks.example.com\""),
];

/// The keys of `[alerts]`.
pub(crate) const ALERTS: &[Key] = &[key("secret", "\"orderbridge/alerts\"")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, System};
    use std::{fs, path::Path};

    /// Returns each table: its header, the line that it needs for its keys to be judged, its keys,
    /// and its heading in the page.
    fn tables() -> Vec<(&'static str, String, &'static [Key], String)> {
        let always = [
            ("[stores.acme]", STORE, "## `[stores.NAME]`"),
            (
                "[stores.acme.reconcile]",
                RECONCILE,
                "## `[stores.NAME.reconcile]`",
            ),
            (
                "[destinations.sales]",
                DESTINATION,
                "## `[destinations.NAME]`",
            ),
            ("[[routes]]", ROUTE, "## `[[routes]]`"),
            ("[delivery]", DELIVERY, "## `[delivery]`"),
            ("[destinations.sales.delivery]", DELIVERY, "## `[delivery]`"),
            ("[server]", SERVER, "## `[server]`"),
            ("[alerts]", ALERTS, "## `[alerts]`"),
        ];
        let always =
            always.map(|(header, keys, heading)| (header, String::new(), keys, heading.to_owned()));
        let by_system = System::ALL.iter().map(|system| {
            let line = format!("system = \"{}\"", system.as_str());
            let heading = format!("With `{line}`");
            ("[destinations.sales]", line, system.keys(), heading)
        });
        always.into_iter().chain(by_system).collect()
    }

    /// Returns the keys of the documentation's table, each with the rest of its line.
    fn documented<'a>(page: &'a str, heading: &str) -> Vec<(&'a str, &'a str)> {
        let from = page
            .find(heading)
            .unwrap_or_else(|| panic!("config/README.md has no {heading}"));
        let lines = page[from..]
            .lines()
            .skip_while(|line| !line.starts_with("| `"))
            .take_while(|line| line.starts_with("| `"));
        lines
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .collect()
    }

    #[test]
    fn the_page_describes_exactly_the_keys_that_are_accepted() {
        let page = fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../config/README.md"
        ))
        .unwrap();
        for (_, _, keys, heading) in tables() {
            let described = documented(&page, &heading);
            let names: Vec<_> = described.iter().map(|(name, _)| *name).collect();
            assert_eq!(
                names,
                keys.iter().map(|key| key.name).collect::<Vec<_>>(),
                "under {heading}"
            );
            for key in keys.iter().filter(|key| !key.example.is_empty()) {
                let example = format!("`{} = {}`", key.name, key.example);
                assert!(
                    described.iter().any(|(_, rest)| rest.contains(&example)),
                    "{heading} lacks the example {example}"
                );
            }
        }
        for key in ROOT {
            let shown = match key.example {
                "" => format!("[{}", key.name),
                example => format!("`{} = {example}`", key.name),
            };
            assert!(page.contains(&shown), "{}", key.name);
        }
    }

    #[test]
    fn every_accepted_key_is_read() {
        for (header, besides, keys, _) in tables() {
            for key in keys {
                let text = format!("{header}\n{besides}\n{} = 1979-05-27\n", key.name);
                let problems = Config::parse(Path::new("a.toml"), &text).unwrap_err();
                let found = problems.iter().any(|problem| {
                    problem.line == Some(3) && problem.message.contains(&format!("`{}`", key.name))
                });
                assert!(found, "{header} {}: {problems:#?}", key.name);
            }
        }
    }

    #[test]
    fn every_example_is_accepted() {
        for (header, besides, keys, _) in tables() {
            for key in keys.iter().filter(|key| !key.example.is_empty()) {
                let text = format!("{header}\n{besides}\n{} = {}\n", key.name, key.example);
                let problems = Config::parse(Path::new("a.toml"), &text).unwrap_err();
                let references = ["there is no store", "there is no destination"];
                let refused = problems.iter().find(|problem| {
                    problem.line == Some(3)
                        && !references
                            .iter()
                            .any(|known| problem.message.starts_with(known))
                });
                assert_eq!(refused, None);
            }
        }
    }
}
