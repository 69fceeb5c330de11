//! What Salesforce's refusal of a change means, and the way out of each.

use super::{Change, steps};
use crate::error;
use ::setup::Made;
use destination::Failure;

/// Returns Salesforce's own words. The hints of the table of codes are about orders.
pub(super) fn said(failure: &Failure) -> String {
    let body = failure.response.as_deref();
    let body = body.and_then(|body| serde_json::from_str(body).ok());
    let errors = body.as_ref().map(error::errors).unwrap_or_default();
    match errors.first() {
        Some(error) => format!("Salesforce says {}: {}", error.code, error.message),
        None => failure.message.clone(),
    }
}

/// Returns whether the refusal says that the thing is there already.
pub(super) fn is_there(failure: &Failure) -> bool {
    let code = failure.code.as_deref();
    matches!(code, Some("DUPLICATE_DEVELOPER_NAME" | "DUPLICATE_VALUE"))
        || said(failure).contains("already exists")
}

/// Returns whether the user's licence does not allow a permission of the set.
pub(super) fn is_licence(failure: &Failure) -> bool {
    said(failure).contains("license doesn't allow")
}

/// Returns what became of a change that was refused.
pub(super) fn judge(change: &Change, failure: &Failure) -> Made {
    if is_there(failure) {
        return Made::WasThere;
    }
    let words = said(failure);
    let by_hand = steps::of(change);
    let (why, steps) = match () {
        () if failure.is_transient() && !is_right(failure) => {
            (format!("{words}; run the set-up again"), Vec::new())
        }
        () if is_right(failure) => {
            let right = right_for(change);
            let mut steps = steps::right(right);
            steps.push("or by hand:".to_owned());
            steps.extend(by_hand);
            (
                format!("the user who sets up lacks the right {right} ({words})"),
                steps,
            )
        }
        () if is_licence(failure) => (
            format!(
                "the user's licence does not allow it ({words}); assign the permission set licence first"
            ),
            by_hand,
        ),
        () => judge_words(change, words, by_hand),
    };
    Made::Refused { why, steps }
}

fn judge_words(change: &Change, words: String, by_hand: Vec<String>) -> (String, Vec<String>) {
    let lower = words.to_ascii_lowercase();
    let says = |part: &str| lower.contains(part);
    let is_limit = says("limit") || says("maximum number") || says("too many");
    match change {
        Change::CreateField { object, .. } | Change::RedefineField { object, .. } if is_limit => {
            let (what, free) = match says("external") || says("unique") {
                true => (
                    "takes no more External ID or Unique fields",
                    "untick External ID or Unique of a field that nobody searches by",
                ),
                false => (
                    "takes no more custom fields",
                    "delete a custom field that nobody uses (and erase it under Deleted Fields)",
                ),
            };
            let step = format!(
                "{}: {free}; or name a field that is there in the mapping; then run the set-up again",
                steps::fields_of(object)
            );
            (format!("{object} {what} ({words})"), vec![step])
        }
        Change::RedefineField { object, name, .. } if says("duplicate") => {
            let step = format!(
                "App Launcher > Reports > New Report: list the records of {} by {name}, clear or correct the values that several have, then run the set-up again",
                steps::screen_name(object)
            );
            (
                format!("{object}.{name} holds some values twice, so it cannot be Unique ({words})"),
                vec![step],
            )
        }
        Change::GrantField { object, name } if says("restricted picklist") || says("fls") => {
            let step = format!(
                "{}: look what {name} is; a field that is required on its own, or the detail's side of a master-detail relation, has no permissions, and a name that the org does not have is to be corrected in the mapping",
                steps::fields_of(object)
            );
            (
                format!("Salesforce takes no permission for {object}.{name} ({words})"),
                vec![step],
            )
        }
        Change::Assign if is_limit => (
            format!("all licences are in use ({words})"),
            vec!["Setup > Company Information > Permission Set Licenses and User Licenses: see who has one, and take one back; then run the set-up again".to_owned()],
        ),
        _ => (words, by_hand),
    }
}

/// Returns the result for a field whose name a deleted field still holds.
pub(super) fn deleted_field(object: &str, name: &str) -> Made {
    Made::Refused {
        why: format!(
            "Salesforce says that {object}.{name} is there, and shows no such field: it is among the deleted ones, which keep their names"
        ),
        steps: vec![format!(
            "{} > Deleted Fields: Undelete it, or Erase it and run the set-up again",
            steps::fields_of(object)
        )],
    }
}

/// Returns the result for a field that was made and could not be granted.
pub(super) fn half_made_field(object: &str, name: &str, failure: &Failure) -> Made {
    let (object, name) = (object.to_owned(), name.to_owned());
    let change = Change::GrantField { object, name };
    match judge(&change, failure) {
        Made::Refused { why, steps } => Made::Refused {
            why: format!("the field was made, and is hidden from the integration user: {why}"),
            steps,
        },
        made => made,
    }
}

