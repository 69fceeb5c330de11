use ports::Secret;
use std::collections::BTreeMap;

/// The key whose earlier values must still count for a while: a shop signs with the old one until
/// somebody has changed it there.
const KEY: &str = "webhook_secret";

/// Returns the webhook secrets that count today and would cease to if `wanted` were written: those
/// of the previous version, which Secrets Manager forgets with the next write.
pub(crate) fn pushed_out(wanted: &Secret, current: &Secret, previous: &Secret) -> Vec<String> {
    let stays = |text: &String| wanted.all(KEY).contains(text) || current.all(KEY).contains(text);
    previous
        .all(KEY)
        .iter()
        .filter(|text| !stays(text))
        .cloned()
        .collect()
}

/// Returns the secret with these webhook secrets after its own.
pub(crate) fn with_earlier(wanted: &Secret, earlier: &[String]) -> Secret {
    let entry = |key: &str| {
        let behind = if key == KEY { earlier } else { &[] };
        (key.to_owned(), [wanted.all(key), behind].concat())
    };
    let entries: BTreeMap<String, Vec<String>> = wanted.keys().map(entry).collect();
    Secret::new(entries)
}

/// Returns how many webhook secrets `current` has after those of `wanted`, if that is the only
/// difference between them.
pub(crate) fn only_more(current: &Secret, wanted: &Secret) -> Option<usize> {
    let behind = current.all(KEY).strip_prefix(wanted.all(KEY))?;
    (with_earlier(wanted, behind) == *current).then_some(behind.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(webhook_secrets: &[&str]) -> Secret {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Secret::new(BTreeMap::from([
            (KEY.to_owned(), texts(webhook_secrets)),
            ("url".to_owned(), texts(&["https://shop.example.com"])),
        ]))
    }

    #[test]
    fn a_second_change_within_the_day_pushes_out_what_was_there_before_the_first() {
        assert_eq!(
            pushed_out(
                &secret(&["fake-c"]),
                &secret(&["fake-b"]),
                &secret(&["fake-a"])
            ),
            ["fake-a"]
        );
        assert_eq!(
            pushed_out(
                &secret(&["fake-b"]),
                &secret(&["fake-b"]),
                &secret(&["fake-b", "fake-a"])
            ),
            ["fake-a"]
        );
    }

    #[test]
    fn what_is_in_either_of_the_two_versions_that_count_is_not_pushed_out() {
        let none: [String; 0] = [];
        assert_eq!(
            pushed_out(
                &secret(&["fake-b"]),
                &secret(&["fake-b", "fake-a"]),
                &secret(&["fake-a"])
            ),
            none
        );
        assert_eq!(
            pushed_out(
                &secret(&["fake-b", "fake-a"]),
                &secret(&["fake-b"]),
                &secret(&["fake-a"])
            ),
            none
        );
    }

    #[test]
    fn only_webhook_secrets_behind_the_wanted_ones_are_no_difference() {
        let wanted = secret(&["fake-b"]);
        assert_eq!(only_more(&secret(&["fake-b", "fake-a"]), &wanted), Some(1));
        assert_eq!(only_more(&wanted, &wanted), Some(0));
        assert_eq!(only_more(&secret(&["fake-a", "fake-b"]), &wanted), None);
        let mut entries = BTreeMap::from([(KEY.to_owned(), vec!["fake-b".to_owned()])]);
        assert_eq!(only_more(&Secret::new(entries.clone()), &wanted), None);
        entries.insert(
            "url".to_owned(),
            vec!["https://other.example.com".to_owned()],
        );
        assert_eq!(only_more(&Secret::new(entries), &wanted), None);
    }

    #[test]
    fn earlier_values_stand_behind_and_nothing_else_changes() {
        let both = with_earlier(&secret(&["fake-b"]), &["fake-a".to_owned()]);
        assert_eq!(both, secret(&["fake-b", "fake-a"]));
    }
}
