//! Texts that people read. The block checkout stores them as HTML (`O&#8217;Brien`, `Acme &amp;
//! Co`), REST and wp-admin as they were typed, and some plug-ins encode them twice
//! (woocommerce/woocommerce#68162, #58679), so one shop sends all three.

use order::text;
use source::payload::Object;

/// No text is encoded more often.
const MOST_LAYERS: usize = 2;

/// Readings of an object's texts for people. Ids, SKUs, e-mails and codes of methods are not among
/// them: there `&amp;` may be what it says.
pub(crate) trait Words {
    /// The text as it was typed; empty where there is none.
    fn words(&self, key: &str) -> String;
}

impl Words for Object<'_> {
    fn words(&self, key: &str) -> String {
        decoded(self.text(key))
    }
}

fn decoded(stored: String) -> String {
    let mut typed = stored;
    for _ in 0..MOST_LAYERS {
        let decoded = html_escape::decode_html_entities(&typed);
        if decoded == typed.as_str() {
            return typed;
        }
        // What was hidden in an entity may be a control character.
        typed = text::clean(&decoded);
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_become_what_was_typed_and_everything_else_stays() {
        for (stored, typed) in [
            ("O&#8217;Brien", "O’Brien"),
            ("Acme &amp; Co", "Acme & Co"),
            ("Acme &amp;amp; Co", "Acme & Co"),
            ("12&#215;14", "12×14"),
            ("&#8220;Best&#8221;", "“Best”"),
            ("caf&eacute; &#xE9;", "café é"),
            ("Acme & Co", "Acme & Co"),
            (
                "AT&T; R&D &unknown; &#; &#xZZ;",
                "AT&T; R&D &unknown; &#; &#xZZ;",
            ),
            ("a&nbsp;", "a"),
            ("1 &lt; 2", "1 < 2"),
        ] {
            assert_eq!(decoded(stored.to_owned()), typed, "{stored}");
        }
    }
}
