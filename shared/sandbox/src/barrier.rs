//! Barriers: records that something in the organisation keeps from requests.

/// A record that requests may not write, recognised by a text in one of its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barrier {
    /// Object, module or record type.
    pub kind: String,
    /// The name of a text field; in NetSuite it can be the external id as well.
    pub field: String,
    /// The text that its value contains.
    pub text: String,
    /// The reason why the record cannot be written.
    pub keeps: Keeps,
}

/// The effect of a barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// The record exists, but not for the user of the requests: its key is taken (Salesforce
    /// `DUPLICATE_VALUE` of an `<unknown>` record, as in go-salesforce#133; Zoho `NO_PERMISSION`,
    /// zoho/crm-oas v8 `record.json`; NetSuite `INSUFFICIENT_PERMISSION` with Oracle's text for
    /// subsidiaries, as in NetSweet/netsuite#405).
    OutOfSight,
    /// Once the record exists, it cannot be changed (Salesforce `ENTITY_IS_LOCKED` while it waits
    /// for approval, Zoho `RECORD_IN_BLUEPRINT` for another stage, NetSuite's lock by a workflow).
    Locked,
    /// Something of the account's own, such as a script, a flow or a permission, refuses to write
    /// it, with this code and this text.
    Refused {
        /// The code, in the system's words.
        code: &'static str,
        /// The text that goes with the code.
        text: &'static str,
    },
}

/// All barriers of a system.
#[derive(Debug, Default)]
pub(crate) struct Barriers(Vec<Barrier>);

impl Barriers {
    pub(crate) fn put_up(&mut self, barrier: Barrier) {
        self.0.push(barrier);
    }

    pub(crate) fn take_down(&mut self, barrier: &Barrier) {
        self.0.retain(|other| other != barrier);
    }

    /// Returns whether a barrier with this effect applies to a record with these values.
    pub(crate) fn hold<'a>(
        &self,
        keeps: Keeps,
        kind: &str,
        value: impl Fn(&str) -> Option<&'a str>,
    ) -> bool {
        let mut such = self
            .0
            .iter()
            .filter(|barrier| barrier.keeps == keeps && barrier.kind == kind);
        such.any(|barrier| value(&barrier.field).is_some_and(|value| value.contains(&barrier.text)))
    }

    /// Returns the code and the text with which a record with these values is refused.
    pub(crate) fn refusal<'a>(
        &self,
        kind: &str,
        value: impl Fn(&str) -> Option<&'a str>,
    ) -> Option<(&'static str, &'static str)> {
        let mut of_kind = self.0.iter().filter(|barrier| barrier.kind == kind);
        of_kind.find_map(|barrier| match barrier.keeps {
            Keeps::Refused { code, text } if value(&barrier.field)?.contains(&barrier.text) => {
                Some((code, text))
            }
            _ => None,
        })
    }
}
