//! Discounts. `discount_applications` lists them, and the `discount_allocations` of every line
//! state how much each of them took off it. Orders from before 2018 have neither: only
//! `discount_codes` and `total_discounts`.

use super::Whole;
use crate::payload::ShopifyObject as _;
use order::{Discount, Money};
use source::payload::{Object, Unusable};

/// Returns the amount that all discounts took off a line of goods or of shipping.
pub(super) fn taken_off(line: &Object<'_>) -> Result<Money, Unusable> {
    if !line.has("discount_allocations") {
        return line.money_or_zero("total_discount");
    }
    let allocations = line.list("discount_allocations")?;
    allocations.iter().try_fold(Money::ZERO, |sum, allocation| {
        Ok(sum + allocation.money_or_zero("amount")?)
    })
}

/// Returns one entry per discount, with the total that it took off; in the shop's prices, so with
/// tax where these include it.
pub(super) fn discounts(payload: &Object<'_>) -> Result<Vec<Discount>, Unusable> {
    let applications = payload.list("discount_applications")?;
    if applications.is_empty() {
        return by_code(payload);
    }
    let mut discounts: Vec<Discount> = applications.iter().map(named).collect();
    for line in discounted_lines(payload)? {
        for allocation in line.list("discount_allocations")? {
            let index = allocation
                .text("discount_application_index")
                .parse::<usize>()
                .ok();
            if let Some(discount) = index.and_then(|index| discounts.get_mut(index)) {
                discount.total += allocation.money_or_zero("amount")?;
            }
        }
    }
    Ok(discounts)
}

/// Returns the sum of all discounts of the order, those on shipping included.
pub(super) fn total(whole: &Whole<'_>, discounts: &[Discount]) -> Result<Money, Unusable> {
    let told = whole
        .total("total_discounts")?
        .or(whole.payload.money("total_discounts")?);
    Ok(told
        .unwrap_or_else(|| discounts.iter().map(|discount| discount.total).sum())
        .abs())
}

/// Returns the discount that no line carries: only in payloads without any allocations.
pub(super) fn unallocated(payload: &Object<'_>) -> Result<Money, Unusable> {
    let lines = discounted_lines(payload)?;
    if lines.iter().any(|line| line.has("discount_allocations")) {
        return Ok(Money::ZERO);
    }
    let taken_off = lines
        .iter()
        .try_fold(Money::ZERO, |sum, line| Ok(sum + taken_off(line)?))?;
    Ok((payload.money_or_zero("total_discounts")? - taken_off).max(Money::ZERO))
}

fn discounted_lines<'a>(payload: &Object<'a>) -> Result<Vec<Object<'a>>, Unusable> {
    let mut lines = payload.list("line_items")?;
    lines.extend(payload.list("shipping_lines")?);
    Ok(lines)
}

fn by_code(payload: &Object<'_>) -> Result<Vec<Discount>, Unusable> {
    let discount = |code: &Object<'_>| {
        Ok(Discount {
            code: code.text("code"),
            total: code.money_or_zero("amount")?.abs(),
        })
    };
    payload
        .list("discount_codes")?
        .iter()
        .map(discount)
        .collect()
}

fn named(application: &Object<'_>) -> Discount {
    Discount {
        code: application.first_text(&["code", "title", "description", "type"]),
        total: Money::ZERO,
    }
}
