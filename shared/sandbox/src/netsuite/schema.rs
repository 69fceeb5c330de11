use super::options::CustomField;
use indexmap::IndexMap;
use serde::Deserialize;
use std::io;

const SHAPES: &str = include_str!("schema.toml");

/// The shapes of records, their lines and their addresses.
#[derive(Debug)]
pub(super) struct Schema(IndexMap<String, Shape>);

/// A kind of record, of line or of subrecord.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shape {
    #[serde(skip)]
    pub(super) name: String,
    /// The group among whose records external ids are unique. Only records have one.
    pub(super) group: Option<Group>,
    /// The property that tells the lines of a sublist apart.
    pub(super) key: Option<String>,
    properties: IndexMap<String, Property>,
}

/// One property.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Property {
    #[serde(skip)]
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: PropertyKind,
    /// The largest number of characters in a text; `None` where no limit is known.
    pub(super) length: Option<usize>,
    #[serde(default)]
    pub(super) access: Access,
    /// The kind of record or list to which a reference points.
    #[serde(default)]
    pub(super) to: String,
    /// The shape of a sublist's lines.
    #[serde(default)]
    pub(super) of: String,
    /// The ids of a choice.
    #[serde(default)]
    pub(super) values: Vec<String>,
    /// Whether it is a custom field, whose length counts bytes (NetSuite Help, section_N2842731).
    #[serde(skip)]
    pub(super) custom: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum PropertyKind {
    Text,
    Email,
    Number,
    Integer,
    Boolean,
    Date,
    Reference,
    Choice,
    Country,
    Address,
    Lines,
}

impl PropertyKind {
    /// Returns the `fieldvaluetype` of a custom field in SuiteQL.
    pub(super) const fn value_type(self) -> &'static str {
        match self {
            Self::Number => "Decimal Number",
            Self::Integer => "Integer Number",
            Self::Boolean => "Check Box",
            Self::Date => "Date",
            _ => "Free-Form Text",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Access {
    #[default]
    Write,
    Read,
}

/// A record group (NetSuite Help, section_N3436356).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub(super) enum Group {
    Entity,
    Transaction,
}

impl Schema {
    /// Creates the built-in shapes with the custom fields of the options.
    ///
    /// # Errors
    /// When a custom field belongs to a shape that does not exist.
    pub(super) fn new(custom_fields: &[CustomField]) -> io::Result<Self> {
        let mut shapes: IndexMap<String, Shape> =
            toml::from_str(SHAPES).map_err(io::Error::other)?;
        for (name, shape) in &mut shapes {
            shape.name.clone_from(name);
            for (property_name, property) in &mut shape.properties {
                property.name.clone_from(property_name);
            }
        }
        for field in custom_fields {
            let shape = shapes.get_mut(&field.record);
            let shape = shape.ok_or_else(|| {
                io::Error::other(format!(
                    "custom field {}: there is no {}",
                    field.name, field.record
                ))
            })?;
            shape.properties.insert(field.name.clone(), custom(field));
        }
        Ok(Self(shapes))
    }

    /// Returns a kind of record by the name in a path, in whatever case: NetSuite Help,
    /// section_159665260887 writes `salesorder` too.
    pub(super) fn record(&self, name: &str) -> Option<&Shape> {
        self.records()
            .find(|shape| shape.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn records(&self) -> impl Iterator<Item = &Shape> {
        self.0.values().filter(|shape| shape.group.is_some())
    }

    /// Returns all custom fields.
    pub(super) fn custom_fields(&self) -> impl Iterator<Item = &Property> {
        self.0
            .values()
            .flat_map(Shape::properties)
            .filter(|property| property.custom)
    }

    /// Returns a shape by its exact name.
    pub(super) fn shape(&self, name: &str) -> Option<&Shape> {
        self.0.get(name)
    }
}

impl Shape {
    /// Returns a property by its name, in whatever case, as NetSuite matches names.
    pub(super) fn property(&self, name: &str) -> Option<&Property> {
        let exact = self.properties.get(name);
        exact.or_else(|| {
            self.properties()
                .find(|property| property.name.eq_ignore_ascii_case(name))
        })
    }

    pub(super) fn properties(&self) -> impl Iterator<Item = &Property> {
        self.properties.values()
    }
}

fn custom(field: &CustomField) -> Property {
    Property {
        name: field.name.clone(),
        kind: field.kind,
        length: Some(field.bytes),
        access: Access::Write,
        to: String::new(),
        of: String::new(),
        values: Vec::new(),
        custom: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sublists_have_a_shape_with_a_key() {
        let schema = Schema::new(&[]).unwrap();
        for shape in schema.records() {
            for property in shape
                .properties()
                .filter(|property| property.kind == PropertyKind::Lines)
            {
                assert!(
                    schema.shape(&property.of).unwrap().key.is_some(),
                    "{}",
                    property.name
                );
            }
        }
        assert!(schema.shape("address").is_some());
        assert_eq!(schema.record("SALESORDER").unwrap().name, "salesOrder");
        assert!(schema.record("item").is_none(), "a line is no record");
    }

    #[test]
    fn a_custom_field_of_an_unknown_record_is_refused() {
        assert!(Schema::new(&[CustomField::text("quote", "custbody_x", 10)]).is_err());
    }
}
