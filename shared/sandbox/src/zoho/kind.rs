use serde::Serialize;

/// The kind of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The token endpoint.
    Token,
    /// `POST /{module}`.
    Insert,
    /// `PUT /{module}` and `PUT /{module}/{id}`.
    Update,
    /// `POST /{module}/upsert`.
    Upsert,
    /// `GET /{module}` and `GET /{module}/{id}`.
    Read,
    /// `DELETE /{module}/{id}`.
    Delete,
    /// `POST /coql`.
    Query,
    /// `POST /__composite_requests`.
    Composite,
    /// `/settings/...` and `GET /org`.
    Settings,
    /// Everything else.
    Other,
}

impl Kind {
    /// Returns the kind of a request by its method and path.
    pub(super) fn of(method: &str, path: &str) -> Self {
        if path == "/oauth/v2/token" {
            return Self::Token;
        }
        let resource: Vec<&str> = path.split('/').skip(3).collect();
        Self::of_resource(method, &resource)
    }

    /// Returns the kind by the method and the part of the path behind the version.
    pub(super) fn of_resource<Segment: AsRef<str>>(method: &str, resource: &[Segment]) -> Self {
        let resource: Vec<&str> = resource.iter().map(AsRef::as_ref).collect();
        match (method, resource.as_slice()) {
            ("POST", ["__composite_requests"]) => Self::Composite,
            ("POST", ["coql"]) => Self::Query,
            (_, ["settings", ..]) | ("GET", ["org"]) => Self::Settings,
            ("POST", [_, "upsert"]) => Self::Upsert,
            ("POST", [_]) => Self::Insert,
            ("PUT", [_] | [_, _]) => Self::Update,
            ("GET", [_] | [_, _]) => Self::Read,
            ("DELETE", [_, _]) => Self::Delete,
            _ => Self::Other,
        }
    }
}
