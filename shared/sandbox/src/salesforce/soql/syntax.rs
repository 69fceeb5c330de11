use rust_decimal::Decimal;

/// A SELECT as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Select {
    pub(super) columns: Vec<Column>,
    pub(super) from: Name,
    pub(super) condition: Option<Condition>,
    pub(super) group: Vec<Name>,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Column {
    /// A field, or a path through parents.
    Field(Name),
    /// `COUNT(field)`, and its name in the answer.
    Count { field: Name, alias: Option<Name> },
    /// `(SELECT … FROM OpportunityLineItems)`.
    Children(Box<Select>),
}

/// A name or a path, with its place in the query for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Compare {
        field: Name,
        operator: Operator,
        value: Literal,
    },
    In {
        field: Name,
        values: Vec<Literal>,
        negated: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    Null,
    Flag(bool),
    Text(String),
    Number(Decimal),
    /// A date or an instant, in the form in which fields hold it.
    Time(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) field: Name,
    /// Whether it sorts by `COUNT(field)`.
    pub(super) is_count: bool,
    pub(super) descending: bool,
    pub(super) nulls_last: bool,
}
