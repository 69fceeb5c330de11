//! The scopes of a token. Rules: CRM API v8, "Scopes": `ZohoCRM.modules.{module}.{operation}` and
//! its wider forms.

/// Returns whether one of the granted scopes covers an operation on a module.
pub(super) fn covers_module(granted: &[String], module: &str, operations: &[&str]) -> bool {
    let module = module.replace('_', "").to_lowercase();
    let wanted = operations.iter().chain(&["ALL"]).flat_map(|operation| {
        [
            format!("ZohoCRM.modules.{module}.{operation}"),
            format!("ZohoCRM.modules.{operation}"),
        ]
    });
    wanted.into_iter().any(|scope| covers(granted, &scope))
}

/// Returns whether a scope of the settings was granted for an operation, or a wider one that
/// includes it.
pub(super) fn covers_settings(granted: &[String], area: &str, operation: &str) -> bool {
    let wanted = [
        "ZohoCRM.settings.ALL".to_owned(),
        format!("ZohoCRM.settings.{operation}"),
        format!("ZohoCRM.settings.{area}.ALL"),
        format!("ZohoCRM.settings.{area}.{operation}"),
    ];
    wanted.iter().any(|scope| covers(granted, scope))
}

/// Returns whether the organisation's data may be read.
pub(super) fn covers_organisation(granted: &[String]) -> bool {
    covers(granted, "ZohoCRM.org.READ") || covers(granted, "ZohoCRM.org.ALL")
}

/// Returns whether exactly this scope was granted.
pub(super) fn covers(granted: &[String], scope: &str) -> bool {
    granted
        .iter()
        .any(|given| given.eq_ignore_ascii_case(scope))
}
