use super::{
    lexer::{Token, tokens},
    run::{Column, Comparison, Condition, Operand, Scalar},
    table::Table,
};
use crate::netsuite::schema::Schema;
use std::collections::VecDeque;

/// The largest depth of parentheses: deeper conditions would use up the stack.
const MOST_PARENTHESES: usize = 50;
const MOST_CHOICES: usize = 1_000;
const KEYWORDS: [&str; 18] = [
    "select", "from", "where", "order", "group", "by", "and", "or", "not", "in", "is", "null",
    "as", "join", "inner", "left", "outer", "on",
];

/// A query that the sandbox can answer.
#[derive(Debug)]
pub(super) struct Select {
    pub(super) table: Table,
    pub(super) joins: Vec<Join>,
    /// The columns, each with its lower-case name in the answer.
    pub(super) columns: Vec<(String, Operand)>,
    pub(super) condition: Option<Condition>,
    pub(super) group: Vec<Operand>,
    /// The columns of the order, each with whether it descends.
    pub(super) order: Vec<(Operand, bool)>,
}

/// A further table, whose rows are joined where one of its columns equals a column of an earlier
/// table.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) table: Table,
    /// Whether rows without a partner stay.
    pub(super) is_left: bool,
    pub(super) own: Column,
    pub(super) other: Column,
}

/// Reads a query with the values of its question marks.
///
/// # Errors
/// When the query is invalid, or beyond the sandbox.
pub(super) fn select(
    schema: &Schema,
    text: &str,
    parameters: Vec<Option<Scalar>>,
) -> Result<Select, String> {
    let mut columns: VecDeque<Token> = tokens(text)?.into();
    let from = columns
        .iter()
        .position(|token| token.is("from"))
        .ok_or("a query is one SELECT ... FROM ...")?;
    let rest = columns.split_off(from);
    let mut reader = Reader::new(schema, rest, parameters)?;
    let table = reader
        .sources
        .first()
        .map(|source| source.table)
        .ok_or("a query is one SELECT ... FROM ...")?;
    let joins = reader.joins()?;
    // The columns stand before the tables, which must be known first.
    let rest = std::mem::replace(&mut reader.tokens, columns);
    reader.expect("select")?;
    let columns = reader.list(Reader::column)?;
    reader.expect_end()?;
    reader.tokens = rest;
    let condition = if reader.accept("where") {
        Some(reader.any()?)
    } else {
        None
    };
    let mut group = Vec::new();
    if reader.accept("group") {
        reader.expect("by")?;
        group = reader.list(Reader::operand)?;
    }
    let mut order = Vec::new();
    if reader.accept("order") {
        reader.expect("by")?;
        reader.selected.clone_from(&columns);
        order = reader.list(Reader::order)?;
    }
    reader.expect_end()?;
    if !reader.parameters.is_empty() {
        return Err(format!(
            "{} parameters are left over",
            reader.parameters.len()
        ));
    }
    Ok(Select {
        table,
        joins,
        columns,
        condition,
        group,
        order,
    })
}

/// A table, and the name that columns use for it.
struct Source {
    table: Table,
    alias: String,
}

struct Reader<'s> {
    schema: &'s Schema,
    tokens: VecDeque<Token>,
    parameters: VecDeque<Option<Scalar>>,
    sources: Vec<Source>,
    /// The columns of the answer, once they were read: an order may use their names.
    selected: Vec<(String, Operand)>,
    /// The number of parentheses around the present place.
    depth: usize,
}

impl<'s> Reader<'s> {
    /// Creates a reader that has read the first table and stands behind it.
    fn new(
        schema: &'s Schema,
        mut tokens: VecDeque<Token>,
        parameters: Vec<Option<Scalar>>,
    ) -> Result<Self, String> {
        tokens.pop_front();
        let mut reader = Self {
            schema,
            tokens,
            parameters: parameters.into(),
            sources: Vec::new(),
            selected: Vec::new(),
            depth: 0,
        };
        reader.source()?;
        Ok(reader)
    }

    fn source(&mut self) -> Result<Table, String> {
        let name = word(&mut self.tokens).unwrap_or_default();
        let table = Table::named(&name.to_lowercase())
            .ok_or_else(|| format!("Record '{name}' was not found"))?;
        let alias = word(&mut self.tokens).unwrap_or(name);
        self.sources.push(Source { table, alias });
        Ok(table)
    }

