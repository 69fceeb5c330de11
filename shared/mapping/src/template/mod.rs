//! Jinja templates over an order: compiled once, strict about undefined names, exact about numbers.

mod bounds;
mod builtins;
mod code;
mod dates;
mod exact;
pub(crate) mod expand;
mod lint;
mod shapes;
mod states;

pub(crate) use exact::{Exact, numeric, rounded};

use bounds::Text;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value,
};
use std::collections::BTreeSet;

/// Instructions that one template may execute: a loop over all the lines of the longest order fits
/// many times, an endless one ends.
const FUEL: u64 = 1_000_000;

/// Engine messages can quote values; beyond this they are noise.
const LONGEST_MESSAGE: usize = 240;

/// The name under which a lone expression leaves its value. Not a name that a mapping can see.
const RESULT: &str = "__result";

/// All templates of a mapping.
pub(crate) struct Engine {
    env: Environment<'static>,
    compiled: usize,
    uses_raw: bool,
}

/// One template of a mapping.
#[derive(Clone, Debug)]
pub(crate) enum Template {
    /// A text without any Jinja in it.
    Constant(String),
    /// A lone `{{ expression }}`: its value keeps its type.
    Expression {
        /// Its name in the environment.
        id: String,
        /// The expression, for messages.
        source: String,
    },
    /// Anything else: its value is a text.
    Text {
        /// Its name in the environment.
        id: String,
    },
}

impl Engine {
    pub(crate) fn new() -> Self {
        let mut env = Environment::empty();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_auto_escape_callback(|_| AutoEscape::None);
        env.set_fuel(Some(FUEL));
        // Only so that an error names what is undefined; of what else the engine then collects,
        // nothing is shown.
        env.set_debug(true);
        env.set_formatter(print);
        builtins::install(&mut env);
        shapes::install(&mut env);
        states::install(&mut env);
        exact::install(&mut env);
        dates::install(&mut env);
        Self {
            env,
            compiled: 0,
            uses_raw: false,
        }
    }

    /// Whether any template reads the shop's payload, which costs a conversion per order.
    pub(crate) fn uses_raw(&self) -> bool {
        self.uses_raw
    }

    /// Names that are always there, such as `range`.
    pub(crate) fn globals(&self) -> BTreeSet<String> {
        self.env
            .globals()
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    /// Compiles a field's template.
    ///
    /// # Errors
    /// Everything that is wrong with it, in words for a user.
    pub(crate) fn compile(&mut self, source: &str) -> Result<Template, Vec<String>> {
        if !["{{", "{%", "{#"].iter().any(|mark| source.contains(mark)) {
            return Ok(Template::Constant(source.to_owned()));
        }
        let bounded = bounds::bounded(source)?;
        match lone_expression(source)
            .filter(|inner| self.env.compile_expression_owned(inner.to_string()).is_ok())
        {
            Some(inner) => self.compile_expression(inner),
            None => {
                let id = self.add(bounded)?;
                lint::check(source, &self.env).map(|()| Template::Text { id })
            }
        }
    }

    /// Compiles a bare expression such as `lines`; `{{ lines }}` is the same.
    ///
    /// # Errors
    /// Everything that is wrong with it, in words for a user.
    pub(crate) fn compile_expression(&mut self, source: &str) -> Result<Template, Vec<String>> {
        let inner = inside(source);
        self.check_expression(inner)?;
        // The condition is what makes an undefined result an error that names it.
        let id = self.add(format!(
            "{{% set {RESULT} = ({inner}) %}}{{% if {RESULT} %}}{{% endif %}}"
        ))?;
        Ok(Template::Expression {
            id,
            source: inner.to_owned(),
        })
    }

    /// Checks a bare expression and keeps nothing of it.
    ///
    /// # Errors
    /// Everything that is wrong with it, in words for a user.
    pub(crate) fn check_expression(&self, source: &str) -> Result<(), Vec<String>> {
        let template = format!("{{{{ {source} }}}}");
        bounds::bounded(&template)?;
        if let Err(error) = self.env.compile_expression_owned(source.to_owned()) {
            return Err(vec![message(&error)]);
        }
        lint::check(&template, &self.env)
    }

    /// The names that a bare expression reads, as [`Engine::names`]; none of one that does not
    /// compile.
    pub(crate) fn names_in(&self, source: &str) -> BTreeSet<String> {
        let compiled = self.env.compile_expression_owned(source.to_owned());
        compiled
            .map(|compiled| compiled.undeclared_variables(true).into_iter().collect())
            .unwrap_or_default()
    }

    /// Whether a template can use this as the name of something.
    pub(crate) fn is_name(&self, name: &str) -> bool {
        self.names_in(name).iter().eq([name]) && !name.contains('.')
    }

    /// The names that a template reads from its scope, with one level of attributes: `order.total`,
    /// `vars.x`, `lines`.
    pub(crate) fn names(&self, template: &Template) -> BTreeSet<String> {
        let Some(id) = template.id() else {
            return BTreeSet::new();
        };
        self.env
            .get_template(id)
            .map(|compiled| compiled.undeclared_variables(true).into_iter().collect())
            .unwrap_or_default()
    }

    /// A template's value: typed for a lone expression, else a text.
    ///
    /// # Errors
    /// In words for a user, trimmed to a reasonable length.
    pub(crate) fn evaluate(&self, template: &Template, scope: &Value) -> Result<Value, String> {
        match template {
            Template::Constant(text) => Ok(Value::from(text.as_str())),
            Template::Text { id } => self
                .text(id, scope)
                .map(Value::from)
                .map_err(|error| message(&error)),
            Template::Expression { id, source } => self.value(id, source, scope),
        }
    }

    fn text(&self, id: &str, scope: &Value) -> Result<String, Error> {
        let mut text = Text::default();
        self.env
            .get_template(id)?
            .render_captured_to(scope, &mut text)?;
        Ok(text.into_string())
    }

    fn value(&self, id: &str, source: &str, scope: &Value) -> Result<Value, String> {
        let captured = self
            .env
            .get_template(id)
            .and_then(|compiled| compiled.render_captured(scope));
        let value = captured
            .map_err(|error| expression_message(source, &error))?
            .state()
            .lookup(RESULT)
            .unwrap_or_default();
        if is_float(&value) {
            return Err(message(&float_error()));
        }
        bounds::has_room(&value).map_err(|error| message(&error))?;
        // What is still undefined here is the absent branch of an `a if b`: nothing, which is null.
        Ok(if value.is_undefined() {
            Value::from(())
        } else {
            value
        })
    }

    fn add(&mut self, source: String) -> Result<String, Vec<String>> {
        let id = format!("t{}", self.compiled);
        self.compiled = self.compiled.saturating_add(1);
        self.env
            .add_template_owned(id.clone(), source)
            .map_err(|error| vec![message(&error)])?;
        let compiled = self
            .env
            .get_template(&id)
            .map_err(|error| vec![message(&error)])?;
        self.uses_raw |= compiled.undeclared_variables(false).contains("raw");
        Ok(id)
    }
}

impl Template {
    /// Its text, as far as it was kept for messages.
    pub(crate) fn source(&self) -> &str {
        match self {
            Self::Constant(source) | Self::Expression { source, .. } => source,
            Self::Text { .. } => "",
        }
    }

