//! `[currency]`, `[charges]` and `marketplace_tax`: how an order's money becomes the destination's.

use super::{
    compiler::Compiler,
    node::{Entry, Kind, Node},
    table::Table,
};
use crate::{
    charge::{CHARGE, ChargeKind},
    spec::{ChargesSpec, CurrencySpec, SentenceSpec},
};
use crate::{problem::Line, template::Template};

/// Reads `[currency]`.
pub(super) fn currency(node: Option<Node>, compiler: &mut Compiler<'_>) -> Option<CurrencySpec> {
    let mut table = table(node?, "currency", compiler)?;
    let mut template = |key: &str| {
        let node = table.take(key)?;
        compiler.template(&node, &format!("currency.{key}"))
    };
    let spec = CurrencySpec {
        home: template("home"),
        others: template("others"),
        convert: template("convert"),
    };
    table.finish(&["home", "others", "convert"], compiler.problems);
    Some(spec)
}

/// Reads `[charges]`.
pub(super) fn charges(node: Option<Node>, compiler: &mut Compiler<'_>) -> Option<ChargesSpec> {
    let mut table = table(node?, "charges", compiler)?;
    let when = table
        .take("when")
        .and_then(|node| compiler.template(&node, "charges.when"));
    let of = table.require_text("of", compiler.problems);
    compiler.open(CHARGE, &["kind", "total", "name", "method"]);
    let codes = ChargeKind::ALL.map(|kind| {
        let node = table.take(kind.as_str())?;
        let template = compiler.template(&node, &format!("charges.{}", kind.as_str()))?;
        let variables = compiler.variables(&template);
        Some((template, variables))
    });
    compiler.close();
    let known: Vec<&str> = ["when", "of"]
        .into_iter()
        .chain(ChargeKind::ALL.map(ChargeKind::as_str))
        .collect();
    table.finish(&known, compiler.problems);
    Some(ChargesSpec {
        when,
        of: of?,
        codes,
    })
}

/// Reads a template at the top of the file.
pub(super) fn template(
    node: Option<Node>,
    key: &str,
    compiler: &mut Compiler<'_>,
) -> Option<Template> {
    compiler.template(&node?, key)
}

fn table(node: Node, name: &str, compiler: &mut Compiler<'_>) -> Option<Table> {
    let line = node.line;
    match node.kind {
        Kind::Table(entries) => Some(Table::new(entries, format!("[{name}]"), line)),
        _ => {
            let kind = node.kind_name();
            compiler
                .problems
                .add(line, format!("`{name}` is {kind}; write a table [{name}]"));
            None
        }
    }
}

/// Reads a `[[skip]]`, `[[refuse]]` or `[[warning]]`: the condition under which it applies, and its
/// text.
pub(super) fn sentence(
    name: &'static str,
    entries: Vec<Entry>,
    line: Option<Line>,
    compiler: &mut Compiler<'_>,
) -> Option<SentenceSpec> {
    let mut table = Table::new(entries, format!("[[{name}]]"), line);
    // The name is only for a mapping that lies over this one: see `merge`.
    table.take_text("name", compiler.problems);
    let when = table
        .take("when")
        .and_then(|node| compiler.template(&node, &format!("{name}.when")));
    let text = table
        .require("text", compiler.problems)
        .and_then(|node| compiler.template(&node, &format!("{name}.text")));
    table.finish(&["name", "when", "text"], compiler.problems);
    Some(SentenceSpec {
        name,
        when,
        text: text?,
    })
}
