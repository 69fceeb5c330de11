use super::{
    field::{Access, Field, FieldType, label_of},
    options::{Country, CustomField, Options, Picklist},
};
use indexmap::IndexMap;
use serde::Deserialize;
use std::io;

const OBJECTS: &str = include_str!("schema.toml");

/// The org's objects. Names are found in whatever case.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    objects: IndexMap<String, Object>,
    countries: Vec<Country>,
}

/// One object.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) name: String,
    /// The first three characters of its ids.
    pub(super) prefix: String,
    /// Whether the integration user may make no such records.
    pub(super) is_closed: bool,
    fields: IndexMap<String, Field>,
}

/// A reference that points to an object, seen from that object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming<'a> {
    pub(super) object: &'a Object,
    pub(super) field: &'a Field,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectFile {
    prefix: String,
    #[serde(default)]
    address: Vec<String>,
    fields: IndexMap<String, Field>,
}

impl Schema {
    /// Creates the built-in objects with the custom fields and picklists of the options.
    ///
    /// # Errors
    /// When the options name an object or a field that does not exist.
    pub(super) fn new(options: &Options) -> io::Result<Self> {
        let file: IndexMap<String, ObjectFile> =
            toml::from_str(OBJECTS).map_err(io::Error::other)?;
        let has_codes = !options.countries.is_empty();
        let mut schema = Self {
            objects: file
                .into_iter()
                .map(|(name, object)| (name.to_lowercase(), Object::new(name, object, has_codes)))
                .collect(),
            countries: options.countries.clone(),
        };
        if !options.administration.has_shop_fields {
            schema = schema.seen(|_| true, |_, field| !field.name.ends_with("__c"));
        }
        for custom in &options.custom_fields {
            schema.add(custom)?;
        }
        for picklist in &options.restricted_picklists {
            schema.restrict(picklist)?;
        }
        Ok(schema)
    }

    pub(super) fn object(&self, name: &str) -> Option<&Object> {
        self.objects.get(&name.to_lowercase())
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// Returns the schema without the objects and fields that are not shown.
    pub(super) fn seen(
        &self,
        is_object_shown: impl Fn(&Object) -> bool,
        is_field_shown: impl Fn(&Object, &Field) -> bool,
    ) -> Self {
        let seen = |object: &Object| {
            let fields = object.fields.iter();
            let fields = fields.filter(|(_, field)| is_field_shown(object, field));
            Object {
                fields: fields
                    .map(|(name, field)| (name.clone(), field.clone()))
                    .collect(),
                ..object.clone()
            }
        };
        let objects = self.objects.iter();
        let objects = objects.filter(|(_, object)| is_object_shown(object));
        Self {
            objects: objects
                .map(|(name, object)| (name.clone(), seen(object)))
                .collect(),
            countries: self.countries.clone(),
        }
    }

    /// Closes objects to the integration user.
    pub(super) fn close(&mut self, is_closed: impl Fn(&Object) -> bool) {
        for object in self.objects.values_mut() {
            object.is_closed = is_closed(object);
        }
    }

    /// Returns the picklists of countries and their states; empty where they are switched off.
    pub(super) fn countries(&self) -> &[Country] {
        &self.countries
    }

    /// Returns every reference field that points to the object.
    pub(super) fn incoming<'a>(&'a self, object: &'a str) -> impl Iterator<Item = Incoming<'a>> {
        let fields = self.objects().flat_map(|owner| {
            owner.fields().map(move |field| Incoming {
                object: owner,
                field,
            })
        });
        fields.filter(move |incoming| incoming.field.to.as_deref() == Some(object))
    }

    pub(super) fn add(&mut self, custom: &CustomField) -> io::Result<()> {
        let object = self.objects.get_mut(&custom.object.to_lowercase());
        let object = object.ok_or_else(|| {
            io::Error::other(format!(
                "custom field {}: no object {}",
                custom.name, custom.object
            ))
        })?;
        let text = format!(
            "type = '{}'\nlength = {}\nscale = {}\nexternal_id = {}\nunique = {}\nrequired = {}",
            custom.type_name,
            custom.length,
            custom.scale,
            custom.external_id,
            custom.unique,
            custom.required
        );
        object.insert(
            custom.name.clone(),
            toml::from_str(&text).map_err(io::Error::other)?,
        );
        Ok(())
    }

    fn restrict(&mut self, picklist: &Picklist) -> io::Result<()> {
        let field = self
            .objects
            .get_mut(&picklist.object.to_lowercase())
            .and_then(|object| object.fields.get_mut(&picklist.field.to_lowercase()));
        let field = field.ok_or_else(|| {
            io::Error::other(format!(
                "restricted picklist: no field {}.{}",
                picklist.object, picklist.field
            ))
        })?;
        field.restricted_to = Some(picklist.values.clone());
        Ok(())
    }
}

impl Object {
    fn new(name: String, file: ObjectFile, has_codes: bool) -> Self {
        let mut object = Self {
            name,
            prefix: file.prefix,
            is_closed: false,
            fields: IndexMap::new(),
        };
        object.insert("Id".into(), plain(FieldType::Id, 18, Access::Read));
        for (name, field) in file.fields {
            object.insert(name, field);
        }
        for prefix in file.address {
            for (part, length) in [
                ("Street", 255),
                ("City", 40),
                ("State", 80),
                ("PostalCode", 20),
                ("Country", 80),
            ] {
                object.insert(
                    format!("{prefix}{part}"),
                    plain(FieldType::Text, length, Access::Write),
                );
            }
            for part in ["StateCode", "CountryCode"].iter().filter(|_| has_codes) {
                object.insert(
                    format!("{prefix}{part}"),
                    plain(FieldType::Picklist, 10, Access::Write),
                );
            }
        }
        for name in ["CreatedDate", "LastModifiedDate", "SystemModstamp"] {
            object.insert(name.into(), plain(FieldType::DateTime, 0, Access::Read));
        }
        for relation in ["CreatedBy", "LastModifiedBy"] {
            let user = Field {
                to: Some("User".to_owned()),
                parent: Some(relation.to_owned()),
                ..plain(FieldType::Reference, 18, Access::Read)
            };
            object.insert(format!("{relation}Id"), user);
        }
        object.insert(
            "IsDeleted".into(),
            plain(FieldType::Boolean, 0, Access::Read),
        );
        object
    }

