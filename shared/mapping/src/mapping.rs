use crate::{
    NoPlan, Origin, Plan, PlanError, Problem, builtin, grammar, planner, problem::Problems,
    spec::Spec, template::Engine,
};
use order::Order;
use sha2::{Digest, Sha256};
use std::{path::Path, sync::Arc};

/// A mapping file, checked and with its templates compiled. Load it once; planning with it shares
/// it freely among threads, and a clone shares what was compiled.
#[derive(Clone)]
pub struct Mapping {
    name: String,
    version: String,
    spec: Arc<Spec>,
    engine: Arc<Engine>,
}

/// What a route changes in a mapping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// Values for the mapping's `[vars]`. A table is merged into the mapping's table, anything else
    /// takes the default's place.
    pub vars: toml::Table,
    /// Record -> field -> value, in the grammar of the mapping file: replaces or adds one field
    /// each.
    pub set: toml::Table,
}

impl Mapping {
    /// The mapping of that name (see [`Mapping::builtin_names`]) or in that file, relative to
    /// `base`, the folder of `orderbridge.toml`. A file `mappings/NAME.toml` in `base` takes the
    /// place of the built-in mapping of that name.
    ///
    /// # Errors
    /// Everything that is wrong with the file and the overrides, together.
    pub fn load(
        name_or_path: &str,
        base: &Path,
        overrides: &Overrides,
    ) -> Result<Self, Vec<Problem>> {
        if builtin::is_base(name_or_path) {
            return Err(vec![base_alone(name_or_path)]);
        }
        let (origin, text) =
            builtin::find(name_or_path, Some(base)).map_err(|problem| vec![problem])?;
        Self::build(&origin, &text, Some(base), overrides)
    }

    /// A mapping from its text. `origin` is a path for messages; the mapping's name is the path's
    /// file name without its ending. It may extend a built-in mapping, and no file.
    ///
    /// # Errors
    /// Everything that is wrong with the text and the overrides, together.
    pub fn parse(
        origin: &str,
        toml_text: &str,
        overrides: &Overrides,
    ) -> Result<Self, Vec<Problem>> {
        Self::build(&Origin::File(origin.into()), toml_text, None, overrides)
    }

    /// The names of the mappings that ship with the program, in alphabetical order.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> + Clone {
        builtin::names()
    }

    /// Name of the mapping, for messages and the ledger.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The system that its records are for, by its word in the configuration, such as `salesforce`.
    #[must_use]
    pub fn system(&self) -> &str {
        &self.spec.system
    }

    /// The platform whose orders it is for, by its word in the configuration, such as `shopify`;
    /// `None` where it does not say.
    #[must_use]
    pub fn platform(&self) -> Option<&str> {
        self.spec.platform.as_deref()
    }

    /// SHA-256, in hex, of the mapping's text, its overrides and what it extends: the same version
    /// makes the same plan of the same order.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The destination's own currency, as an ISO 4217 code, where the mapping's variables say it
    /// (`vars.home_currency` in the built-in mappings).
    #[must_use]
    pub fn home_currency(&self) -> Option<String> {
        planner::home_currency(&self.spec, &self.engine)
    }

    /// What the mapping makes of an order. No I/O and no clock: the same order always becomes the
    /// same plan.
    ///
    /// # Errors
    /// An order that the mapping skips or refuses, and a template that fails on it (an undefined
    /// name, a float, no value for a key), named by record and field.
    pub fn plan(&self, order: &Order) -> Result<Plan, NoPlan> {
        planner::plan(&self.name, &self.spec, &self.engine, order)
    }

    /// What becomes of the record of an order that was trashed or deleted in the shop, of which
    /// nothing but its id is known: a plan of that one record, with its key and what `[gone]` gives
    /// it; `None` where the mapping leaves such records alone. Only for an order that was
    /// delivered: the plan has not what making a record needs.
    ///
    /// # Errors
    /// A template that fails.
    pub fn plan_gone(&self, order: &str) -> Result<Option<Plan>, PlanError> {
        planner::plan_gone(&self.name, &self.spec, &self.engine, order)
    }

    fn build(
        origin: &Origin,
        text: &str,
        folder: Option<&Path>,
        overrides: &Overrides,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::new(&origin.to_string());
        let mut engine = Engine::new();
        let whole = grammar::extended(origin, text, folder, &mut problems).map(|extended| {
            let version = version(&extended.texts, overrides);
            let spec = grammar::read(extended, overrides, &mut engine, &mut problems);
            (spec, version)
        });
        match whole {
            Some((spec, version)) if problems.is_empty() => Ok(Self {
                name: origin.name(),
                version,
                spec: Arc::new(spec),
                engine: Arc::new(engine),
            }),
            _ => Err(problems.into_sorted()),
        }
    }
}

impl std::fmt::Debug for Mapping {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Mapping")
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

fn base_alone(name: &str) -> Problem {
    let made_of_it = builtin::names().filter(|whole| whole.ends_with(name));
    let whole = crate::problem::listed(made_of_it);
    Problem {
        file: format!("built-in mapping {name}"),
        line: None,
        message: format!("it is what other mappings extend, and knows no shop; choose {whole}"),
    }
}

/// `texts` are the mapping's and those of what it extends.
fn version(texts: &[String], overrides: &Overrides) -> String {
    let (own, extended) = texts.split_at(1.min(texts.len()));
    let (vars, set) = (overrides.vars.to_string(), overrides.set.to_string());
    let mut hash = Sha256::new();
    for part in own.iter().chain([&vars, &set]).chain(extended) {
        // The length keeps text that moves from one part to the next from looking the same.
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}
