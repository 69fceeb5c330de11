use super::{
    jobs,
    request::{JOBS, QUERY, RECORDS, TOKEN},
    restlet,
};
use crate::exchange::Incoming;
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
    /// POST of many records as an asynchronous job.
    Batch,
    /// GET of an asynchronous job, or of a part of one.
    Job,
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
    pub(super) fn of(request: &Incoming) -> Self {
        let path = request.path();
        if path == TOKEN {
            return Self::Token;
        }
        if path == QUERY {
            return Self::Query;
        }
        if path == restlet::PATH {
            return Self::Restlet;
        }
        if path.starts_with(JOBS) {
            return Self::Job;
        }
        let Some(resource) = path.strip_prefix(RECORDS) else {
            return Self::Other;
        };
        match request.method.as_str() {
            _ if resource.starts_with("/metadata-catalog") => Self::Metadata,
            "POST" if jobs::is_batch(request) => Self::Batch,
            "POST" => Self::Create,
            "PUT" => Self::Upsert,
            "PATCH" => Self::Update,
            "DELETE" => Self::Delete,
            "GET" => Self::Read,
            _ => Self::Other,
        }
    }
}
