use config::Config;
use std::{collections::BTreeMap, time::Duration};

/// Returns the longest time for an answer to each store.
pub(crate) fn patience(config: &Config) -> BTreeMap<String, Duration> {
    config
        .stores
        .values()
        .map(|store| (store.name.clone(), store.platform.patience()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::patience;
    use config::Config;
    use std::path::Path;

    #[test]
    fn every_store_has_its_platform_s_patience() {
        let sample =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/samples/orderbridge.toml");
        let patience = patience(&Config::load(&sample).unwrap());
        let millis: Vec<(&str, u128)> = patience
            .iter()
            .map(|(store, time)| (store.as_str(), time.as_millis()))
            .collect();
        assert_eq!(
            millis,
            [("acme", 8000), ("boutique", 4200), ("depot", 8000)]
        );
    }
}