    /// Reads `JOIN table alias ON alias.column = other.column`, any number of times.
    fn joins(&mut self) -> Result<Vec<Join>, String> {
        let mut joins = Vec::new();
        loop {
            let is_left = self.accept("left");
            let is_join = if is_left {
                self.accept("outer") || self.peeks("join")
            } else {
                self.accept("inner") || self.peeks("join")
            };
            if !is_join {
                return Ok(joins);
            }
            self.expect("join")?;
            let table = self.source()?;
            self.expect("on")?;
            let left = self.operand()?;
            self.expect("=")?;
            let newest = self.sources.len() - 1;
            let (own, other) = match (left, self.operand()?) {
                (Operand::Column(left), Operand::Column(right)) if left.source == newest => {
                    (left, right)
                }
                (Operand::Column(left), Operand::Column(right)) => (right, left),
                _ => return Err("the sandbox joins tables by equal columns only".into()),
            };
            if own.source != newest || other.source == newest {
                return Err("the sandbox joins a table with one that stands before it".into());
            }
            joins.push(Join {
                table,
                is_left,
                own,
                other,
            });
        }
    }

    /// Reads a column of the answer. Anything but a plain column needs a name.
    fn column(&mut self) -> Result<(String, Operand), String> {
        let plain = match self.tokens.front() {
            Some(Token::Word(name)) => name.rsplit('.').next().unwrap_or_default().to_lowercase(),
            _ => return Err(self.unexpected()),
        };
        let operand = self.operand()?;
        let is_named = self.accept("as");
        match (word(&mut self.tokens), &operand) {
            (Some(alias), _) => Ok((alias.to_lowercase(), operand)),
            (None, Operand::Column(_)) if !is_named => Ok((plain, operand)),
            _ => Err(self.unexpected()),
        }
    }

