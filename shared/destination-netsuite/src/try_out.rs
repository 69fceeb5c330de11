//! What NetSuite would say of an order: each new record is begun as a form with all its fields, which
//! saves nothing ("Using Create-Form", NetSuite help).

use crate::{
    client::Client,
    error::Cause,
    lookups::LookupCache,
    orders,
    payload::{self, Body, Link, Targets},
    prepared, read, rules,
    suiteql::{self, Query},
};
use destination::{Failure, Trial};
use mapping::{Plan, plan::Record};
use std::collections::{BTreeMap, BTreeSet};

/// The remark on what nobody knows before the order is saved.
const UNCHECKED: &str = "a form is not everything: NetSuite does not say there what is mandatory on it, and scripts and workflows that run when a record is saved have not run";

/// Asks for the customers and the items as a delivery does, then begins each record of the plan as
/// a form.
pub(crate) async fn try_order(
    client: &Client<'_>,
    cache: &LookupCache,
    plan: &Plan,
) -> Result<Trial, Failure> {
    match forms(client, cache, plan).await {
        Ok(remarks) => Ok(Trial::Taken { remarks }),
        Err(failure) if failure.is_transient() => Err(failure),
        Err(failure) => Ok(Trial::Refused(failure)),
    }
}

async fn forms(
    client: &Client<'_>,
    cache: &LookupCache,
    plan: &Plan,
) -> Result<Vec<String>, Failure> {
    read::check(plan)?;
    let known = read::read(client, cache, &[plan]).await?;
    let (mut links, mut remarks) = (BTreeMap::new(), Vec::new());
    for record in &plan.records {
        let targets = Targets {
            links: &links,
            found: &known.found,
            shared: &known.shared,
        };
        let body = match payload::body(record, targets, |_| true)? {
            Ok(body) => body,
            Err(warning) => {
                remarks.push(format!("it would be left out: {warning}"));
                continue;
            }
        };
        let warnings = body.warnings.iter();
        remarks.extend(warnings.map(|warning| format!("{}: {warning}", record.name)));
        let (existing, warning) = known.existing(record, plan, &BTreeSet::new());
        remarks.extend(warning);
        if let Some(existing) = existing {
            links.insert(record.name.clone(), Link::Id(existing.row.id()));
            continue;
        }
        begin(client, record, &body).await?;
        if rules::read_first(&record.object).is_none() {
            continue;
        }
        match stand_in(client, record).await? {
            Some(id) => {
                remarks.push(format!(
                    "{}: it is new, and would be made; in the form of the order, {} {id} stands in for it",
                    record.name, record.object
                ));
                links.insert(record.name.clone(), Link::Id(id));
            }
            None => {
                remarks.push(format!(
                    "{}: it is new, and the account has no {} that could stand in for it, so the order itself was not tried",
                    record.name, record.object
                ));
                break;
            }
        }
    }
    remarks.push(UNCHECKED.to_owned());
    Ok(remarks)
}

/// Begins the record as a form. A name that another customer has is none of the order's faults: a
/// delivery takes a distinct one.
async fn begin(client: &Client<'_>, record: &Record, body: &Body) -> Result<(), Failure> {
    let mut fields = prepared::new_record(record, body);
    if let Some(fields) = fields.as_object_mut() {
        // The record may be there by now, which is no fault either.
        fields.remove(rules::EXTERNAL_ID);
    }
    match client.begin_form(&record.object, &fields).await {
        Ok(()) => Ok(()),
        Err(refusal) if refusal.cause == Cause::NameTaken => Ok(()),
        Err(refusal) => Err(refusal.failure.within(&record.name)),
    }
}

/// Returns the id of a record of the same kind that is in use, of the same subsidiary where the
/// plan names one: the form of an order needs a customer, and the order's own is not there yet.
async fn stand_in(client: &Client<'_>, record: &Record) -> Result<Option<String>, Failure> {
    let Some((table, _)) = rules::read_first(&record.object) else {
        return Ok(None);
    };
    let subsidiary = record
        .fields
        .get("subsidiary")
        .and_then(|field| orders::literal_id(&field.value));
    let of_subsidiary = match subsidiary {
        Some(_) => " AND subsidiary = ?",
        None => "",
    };
    let query = Query {
        text: format!(
            "SELECT id FROM {} WHERE isinactive = 'F'{of_subsidiary} ORDER BY id",
            suiteql::name(table)?
        ),
        params: subsidiary.into_iter().map(str::to_owned).collect(),
    };
    let rows = client.first_rows(&query, 1).await?;
    Ok(rows.first().map(crate::row::Row::id))
}
