//! Everything that must be known about a batch before it can be written: which customers exist and
//! what they hold, which lines the orders have that were delivered before, and what the look-ups
//! find.

use crate::{
    client::Client,
    lookups::{self, LookupCache, LookupResults, Shared},
    orders::{self, Held, Orders},
    owner::{self, Existing, Owner, SUBSIDIARY, has_key, is_meant, owner_of, subsidiary_of},
    row::Row,
    rules,
    suiteql::{self, Question},
};
use destination::{Class, Failure};
use mapping::{
    Plan,
    plan::{Field, Find, Lookup, Record, When},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

const CUSTOMERS: &str = "customer";
/// The number of records in one query, each with its key and the other ways to find it.
const PER_QUESTION: usize = 200;

/// NetSuite's records as they were when a batch was read.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// The rows of the records that are read first, by table, the oldest first.
    rows: Rows,
    /// The existing orders among those that were delivered before.
    orders: Orders,
    pub(crate) found: LookupResults,
    pub(crate) shared: Shared,
}

/// What the look-ups of a batch have led to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    pub(crate) found: LookupResults,
    pub(crate) shared: Shared,
}

/// Rows by table in lower case.
pub(crate) type Rows = BTreeMap<String, Vec<Row>>;

/// Refuses a plan that cannot be written, before anything is asked.
pub(crate) fn check(plan: &Plan) -> Result<(), Failure> {
    if let Some(set) = plan.emptied.first() {
        return Err(no_children(&set.object));
    }
    plan.records.iter().try_for_each(check_record)
}

/// The columns of customers that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Columns {
    /// Those of every account.
    Standard,
    /// Those of the account's own fields as well, as far as the plans name them.
    All,
}

/// Reads everything that the plans need. Where the account does not show one of its own fields in
/// queries, none of them is asked for any more, so that they are written with every order.
pub(crate) async fn read(
    client: &Client<'_>,
    cache: &LookupCache,
    plans: &[&Plan],
) -> Result<Snapshot, Failure> {
    let known = read_records(client, plans).await?;
    Ok(known.with(items(client, cache, plans).await?))
}

/// Reads the orders that were delivered before, with their customers, and all other customers.
pub(crate) async fn read_records(
    client: &Client<'_>,
    plans: &[&Plan],
) -> Result<Snapshot, Failure> {
    if asked_of(client, plans) == Columns::Standard {
        return read_columns(client, plans, Columns::Standard).await;
    }
    let refusal = match read_columns(client, plans, Columns::All).await {
        Err(refusal) if !refusal.is_transient() => refusal,
        known => return known,
    };
    let known = read_columns(client, plans, Columns::Standard).await?;
    let hides = &client.connection.hides_custom_fields;
    hides.store(true, Ordering::Relaxed);
    tracing::warn!(
        destination = client.connection.settings.name,
        %refusal,
        "NetSuite does not show a custom field of customers in queries, so that customers with custom fields are saved with every order"
    );
    Ok(known)
}

/// Returns the columns of customers that are asked for.
pub(crate) fn asked_of(client: &Client<'_>, plans: &[&Plan]) -> Columns {
    let hides = &client.connection.hides_custom_fields;
    if hides.load(Ordering::Relaxed) || !has_custom_fields(plans) {
        Columns::Standard
    } else {
        Columns::All
    }
}

fn has_custom_fields(plans: &[&Plan]) -> bool {
    let mut records = plans.iter().flat_map(|plan| &plan.records);
    records.any(|record| {
        let mut names = record.fields.keys();
        names.any(|name| rules::is_custom(&record.object, name))
    })
}

async fn read_columns(
    client: &Client<'_>,
    plans: &[&Plan],
    asked: Columns,
) -> Result<Snapshot, Failure> {
    let mut known = Snapshot::default();
    known.learn_orders(client, plans, asked).await?;
    let strangers: Vec<&Plan> = plans
        .iter()
        .filter(|plan| !known.knows_customers_of(plan))
        .copied()
        .collect();
    known.add(ask(client, questions(&strangers, asked)?).await?);
    Ok(known)
}

