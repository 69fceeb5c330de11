//! Contacts, leads, and the contact roles of opportunities.

use super::{
    store::{Record, Store},
    value::Cell,
};

const ROLE: &str = "OpportunityContactRole";

/// Sets the `Name` of a person, which is made of its parts.
pub(super) fn name(record: &mut Record) {
    let parts: Vec<&str> = ["FirstName", "LastName"]
        .iter()
        .filter_map(|part| record.text(part))
        .collect();
    let name = parts.join(" ");
    record.set("Name", Some(Cell::Text(name)));
}

/// Creates the primary contact role from the `ContactId` of a new opportunity.
pub(super) fn link_contact(store: &mut Store, opportunity: &Record) {
    let Some(contact) = opportunity.cell("ContactId").cloned() else {
        return;
    };
    let schema = std::sync::Arc::clone(&store.schema);
    let Some(object) = schema.object(ROLE) else {
        return;
    };
    let mut role = store.blank(object);
    role.set("OpportunityId", Some(Cell::Text(opportunity.id.clone())));
    role.set("ContactId", Some(contact));
    role.set("IsPrimary", Some(Cell::Flag(true)));
    store.put(role);
}

/// Keeps one role of an opportunity primary, whose contact is the opportunity's.
pub(super) fn keep_one_primary(store: &mut Store, role: &Record) {
    let Some(opportunity) = role.text("OpportunityId") else {
        return;
    };
    if role.cell("IsPrimary") != Some(&Cell::Flag(true)) {
        return forget_primary(store, role);
    }
    let others: Vec<String> = store
        .children(ROLE, "OpportunityId", opportunity)
        .iter()
        .map(|other| other.id.clone())
        .filter(|id| *id != role.id)
        .collect();
    for id in others {
        store.amend(ROLE, &id, |other| {
            other.set("IsPrimary", Some(Cell::Flag(false)))
        });
    }
    store.amend("Opportunity", opportunity, |record| {
        record.set("ContactId", role.cell("ContactId").cloned())
    });
}

/// Clears the contact of an opportunity without a primary role.
pub(super) fn forget_primary(store: &mut Store, role: &Record) {
    let Some(opportunity) = role.text("OpportunityId") else {
        return;
    };
    let primary = store
        .children(ROLE, "OpportunityId", opportunity)
        .iter()
        .any(|other| other.cell("IsPrimary") == Some(&Cell::Flag(true)));
    if !primary {
        store.amend("Opportunity", opportunity, |record| {
            record.set("ContactId", None)
        });
    }
}
