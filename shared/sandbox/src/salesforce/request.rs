use super::error::ApiError;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// A request under `/services/data/vXX.0`, from HTTP or from inside a composite.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: String,
    /// The version, such as 65 for `v65.0`.
    pub(super) version: u32,
    /// The segments of the path behind the version, decoded.
    pub(super) segments: Vec<String>,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) body: Option<Value>,
    /// Whether `Sforce-Duplicate-Rule-Header` has `allowSave=true`.
    pub(super) saves_duplicates: bool,
}

impl Call {
    /// Parses a path with its query.
    ///
    /// # Errors
    /// 404 for anything but a path of a supported API version.
    pub(super) fn parse(method: &str, target: &str, body: Option<Value>) -> Result<Self, ApiError> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let rest = path
            .strip_prefix("/services/data/v")
            .ok_or_else(ApiError::not_found)?;
        let (version, resource) = rest.split_once('/').unwrap_or((rest, ""));
        let version = version
            .strip_suffix(".0")
            .and_then(|number| number.parse().ok())
            .filter(|number| (31..=68).contains(number));
        let segments = resource
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8().map(String::from));
        Ok(Self {
            method: method.to_owned(),
            version: version.ok_or_else(ApiError::not_found)?,
            segments: segments
                .collect::<Result<_, _>>()
                .map_err(|_| ApiError::not_found())?,
            parameters: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            body,
            saves_duplicates: false,
        })
    }

    /// Sets the `Sforce-Duplicate-Rule-Header`.
    pub(super) fn with_duplicate_header(self, header: Option<&str>) -> Self {
        let says_so = |part: &str| part.trim().eq_ignore_ascii_case("allowSave=true");
        Self {
            saves_duplicates: header.is_some_and(|header| header.split([';', ',']).any(says_so)),
            ..self
        }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the body as the fields of one record.
    pub(super) fn fields(&self) -> Result<&Map<String, Value>, ApiError> {
        let unexpected = || {
            ApiError::request(
                "JSON_PARSER_ERROR",
                "The HTTP entity body is required, but this request has no entity body, or it is no JSON object.",
            )
        };
        self.body
            .as_ref()
            .and_then(Value::as_object)
            .ok_or_else(unexpected)
    }

    /// Returns the beginning of every path in answers.
    pub(super) fn base(&self) -> String {
        format!("/services/data/v{}.0", self.version)
    }
}