/// Finds the records that the plans' look-ups lead to: in one query, as far as they are not in the
/// cache.
pub(crate) async fn items(
    client: &Client<'_>,
    cache: &LookupCache,
    plans: &[&Plan],
) -> Result<Items, Failure> {
    let now = client.connection.clock.now();
    let lookups = || plans.iter().flat_map(|plan| plan.lookups());
    let mut found = cache.known(lookups(), now);
    let unknown: Vec<&Lookup> = lookups()
        .filter(|lookup| found.get(lookup).is_none())
        .collect();
    let rows = ask(client, lookups::questions(&unknown)?).await?;
    let shared = lookups::learn(&mut found, &unknown, &rows);
    cache.remember(&found, now);
    Ok(Items { found, shared })
}

/// Returns the query for the plan's orders and their customers, as it is made once they were
/// delivered.
pub(crate) fn question_of_orders(plan: &Plan) -> Result<Option<suiteql::Query>, Failure> {
    let orders: Vec<&Record> = plan
        .records
        .iter()
        .filter(|record| orders::is_order(record))
        .collect();
    let customers: Vec<&Record> = customers_of(plan).collect();
    orders::question(&orders, &columns(&customers, Columns::Standard))
}

/// Reads one order that turned out to exist when it was written.
pub(crate) async fn read_order(
    client: &Client<'_>,
    record: &Record,
) -> Result<Option<Held>, Failure> {
    let Some(query) = orders::question(&[record], &[])? else {
        return Ok(None);
    };
    let (orders, _) = orders::learn(&client.query(&query).await?);
    Ok(orders.into_values().next())
}

/// Makes the queries one after the other: the second one is seldom needed, and a login that is
/// refused must not be refused twice.
async fn ask(client: &Client<'_>, questions: Vec<(String, Question)>) -> Result<Rows, Failure> {
    let mut rows = Rows::new();
    for (table, question) in questions {
        if let Some(query) = question.query() {
            rows.entry(table)
                .or_default()
                .extend(client.query(&query).await?);
        }
    }
    Ok(rows)
}

/// Returns the questions about the records that are read before they are written, each with its
/// table.
pub(crate) fn questions(
    plans: &[&Plan],
    asked: Columns,
) -> Result<Vec<(String, Question)>, Failure> {
    let mut by_table: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in plans.iter().flat_map(|plan| &plan.records) {
        if let Some((table, _)) = rules::read_first(&record.object) {
            by_table.entry(table).or_default().push(record);
        }
    }
    let mut questions = Vec::new();
    for (table, records) in by_table {
        for chunk in records.chunks(PER_QUESTION) {
            questions.push((table.to_owned(), about(table, chunk, asked)?));
        }
    }
    Ok(questions)
}

/// Returns the records that are read from the table of customers.
fn customers_of(plan: &Plan) -> impl Iterator<Item = &Record> {
    plan.records.iter().filter(|record| {
        rules::read_first(&record.object).is_some_and(|(table, _)| table == CUSTOMERS)
    })
}

/// Returns the orders that were delivered before, as far as the ledger knows, or perhaps by an
/// earlier try.
fn delivered(plan: &Plan) -> impl Iterator<Item = &Record> {
    plan.records.iter().filter(|record| {
        orders::is_order(record) && (plan.in_doubt || plan.known.contains_key(&record.name))
    })
}

impl Items {
    /// Returns whether every look-up of the plan has led to a record.
    pub(crate) fn know_all_of(&self, plan: &Plan) -> bool {
        let mut lookups = plan.lookups();
        lookups.all(|lookup| self.found.get(lookup).is_some())
    }
}