/// Returns whether the user lacks a right. An object of set-up that a user may not see does not
/// exist for that user.
fn is_right(failure: &Failure) -> bool {
    matches!(
        failure.code.as_deref(),
        Some(
            "INSUFFICIENT_ACCESS"
                | "INSUFFICIENT_ACCESS_OR_READONLY"
                | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
                | "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
                | "FORBIDDEN"
                | "API_DISABLED_FOR_ORG"
                | "INVALID_TYPE"
                | "NOT_FOUND"
        )
    )
}

/// Returns the right that a change needs, in the words of Setup.
fn right_for(change: &Change) -> &'static str {
    match change {
        Change::CreateField { .. } | Change::RedefineField { .. } => "Customize Application",
        Change::CreateSet | Change::GrantObject { .. } | Change::GrantField { .. } => {
            "Manage Profiles and Permission Sets"
        }
        Change::Assign => "Assign Permission Sets",
        Change::ActivateBook(_) => "Edit on Price Books",
        Change::CreateProduct(_) => "Create on Products and Edit on Price Books",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use destination::Class;
    use serde_json::json;

    fn refused(code: &str, message: &str) -> Failure {
        let body = json!([{"errorCode": code, "message": message}]);
        error::call_failure("set up", 400, Some(&body), None)
    }

    fn create() -> Change {
        Change::CreateField {
            object: "Opportunity".to_owned(),
            name: "Shop_Order_Id__c".to_owned(),
            metadata: json!({"type": "Text"}),
        }
    }

    fn change() -> Change {
        Change::RedefineField {
            object: "Opportunity".to_owned(),
            name: "Shop_Order_Id__c".to_owned(),
            metadata: Default::default(),
        }
    }

    fn grant() -> Change {
        Change::GrantField {
            object: "Opportunity".to_owned(),
            name: "Shop_Order_Id__c".to_owned(),
        }
    }

    #[test]
    fn what_is_there_already_is_a_success() {
        for (code, message) in [
            (
                "DUPLICATE_DEVELOPER_NAME",
                "There is already a field named Shop Order Id on Opportunity.",
            ),
            ("DUPLICATE_VALUE", "duplicate value found: <unknown>"),
            (
                "FIELD_INTEGRITY_EXCEPTION",
                "A field of that name already exists",
            ),
        ] {
            assert_eq!(
                judge(&create(), &refused(code, message)),
                Made::WasThere,
                "{code}"
            );
        }
    }

    #[test]
    fn each_refusal_has_its_sentence_and_its_way_out() {
        let denied = ("INSUFFICIENT_ACCESS", "insufficient access rights");
        for (change, (code, message), expected, step) in [
            (
                create(),
                denied,
                "lacks the right Customize Application",
                "administrator's secret",
            ),
            (
                grant(),
                denied,
                "lacks the right Manage Profiles and Permission Sets",
                "Object Settings",
            ),
            (
                Change::CreateSet,
                (
                    "INVALID_TYPE",
                    "sObject type 'PermissionSet' is not supported.",
                ),
                "lacks the right Manage Profiles",
                "Permission Sets > New",
            ),
            (
                Change::Assign,
                denied,
                "lacks the right Assign Permission Sets",
                "Manage Assignments",
            ),
            (
                create(),
                (
                    "CUSTOM_FIELD_LIMIT_EXCEEDED",
                    "You have reached the maximum number of custom fields",
                ),
                "takes no more custom fields",
                "Deleted Fields",
            ),
            (
                create(),
                (
                    "LIMIT_EXCEEDED",
                    "You have reached the maximum number of external ID fields",
                ),
                "takes no more External ID",
                "untick",
            ),
            (
                change(),
                (
                    "FIELD_INTEGRITY_EXCEPTION",
                    "Shop Order Id: duplicate values are there already",
                ),
                "holds some values twice",
                "Reports",
            ),
            (
                grant(),
                (
                    "FIELD_INTEGRITY_EXCEPTION",
                    "Field Name: bad value for restricted picklist field",
                ),
                "takes no permission",
                "master-detail",
            ),
            (
                Change::Assign,
                ("LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded"),
                "all licences are in use",
                "Company Information",
            ),
            (
                create(),
                ("FIELD_INTEGRITY_EXCEPTION", "something new"),
                "something new",
                "Data Type Text",
            ),
        ] {
            let Made::Refused { why, steps } = judge(&change, &refused(code, message)) else {
                panic!("{code} {message}");
            };
            assert!(why.contains(expected), "{why}");
            assert!(why.contains(message), "the other side's own words: {why}");
            assert!(steps.join("\n").contains(step), "{steps:#?}");
        }
    }

    #[test]
    fn what_may_pass_by_itself_is_tried_again() {
        let failure = Failure::transient(Class::Unavailable, "set up", "no answer within 10 s");
        let Made::Refused { why, steps } = judge(&create(), &failure) else {
            panic!("it was not made");
        };
        assert!(
            why.contains("run the set-up again") && steps.is_empty(),
            "{why}"
        );
    }

    #[test]
    fn what_was_left_half_made_is_said() {
        let failure = refused("INSUFFICIENT_ACCESS", "no");
        let made = half_made_field("Opportunity", "Shop_Order_Id__c", &failure);
        let Made::Refused { why, .. } = made else {
            panic!("{made:?}");
        };
        assert!(
            why.contains("the field was made") && why.contains("Manage Profiles"),
            "{why}"
        );
    }
}
