//! The step from the JSON of a request to values that fit their properties. NetSuite Help,
//! section_156570709583 (validation of names), and the types of the REST API Browser 2026.1.

use super::{
    account::Books,
    error::Problem,
    property,
    schema::{Access, Property, PropertyKind, Shape},
    value::{Cell, Cells, text},
};
use crate::exchange::Incoming;
use serde_json::{Map, Value};

const NAME_VALIDATION: &str = "X-NetSuite-PropertyNameValidation";

/// Keys that the sublist of an answer has, and that the one of a request may repeat.
const OF_COLLECTIONS: [&str; 6] = [
    "items",
    "links",
    "count",
    "hasMore",
    "offset",
    "totalResults",
];

/// The treatment of a name that no property has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NameValidation {
    Error,
    Warning,
    Ignore,
}

/// A reader of bodies, which knows the contents of the account.
#[derive(Debug)]
pub(super) struct Checker<'a> {
    pub(super) books: &'a Books,
    names: NameValidation,
    /// The warnings about dropped names for the answer's headers.
    pub(super) warnings: Vec<String>,
}

impl<'a> Checker<'a> {
    /// Creates a checker that is as strict as the request's headers ask for.
    ///
    /// # Errors
    /// When a header asks for an unknown strictness.
    pub(super) fn new(books: &'a Books, request: &Incoming) -> Result<Self, Problem> {
        let names = match request.header(NAME_VALIDATION) {
            Some("Error") => NameValidation::Error,
            Some("Warning") | None => NameValidation::Warning,
            Some("Ignore") => NameValidation::Ignore,
            Some(other) => {
                return Err(Problem::new(
                    400,
                    "INVALID_HEADER",
                    format!("Invalid value '{other}'."),
                )
                .in_header(NAME_VALIDATION));
            }
        };
        Ok(Self::with(books, names))
    }

    /// Creates the strictest checker, for records that do not come by HTTP.
    pub(super) fn strict(books: &'a Books) -> Self {
        Self::with(books, NameValidation::Error)
    }

    const fn with(books: &'a Books, names: NameValidation) -> Self {
        Self {
            books,
            names,
            warnings: Vec::new(),
        }
    }

    /// Reads the values of an object. `path` is the place of the object in the body, empty for the
    /// body itself. A null stays a null.
    pub(super) fn cells(
        &mut self,
        shape: &Shape,
        body: &Map<String, Value>,
        path: &str,
    ) -> Result<Cells, Problem> {
        let mut cells = Cells::new();
        for (name, value) in body.iter().filter(|(name, _)| *name != "links") {
            let place = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            let Some(property) = shape.property(name) else {
                self.unknown(name, &place)?;
                continue;
            };
            // Values of derived properties are accepted and ignored.
            if property.access == Access::Write {
                cells.insert(property.name.clone(), self.cell(property, value, &place)?);
            }
        }
        Ok(cells)
    }

    fn cell(&mut self, property: &Property, value: &Value, path: &str) -> Result<Cell, Problem> {
        match (property.kind, value) {
            (_, Value::Null) => Ok(Cell::Null),
            (PropertyKind::Lines, _) => self.lines(property, value, path),
            (PropertyKind::Address, Value::Object(address)) => self.address(address, path),
            _ => property::cell(self.books, property, value, path),
        }
    }

    fn lines(&mut self, property: &Property, value: &Value, path: &str) -> Result<Cell, Problem> {
        let invalid =
            |value: &Value, path: &str| Problem::invalid_value(value, &property.name, path);
        let items = value
            .get("items")
            .and_then(Value::as_array)
            .ok_or_else(|| invalid(value, path))?;
        for name in value.as_object().into_iter().flat_map(Map::keys) {
            if !OF_COLLECTIONS.contains(&name.as_str()) {
                self.unknown(name, &format!("{path}.{name}"))?;
            }
        }
        let books = self.books;
        let shape = books
            .schema
            .shape(&property.of)
            .ok_or_else(|| invalid(value, path))?;
        let mut lines = Vec::new();
        for (index, line) in items.iter().enumerate() {
            let path = format!("{path}.items[{index}]");
            let line = line.as_object().ok_or_else(|| invalid(line, &path))?;
            lines.push(self.cells(shape, line, &path)?);
        }
        Ok(Cell::Lines(lines))
    }

    /// Reads an address. For countries with a known list of states, a state is given by its short
    /// code.
    fn address(&mut self, address: &Map<String, Value>, path: &str) -> Result<Cell, Problem> {
        let books = self.books;
        let shape = books
            .schema
            .shape("address")
            .ok_or_else(Problem::no_record)?;
        let mut cells = self.cells(shape, address, path)?;
        if let (Some(country), Some(state)) = (text(&cells, "country"), text(&cells, "state"))
            && !books.catalog.has_state(country, state)
        {
            return Err(Problem::invalid_value(
                &state.into(),
                "state",
                &format!("{path}.state"),
            ));
        }
        cells.retain(|_, cell| *cell != Cell::Null);
        Ok(Cell::Address(cells))
    }

    fn unknown(&mut self, name: &str, path: &str) -> Result<(), Problem> {
        match self.names {
            NameValidation::Error => {
                let detail =
                    format!("Error while accessing a resource. Invalid property name: {name}.");
                return Err(Problem::new(400, "INVALID_CONTENT", detail).at(path));
            }
            NameValidation::Warning => self
                .warnings
                .push(format!("199 - \"Unknown property {path}\"")),
            NameValidation::Ignore => {}
        }
        Ok(())
    }
}
