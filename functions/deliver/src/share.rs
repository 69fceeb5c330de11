use config::{Config, SystemSettings};

/// What an account takes at once without SuiteCloud Plus, less one for its other integrations.
const OF_AN_ACCOUNT: u32 = 4;

/// Divides the calls at once of each NetSuite account among so many functions, because none of them knows of the others'. Answers what does not divide.
pub(crate) fn share_calls(config: &mut Config, functions: u32) -> Vec<String> {
    let mut problems = Vec::new();
    for destination in config.destinations.values_mut() {
        let SystemSettings::NetSuite(of) = &mut destination.settings else {
            continue;
        };
        let all = of.calls_at_once.unwrap_or(OF_AN_ACCOUNT);
        if all < functions {
            problems.push(format!(
                "destination `{}` may have {all} calls at once, but {functions} functions deliver to it, and each makes one at least; raise calls_at_once, or lower NetsuiteConcurrency",
                destination.name
            ));
        }
        of.calls_at_once = Some((all / functions.max(1)).max(1));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::share_calls;
    use config::{Config, SystemSettings};
    use std::path::Path;

    fn shared(all: Option<u32>, functions: u32) -> (u32, usize) {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/samples/orderbridge.toml");
        let mut config = Config::load(&sample).unwrap();
        let SystemSettings::NetSuite(of) = &mut config.destinations.get_mut("erp").unwrap().settings else {
            panic!("the sample's erp is NetSuite");
        };
        of.calls_at_once = all;
        let problems = share_calls(&mut config, functions).len();
        let SystemSettings::NetSuite(of) = &config.destinations["erp"].settings else {
            panic!("still");
        };
        (of.calls_at_once.unwrap(), problems)
    }

    #[test]
    fn all_functions_together_stay_within_what_the_account_takes() {
        assert_eq!(shared(None, 2), (2, 0), "the defaults: 4 of 5");
        assert_eq!(shared(Some(5), 2), (2, 0));
        assert_eq!(shared(Some(15), 5), (3, 0));
        assert_eq!(shared(Some(3), 4), (1, 1), "more functions than calls is told");
    }
}
