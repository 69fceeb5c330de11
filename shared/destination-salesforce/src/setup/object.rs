//! The items about objects: may the integration user see them, and make such records?

use super::{
    Change, Entry, PERMISSION_SET,
    refusal::said,
    rights::{Grant, Rights},
    survey::Seen,
};
use crate::{
    fit::{Fit, fit},
    needs::{Needs, ObjectNeed},
};
use ::setup::State;
use serde_json::Value;

/// Objects that have no permissions of their own, and the object whose permissions count for them.
const FOLLOWERS: &[(&str, &str)] = &[
    ("OpportunityLineItem", "Opportunity"),
    ("OpportunityContactRole", "Opportunity"),
    ("OrderItem", "Order"),
    ("PricebookEntry", "Pricebook2"),
];

/// Returns whether records of the object are to be made, and the user may not make them.
pub(super) fn lacks_create(needs: &Needs, object: &str, described: &Value) -> bool {
    let is_written = needs
        .objects
        .get(object)
        .is_some_and(|need| need.is_written);
    is_written && described.get("createable").and_then(Value::as_bool) == Some(false)
}

/// Returns the item of one object.
pub(super) fn entry(object: &str, need: &ObjectNeed, seen: &Seen, rights: &Rights) -> Entry {
    let found = match seen {
        Seen::Failed(failure) => return Entry::unknown(object, said(failure)),
        Seen::Absent => {
            let found = "the org has no such object, or it is hidden from everybody who was asked";
            let by_hand = format!(
                "Setup > Object Manager > Create > Custom Object {object}, or name another object in the mapping"
            );
            return Entry::by_hand(object, State::Missing, found, vec![by_hand]);
        }
        Seen::Hidden => "it is hidden from the integration user",
        Seen::Described(described) => {
            let may_not = described.get("createable").and_then(Value::as_bool) == Some(false);
            if !(need.is_written && may_not) {
                return Entry::good(object, found_good(need, described));
            }
            "the integration user may not create such records"
        }
    };
    if let Some((_, leader)) = FOLLOWERS.iter().find(|(name, _)| *name == object) {
        let found = format!("{found}; the right to it comes with the right to {leader}");
        return Entry::by_hand(object, State::Wrong, found, Vec::new());
    }
    let creates = need.is_written;
    let change = Change::GrantObject {
        object: object.to_owned(),
        creates,
    };
    let is_granted = |grant: &Grant| grant.reads && (!creates || (grant.creates && grant.edits));
    match rights.object(object).is_some_and(is_granted) {
        true if rights.is_assigned => Entry::by_hand(
            object,
            State::Wrong,
            format!("{found}, although the permission set {PERMISSION_SET} grants it: the user's licence or a muting permission set takes it away"),
            vec!["Setup > Users > the integration user > View Summary: see what the user's licence and permission sets allow".to_owned()],
        ),
        true => Entry::by_api(
            object,
            State::Wrong,
            format!("{found}, who does not have the permission set {PERMISSION_SET} yet"),
            "assign the permission set to the integration user",
            Change::Assign,
        ),
        false => Entry::by_api(
            object,
            State::Wrong,
            found,
            match creates {
                true => "give the permission set read, create and edit access to the object",
                false => "give the permission set read access to the object",
            },
            change,
        ),
    }
}

/// Returns what is good about an object, its standard fields included: each of the others has an
/// item of its own.
fn found_good(need: &ObjectNeed, described: &Value) -> String {
    let standard = need
        .fields
        .iter()
        .filter(|(name, need)| !name.ends_with("__c") && fit(described, name, need) == Fit::Good);
    let standard = standard.count();
    match need.is_written {
        true => format!(
            "the integration user may create such records, and write {standard} standard field(s) of the mapping"
        ),
        false => "the integration user sees it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written() -> ObjectNeed {
        ObjectNeed {
            is_written: true,
            ..ObjectNeed::default()
        }
    }

    fn rights(is_assigned: bool) -> Rights {
        let grant = Grant {
            id: "110".to_owned(),
            reads: true,
            edits: true,
            creates: true,
        };
        Rights {
            is_assigned,
            objects: [("account".to_owned(), grant)].into(),
            ..Rights::default()
        }
    }

    #[test]
    fn a_right_is_given_once_and_then_assigned_and_then_the_licence_is_to_blame() {
        let closed = Seen::Described(json!({"createable": false}));
        let entry = |rights: &Rights| entry("Account", &written(), &closed, rights);
        let first = entry(&Rights::default());
        let creates = true;
        let object = "Account".to_owned();
        assert_eq!(first.change, Some(Change::GrantObject { object, creates }));
        assert_eq!(entry(&rights(false)).change, Some(Change::Assign));
        let last = entry(&rights(true));
        assert!(
            last.change.is_none() && last.item.found.contains("licence"),
            "{last:?}"
        );
        assert!(last.item.is_bad());
    }

    #[test]
    fn lines_follow_their_opportunity() {
        let entry = entry(
            "OpportunityLineItem",
            &written(),
            &Seen::Hidden,
            &Rights::default(),
        );
        assert!(entry.change.is_none() && entry.item.found.contains("Opportunity"));
        let open = Seen::Described(json!({"createable": true, "fields": []}));
        let entry = super::entry("Opportunity", &written(), &open, &Rights::default());
        assert_eq!(entry.item.state, State::Good);
    }
}
