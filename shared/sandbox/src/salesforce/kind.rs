use serde::Serialize;

/// The kind of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The token endpoint.
    Token,
    /// SOQL, and further pages of it.
    Query,
    /// `/composite`.
    Composite,
    /// `/composite/graph`.
    Graph,
    /// One record under `/sobjects`.
    Row,
    /// `/sobjects/X/describe`.
    Describe,
    /// `/limits`.
    Limits,
    /// Everything else.
    Other,
}

impl Kind {
    /// Returns the kind of a request by its path.
    pub(super) fn of_path(path: &str) -> Self {
        if path == "/services/oauth2/token" {
            return Self::Token;
        }
        let resource: Vec<&str> = path.split('/').skip(4).collect();
        match resource.as_slice() {
            ["query", ..] => Self::Query,
            ["composite"] => Self::Composite,
            ["composite", "graph"] => Self::Graph,
            ["sobjects", _, "describe"] => Self::Describe,
            ["sobjects", ..] => Self::Row,
            ["limits"] => Self::Limits,
            _ => Self::Other,
        }
    }
}
