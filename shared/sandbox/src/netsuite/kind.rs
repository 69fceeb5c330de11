use super::{
    request::{QUERY, RECORDS, TOKEN},
    restlet,
};
use serde::Serialize;

/// The kind of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The token endpoint.
    Token,
    /// SuiteQL.
    Query,
    /// POST of a record.
    Create,
    /// PUT of a record by its external id.
    Upsert,
    /// PATCH of a record.
    Update,
    /// DELETE of a record.
    Delete,
    /// GET of a record, or of a list.
    Read,
    /// The metadata catalogue.
    Metadata,
    /// The companion RESTlet.
    Restlet,
    /// Everything else.
    Other,
}

impl Kind {
    pub(super) fn of(method: &str, path: &str) -> Self {
        if path == TOKEN {
            return Self::Token;
        }
        if path == QUERY {
            return Self::Query;
        }
        if path == restlet::PATH {
            return Self::Restlet;
        }
        let Some(resource) = path.strip_prefix(RECORDS) else {
            return Self::Other;
        };
        match method {
            _ if resource.starts_with("/metadata-catalog") => Self::Metadata,
            "POST" => Self::Create,
            "PUT" => Self::Upsert,
            "PATCH" => Self::Update,
            "DELETE" => Self::Delete,
            "GET" => Self::Read,
            _ => Self::Other,
        }
    }
}
