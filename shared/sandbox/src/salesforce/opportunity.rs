//! Stages and amounts of opportunities. Rules: Object Reference, Opportunity.

use super::{
    error::ApiError,
    prepare::Sent,
    store::{Record, Store},
    value::Cell,
};
use rust_decimal::{Decimal, RoundingStrategy};

const LINE: &str = "OpportunityLineItem";

/// Derives the fields that follow from the stage, and keeps the amount that is the sum of the
/// lines.
pub(super) fn before(
    store: &Store,
    record: &mut Record,
    previous: Option<&Record>,
    sent: &Sent,
) -> Result<(), ApiError> {
    let has_lines = !store.children(LINE, "OpportunityId", &record.id).is_empty();
    if let Some(previous) = previous.filter(|_| has_lines) {
        if sent.contains_key("Pricebook2Id")
            && record.cell("Pricebook2Id") != previous.cell("Pricebook2Id")
        {
            let message = "field integrity exception: Pricebook2Id (cannot change the price book of an opportunity that has products)";
            return Err(ApiError::row(
                "FIELD_INTEGRITY_EXCEPTION",
                message,
                ["Pricebook2Id"],
            ));
        }
        // "If the opportunity has products, the amount is their sum": the request's amount is
        // ignored without an error.
        record.set("Amount", previous.cell("Amount").cloned());
    }
    record.set("HasOpportunityLineItem", Some(Cell::Flag(has_lines)));
    apply_stage(record, sent);
    expect_revenue(record);
    Ok(())
}

/// Sets the opportunity of a line that was written or deleted to the sum of its lines.
pub(super) fn roll_up(store: &mut Store, line: &Record) {
    let Some(id) = line.text("OpportunityId") else {
        return;
    };
    let totals: Vec<Decimal> = store
        .children(LINE, "OpportunityId", id)
        .iter()
        .filter_map(|line| line.cell("TotalPrice").and_then(Cell::number))
        .collect();
    store.amend("Opportunity", id, |opportunity| {
        opportunity.set("Amount", Some(Cell::Number(totals.iter().sum())));
        opportunity.set(
            "HasOpportunityLineItem",
            Some(Cell::Flag(!totals.is_empty())),
        );
        expect_revenue(opportunity);
    });
}

fn apply_stage(record: &mut Record, sent: &Sent) {
    let (closed, won, probability) =
        match record.text("StageName").map(str::to_lowercase).as_deref() {
            Some("closed won") => (true, true, 100),
            Some("closed lost") => (true, false, 0),
            Some("negotiation/review") => (false, false, 90),
            _ => (false, false, 10),
        };
    record.set("IsClosed", Some(Cell::Flag(closed)));
    record.set("IsWon", Some(Cell::Flag(won)));
    let stage_given = sent.contains_key("StageName");
    let probability_given = sent.get("Probability").is_some_and(Option::is_some);
    if stage_given && !probability_given {
        record.set(
            "Probability",
            Some(Cell::Number(Decimal::from(probability))),
        );
    }
}

fn expect_revenue(record: &mut Record) {
    let number = |field: &str| record.cell(field).and_then(Cell::number);
    let revenue = number("Amount")
        .zip(number("Probability"))
        .and_then(|(amount, probability)| {
            amount
                .checked_mul(probability)?
                .checked_div(Decimal::ONE_HUNDRED)
        });
    let revenue = revenue.map(|revenue| {
        Cell::Number(revenue.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
    });
    record.set("ExpectedRevenue", revenue);
}