    fn id(&self) -> Option<&str> {
        match self {
            Self::Constant(_) => None,
            Self::Expression { id, .. } | Self::Text { id } => Some(id),
        }
    }
}

/// A bare expression; one in `{{ ... }}` is the same.
pub(crate) fn inside(source: &str) -> &str {
    lone_expression(source).unwrap_or(source).trim()
}

/// The inside of `{{ ... }}` where a text is nothing else; whether it is one expression shows when
/// it compiles.
fn lone_expression(source: &str) -> Option<&str> {
    let inner = source.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix('-').unwrap_or(inner);
    Some(inner.strip_suffix('-').unwrap_or(inner).trim())
}

/// The engine names the last part of a path that is undefined; the whole expression says where to
/// look.
fn expression_message(source: &str, error: &Error) -> String {
    match error.kind() {
        ErrorKind::UndefinedError => trimmed(format!("{} (in `{source}`)", message(error))),
        _ => message(error),
    }
}

/// What is wrong, without the names that the engine gives to templates, and with the way out where
/// the engine knows none.
fn message(error: &Error) -> String {
    let text = match (error.kind(), error.detail()) {
        (ErrorKind::WriteFailure, _) => bounds::TOO_MUCH.to_owned(),
        (ErrorKind::OutOfFuel, _) => {
            "the template runs for too long; its loops go over too much".to_owned()
        }
        (ErrorKind::UndefinedError, Some(detail)) => {
            format!("{detail}; correct the name, or say what to use instead with `|default(...)`")
        }
        (ErrorKind::InvalidOperation, Some(detail)) if detail.starts_with("tried to use") => {
            format!(
                "{detail}; calculate with the filters `plus`, `minus`, `times` and `divided_by`"
            )
        }
        (ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    trimmed(text)
}

fn trimmed(text: String) -> String {
    if text.chars().count() <= LONGEST_MESSAGE {
        return text;
    }
    text.chars().take(LONGEST_MESSAGE).chain(['…']).collect()
}

/// Prints a value: null as nothing, and no float.
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if is_float(value) {
        return Err(float_error());
    }
    if value.is_none() {
        return Ok(());
    }
    let text = Text::of(value)?;
    bounds::spend(state, text.as_str().len())?;
    out.write_str(text.as_str()).map_err(Error::from)
}

fn is_float(value: &Value) -> bool {
    value.is_number() && !value.is_integer()
}

fn float_error() -> Error {
    Error::new(
        ErrorKind::InvalidOperation,
        "a floating-point number came out, and those lose cents; calculate with the filters `plus`, `minus`, `times` and `divided_by`",
    )
}
