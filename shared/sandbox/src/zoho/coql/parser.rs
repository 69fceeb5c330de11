use super::{
    super::error::Failure,
    lexer::{Token, TokenKind, tokens, unexpected},
};
use rust_decimal::Decimal;
use serde_json::json;

const KEYWORDS: [&str; 18] = [
    "select", "from", "where", "and", "or", "not", "in", "is", "null", "limit", "offset", "order",
    "by", "asc", "desc", "group", "like", "between",
];
/// The largest depth of parentheses: deeper conditions would use up the stack; Zoho allows 25
/// criteria.
const MOST_PARENTHESES: usize = 30;
const USUAL_LIMIT: usize = 200;

/// A SELECT as it was written.
#[derive(Debug)]
pub(super) struct Select {
    pub(super) columns: Vec<String>,
    pub(super) module: String,
    pub(super) condition: Condition,
    /// The number of comparisons in the condition.
    pub(super) criteria: usize,
    /// The columns to sort by, each with whether it descends.
    pub(super) order: Vec<(String, bool)>,
    pub(super) offset: usize,
    pub(super) limit: usize,
}

#[derive(Debug)]
pub(super) enum Condition {
    Both(Box<Condition>, Box<Condition>),
    Either(Box<Condition>, Box<Condition>),
    Test {
        column: String,
        operator: Operator,
        values: Vec<Literal>,
    },
}

/// An operator. A list with one value stands for `=` and `!=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    In,
    NotIn,
    IsNull,
    IsNotNull,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(Decimal),
    Flag(bool),
}

/// Parses a whole query.
///
/// # Errors
/// `SYNTAX_ERROR` with the first token that does not fit, or the clause that is missing.
pub(super) fn parse(query: &str) -> Result<Select, Failure> {
    let mut parser = Parser {
        tokens: tokens(query)?.into_iter().peekable(),
        criteria: 0,
        depth: 0,
    };
    parser.clause("select")?;
    let columns = parser.list(Parser::name)?;
    parser.clause("from")?;
    let module = parser.name()?;
    parser.clause("where")?;
    let condition = parser.condition()?;
    let order = parser.order()?;
    let (offset, limit) = parser.limit()?;
    if !parser.at_end() {
        return Err(parser.unexpected());
    }
    Ok(Select {
        columns,
        module,
        condition,
        criteria: parser.criteria,
        order,
        offset,
        limit,
    })
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    criteria: usize,
    /// The number of parentheses around the present condition.
    depth: usize,
}

impl Parser {
    /// Reads one or two operands: three without parentheses are refused, they must be nested in
    /// pairs.
    fn condition(&mut self) -> Result<Condition, Failure> {
        let left = self.operand()?;
        let is_and = self.peeks("and");
        if !is_and && !self.peeks("or") {
            return Ok(left);
        }
        self.tokens.next();
        let right = self.operand()?;
        if self.peeks("and") || self.peeks("or") {
            let near = self.tokens.peek().map(|token| token.text.clone());
            let message = "error occured while parsing the query";
            return Err(Failure::new("SYNTAX_ERROR", message, json!({"near": near})));
        }
        let (left, right) = (Box::new(left), Box::new(right));
        Ok(if is_and {
            Condition::Both(left, right)
        } else {
            Condition::Either(left, right)
        })
    }

