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

/// The number of instructions that one template may execute: enough for many loops over all lines
/// of the longest order, and an end for an endless loop.
const FUEL: u64 = 1_000_000;

/// The longest message, in characters. Messages of the engine can quote values, which are noise
/// beyond this.
const LONGEST_MESSAGE: usize = 240;

/// The name under which a lone expression leaves its value. A mapping cannot see it.
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
        // Debug mode makes an error name what is undefined; nothing of what else the engine
        // collects for it is ever shown.
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

    /// Returns whether any template reads the shop's payload, which costs a conversion per order.
    pub(crate) fn uses_raw(&self) -> bool {
        self.uses_raw
    }

    /// Returns the names that are always there, such as `range`.
    pub(crate) fn globals(&self) -> BTreeSet<String> {
        self.env
            .globals()
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    /// Compiles a field's template.
    ///
    /// # Errors
    /// Fails with sentences for the user about everything that is wrong with it.
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

    /// Compiles a bare expression such as `lines`; `{{ lines }}` is equivalent.
    ///
    /// # Errors
    /// Fails with sentences for the user about everything that is wrong with it.
    pub(crate) fn compile_expression(&mut self, source: &str) -> Result<Template, Vec<String>> {
        let inner = inside(source);
        self.check_expression(inner)?;
        // The condition turns an undefined result into an error that names it.
        let id = self.add(format!(
            "{{% set {RESULT} = ({inner}) %}}{{% if {RESULT} %}}{{% endif %}}"
        ))?;
        Ok(Template::Expression {
            id,
            source: inner.to_owned(),
        })
    }

    /// Checks a bare expression without keeping it.
    ///
    /// # Errors
    /// Fails with sentences for the user about everything that is wrong with it.
    pub(crate) fn check_expression(&self, source: &str) -> Result<(), Vec<String>> {
        let template = format!("{{{{ {source} }}}}");
        bounds::bounded(&template)?;
        if let Err(error) = self.env.compile_expression_owned(source.to_owned()) {
            return Err(vec![message(&error)]);
        }
        lint::check(&template, &self.env)
    }

    /// Returns the names that a bare expression reads, in the form of [`Engine::names`]; none for
    /// an expression that does not compile.
    pub(crate) fn names_in(&self, source: &str) -> BTreeSet<String> {
        let compiled = self.env.compile_expression_owned(source.to_owned());
        compiled
            .map(|compiled| compiled.undeclared_variables(true).into_iter().collect())
            .unwrap_or_default()
    }

    /// Returns whether a template can use this as the name of something.
    pub(crate) fn is_name(&self, name: &str) -> bool {
        self.names_in(name).iter().eq([name]) && !name.contains('.')
    }

    /// Returns the names that a template reads from its scope, with one level of attributes:
    /// `order.total`, `vars.x`, `lines`.
    pub(crate) fn names(&self, template: &Template) -> BTreeSet<String> {
        let Some(id) = template.id() else {
            return BTreeSet::new();
        };
        self.env
            .get_template(id)
            .map(|compiled| compiled.undeclared_variables(true).into_iter().collect())
            .unwrap_or_default()
    }

    /// Evaluates a template: to a typed value for a lone expression, else to a text.
    ///
    /// # Errors
    /// Fails with a sentence for the user, of limited length, when the template fails on this
    /// scope.
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
        // A value that is still undefined here is the absent branch of an `a if b`: nothing, which
        // is null.
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
    /// Returns the template's text, as far as it was kept for messages.
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

/// Returns a bare expression, without the braces of `{{ ... }}`.
pub(crate) fn inside(source: &str) -> &str {
    lone_expression(source).unwrap_or(source).trim()
}

/// Returns the inside of `{{ ... }}` where the text is nothing else. Whether that is a single
/// expression shows only when it compiles.
fn lone_expression(source: &str) -> Option<&str> {
    let inner = source.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix('-').unwrap_or(inner);
    Some(inner.strip_suffix('-').unwrap_or(inner).trim())
}

/// Words the error of an expression. The engine names only the last part of an undefined path; the
/// whole expression shows where to look.
fn expression_message(source: &str, error: &Error) -> String {
    match error.kind() {
        ErrorKind::UndefinedError => trimmed(format!("{} (in `{source}`)", message(error))),
        _ => message(error),
    }
}

/// Words an error, without the names that the engine gives to templates, and with the remedy where
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

/// Prints a value: null as nothing, and a float not at all.
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
