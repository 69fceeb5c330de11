//! Makes and changes fields ("Create custom field", "Update custom field"), and reads them back.

use super::{
    needs::Kind,
    plan::Seen,
    refusals::{made_as, not_changed, not_created, unread},
};
use crate::client::Client;
use ::setup::Made;
use reqwest::Method;
use serde_json::{Value as Json, json};

/// One change of a module's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A field is made.
    Create(NewField),
    /// A field gets "Do not allow duplicate values".
    MakeUnique {
        /// The field's id.
        id: String,
    },
    /// A field takes longer texts.
    Lengthen {
        /// The field's id.
        id: String,
        /// The characters that it takes then.
        length: usize,
    },
}

/// A field that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewField {
    /// The API name that the mapping uses. Zoho makes it of the label.
    pub(crate) name: String,
    data_type: &'static str,
    pub(crate) length: Option<usize>,
    pub(crate) unique: bool,
}

impl NewField {
    pub(crate) fn text(name: &str, length: usize, unique: bool) -> Self {
        Self {
            name: name.to_owned(),
            data_type: "text",
            length: Some(length),
            unique,
        }
    }

    /// Returns the field for values of this kind; `None` where a person has to choose, such as the
    /// module to which a look-up leads.
    pub(crate) fn of_kind(name: &str, kind: Kind) -> Option<Self> {
        let (data_type, length) = match kind {
            Kind::Text(longest) if longest > 255 => ("textarea", Some(32_000)),
            Kind::Text(_) => ("text", Some(255)),
            Kind::Number => ("double", None),
            Kind::Flag => ("boolean", None),
            Kind::Link | Kind::Rows | Kind::Any => return None,
        };
        Some(Self {
            data_type,
            length,
            ..Self::text(name, 0, false)
        })
    }

    /// Returns the label of which Zoho makes the API name.
    pub(crate) fn label(&self) -> String {
        self.name.replace('_', " ")
    }

    /// Returns the kind of field in the words of Zoho's screens.
    pub(crate) fn screen_name(&self) -> &'static str {
        match self.data_type {
            "textarea" => "Multi-Line (Large)",
            "double" => "Decimal",
            "boolean" => "Checkbox",
            _ => "Single Line",
        }
    }

    fn body(&self) -> Json {
        let mut field = json!({
            "field_label": self.label(),
            "data_type": self.data_type,
            "tooltip": {"name": "info_icon", "value": "Written by orderbridge. Do not edit."},
        });
        if let Some(field) = field.as_object_mut() {
            field.extend(
                self.length
                    .map(|length| ("length".to_owned(), json!(length))),
            );
            let unique = self.unique.then(|| json!({"case_sensitive": false}));
            field.extend(unique.map(|unique| ("unique".to_owned(), unique)));
        }
        field
    }
}

impl Change {
    /// Makes the change with the rights of `other`, where there is another user for that, and reads
    /// it back with those of `own`.
    pub(crate) async fn make(
        &self,
        own: &Client<'_>,
        other: Option<&Client<'_>>,
        module: &str,
        name: &str,
    ) -> Made {
        let maker = other.unwrap_or(own);
        let asked = match self {
            Self::Create(field) => {
                maker
                    .change_field(Method::POST, None, module, &field.body())
                    .await
            }
            Self::MakeUnique { id } => {
                let unique = json!({"id": id, "unique": {"case_sensitive": false}});
                maker
                    .change_field(Method::PATCH, Some(id), module, &unique)
                    .await
            }
            Self::Lengthen { id, length } => {
                let longer = json!({"id": id, "length": length});
                maker
                    .change_field(Method::PATCH, Some(id), module, &longer)
                    .await
            }
        };
        let present = match Seen::of(own, other, module).await {
            Ok(seen) => seen.own,
            Err(failure) => return unread(asked.is_ok(), &failure),
        };
        match (asked, self) {
            (Ok(id), Self::Create(_)) => made_as(&present, &id, module, name),
            (Ok(_), _) => Made::Done,
            (Err(failure), Self::Create(field)) => not_created(&failure, &present, module, field),
            (Err(failure), _) => not_changed(&failure, module, name),
        }
    }
}
