//! Texts that people read. The block checkout stores them as HTML (`O&#8217;Brien`, `Acme &amp;
//! Co`), REST and wp-admin store them as they were typed, and some plug-ins encode them twice
//! (woocommerce/woocommerce#68162, #58679), so one shop sends all three.

use order::text;
use source::payload::Object;

/// The largest number of times that a text was encoded.
const MOST_LAYERS: usize = 2;

/// Reading of an object's texts for people. It is not used for ids, SKUs, e-mails and codes of
/// methods: in these, `&amp;` may be meant literally.
pub(crate) trait Words {
    /// Returns the text as it was typed; an empty text where there is none.
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
        // An entity may have hidden a control character.
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
