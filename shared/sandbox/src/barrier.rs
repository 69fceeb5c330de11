//! Records that somebody in the organisation keeps from requests.

/// A record that requests may not write, known by a text in one of its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barrier {
    /// Object, module or record type.
    pub kind: String,
    /// A field of text; in NetSuite the external id as well.
    pub field: String,
    /// What its value contains.
    pub text: String,
    /// Why nobody may write it.
    pub keeps: Keeps,
}

/// What a barrier does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// There is such a record, but not for the user of the requests: its key is taken (Salesforce
    /// `DUPLICATE_VALUE` of an `<unknown>` record, as in go-salesforce#133; Zoho `NO_PERMISSION`,
    /// zoho/crm-oas v8 `record.json`; NetSuite `INSUFFICIENT_PERMISSION` with Oracle's text for
    /// subsidiaries, as in NetSweet/netsuite#405).
    OutOfSight,
    /// Once the record is there, it cannot be changed (Salesforce `ENTITY_IS_LOCKED` while it
    /// waits for approval, Zoho `RECORD_IN_BLUEPRINT` for another stage, NetSuite's lock by a
    /// workflow).
    Locked,
    /// Something of the account's own, such as a script, a flow or a permission, refuses what is
    /// written to it with this code and this text.
    Refused {
        /// The code, in the system's words.
        code: &'static str,
        /// The text beside it.
        text: &'static str,
    },
}

/// All of a system.
#[derive(Debug, Default)]
pub(crate) struct Barriers(Vec<Barrier>);

impl Barriers {
    pub(crate) fn put_up(&mut self, barrier: Barrier) {
        self.0.push(barrier);
    }

    pub(crate) fn take_down(&mut self, barrier: &Barrier) {
        self.0.retain(|other| other != barrier);
    }

    /// Whether one of this sort keeps a record with these values.
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

    /// The code and the text by which a record with these values is refused.
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
