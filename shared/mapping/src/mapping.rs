use crate::{
    NoPlan, Origin, Plan, PlanError, Problem,
    builtin::{self, Places},
    grammar, planner,
    problem::Problems,
    spec::Spec,
    template::Engine,
};
use order::{Order, Status, StatusKind};
use sha2::{Digest, Sha256};
use std::{path::Path, sync::Arc};

/// The number of digits of a version that tell it from any other.
const VERSION_DIGITS: usize = 12;

/// The states in which an order is delivered; the most usual one first.
const STATES: [StatusKind; 8] = [
    StatusKind::Processing,
    StatusKind::Pending,
    StatusKind::OnHold,
    StatusKind::Completed,
    StatusKind::Cancelled,
    StatusKind::PartiallyRefunded,
    StatusKind::Refunded,
    StatusKind::Failed,
];

/// A mapping file, checked and with its templates compiled. Load it once: threads may plan with it
/// at the same time, and a clone shares the compiled templates.
#[derive(Clone)]
pub struct Mapping {
    name: String,
    version: String,
    spec: Arc<Spec>,
    engine: Arc<Engine>,
    #[cfg(feature = "memo")]
    memo: Option<Arc<crate::memo::Memo>>,
}

/// The changes that a route makes in a mapping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// Values for the mapping's `[vars]`. A table is merged into the mapping's table; any other
    /// value replaces the default.
    pub vars: toml::Table,
    /// Record -> field -> value, in the grammar of the mapping file. Each entry replaces or adds
    /// one field.
    pub set: toml::Table,
}

impl Mapping {
    /// Loads the mapping of that name (see [`Mapping::builtin_names`]) or from that file, relative
    /// to `base`, the folder of `orderbridge.toml`. A file `mappings/NAME.toml` in `base` replaces
    /// the built-in mapping of that name.
    ///
    /// # Errors
    /// Fails with everything that is wrong with the file and the overrides, all together.
    pub fn load(
        name_or_path: &str,
        base: &Path,
        overrides: &Overrides,
    ) -> Result<Self, Vec<Problem>> {
        if builtin::is_base(name_or_path) {
            return Err(vec![base_alone(name_or_path)]);
        }
        let (origin, text) =
            builtin::find(name_or_path, Places::Files(base)).map_err(|problem| vec![problem])?;
        Self::build(&origin, &text, Places::Files(base), overrides)
    }

    /// Creates a mapping from its text. `origin` is a path for messages; the mapping's name is the
    /// path's file name without its ending. The text may extend a built-in mapping, but no file.
    ///
    /// # Errors
    /// Fails with everything that is wrong with the text and the overrides, all together.
    pub fn parse(
        origin: &str,
        toml_text: &str,
        overrides: &Overrides,
    ) -> Result<Self, Vec<Problem>> {
        let origin = Origin::File(origin.into());
        Self::build(&origin, toml_text, Places::Program, overrides)
    }

    /// Creates a mapping from a text that somebody tries, like [`Self::parse`]. A file
    /// `mappings/NAME.toml` in `base`, the folder of `orderbridge.toml`, replaces the built-in
    /// mapping of that name; no other file is read.
    ///
    /// # Errors
    /// See [`Self::parse`].
    pub fn parse_beside(
        base: &Path,
        origin: &str,
        toml_text: &str,
        overrides: &Overrides,
    ) -> Result<Self, Vec<Problem>> {
        let origin = Origin::File(origin.into());
        Self::build(&origin, toml_text, Places::BuiltIn(base), overrides)
    }

    /// Returns the text of the mapping of that name or from that file, see [`Self::load`].
    ///
    /// # Errors
    /// Fails where there is neither a mapping of that name nor a readable file.
    pub fn text(name_or_path: &str, base: &Path) -> Result<String, Problem> {
        builtin::find(name_or_path, Places::Files(base)).map(|(_, text)| text)
    }

