//! What became of a change that Zoho refused, or made otherwise than it was asked to: each case with
//! its way out.

use super::{change::NewField, described::Described, steps};
use ::setup::Made;
use destination::Failure;
use serde_json::Value as Json;

/// Judges a field that was made by what Zoho shows of it.
pub(crate) fn made_as(present: &[Json], id: &str, module: &str, name: &str) -> Made {
    match Described::with_id(present, id).map(Described::name) {
        Some(made) if made == name => Made::Done,
        Some(made) => refused(
            format!(
                "Zoho made the field and named it {made}, because {name} is taken: by a field that the user does not see, or that is in Zoho's list of unused fields"
            ),
            vec![format!(
                "name {module}.{made} in the place of {name} in the mapping, or delete both fields in Zoho and set up again"
            )],
        ),
        None => refused(
            "Zoho made the field, and hides it from the user who delivers orders".to_owned(),
            steps::permission(module, name),
        ),
    }
}

/// Judges a field that Zoho did not make.
pub(crate) fn not_created(
    failure: &Failure,
    present: &[Json],
    module: &str,
    field: &NewField,
) -> Made {
    match failure.code.as_deref() {
        Some("DUPLICATE_DATA") if Described::named(present, &field.name).is_some() => {
            Made::WasThere
        }
        Some("DUPLICATE_DATA") => refused(
            format!(
                "a field with the label \"{}\" or the API name {} is there already, and hidden from the user, or its API name is another one",
                field.label(),
                field.name
            ),
            [
                vec![format!(
                    "look at Setup > Developer Hub > APIs & SDKs > API Names > {}; where the label has another API name, name that one in the mapping",
                    module.replace('_', " ")
                )],
                steps::permission(module, &field.name),
            ]
            .concat(),
        ),
        Some("LIMIT_EXCEEDED") => refused(
            "the module has all the fields that it may have: two unique ones, or as many custom ones as the edition allows (Standard 10, Professional 155, Enterprise 300, Ultimate 500)".to_owned(),
            vec![
                format!(
                    "free one in Zoho (Setup > Customization > Modules and Fields > {}), or upgrade the edition",
                    module.replace('_', " ")
                ),
                "or name a field that is there already in [routes.vars]".to_owned(),
            ],
        ),
        code => by_rights(failure, code, steps::CREATE)
            .unwrap_or_else(|| refused(failure.message.clone(), steps::create(module, field))),
    }
}

/// Judges a field that Zoho did not change.
pub(crate) fn not_changed(failure: &Failure, module: &str, name: &str) -> Made {
    match failure.code.as_deref() {
        Some("DUPLICATE_DATA") => refused(
            format!("two records or more have the same value in {name}"),
            [
                vec![format!(
                    "find them in Zoho (Setup > Data Administration > Deduplicate, or the list view of {} sorted by {name}), and merge or correct them",
                    module.replace('_', " ")
                )],
                steps::unique(module, name),
            ]
            .concat(),
        ),
        Some("LIMIT_EXCEEDED") => refused(
            "the module has two unique fields already, which is as many as Zoho allows".to_owned(),
            vec![format!(
                "name one of them as {} in [routes.vars], or let one of them allow duplicates again",
                steps::variable(module)
            )],
        ),
        code => by_rights(failure, code, steps::UPDATE)
            .unwrap_or_else(|| refused(failure.message.clone(), steps::unique(module, name))),
    }
}

/// Returns what became of a change for which a right is missing; `None` where another thing is.
fn by_rights(failure: &Failure, code: Option<&str>, scope: &str) -> Option<Made> {
    match code {
        Some("OAUTH_SCOPE_MISMATCH") => Some(refused(
            format!("the refresh token lacks the scope {scope}"),
            steps::scope(scope),
        )),
        Some("NO_PERMISSION" | "AUTHORIZATION_FAILED") => Some(refused(
            format!(
                "the profile of the user behind the refresh token may not change fields. {}",
                failure.message
            ),
            steps::rights(),
        )),
        _ => None,
    }
}

/// Judges a change that could not be read back.
pub(crate) fn unread(is_made: bool, failure: &Failure) -> Made {
    let made = match is_made {
        true => "Zoho made the change",
        false => "Zoho refused the change",
    };
    refused(
        format!("{made}, and it could not be read back: {failure}"),
        Vec::new(),
    )
}

fn refused(why: String, steps: Vec<String>) -> Made {
    Made::Refused { why, steps }
}

#[cfg(test)]
mod tests {
    use super::*;
    use destination::Class;
    use serde_json::json;

    fn failure(code: &str) -> Failure {
        Failure {
            code: Some(code.to_owned()),
            ..Failure::permanent(Class::Validation, "write", format!("Zoho refused: {code}"))
        }
    }

    fn why(made: Made) -> String {
        match made {
            Made::Refused { why, steps } => {
                assert!(!steps.is_empty(), "{why}");
                format!("{why} {}", steps.join(" "))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_field_is_made_only_if_it_is_read_back_under_its_name() {
        let present = [json!({"id": "1", "api_name": "Shop_Order_ID1"})];
        let judge = |id, name| made_as(&present, id, "Deals", name);
        assert_eq!(judge("1", "Shop_Order_ID1"), Made::Done);
        assert!(why(judge("1", "Shop_Order_ID")).contains("named it Shop_Order_ID1"));
        assert!(why(judge("2", "Shop_Order_ID")).contains("hides it from the user"));
    }

    #[test]
    fn each_refusal_says_the_way_out() {
        let field = NewField::text("Shop_Order_ID", 255, true);
        let there = [json!({"id": "1", "api_name": "Shop_Order_ID"})];
        let created =
            |code: &str, present: &[Json]| not_created(&failure(code), present, "Deals", &field);
        assert_eq!(created("DUPLICATE_DATA", &there), Made::WasThere);
        for (code, part) in [
            ("DUPLICATE_DATA", "hidden from the user"),
            (
                "LIMIT_EXCEEDED",
                "as many custom ones as the edition allows",
            ),
            ("OAUTH_SCOPE_MISMATCH", steps::CREATE),
            ("NO_PERMISSION", "Customize Zoho CRM"),
            ("NEW", "drag a new field of the kind \"Single Line\""),
        ] {
            let why = why(created(code, &[]));
            assert!(why.contains(part), "{code}: {why}");
        }
        for (code, part) in [
            ("DUPLICATE_DATA", "Deduplicate"),
            ("LIMIT_EXCEEDED", "two unique fields already"),
            ("OAUTH_SCOPE_MISMATCH", steps::UPDATE),
        ] {
            let why = why(not_changed(&failure(code), "Deals", "Shop_Order_ID"));
            assert!(why.contains(part), "{code}: {why}");
        }
    }
}
