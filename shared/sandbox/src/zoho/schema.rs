use super::{
    field::{Field, FieldType},
    options::{CustomField, Options},
};
use indexmap::IndexMap;
use serde::Deserialize;
use std::io;

const MODULES: &str = include_str!("schema.toml");

/// The organisation's modules. API names are found only as they are written, case included.
#[derive(Clone, Debug)]
pub(super) struct Schema(IndexMap<String, Module>);

/// One module, or the rows of a subform.
#[derive(Clone, Debug)]
pub(super) struct Module {
    pub(super) api_name: String,
    /// Its place among the modules, which its fields' ids begin with.
    index: usize,
    /// Id of the module itself.
    pub(super) id: String,
    /// The field that look-ups show as `name`.
    pub(super) name_field: String,
    pub(super) is_subform: bool,
    fields: IndexMap<String, Field>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModuleFile {
    name: String,
    #[serde(default)]
    subform: bool,
    fields: IndexMap<String, Field>,
}

impl Schema {
    /// Creates the built-in modules with the custom fields, picklists and required fields of the
    /// options.
    ///
    /// # Errors
    /// When the options name a module or a field that does not exist.
    pub(super) fn new(options: &Options) -> io::Result<Self> {
        let file: IndexMap<String, ModuleFile> =
            toml::from_str(MODULES).map_err(io::Error::other)?;
        let modules = file.into_iter().enumerate();
        let mut schema = Self(
            modules
                .map(|(index, (name, module))| (name.clone(), Module::new(name, index, module)))
                .collect(),
        );
        schema.share_values();
        for custom in &options.custom_fields {
            schema.add(custom)?;
        }
        for picklist in &options.picklists {
            schema
                .field_mut(&picklist.module, &picklist.field)?
                .values
                .clone_from(&picklist.values);
        }
        for (module, field) in &options.required {
            schema.field_mut(module, field)?.required = true;
        }
        for (module, field) in &options.hidden_fields {
            schema.field_mut(module, field)?.hidden = true;
        }
        Ok(schema)
    }

    /// Returns a module or a subform.
    pub(super) fn module(&self, api_name: &str) -> Option<&Module> {
        self.0.get(api_name)
    }

    pub(super) fn modules(&self) -> impl Iterator<Item = &Module> {
        self.0.values()
    }

    pub(super) fn module_mut(&mut self, api_name: &str) -> Option<&mut Module> {
        self.0.get_mut(api_name)
    }

    fn share_values(&mut self) {
        let sources: Vec<(String, Vec<String>)> = self
            .modules()
            .flat_map(|module| {
                module.fields().map(move |field| {
                    (
                        format!("{}.{}", module.api_name, field.name),
                        field.values.clone(),
                    )
                })
            })
            .collect();
        let borrowers = self
            .0
            .values_mut()
            .flat_map(|module| module.fields.values_mut());
        for field in borrowers {
            if let Some((_, values)) = sources
                .iter()
                .find(|(name, _)| field.values_of.as_ref() == Some(name))
            {
                field.values.clone_from(values);
            }
        }
    }

    fn add(&mut self, custom: &CustomField) -> io::Result<()> {
        let module = self.0.get_mut(&custom.module);
        let module = module.ok_or_else(|| {
            io::Error::other(format!(
                "custom field {}: no module {}",
                custom.name, custom.module
            ))
        })?;
        module.insert(Field {
            unique: custom.unique,
            custom: true,
            ..Field::plain(&custom.name, custom.field_type, custom.length)
        });
        Ok(())
    }

    fn field_mut(&mut self, module: &str, field: &str) -> io::Result<&mut Field> {
        let found = self
            .0
            .get_mut(module)
            .and_then(|module| module.fields.get_mut(field));
        found.ok_or_else(|| {
            io::Error::other(format!(
                "the options name a field that is not there: {module}.{field}"
            ))
        })
    }
}

impl Module {
    fn new(api_name: String, index: usize, file: ModuleFile) -> Self {
        let mut module = Self {
            api_name,
            index,
            id: format!("41508680000000{:05}", 2_100 + index * 2),
            name_field: file.name,
            is_subform: file.subform,
            fields: IndexMap::new(),
        };
        for (name, field) in file.fields {
            module.insert(Field { name, ..field });
        }
        if !module.is_subform {
            module.insert(Field::plain("Owner", FieldType::OwnerLookup, 0));
            module.insert(Field::plain("Tag", FieldType::Tags, 0));
            for (name, field_type) in [
                ("Created_Time", FieldType::DateTime),
                ("Modified_Time", FieldType::DateTime),
                ("Created_By", FieldType::OwnerLookup),
                ("Modified_By", FieldType::OwnerLookup),
            ] {
                module.insert(Field {
                    read_only: true,
                    ..Field::plain(name, field_type, 0)
                });
            }
        }
        module
    }

    pub(super) fn insert(&mut self, field: Field) {
        self.fields.insert(field.name.clone(), field);
    }

    pub(super) fn field(&self, api_name: &str) -> Option<&Field> {
        self.fields.get(api_name)
    }

    pub(super) fn field_mut(&mut self, api_name: &str) -> Option<&mut Field> {
        self.fields.get_mut(api_name)
    }

    /// Returns the id of a field.
    pub(super) fn field_id(&self, api_name: &str) -> Option<String> {
        let place = self.fields.get_index_of(api_name)?;
        Some(format!("415086800001{:02}{place:05}", self.index))
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.values()
    }

    /// Returns the user-defined unique fields.
    pub(super) fn unique_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields().filter(|field| field.unique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_ups_and_shared_picklists_point_to_what_exists() {
        let schema = Schema::new(&Options::default()).unwrap();
        for field in schema.modules().flat_map(Module::fields) {
            let points = matches!(field.field_type, FieldType::Lookup | FieldType::Subform);
            assert_eq!(
                field
                    .to
                    .as_deref()
                    .is_some_and(|to| schema.module(to).is_some()),
                points,
                "{}",
                field.name
            );
            assert_eq!(
                field.field_type == FieldType::Picklist,
                !field.values.is_empty(),
                "{}",
                field.name
            );
        }
        let one_check = |module: &Module| module.fields().filter(|field| field.check).count() == 1;
        assert!(
            schema
                .modules()
                .filter(|module| !module.is_subform)
                .all(one_check)
        );
    }

    #[test]
    fn options_that_name_unknown_things_are_refused() {
        let custom = Options {
            custom_fields: vec![CustomField::unique_text("Quotes", "Shop_Order_ID", 50)],
            ..Options::default()
        };
        assert!(Schema::new(&custom).is_err());
        let required = Options {
            required: vec![("Contacts".into(), "Mood".into())],
            ..Options::default()
        };
        assert!(Schema::new(&required).is_err());
    }
}