impl Snapshot {
    /// Creates the snapshot of an account that holds these rows and nothing else.
    pub(crate) fn assumed(rows: Rows) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }

    /// Adds what the look-ups have led to. It is kept apart from the rows of records: those of a
    /// look-up hold only its own columns, even where it looks into the same table.
    pub(crate) fn with(self, items: Items) -> Self {
        Self {
            found: items.found,
            shared: items.shared,
            ..self
        }
    }

    async fn learn_orders(
        &mut self,
        client: &Client<'_>,
        plans: &[&Plan],
        asked: Columns,
    ) -> Result<(), Failure> {
        let orders: Vec<&Record> = plans.iter().flat_map(|plan| delivered(plan)).collect();
        let concerned = plans.iter().filter(|plan| delivered(plan).next().is_some());
        let customers: Vec<&Record> = concerned.flat_map(|plan| customers_of(plan)).collect();
        let columns = columns(&customers, asked);
        for chunk in orders.chunks(PER_QUESTION) {
            let Some(query) = orders::question(chunk, &columns)? else {
                continue;
            };
            let (orders, customers) = orders::learn(&client.query(&query).await?);
            self.orders.extend(orders);
            self.add(Rows::from([(CUSTOMERS.to_owned(), customers)]));
        }
        Ok(())
    }

    /// Adds rows, each record once.
    fn add(&mut self, rows: Rows) {
        for (table, rows) in rows {
            let present = self.rows.entry(table).or_default();
            let ids: BTreeSet<String> = present.iter().map(Row::id).collect();
            present.extend(rows.into_iter().filter(|row| !ids.contains(&row.id())));
        }
    }

    /// Returns whether nothing has to be asked about the plan's customers: its order was read, and
    /// its customer there is the one that the plan means.
    fn knows_customers_of(&self, plan: &Plan) -> bool {
        let own = self.own_customer(plan);
        customers_of(plan).all(|record| own.is_some_and(|row| is_meant(row, record)))
    }

    /// Returns the customer of the plan's order, as NetSuite has it.
    fn own_customer(&self, plan: &Plan) -> Option<&Row> {
        let customer = delivered(plan).find_map(|order| self.order(order)?.customer.as_deref())?;
        self.rows
            .get(CUSTOMERS)?
            .iter()
            .find(|row| row.id() == customer)
    }

    /// Returns the order as NetSuite has it, where it was read.
    pub(crate) fn order(&self, record: &Record) -> Option<&Held> {
        self.orders
            .get(&record.key.as_ref()?.value.to_ascii_lowercase())
    }

    /// Returns the existing record, and a warning for an operator about how it was found. The key
    /// wins; then the customer that the plan's order has in NetSuite; then the other ways to find
    /// it, in their order, each of which counts only where it leads to a single record that is no
    /// other customer of this shop. `taken` are the records that are about to get another record's
    /// key.
    pub(crate) fn existing(
        &self,
        record: &Record,
        plan: &Plan,
        taken: &BTreeSet<String>,
    ) -> (Option<Existing<'_>>, Option<String>) {
        let (Some((table, _)), Some(key)) = (rules::read_first(&record.object), &record.key) else {
            return (None, None);
        };
        let rows = self.rows.get(table).map(Vec::as_slice).unwrap_or_default();
        if let Some(row) = rows.iter().find(|row| has_key(row, key)) {
            return (Some(Existing { row, by_key: true }), None);
        }
        let is_free = |row: &&Row| !taken.contains(&row.id());
        if let Some(row) = self
            .own_customer(plan)
            .filter(|row| is_free(row) && is_meant(row, record))
        {
            return owner::found(record, row);
        }
        let mut elsewhere = None;
        for find in &record.find {
            let Find::Field { field, value } = find else {
                continue;
            };
            let same = rows
                .iter()
                .filter(|row| owner::is_usable(row) && owner::same(row, field, value));
            let (same, others): (Vec<&Row>, Vec<&Row>) =
                same.partition(|row| owner::is_of_subsidiary(row, record));
            if let Some(row) = others.first() {
                elsewhere.get_or_insert_with(|| owner::of_another_subsidiary(record, field, row));
            }
            let of = |owner: Owner| {
                same.iter()
                    .filter(|row| is_free(row) && owner_of(row, key) == owner)
                    .copied()
                    .collect::<Vec<_>>()
            };
            // A record without another system's key goes before one that has such a key.
            let candidates = [of(Owner::Nobody), of(Owner::AnotherSystem)]
                .into_iter()
                .find(|rows| !rows.is_empty());
            match candidates.unwrap_or_default().as_slice() {
                [] => {}
                [row] => return owner::found(record, row),
                several => return (None, Some(owner::ambiguous(record, field, several))),
            }
        }
        (None, elsewhere)
    }
}