    fn order(&mut self) -> Result<(Operand, bool), String> {
        let operand = self.operand()?;
        let descends = self.accept("desc");
        if !descends {
            self.accept("asc");
        }
        Ok((operand, descends))
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.all()?];
        while self.accept("or") {
            parts.push(self.all()?);
        }
        Ok(Condition::Any(parts))
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.negatable()?];
        while self.accept("and") {
            parts.push(self.negatable()?);
        }
        Ok(Condition::All(parts))
    }

    fn negatable(&mut self) -> Result<Condition, String> {
        let negated = self.accept("not");
        let condition = if self.accept("(") {
            self.nested(Self::any)?
        } else {
            self.comparison()?
        };
        Ok(negated_if(negated, condition))
    }

    fn comparison(&mut self) -> Result<Condition, String> {
        let left = self.operand()?;
        if self.accept("is") {
            let negated = self.accept("not");
            self.expect("null")?;
            return Ok(negated_if(negated, Condition::IsNull(left)));
        }
        let negated = self.accept("not");
        if negated || self.peeks("in") {
            self.expect("in")?;
            self.expect("(")?;
            let choices = self.nested(|reader| reader.list(Self::operand))?;
            if choices.len() > MOST_CHOICES {
                return Err(format!(
                    "maximum number of expressions in a list is {MOST_CHOICES}"
                ));
            }
            return Ok(negated_if(negated, Condition::In(left, choices)));
        }
        let comparison = self.operator()?;
        Ok(Condition::Compare(left, comparison, self.operand()?))
    }

    fn operator(&mut self) -> Result<Comparison, String> {
        let operators = [
            ("=", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<>", Comparison::NotEqual),
            ("<", Comparison::Less),
            ("<=", Comparison::LessOrEqual),
            (">", Comparison::Greater),
            (">=", Comparison::GreaterOrEqual),
        ];
        let found = operators
            .into_iter()
            .find(|(symbol, _)| self.accept(symbol));
        found
            .map(|(_, comparison)| comparison)
            .ok_or_else(|| self.unexpected())
    }

    fn operand(&mut self) -> Result<Operand, String> {
        if self.accept("?") {
            let value = self.parameters.pop_front();
            return value
                .map(Operand::Constant)
                .ok_or_else(|| "there are more question marks than parameters".into());
        }
        if self.accept("null") {
            return Ok(Operand::Constant(None));
        }
        match self
            .tokens
            .pop_front_if(|token| matches!(token, Token::Constant(_)))
        {
            Some(Token::Constant(value)) => Ok(Operand::Constant(value)),
            _ => self.named(),
        }
    }

    /// Reads the contents of `TO_CHAR(...)`: a column with a date, and a form.
    fn instant(&mut self) -> Result<Operand, String> {
        let Operand::Column(column) = self.operand()? else {
            return Err(self.unexpected());
        };
        self.expect(",")?;
        match self.operand()? {
            Operand::Constant(Some(Scalar::Text(form))) => match form.as_str() {
                "YYYY-MM-DD" => Ok(Operand::Instant(column, "%Y-%m-%d")),
                "YYYY-MM-DD HH24:MI:SS" => Ok(Operand::Instant(column, "%Y-%m-%d %H:%M:%S")),
                _ => Err(format!(
                    "the sandbox does not know the form '{form}' of a date"
                )),
            },
            _ => Err(self.unexpected()),
        }
    }

    /// Reads a column, `COUNT(*)`, or LOWER or UPPER of something.
    fn named(&mut self) -> Result<Operand, String> {
        let name = word(&mut self.tokens).ok_or_else(|| self.unexpected())?;
        if self.accept("(") {
            if name.eq_ignore_ascii_case("count") {
                self.expect("*")?;
                self.expect(")")?;
                return Ok(Operand::Count);
            }
            if name.eq_ignore_ascii_case("to_char") {
                return self.nested(Self::instant);
            }
            let inner = Box::new(self.nested(Self::operand)?);
            return match name.to_lowercase().as_str() {
                "lower" => Ok(Operand::Lower(inner)),
                "upper" => Ok(Operand::Upper(inner)),
                _ => Err(format!("the sandbox does not know the function '{name}'")),
            };
        }
        let (table, column) = match name.split_once('.') {
            Some((table, column)) => (Some(table), column),
            None => (None, name.as_str()),
        };
        let known = self.sources.iter().enumerate();
        let known = known.filter(|(_, source)| {
            table.is_none_or(|table| table.eq_ignore_ascii_case(&source.alias))
        });
        let mut found = known
            .filter_map(|(place, source)| Some((place, source.table.column(self.schema, column)?)));
        match (found.next(), found.next()) {
            (Some((source, name)), None) => Ok(Operand::Column(Column { source, name })),
            (Some(_), Some(_)) => Err(format!("Column ambiguously defined: '{name}'")),
            (None, _) => self
                .named_above(&name)
                .ok_or_else(|| format!("Unknown identifier '{name}'")),
        }
    }

    /// Returns a column of the answer by its name there.
    fn named_above(&self, name: &str) -> Option<Operand> {
        let (_, operand) = self
            .selected
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(operand.clone())
    }

    /// Reads the contents of an opened parenthesis, and its closing one.
    fn nested<Inner>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Inner, String>,
    ) -> Result<Inner, String> {
        self.depth += 1;
        if self.depth > MOST_PARENTHESES {
            return Err("there are too many parentheses within each other".into());
        }
        let inner = read(self)?;
        self.depth -= 1;
        self.expect(")")?;
        Ok(inner)
    }

    fn list<Item>(
        &mut self,
        item: impl Fn(&mut Self) -> Result<Item, String>,
    ) -> Result<Vec<Item>, String> {
        let mut items = vec![item(self)?];
        while self.accept(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn peeks(&self, wanted: &str) -> bool {
        self.tokens.front().is_some_and(|token| token.is(wanted))
    }

    fn accept(&mut self, wanted: &str) -> bool {
        self.peeks(wanted) && self.tokens.pop_front().is_some()
    }

    fn expect(&mut self, wanted: &str) -> Result<(), String> {
        if self.accept(wanted) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn expect_end(&self) -> Result<(), String> {
        if self.tokens.is_empty() {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn unexpected(&self) -> String {
        match self.tokens.front() {
            Some(Token::Word(word)) => format!("invalid or unsupported search near '{word}'"),
            Some(Token::Symbol(symbol)) => format!("invalid or unsupported search near '{symbol}'"),
            Some(Token::Constant(_)) => "invalid or unsupported search near a constant".into(),
            None => "the query ends too early".into(),
        }
    }
}

/// Takes the next token, if it is a name.
fn word(tokens: &mut VecDeque<Token>) -> Option<String> {
    let is_name = |token: &mut Token| {
        matches!(token, Token::Word(_)) && !KEYWORDS.iter().any(|keyword| token.is(keyword))
    };
    match tokens.pop_front_if(is_name) {
        Some(Token::Word(name)) => Some(name),
        _ => None,
    }
}

fn negated_if(negated: bool, condition: Condition) -> Condition {
    if negated {
        Condition::Not(Box::new(condition))
    } else {
        condition
    }
}
