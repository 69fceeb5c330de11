use super::{
    super::error::ApiError,
    lexer::{Token, TokenKind, tokens},
    malformed,
    syntax::{Column, Condition, Literal, Name, Operator, Order, Select},
};

const KEYWORDS: [&str; 9] = [
    "select", "from", "where", "group", "order", "limit", "and", "or", "not",
];

/// The largest depth of parentheses: deeper conditions would use up the stack.
const MOST_PARENTHESES: usize = 100;

/// Parses a whole query.
///
/// # Errors
/// `MALFORMED_QUERY` with the first token that does not fit.
pub(super) fn parse(query: &str) -> Result<Select, ApiError> {
    let mut parser = Parser {
        tokens: tokens(query)?.into_iter().peekable(),
        depth: 0,
    };
    let select = parser.select(false)?;
    if parser
        .tokens
        .peek()
        .is_some_and(|token| token.kind != TokenKind::End)
    {
        return Err(parser.unexpected());
    }
    Ok(select)
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    /// The number of parentheses around the present condition.
    depth: usize,
}

impl Parser {
    fn select(&mut self, nested: bool) -> Result<Select, ApiError> {
        self.expect("select")?;
        let columns = self.list(|parser| parser.column(nested))?;
        self.expect("from")?;
        let from = self.name()?;
        let condition = if self.accept("where") {
            Some(self.condition()?)
        } else {
            None
        };
        let mut group = Vec::new();
        if !nested && self.accept("group") {
            self.expect("by")?;
            group = self.list(Self::name)?;
        }
        let mut order = Vec::new();
        if self.accept("order") {
            self.expect("by")?;
            order = self.list(Self::order)?;
        }
        let limit = if self.accept("limit") {
            Some(self.count()?)
        } else {
            None
        };
        Ok(Select {
            columns,
            from,
            condition,
            group,
            order,
            limit,
        })
    }

    fn column(&mut self, nested: bool) -> Result<Column, ApiError> {
        if nested || !self.accept("(") {
            let name = self.name()?;
            return Ok(match self.counted(&name)? {
                Some(field) => Column::Count {
                    field,
                    alias: self.name().ok(),
                },
                None => Column::Field(name),
            });
        }
        let select = self.select(true)?;
        self.expect(")")?;
        Ok(Column::Children(Box::new(select)))
    }

    /// Reads the field in `COUNT(field)`, if the name begins that.
    fn counted(&mut self, name: &Name) -> Result<Option<Name>, ApiError> {
        if !name.text.eq_ignore_ascii_case("count") || !self.accept("(") {
            return Ok(None);
        }
        let field = self.name()?;
        self.expect(")")?;
        Ok(Some(field))
    }

    /// Reads a condition. AND and OR do not mix without parentheses.
    fn condition(&mut self) -> Result<Condition, ApiError> {
        let first = self.comparison()?;
        for (word, join) in [
            ("and", Condition::All as fn(Vec<Condition>) -> Condition),
            ("or", Condition::Any),
        ] {
            let mut parts = vec![first.clone()];
            while self.accept(word) {
                parts.push(self.comparison()?);
            }
            if parts.len() > 1 {
                return Ok(join(parts));
            }
        }
        Ok(first)
    }

    fn comparison(&mut self) -> Result<Condition, ApiError> {
        if self.accept("(") {
            self.depth += 1;
            if self.depth > MOST_PARENTHESES {
                return Err(malformed(
                    "the condition has too many parentheses within each other",
                ));
            }
            let condition = self.condition()?;
            self.expect(")")?;
            self.depth -= 1;
            return Ok(condition);
        }
        let field = self.name()?;
        let negated = self.accept("not");
        if negated || self.peeks("in") {
            self.expect("in")?;
            self.expect("(")?;
            let values = self.list(Self::literal)?;
            self.expect(")")?;
            return Ok(Condition::In {
                field,
                values,
                negated,
            });
        }
        let operator = self.operator()?;
        Ok(Condition::Compare {
            field,
            operator,
            value: self.literal()?,
        })
    }

