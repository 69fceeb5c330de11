use crate::{existing, row::fold, rules};
use destination::{Class, Failure};
use mapping::{
    Plan,
    plan::{Key, Record},
};
use std::collections::{BTreeMap, HashMap};

/// Module, field and value, in the form in which Zoho compares them.
type Name = (String, String, String);

/// Returns the refusals, by position, of orders of one batch whose own records have the same key as
/// another order's: they would overwrite each other. The record belongs to the order to which the
/// ledger gives it, else to the first one. No batch has an order twice.
pub(crate) fn refusals(plans: &[&Plan]) -> BTreeMap<usize, Failure> {
    let mut holders: HashMap<Name, usize> = HashMap::new();
    for is_in_ledger in [true, false] {
        for (place, record, key) in own_records(plans) {
            let is_known = plans
                .get(place)
                .is_some_and(|plan| existing::ledger_id(plan, record).is_some());
            if is_known == is_in_ledger {
                holders.entry(name(record, key)).or_insert(place);
            }
        }
    }
    let mut refusals = BTreeMap::new();
    for (place, record, key) in own_records(plans) {
        let holder = holders
            .get(&name(record, key))
            .filter(|holder| **holder != place);
        let Some((holder, plan)) =
            holder.and_then(|holder| Some((plans.get(*holder)?, plans.get(place)?)))
        else {
            continue;
        };
        // A name is no constraint: two records that exist already may share it.
        let is_by_id = key.field == rules::system_check(&record.object)
            && existing::ledger_id(plan, record).is_some();
        if !is_by_id {
            refusals
                .entry(place)
                .or_insert_with(|| refusal(record, key, holder));
        }
    }
    refusals
}

fn own_records<'a>(plans: &[&'a Plan]) -> impl Iterator<Item = (usize, &'a Record, &'a Key)> {
    let records = plans
        .iter()
        .enumerate()
        .flat_map(|(place, plan)| plan.records.iter().map(move |record| (place, record)));
    records.filter_map(|(place, record)| {
        Some((place, record, record.key.as_ref()?))
            .filter(|_| rules::is_of_one_order(&record.object))
    })
}

fn name(record: &Record, key: &Key) -> Name {
    (record.object.clone(), key.field.clone(), fold(&key.value))
}

fn refusal(record: &Record, key: &Key, holder: &Plan) -> Failure {
    let (name, module, field, order) = (&record.name, &record.object, &key.field, &holder.order);
    let text = format!(
        "{name}: order {order} of the same batch writes a record of {module} with the same {field}, and one would overwrite the other; give each shop another \
         vars.shop and vars.prefix, or make a field that allows no duplicates the key (vars.order_field), then replay"
    );
    Failure {
        place: Some(name.clone()),
        ..Failure::permanent(Class::Mapping, "map", text)
    }
}