    /// Returns the names of the mappings that ship with the program, in alphabetical order.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> + Clone {
        builtin::names()
    }

    /// Returns the name of the mapping, for messages and the ledger.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the system that its records are for, by its word in the configuration, such as
    /// `salesforce`.
    #[must_use]
    pub fn system(&self) -> &str {
        &self.spec.system
    }

    /// Returns the platform whose orders it is for, by its word in the configuration, such as
    /// `shopify`; `None` where the mapping does not name one.
    #[must_use]
    pub fn platform(&self) -> Option<&str> {
        self.spec.platform.as_deref()
    }

    /// Returns the SHA-256, in hex, of the mapping's text, its overrides and the texts that it
    /// extends: the same version makes the same plan of the same order.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns name and version, joined by `@`, for a person and the ledger.
    #[must_use]
    pub fn named_version(&self) -> String {
        let version: String = self.version.chars().take(VERSION_DIGITS).collect();
        format!("{}@{version}", self.name)
    }

    /// Returns the destination's own currency, as an ISO 4217 code, where the mapping's variables
    /// name it (`vars.home_currency` in the built-in mappings).
    #[must_use]
    pub fn home_currency(&self) -> Option<String> {
        planner::home_currency(&self.spec, &self.engine)
    }

    /// Plans an order. No I/O and no clock: the same order always becomes the same plan.
    ///
    /// # Errors
    /// Fails when the mapping skips or refuses the order, and when a template fails on it (an
    /// undefined name, a float, no value for a key); the error names the record and the field.
    pub fn plan(&self, order: &Order) -> Result<Plan, NoPlan> {
        let plan = |order: &Order| planner::plan(&self.name, &self.spec, &self.engine, order);
        #[cfg(feature = "memo")]
        if let Some(memo) = &self.memo {
            return memo.plan(order, plan);
        }
        plan(order)
    }

    /// Returns this mapping with a memory of the plans that it makes from now on, which grows with
    /// every order and ends with the last clone. Nothing that plans for real shops wants it.
    #[cfg(feature = "memo")]
    #[must_use]
    pub fn remembering(self) -> Self {
        Self {
            memo: Some(Arc::default()),
            ..self
        }
    }

    /// Plans an example order once in each state that an order can have, in the destination's own
    /// currency where the variables name it. Together the plans name what the mapping writes and
    /// looks up: every stage, the product of every amount beside the lines. The example's own
    /// product has the code [`crate::EXAMPLE_CODE`].
    ///
    /// # Errors
    /// Fails when a template fails on the example. A state that the mapping skips has no plan.
    pub fn examples(&self) -> Result<Vec<Plan>, PlanError> {
        let mut example = Order::example();
        example.currency = self.home_currency().unwrap_or(example.currency);
        let mut plans = Vec::new();
        for kind in STATES {
            let status = Status::new(kind, kind.as_str());
            let order = Order {
                status,
                ..example.clone()
            };
            match self.plan(&order) {
                Ok(plan) => plans.push(plan),
                Err(NoPlan::Skipped(_)) => {}
                Err(NoPlan::Failed(error)) => return Err(error),
            }
        }
        Ok(plans)
    }

    /// Plans the change to the record of an order that was trashed or deleted in the shop, of which
    /// only the id is known: a plan of that one record, with its key and the fields of `[gone]`.
    /// Returns `None` where the mapping leaves such records alone.
    ///
    /// Use it only for an order that was delivered: the plan lacks the fields that creating a
    /// record needs.
    ///
    /// # Errors
    /// Fails when a template fails, or when the key comes out empty.
    pub fn plan_gone(&self, order: &str) -> Result<Option<Plan>, PlanError> {
        planner::plan_gone(&self.name, &self.spec, &self.engine, order)
    }

    fn build(
        origin: &Origin,
        text: &str,
        places: Places<'_>,
        overrides: &Overrides,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::new(&origin.to_string());
        let mut engine = Engine::new();
        let whole = grammar::extended(origin, text, places, &mut problems).map(|extended| {
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
                #[cfg(feature = "memo")]
                memo: None,
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

/// Returns the version of a mapping. `texts` are its own text and those that it extends.
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