    fn operator(&mut self) -> Result<Operator, ApiError> {
        let operators = [
            ("=", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<>", Operator::NotEqual),
            ("<", Operator::Less),
            ("<=", Operator::LessOrEqual),
            (">", Operator::Greater),
            (">=", Operator::GreaterOrEqual),
        ];
        let found = operators
            .into_iter()
            .find(|(symbol, _)| self.accept(symbol));
        found
            .map(|(_, operator)| operator)
            .ok_or_else(|| self.unexpected())
    }

    fn literal(&mut self) -> Result<Literal, ApiError> {
        for (word, literal) in [
            ("null", Literal::Null),
            ("true", Literal::Flag(true)),
            ("false", Literal::Flag(false)),
        ] {
            if self.accept(word) {
                return Ok(literal);
            }
        }
        match self
            .tokens
            .next_if(|token| matches!(token.kind, TokenKind::Literal(_)))
        {
            Some(Token {
                kind: TokenKind::Literal(literal),
                ..
            }) => Ok(literal),
            _ => Err(self.unexpected()),
        }
    }

    fn order(&mut self) -> Result<Order, ApiError> {
        let name = self.name()?;
        let counted = self.counted(&name)?;
        let (is_count, field) = (counted.is_some(), counted.unwrap_or(name));
        let descending = self.accept("desc");
        if !descending {
            self.accept("asc");
        }
        let mut nulls_last = false;
        if self.accept("nulls") {
            nulls_last = self.accept("last");
            if !nulls_last {
                self.expect("first")?;
            }
        }
        Ok(Order {
            field,
            is_count,
            descending,
            nulls_last,
        })
    }

    fn count(&mut self) -> Result<usize, ApiError> {
        match self.literal()? {
            Literal::Number(number) => number
                .to_string()
                .parse()
                .map_err(|_| malformed(format!("unexpected token: {number}"))),
            _ => Err(malformed("LIMIT takes a whole number")),
        }
    }

    fn name(&mut self) -> Result<Name, ApiError> {
        let keyword = |text: &str| {
            KEYWORDS
                .iter()
                .any(|keyword| keyword.eq_ignore_ascii_case(text))
        };
        let token = self
            .tokens
            .next_if(|token| token.kind == TokenKind::Word && !keyword(&token.text));
        token
            .map(|token| Name {
                text: token.text,
                at: token.at,
            })
            .ok_or_else(|| self.unexpected())
    }

    fn list<Item>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<Item, ApiError>,
    ) -> Result<Vec<Item>, ApiError> {
        let mut items = vec![item(self)?];
        while self.accept(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn peeks(&mut self, word: &str) -> bool {
        let fits = |token: &Token| {
            matches!(token.kind, TokenKind::Word | TokenKind::Symbol)
                && token.text.eq_ignore_ascii_case(word)
        };
        self.tokens.peek().is_some_and(fits)
    }

    fn accept(&mut self, word: &str) -> bool {
        self.peeks(word) && self.tokens.next().is_some()
    }

    fn expect(&mut self, word: &str) -> Result<(), ApiError> {
        if self.accept(word) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn unexpected(&mut self) -> ApiError {
        malformed(format!(
            "unexpected token: {}",
            self.tokens.peek().map_or("<EOF>", |token| &token.text)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_of_every_kind_of_clause() {
        let select = parse(
            "select Id, Product2.ProductCode, (SELECT Id FROM OpportunityLineItems WHERE Quantity > 1 LIMIT 5) FROM Opportunity \
             WHERE (Name = 'O\\'Neil' OR Name IN ('a', 'b')) AND IsClosed != true ORDER BY CreatedDate DESC NULLS LAST, Id LIMIT 10",
        )
        .unwrap();
        assert_eq!(select.columns.len(), 3);
        assert_eq!(select.limit, Some(10));
        assert!(
            select.order[0].descending && select.order[0].nulls_last && !select.order[1].descending
        );
        let Some(Condition::All(parts)) = select.condition else {
            panic!("two parts joined by AND")
        };
        let Condition::Any(names) = &parts[0] else {
            panic!("two names joined by OR")
        };
        let Condition::Compare { value, .. } = &names[0] else {
            panic!("a comparison")
        };
        assert_eq!(*value, Literal::Text("O'Neil".into()));
    }

    #[test]
    fn parentheses_end_somewhere() {
        let nested = |depth: usize| {
            format!(
                "SELECT Id FROM Account WHERE {}Name = 'a'{}",
                "(".repeat(depth),
                ")".repeat(depth)
            )
        };
        assert!(parse(&nested(100)).is_ok());
        assert!(parse(&nested(20_000)).is_err());
        assert!(parse(&nested(50).replace("Name", "(Name = 'b') AND Name")).is_ok());
    }

    #[test]
    fn what_is_no_query() {
        for (query, message) in [
            ("SELEKT Id FROM Account", "unexpected token: SELEKT"),
            ("SELECT FROM Account", "unexpected token: FROM"),
            (
                "SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
                "unexpected token: OR",
            ),
            (
                "SELECT Id FROM Account WHERE Name IN ()",
                "unexpected token: )",
            ),
            ("SELECT COUNT() FROM Account", "unexpected token: )"),
            ("SELECT Id FROM Account LIMIT", "unexpected token: <EOF>"),
        ] {
            assert!(
                parse(query)
                    .is_err_and(|error| error.code == "MALFORMED_QUERY"
                        && error.message.starts_with(message)),
                "{query}: {:?}",
                parse(query)
            );
        }
        for query in [
            "SELECT Id FROM Account WHERE Name = 'a",
            "SELECT Id FROM Account WHERE Name = 'a\\d'",
            "SELECT Id; FROM Account",
            "é",
            "",
        ] {
            assert_eq!(parse(query).unwrap_err().code, "MALFORMED_QUERY", "{query}");
        }
    }
}
