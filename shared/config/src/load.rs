use crate::{
    Config, Destination, Platform, Problem, Store, keys, read_alerts,
    read_delivery::General,
    read_destination, read_route, read_server, read_store,
    section::{Named, Section, TOP},
    source::{Report, Source},
};
use indexmap::IndexMap;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use toml::de::DeTable;

/// The names that routes may point to. Tables with mistakes of their own count, so that one mistake
/// is reported once.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    pub(crate) stores: IndexMap<String, Option<Platform>>,
    pub(crate) destinations: BTreeSet<String>,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When anything is wrong with the file: all its problems, in the order of the file; a single
    /// problem when it cannot be read or is not TOML.
    pub fn load(path: &Path) -> Result<Self, Vec<Problem>> {
        let text = fs::read_to_string(path).map_err(|error| {
            vec![Problem::error(
                path,
                format!("the configuration cannot be read: {error}; name its file with --config, for a function in ORDERBRIDGE_CONFIG"),
            )]
        })?;
        Self::parse(path, &text)
    }

    /// Checks a text as the content of `file`; reads nothing.
    ///
    /// # Errors
    /// When anything is wrong with the text: all its problems, as with [`Config::load`].
    pub fn parse(file: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        let source = Source { file, text };
        let tree = DeTable::parse(text).map_err(|error| vec![source.syntax_problem(&error)])?;
        let top = Section::new(source, TOP.to_owned(), 0..0, tree.get_ref(), keys::ROOT);
        let mut report = Report::default();
        let config = read_config(file, &top, &mut report);
        // While there are errors, a warning such as "no route leads there" may only be their echo.
        let (errors, warnings) = report
            .sorted()
            .into_iter()
            .partition::<Vec<_>, _>(Problem::is_error);
        if errors.is_empty() {
            Ok(Self { warnings, ..config })
        } else {
            Err(errors)
        }
    }
}

/// Reads the whole file whatever is wrong with parts of it; the result is complete only when the
/// report holds no error.
fn read_config(file: &Path, top: &Section<'_>, report: &mut Report) -> Config {
    report.0.extend(top.unknown_keys());
    let general = match report.keep(top.table("delivery", keys::DELIVERY)).flatten() {
        Some(section) => General::read(&section, report),
        None => General::default(),
    };
    let mut declared = Declared::default();
    let stores = read_stores(top, &mut declared, report);
    let destinations = read_destinations(top, general, &mut declared, report);
    let routes = read_route::read_all(top, &declared, report);
    let (server, public_url) = read_server::read(top, report);
    let alerts = read_alerts::read(top, report);
    let data = report.keep(top.optional_text("data")).flatten();
    let base = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .map_or_else(|| PathBuf::from("."), Path::to_owned);
    Config {
        file: file.to_owned(),
        data: data.map(|data| base.join(data)),
        base,
        stores,
        destinations,
        routes,
        delivery: general.delivery,
        server,
        public_url,
        alerts,
        warnings: Vec::new(),
    }
}

fn read_stores(
    top: &Section<'_>,
    declared: &mut Declared,
    report: &mut Report,
) -> IndexMap<String, Store> {
    let mut stores = IndexMap::new();
    let Some(tables) = report.keep(top.tables("stores", keys::STORE)) else {
        return stores;
    };
    for Named { name, section } in tables {
        declared.stores.insert(name.to_owned(), None);
        let Some(section) = report.keep(section) else {
            continue;
        };
        let Some(store) = read_store::read(name, &section, report) else {
            continue;
        };
        declared
            .stores
            .insert(name.to_owned(), Some(store.platform));
        stores.insert(name.to_owned(), store);
    }
    if declared.stores.is_empty() {
        report.0.push(top.problem_at(
            "stores",
            "there is no store; add [stores.NAME] with `platform` and `secret`",
        ));
    }
    stores
}

fn read_destinations(
    top: &Section<'_>,
    general: General,
    declared: &mut Declared,
    report: &mut Report,
) -> IndexMap<String, Destination> {
    let mut destinations = IndexMap::new();
    let Some(tables) = report.keep(top.tables("destinations", keys::DESTINATION)) else {
        return destinations;
    };
    for Named { name, section } in tables {
        declared.destinations.insert(name.to_owned());
        let Some(section) = report.keep(section) else {
            continue;
        };
        let Some(destination) = read_destination::read(name, &section, general, report) else {
            continue;
        };
        destinations.insert(name.to_owned(), destination);
    }
    if declared.destinations.is_empty() {
        report.0.push(top.problem_at(
            "destinations",
            "there is no destination; add [destinations.NAME] with `system` and `secret`",
        ));
    }
    destinations
}
