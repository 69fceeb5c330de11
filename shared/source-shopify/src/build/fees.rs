//! Everything that adds to the total and is neither goods nor shipping nor tax.

use super::Whole;
use crate::payload::ShopifyObject as _;
use order::{Fee, Money};
use source::payload::Unusable;

/// Reads tips, duties and additional fees. Some versions list tips as lines, some state only their
/// sum.
pub(super) fn fees(whole: &Whole<'_>, mut tips: Vec<Fee>) -> Result<Vec<Fee>, Unusable> {
    let tips_in_all = whole.payload.money_or_zero("total_tip_received")?;
    if tips.is_empty() {
        tips.extend(fee("tip", "Tip", tips_in_all));
    }
    // Prices may include the duties, as they may include the tax.
    let duties = if whole.payload.flag("duties_included") {
        Money::ZERO
    } else {
        levied(whole, "total_duties")?
    };
    let additional = levied(whole, "total_additional_fees")?;
    tips.extend(fee("duties", "Duties", duties));
    tips.extend(fee("additional-fees", "Additional fees", additional));
    Ok(tips)
}

/// Reads `current_<name>_set` or `original_<name>_set`: there is no plain field.
fn levied(whole: &Whole<'_>, name: &str) -> Result<Money, Unusable> {
    let [current, original] =
        ["current", "original"].map(|when| whole.payload.money(&format!("{when}_{name}")));
    let (current, original) = (current?, original?);
    let told = if whole.is_current {
        current.or(original)
    } else {
        original.or(current)
    };
    Ok(told.unwrap_or_default())
}

fn fee(id: &str, name: &str, total: Money) -> Option<Fee> {
    let fee = Fee {
        id: id.to_owned(),
        name: name.to_owned(),
        total,
        tax: Money::ZERO,
    };
    Some(fee).filter(|fee| !fee.total.is_zero())
}
