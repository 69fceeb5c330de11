//! Leads that somebody in the org has converted. Such a lead cannot be changed any more
//! (`CANNOT_UPDATE_CONVERTED_LEAD`; mautic#6560, grouparoo#1043), and work on the order goes on in
//! what it became: an opportunity, or a contact. So that is the order's record from then on. It is
//! not written to, because the mapping names fields of a lead, and what staff make of a sale is
//! theirs. Nor is a second lead made, which would show the staff an order that they are already
//! working on. A warning tells what is to be entered by hand.
//!
//! A converted lead that was found otherwise than by the order's key belongs to another sale: a new
//! one is made.

use crate::row::Row;
use serde_json::Value;

/// The fields that are read of every lead.
pub(crate) const COLUMNS: &[&str] = &[
    "IsConverted",
    "ConvertedOpportunityId",
    "ConvertedContactId",
    "ConvertedAccountId",
];

/// The kinds of record that a lead becomes; the one most like an order comes first.
const KINDS: &[(&str, &str)] = &[
    ("ConvertedOpportunityId", "Opportunity"),
    ("ConvertedContactId", "Contact"),
    ("ConvertedAccountId", "Account"),
];

/// Returns whether records of the object may be converted.
pub(crate) fn may_be(object: &str) -> bool {
    object.eq_ignore_ascii_case("Lead")
}

/// Returns whether the row is of a lead that was converted.
pub(crate) fn is_converted(row: &Row) -> bool {
    *row.get("IsConverted") == Value::Bool(true)
}

/// Returns what the lead became: object and id. `None` where it was not converted.
pub(crate) fn became(row: &Row) -> Option<(&'static str, &str)> {
    let kinds = || {
        KINDS
            .iter()
            .find_map(|(field, object)| Some((*object, row.text(field)?)))
    };
    is_converted(row).then(|| kinds().unwrap_or(("Lead", row.id())))
}

/// Returns the warning for an operator.
pub(crate) fn warning(name: &str, lead: &str, (object, id): (&str, &str)) -> String {
    format!(
        "{name}: the lead {lead} was converted to {object} {id} in Salesforce, and converted leads cannot be changed: what changed in the shop since is to be entered there"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_order_is_most_like_an_opportunity() {
        let became = |fields: Value| {
            Row::new(fields)
                .and_then(|row| became(&row).map(|(object, id)| (object, id.to_owned())))
        };
        let all = json!({"Id": "00Q1", "IsConverted": true, "ConvertedOpportunityId": "0061", "ConvertedContactId": "0031", "ConvertedAccountId": "0011"});
        assert_eq!(became(all), Some(("Opportunity", "0061".to_owned())));
        let without = json!({"Id": "00Q1", "IsConverted": true, "ConvertedOpportunityId": null, "ConvertedContactId": "0031"});
        assert_eq!(became(without), Some(("Contact", "0031".to_owned())));
        assert_eq!(
            became(json!({"Id": "00Q1", "IsConverted": true})),
            Some(("Lead", "00Q1".to_owned()))
        );
        assert_eq!(
            became(json!({"Id": "00Q1", "IsConverted": false, "ConvertedContactId": "0031"})),
            None
        );
    }
}