fn about(table: &str, records: &[&Record], asked: Columns) -> Result<Question, Failure> {
    let mut question = Question::new(table)?;
    columns(records, asked)
        .iter()
        .try_for_each(|column| question.select(column))?;
    let mut keys: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut ways: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for record in records {
        if let Some(key) = &record.key {
            // A record from before there was a field for the key has it as its external id.
            for field in [rules::EXTERNAL_ID, &key.field] {
                keys.entry(field).or_default().insert(key.value.clone());
            }
        }
        for find in &record.find {
            if let Find::Field { field, value } = find {
                ways.entry(field).or_default().insert(value.to_lowercase());
            }
        }
    }
    for (field, values) in keys {
        question.or_in(field, false, &values.into_iter().collect::<Vec<_>>())?;
    }
    for (field, values) in ways {
        question.or_in(field, true, &values.into_iter().collect::<Vec<_>>())?;
    }
    Ok(question)
}

/// Returns the columns that are needed of these records: those that identify them, and those that
/// can be compared with the plan.
fn columns(records: &[&Record], asked: Columns) -> Vec<String> {
    let mut columns = vec![rules::EXTERNAL_ID.to_owned(), "isinactive".to_owned()];
    for record in records {
        let is_compared = |name: &str, field: &Field| {
            let is_own = asked == Columns::All && rules::is_custom(&record.object, name);
            field.on != When::Create && (is_own || rules::is_comparable(&record.object, name))
        };
        let compared = record
            .fields
            .iter()
            .filter(|(name, field)| is_compared(name, field));
        columns.extend(compared.map(|(name, _)| name.clone()));
        columns.extend(record.key.iter().map(|key| key.field.clone()));
        columns.extend(record.find.iter().filter_map(|find| match find {
            Find::Field { field, .. } => Some(field.clone()),
            Find::Through { .. } => None,
        }));
        columns.extend(subsidiary_of(record).map(|_| SUBSIDIARY.to_owned()));
    }
    columns
        .iter_mut()
        .for_each(|column| column.make_ascii_lowercase());
    let mut seen = BTreeSet::new();
    columns.retain(|column| seen.insert(column.clone()));
    columns
}

fn check_record(record: &Record) -> Result<(), Failure> {
    let refuse = |text: String| {
        Err(Failure {
            place: Some(record.name.clone()),
            ..Failure::permanent(Class::Mapping, "map", text)
        })
    };
    let name = &record.name;
    suiteql::name(&record.object)?;
    record
        .fields
        .keys()
        .try_for_each(|field| suiteql::name(field).map(|_| ()))?;
    if record.replaces.is_some() {
        return Err(no_children(name));
    }
    let Some(key) = &record.key else {
        return refuse(format!(
            "record {name} has no key, so that writing it twice would make two; give it key = {{ field = \"externalId\", value = ... }}"
        ));
    };
    let is_custom = rules::read_first(&record.object).is_some()
        && key.field.to_ascii_lowercase().starts_with("custentity");
    if key.field != rules::EXTERNAL_ID && !is_custom {
        return refuse(format!(
            "record {name} has the key {}, and NetSuite knows records again by externalId only, customers also by a custom field (custentity...)",
            key.field
        ));
    }
    suiteql::name(&key.field)?;
    if !rules::is_external_id(&key.value) {
        return refuse(format!(
            "record {name} would get the external id \"{}\", and NetSuite takes letters, digits, _ and - only, at most 100 of them; change the mapping's prefix",
            key.value.chars().take(100).collect::<String>()
        ));
    }
    for find in &record.find {
        let is_good = matches!(find, Find::Field { field, .. } if rules::is_comparable(&record.object, field));
        if !is_good {
            return refuse(format!(
                "record {name} is to be found in a way that NetSuite does not offer; customers can be found by email, phone, companyName, lastName or entityId"
            ));
        }
    }
    Ok(())
}

fn no_children(name: &str) -> Failure {
    let text = format!(
        "record {name} is a child of its own, and in NetSuite lines are written inside their order; use item = {{ object = {{ items = [...] }} }} instead"
    );
    Failure {
        place: Some(name.to_owned()),
        ..Failure::permanent(Class::Mapping, "map", text)
    }
}
