//! The facts about the secret of `[alerts]`.

use crate::{
    address::is_this_machine,
    secret_needs::{Needs, part},
};
use url::Url;

/// The name of the alerts where stores and destinations have theirs.
pub(crate) const WORD: &str = "alerts";

/// Returns the keys of the secret.
pub(crate) fn needs() -> Needs {
    Needs {
        required: vec![part(
            "url",
            "the incoming webhook that Slack, Teams, Mattermost or Discord (with /slack at its end) makes for a channel",
        )],
        address: Some("url"),
        ..Needs::default()
    }
}

/// Returns why messages cannot be posted to an address, in words that complete "`url` ...".
#[must_use]
pub fn receiver_mistake(text: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(text.trim()) else {
        return Some("is no web address; write it whole, with https://");
    };
    match url.scheme() {
        "https" => None,
        "http" if is_this_machine(&url) => None,
        "http" => Some("would be reached unencrypted; write https://"),
        _ => Some("is no web address; write it with https://"),
    }
}

#[cfg(test)]
mod tests {
    use super::receiver_mistake;

    #[test]
    fn a_receiver_is_reached_by_https_or_on_this_machine() {
        for good in [
            "https://hooks.example.com/services/T0/B0/key?thread=1",
            "http://127.0.0.1:8080/alerts",
        ] {
            assert_eq!(receiver_mistake(good), None, "{good}");
        }
        for bad in [
            "http://hooks.example.com/",
            "hooks.example.com",
            "ftp://x.example",
        ] {
            assert!(receiver_mistake(bad).is_some(), "{bad}");
        }
    }
}