    fn insert(&mut self, name: String, field: Field) {
        let label = if field.label.is_empty() {
            label_of(&name)
        } else {
            field.label
        };
        self.fields.insert(
            name.to_lowercase(),
            Field {
                name,
                label,
                ..field
            },
        );
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(&name.to_lowercase())
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.values()
    }

    /// Returns the reference field behind a relationship name such as `Product2` or `Account`.
    pub(super) fn parent(&self, relationship: &str) -> Option<&Field> {
        self.fields().find(|field| {
            field
                .parent
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case(relationship))
        })
    }
}

fn plain(field_type: FieldType, length: usize, access: Access) -> Field {
    Field {
        name: String::new(),
        field_type,
        length,
        scale: 0,
        label: String::new(),
        required: false,
        access,
        default: None,
        external_id: false,
        unique: false,
        key: false,
        restricted_to: None,
        to: None,
        parent: None,
        children: None,
        owned: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_point_to_objects_that_exist() {
        let schema = Schema::new(&Options::default()).unwrap();
        for field in schema
            .objects()
            .flat_map(Object::fields)
            .filter(|field| field.field_type == FieldType::Reference)
        {
            assert!(
                schema.object(field.to.as_deref().unwrap()).is_some(),
                "{}",
                field.name
            );
        }
    }

    #[test]
    fn labels_follow_the_names() {
        let schema = Schema::new(&Options::default()).unwrap();
        let label = |object: &str, field: &str| {
            schema
                .object(object)
                .unwrap()
                .field(field)
                .unwrap()
                .label
                .clone()
        };
        assert_eq!(label("contact", "lastname"), "Last Name");
        assert_eq!(label("Contact", "AccountId"), "Account ID");
        assert_eq!(label("Account", "BillingPostalCode"), "Billing Postal Code");
        assert_eq!(
            label("Opportunity", "WooCommerce_Order_ID__c"),
            "WooCommerce Order ID"
        );
    }

    #[test]
    fn options_that_name_unknown_things_are_refused() {
        let custom = Options {
            custom_fields: vec![CustomField::text("Quote", "X__c", 10)],
            ..Options::default()
        };
        assert!(Schema::new(&custom).is_err());
        let picklist = Picklist {
            object: "Account".into(),
            field: "Mood".into(),
            values: Vec::new(),
        };
        assert!(
            Schema::new(&Options {
                restricted_picklists: vec![picklist],
                ..Options::default()
            })
            .is_err()
        );
    }
}