    fn operand(&mut self) -> Result<Condition, Failure> {
        if !self.accept("(") {
            return self.comparison();
        }
        self.depth += 1;
        if self.depth > MOST_PARENTHESES {
            return Err(self.unexpected());
        }
        let condition = self.condition()?;
        self.depth -= 1;
        self.expect(")")?;
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, Failure> {
        let column = self.name()?;
        self.criteria += 1;
        if self.accept("is") {
            let operator = if self.accept("not") {
                Operator::IsNotNull
            } else {
                Operator::IsNull
            };
            self.expect("null")?;
            return Ok(Condition::Test {
                column,
                operator,
                values: Vec::new(),
            });
        }
        let negated = self.accept("not");
        if self.peeks("like") || self.peeks("between") {
            return Err(not_supported());
        }
        let (operator, values) = if negated || self.peeks("in") {
            self.expect("in")?;
            self.expect("(")?;
            let values = self.list(Self::literal)?;
            self.expect(")")?;
            (
                if negated {
                    Operator::NotIn
                } else {
                    Operator::In
                },
                values,
            )
        } else {
            (self.operator()?, vec![self.literal()?])
        };
        Ok(Condition::Test {
            column,
            operator,
            values,
        })
    }

    fn operator(&mut self) -> Result<Operator, Failure> {
        let operator = match self.tokens.peek().map(|token| token.text.as_str()) {
            Some("=") => Operator::In,
            Some("!=") => Operator::NotIn,
            Some("<") => Operator::Less,
            Some("<=") => Operator::LessOrEqual,
            Some(">") => Operator::Greater,
            Some(">=") => Operator::GreaterOrEqual,
            _ => return Err(self.unexpected()),
        };
        self.tokens.next();
        Ok(operator)
    }

    fn order(&mut self) -> Result<Vec<(String, bool)>, Failure> {
        if self.peeks("group") {
            return Err(not_supported());
        }
        if !self.accept("order") {
            return Ok(Vec::new());
        }
        self.expect("by")?;
        self.list(|parser| {
            let name = parser.name()?;
            let descending = parser.accept("desc");
            if !descending {
                parser.accept("asc");
            }
            Ok((name, descending))
        })
    }

    /// Reads `limit 10`, `limit 5, 10` (offset first) or `limit 10 offset 5`.
    fn limit(&mut self) -> Result<(usize, usize), Failure> {
        if !self.accept("limit") {
            return Ok((0, USUAL_LIMIT));
        }
        let first = self.count()?;
        if self.accept(",") {
            return Ok((first, self.count()?));
        }
        let offset = if self.accept("offset") {
            self.count()?
        } else {
            0
        };
        Ok((offset, first))
    }

    fn count(&mut self) -> Result<usize, Failure> {
        let text = self
            .tokens
            .peek()
            .map(|token| token.text.clone())
            .unwrap_or_default();
        let invalid = || {
            Failure::new(
                "INVALID_QUERY",
                "limit given seems to be invalid",
                json!({"limit": text}),
            )
        };
        let count = text.parse().map_err(|_| invalid())?;
        self.tokens.next();
        Ok(count)
    }

    fn literal(&mut self) -> Result<Literal, Failure> {
        let literal = match self.tokens.peek() {
            Some(Token {
                kind: TokenKind::Text(text),
                ..
            }) => Some(Literal::Text(text.clone())),
            Some(Token {
                kind: TokenKind::Number(number),
                ..
            }) => Some(Literal::Number(*number)),
            Some(Token { text, .. }) => text.to_lowercase().parse().ok().map(Literal::Flag),
            None => None,
        };
        let literal = literal.ok_or_else(|| self.unexpected())?;
        self.tokens.next();
        Ok(literal)
    }

    fn name(&mut self) -> Result<String, Failure> {
        let is_name = |token: &Token| {
            token.kind == TokenKind::Word && !KEYWORDS.contains(&token.text.to_lowercase().as_str())
        };
        let token = self
            .tokens
            .next_if(is_name)
            .ok_or_else(|| self.unexpected())?;
        // Aggregates such as COUNT(…) and SUM(…) are not simulated.
        if self.peeks("(") {
            return Err(not_supported());
        }
        Ok(token.text)
    }

    fn list<T>(&mut self, item: fn(&mut Self) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
        let mut items = vec![item(self)?];
        while self.accept(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn clause(&mut self, word: &str) -> Result<(), Failure> {
        if self.at_end()
            || (word == "where"
                && ["limit", "order", "group"]
                    .iter()
                    .any(|word| self.peeks(word)))
        {
            return Err(Failure::new(
                "SYNTAX_ERROR",
                "missing clause",
                json!({"clause": word}),
            ));
        }
        self.expect(word)
    }

    fn expect(&mut self, word: &str) -> Result<(), Failure> {
        if self.accept(word) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn accept(&mut self, word: &str) -> bool {
        let found = self.peeks(word);
        if found {
            self.tokens.next();
        }
        found
    }

    fn peeks(&mut self, word: &str) -> bool {
        let fits = |token: &Token| {
            matches!(token.kind, TokenKind::Word | TokenKind::Symbol)
                && token.text.eq_ignore_ascii_case(word)
        };
        self.tokens.peek().is_some_and(fits)
    }

    fn at_end(&mut self) -> bool {
        self.tokens
            .peek()
            .is_none_or(|token| token.kind == TokenKind::End)
    }

    fn unexpected(&mut self) -> Failure {
        self.tokens.peek().map_or_else(
            || unexpected("", 0),
            |token| unexpected(&token.text, token.at),
        )
    }
}

fn not_supported() -> Failure {
    Failure::new("SYNTAX_ERROR", "given coql query not supported", json!({}))
}
