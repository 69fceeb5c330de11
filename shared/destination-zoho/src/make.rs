use crate::{
    Parts, error,
    lookups::{self, LookupKey, LookupResults},
    progress::{Progress, is_shut},
};
use destination::Failure;
use mapping::plan::{Lookup, Missing, Scalar};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};

/// The number of records per call.
const MOST_RECORDS: usize = 100;

/// Makes the records, such as products, that the look-ups of the plans did not find and may make.
/// They are inserted, not upserted: Zoho's own check for products is their name, and two products
/// of one name would overwrite each other. Plans that need a record which could not be made fail.
pub(crate) async fn missing(
    parts: &Parts<'_>,
    plans: &mut [Progress<'_>],
    found: &mut LookupResults,
) {
    let mut wanted: BTreeMap<String, BTreeMap<LookupKey, Lookup>> = BTreeMap::new();
    for lookup in plans
        .iter()
        .filter(|progress| progress.is_live())
        .flat_map(|progress| progress.plan.lookups())
    {
        if lookup.missing == Missing::Create
            && found.is_unknown(lookup)
            && lookups::is_askable(lookup)
        {
            let of_module = wanted.entry(lookup.object.clone()).or_default();
            of_module
                .entry(lookups::key(lookup))
                .or_insert_with(|| lookup.clone());
        }
    }
    let mut refused = BTreeMap::new();
    for (module, lookups) in &wanted {
        match make(parts, module, lookups.values().collect(), found).await {
            Ok(more) => refused.extend(more),
            Err(failure) => {
                return plans
                    .iter_mut()
                    .for_each(|progress| progress.fail(failure.clone()));
            }
        }
    }
    for progress in plans.iter_mut().filter(|progress| progress.is_live()) {
        report(progress, &wanted, &refused);
    }
}

/// Inserts records into one module. Returns the failures; `Err` where nothing more is to be sent
/// for now.
async fn make(
    parts: &Parts<'_>,
    module: &str,
    lookups: Vec<&Lookup>,
    found: &mut LookupResults,
) -> Result<BTreeMap<LookupKey, Failure>, Failure> {
    let _locks = parts
        .key_locks
        .lock(lookups.iter().map(|lookup| lookups::key(lookup)))
        .await;
    // Another batch may have made it while this one waited for its turn.
    let now = parts.client.connection.clock.now();
    let made_meanwhile = parts.cache.known(lookups.iter().copied(), now);
    let open: Vec<&Lookup> = lookups
        .into_iter()
        .filter(|lookup| made_meanwhile.get(lookup).is_none())
        .collect();
    found.extend(made_meanwhile);
    let mut refused = BTreeMap::new();
    for chunk in open.chunks(MOST_RECORDS) {
        let data: Vec<Value> = chunk
            .iter()
            .map(|lookup| Value::Object(fields(lookup)))
            .collect();
        match parts
            .client
            .write(&format!("/{module}"), &json!({ "data": data }))
            .await
        {
            Ok(results) => {
                for (lookup, result) in chunk.iter().zip(&results) {
                    match id_of(lookup, result) {
                        Ok(id) => found.add(lookup, id),
                        Err(failure) => _ = refused.insert(lookups::key(lookup), failure),
                    }
                }
            }
            Err(failure) if is_shut(&failure) => {
                parts.cache.remember(found, now);
                return Err(failure);
            }
            Err(failure) => refused.extend(
                chunk
                    .iter()
                    .map(|lookup| (lookups::key(lookup), failure.clone())),
            ),
        }
    }
    parts.cache.remember(found, now);
    Ok(refused)
}

fn report(
    progress: &mut Progress<'_>,
    wanted: &BTreeMap<String, BTreeMap<LookupKey, Lookup>>,
    refused: &BTreeMap<LookupKey, Failure>,
) {
    let mut told = HashSet::new();
    for lookup in progress.plan.lookups() {
        let key = lookups::key(lookup);
        let was_made = wanted
            .get(&lookup.object)
            .is_some_and(|of_module| of_module.contains_key(&key));
        if let Some(failure) = refused.get(&key) {
            let message = format!(
                "Zoho has no {key}, and it could not be made: {}",
                failure.message
            );
            let failure = Failure {
                message,
                ..failure.clone()
            };
            return progress.fail(failure);
        }
        if was_made && told.insert(key.clone()) {
            progress.warn(format!("Zoho had no {key}; it was made"));
        }
    }
}

/// Returns the id of the record that was made, or that somebody else made meanwhile under a field
/// that allows no duplicates.
fn id_of(lookup: &Lookup, result: &Value) -> Result<String, Failure> {
    if let Some(id) = crate::write::written_id(result) {
        return Ok(id);
    }
    let error = error::error_of(result).unwrap_or_default();
    if error.code == "SUCCESS" {
        return Err(error::unreadable("write"));
    }
    match error.duplicate {
        Some((id, module))
            if lookup.conditions.contains_key(&error.path)
                && module
                    .as_deref()
                    .is_none_or(|module| module == lookup.object) =>
        {
            Ok(id)
        }
        _ => Err(error::of_record("write", 400, result)),
    }
}

/// Returns the fields of the record to make: the conditions of the look-up, and those beside them.
fn fields(lookup: &Lookup) -> Map<String, Value> {
    let all = lookup
        .conditions
        .iter()
        .filter(|(field, _)| !field.contains('.'))
        .chain(&lookup.create);
    all.filter(|(_, value)| **value != Scalar::Null)
        .map(|(field, value)| {
            (
                field.clone(),
                serde_json::to_value(value).unwrap_or_default(),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use destination::Class;

    #[test]
    fn a_product_that_somebody_else_made_is_taken_if_it_is_the_one() {
        let lookup = Lookup {
            object: "Products".to_owned(),
            conditions: [("Product_Code".to_owned(), Scalar::Text("A-1".to_owned()))].into(),
            missing: Missing::Create,
            several: mapping::plan::Several::Reject,
            create: [("Product_Name".to_owned(), Scalar::Text("Lamp".to_owned()))].into(),
        };
        assert_eq!(
            Value::Object(fields(&lookup)),
            json!({"Product_Code": "A-1", "Product_Name": "Lamp"})
        );
        let duplicate = |field: &str, module: &str| {
            json!({"code": "DUPLICATE_DATA", "status": "error", "message": "duplicate data", "details":
                {"api_name": field, "json_path": format!("$.data[0].{field}"), "duplicate_record": {"id": "17", "module": {"api_name": module}}}})
        };
        assert_eq!(
            id_of(&lookup, &duplicate("Product_Code", "Products")).unwrap(),
            "17"
        );
        assert_eq!(
            id_of(&lookup, &duplicate("Product_Name", "Products"))
                .unwrap_err()
                .class,
            Class::Validation
        );
        assert!(id_of(&lookup, &duplicate("Product_Code", "Leads")).is_err());
        assert!(
            id_of(&lookup, &json!({"code": "SUCCESS"}))
                .unwrap_err()
                .is_transient()
        );
    }
}
