//! The size of a body, found in one pass that builds nothing: a megabyte of `{},` is 340,000 lines,
//! and each of them would cost a kilobyte of memory before anybody sees that it is no line.

use crate::PayloadError;
use serde_json::Value;

/// The largest number of items in a list of a payload: ten times as many as the lines that Shopify
/// takes.
pub const MOST_ITEMS: usize = 5_000;
/// The largest number of values in a payload, names not counted.
pub const MOST_VALUES: usize = 250_000;

/// The number of values and items in a JSON text. A text that is no JSON has an extent as well;
/// parsing it reports the fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The number of values, objects and lists among them.
    pub values: usize,
    /// The number of items in all lists together.
    pub items: usize,
    /// The number of items in the longest list.
    pub longest: usize,
}

impl Extent {
    /// Counts the values and items of a text.
    #[must_use]
    pub fn of(json: &[u8]) -> Self {
        let (mut extent, mut open, mut in_text, mut escaped) =
            (Self::default(), Vec::new(), false, false);
        // Whether nothing was seen since the list or object began.
        let mut is_empty = true;
        for byte in json {
            if in_text {
                (in_text, escaped) = (escaped || *byte != b'"', !escaped && *byte == b'\\');
                continue;
            }
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b':' => continue,
                b'[' | b'{' => {
                    extent.values = extent.values.saturating_add(1);
                    // The parser refuses a text that is nested deeper.
                    if open.len() < DEEPEST {
                        open.push((*byte == b'[', 0_usize));
                    }
                    is_empty = true;
                    continue;
                }
                b',' => extent.next(open.last_mut()),
                b']' | b'}' => {
                    if !is_empty {
                        extent.next(open.last_mut());
                    }
                    open.pop();
                }
                b'"' => in_text = true,
                _ => {}
            }
            is_empty = false;
        }
        extent
    }

    /// Counts one more member of a list or an object, which ends here.
    fn next(&mut self, inside: Option<&mut (bool, usize)>) {
        self.values = self.values.saturating_add(1);
        if let Some((true, items)) = inside {
            *items = items.saturating_add(1);
            self.items = self.items.saturating_add(1);
            self.longest = self.longest.max(*items);
        }
    }
}

/// The depth up to which lists and objects are followed: more than any JSON parser follows.
const DEEPEST: usize = 1_000;

/// Parses a body that holds no more than an order can need.
///
/// # Errors
/// [`PayloadError::TooMuch`] when it holds more, [`PayloadError::NotJson`] when it is not JSON.
pub fn parse(body: &[u8]) -> Result<Value, PayloadError> {
    let extent = Extent::of(body);
    if extent.longest > MOST_ITEMS {
        let what = format!(
            "a list of {} items, and {MOST_ITEMS} can be delivered",
            extent.longest
        );
        return Err(PayloadError::TooMuch { what });
    }
    if extent.values > MOST_VALUES {
        let what = format!("{} values, and {MOST_VALUES} can be read", extent.values);
        return Err(PayloadError::TooMuch { what });
    }
    serde_json::from_slice(body).map_err(|error| PayloadError::NotJson(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(json: &str) -> (usize, usize) {
        let extent = Extent::of(json.as_bytes());
        (extent.items, extent.longest)
    }

    #[test]
    fn items_are_counted_as_they_are_read() {
        for (json, items) in [
            ("[]", (0, 0)),
            (" [ ] ", (0, 0)),
            ("{}", (0, 0)),
            ("[{}]", (1, 1)),
            ("[{},{},{}]", (3, 3)),
            ("{\"a\": [1, 2], \"b\": [3, [4, 5, 6], []]}", (8, 3)),
            ("[\"a,b\", \"\\\",\\\\\", \"[,]\"]", (3, 3)),
            ("[[[[1]]]]", (4, 1)),
        ] {
            assert_eq!(counted(json), items, "{json}");
        }
    }

    #[test]
    fn whatever_is_read_holds_no_more_than_was_counted() {
        fn values(value: &Value) -> usize {
            match value {
                Value::Array(items) => 1 + items.iter().map(values).sum::<usize>(),
                Value::Object(fields) => 1 + fields.values().map(values).sum::<usize>(),
                _ => 1,
            }
        }
        for json in [
            "{\"a\": [1, 2, {\"b\": null}], \"c\": {}}",
            "[]",
            "[[],[[]]]",
            "{\"a\": {\"b\": {\"c\": [[], {}]}}}",
        ] {
            let value: Value = serde_json::from_str(json).unwrap();
            assert!(
                Extent::of(json.as_bytes()).values >= values(&value),
                "{json}"
            );
        }
    }

    #[test]
    fn no_text_does_harm() {
        for json in [
            "",
            "]",
            "}}}}",
            "\"",
            "[\"\\",
            "{,,,,",
            &"[".repeat(100_000),
            &"]".repeat(1000),
            "[1,,2]",
            "\u{feff}{}",
        ] {
            let _ = (Extent::of(json.as_bytes()), parse(json.as_bytes()));
        }
    }

    #[test]
    fn more_than_an_order_can_need_is_refused_before_it_is_built() {
        let lines = |number: usize| {
            format!(
                "{{\"id\": 1, \"line_items\": [{}{{}}]}}",
                "{},".repeat(number - 1)
            )
        };
        assert!(parse(lines(MOST_ITEMS).as_bytes()).is_ok());
        let refused = parse(lines(340_000).as_bytes()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the body holds a list of 340000 items, and 5000 can be delivered; if it is a real order, enter it by hand, else drop this dead letter"
        );
        let fields: Vec<String> = (0..MOST_VALUES)
            .map(|number| format!("\"f{number}\":0"))
            .collect();
        assert!(matches!(
            parse(format!("{{{}}}", fields.join(",")).as_bytes()),
            Err(PayloadError::TooMuch { .. })
        ));
    }
}
