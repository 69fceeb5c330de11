//! What a shop makes of an order next: another status, another e-mail, back to an earlier state, or
//! another trade, in the ways in which each platform does that.

use super::{
    life::{State, second_of},
    trade::{Line, Return, Trade},
};
use crate::dice::Dice;
use config::Platform;
use std::time::Duration;

/// The next state of an order; often within the same second.
pub(super) fn next(
    dice: &Dice,
    (id, platform): (u64, Platform),
    earlier: &[State],
    poisonous: bool,
) -> State {
    let newest = &earlier[earlier.len() - 1];
    let pause = match dice.below(10) {
        0..3 => Duration::ZERO,
        3..6 => dice.span(Duration::from_secs(5)),
        6..9 => dice.span(Duration::from_secs(900)),
        _ => dice.span(Duration::from_secs(7200)),
    };
    let made = newest.made + pause;
    let mut state = State {
        made,
        modified: second_of(made),
        content: newest.content.max(earlier.len() as u64),
        poison: poisonous && dice.chance(300),
        silent: false,
        status: if newest.silent {
            "processing"
        } else {
            newest.status
        },
        ..newest.clone()
    };
    let is_new = newest.customer.email.starts_with("new");
    state.change = match dice.below(12) {
        _ if dice.chance(20) => trashed(&mut state),
        _ if dice.chance(20) => emptied(dice, platform, &mut state),
        0 => completed(&mut state),
        1 => cancelled(dice, platform, &mut state),
        2 => given_back(dice, platform, &mut state),
        3 if earlier.len() > 1 => back(dice, &mut state, earlier),
        4 if !is_new => {
            state.customer.email = format!("new{id}@example.com");
            "e-mail changed"
        }
        5 if state.status == "pending" => paid(&mut state),
        _ => traded(dice, platform, &mut state),
    };
    if !matches!(state.status, "pending" | "cancelled") {
        state.trade.settle();
    }
    state
}

fn paid(state: &mut State) -> &'static str {
    state.status = "processing";
    "paid"
}

fn completed(state: &mut State) -> &'static str {
    state.status = "completed";
    "completed"
}

fn trashed(state: &mut State) -> &'static str {
    (state.status, state.silent) = ("trash", true);
    "thrown away"
}

/// Every line goes, and comes to be again in a later state.
fn emptied(dice: &Dice, platform: Platform, state: &mut State) -> &'static str {
    if platform == Platform::Shopify || !state.trade.returns.is_empty() {
        return traded(dice, platform, state);
    }
    state.trade.lines.clear();
    "emptied"
}

/// The whole order is called off. Shopify takes its things out of it and mostly gives the money
/// back at once.
fn cancelled(dice: &Dice, platform: Platform, state: &mut State) -> &'static str {
    if platform == Platform::Shopify && dice.chance(700) {
        all_back(&mut state.trade);
    }
    state.status = "cancelled";
    "cancelled"
}

/// All money goes back; or of Magento's orders all but the shipping, and of WooCommerce's without a
/// word in the status.
fn given_back(dice: &Dice, platform: Platform, state: &mut State) -> &'static str {
    let trade = &mut state.trade;
    trade.settle();
    match platform {
        Platform::Shopify => all_back(trade),
        Platform::Magento | Platform::WooCommerce => {
            let rest = trade.left().saturating_sub(trade.money_back());
            let keeps_shipping =
                platform == Platform::Magento && rest > trade.shipping && dice.chance(300);
            let kept = if keeps_shipping { trade.shipping } else { 0 };
            if rest > kept {
                trade.returns.push(money(rest - kept));
            }
            if platform == Platform::WooCommerce && state.status != "pending" && dice.chance(300) {
                return "given back without a word";
            }
        }
    }
    state.status = "refunded";
    "given back"
}

/// All things and all money.
fn all_back(trade: &mut Trade) {
    let rest = trade.paid.saturating_sub(trade.money_back());
    let all = trade.take_all();
    trade.returns.push(Return {
        money: (rest > 0).then_some(rest),
        ..all
    });
}

fn back(dice: &Dice, state: &mut State, earlier: &[State]) -> &'static str {
    let old = dice.pick(earlier);
    *state = State {
        made: state.made,
        modified: state.modified,
        ..old.clone()
    };
    "back to an earlier state"
}

fn traded(dice: &Dice, platform: Platform, state: &mut State) -> &'static str {
    // Once everything went back, its payload no longer says which money had been for nothing, so
    // nothing is sold to it again.
    if platform == Platform::Shopify && state.status == "refunded" && state.trade.goodwill() > 0 {
        return "given back";
    }
    let change = match platform {
        Platform::WooCommerce => woocommerce(dice, state),
        Platform::Shopify => shopify(dice, state),
        Platform::Magento => magento(dice, state),
    };
    change.unwrap_or_else(|| {
        state.trade.add_line(dice);
        if platform == Platform::Shopify && state.status == "refunded" {
            state.status = "processing";
        }
        "line added"
    })
}

/// WooCommerce's staff may change anything, and refunds name an amount; lines stay as they are.
/// `None` where nothing of what was drawn is possible.
fn woocommerce(dice: &Dice, state: &mut State) -> Option<&'static str> {
    let is_paid = state.status != "pending";
    let trade = &mut state.trade;
    match dice.below(6) {
        0 | 1 if is_paid => given_back_in_part(dice, trade),
        2 | 3 if trade.returns.is_empty() => edited(dice, trade),
        4 if trade.returns.is_empty() && trade.lines.len() > 1 => {
            trade.lines.remove(0);
            Some("line taken out")
        }
        _ => None,
    }
}

/// Magento's orders are called off in part before they are paid for, and given back in part after
/// that; modules edit them.
fn magento(dice: &Dice, state: &mut State) -> Option<&'static str> {
    let is_paid = state.status != "pending";
    let trade = &mut state.trade;
    let units: u64 = trade.lines.iter().map(Line::left).sum();
    match dice.below(6) {
        0 | 1 if is_paid => given_back_in_part(dice, trade),
        2 | 3 if trade.returns.is_empty() && units > 1 => {
            let line = trade
                .lines
                .iter_mut()
                .filter(|line| line.left() > 0)
                .max_by_key(|line| line.left())?;
            line.gone += if line.left() > 1 {
                dice.between(1, line.left() - 1)
            } else {
                1
            };
            Some("called off in part")
        }
        4 if trade.returns.is_empty() && trade.gone() == 0 => edited(dice, trade),
        _ => None,
    }
}

/// Shopify's orders are edited by taking out and adding; things come back with money, before it, or
/// for other things. Goodwill is drawn only where no thing left the order without its money: what
/// the payload tells of both together does not say which money was for what.
fn shopify(dice: &Dice, state: &mut State) -> Option<&'static str> {
    let trade = &mut state.trade;
    let (goodwill, owed) = (trade.goodwill(), trade.owed());
    if state.status == "pending" {
        let out = trade.take_out(dice)?;
        trade.returns.push(out);
        return Some("line taken out");
    }
    match dice.below(7) {
        _ if owed > 0 && dice.chance(800) => {
            trade.returns.push(money(owed));
            Some("money followed")
        }
        0 | 1 => returned(dice, state),
        2 if goodwill == 0 => {
            let returned = trade.take_out(dice)?;
            trade.returns.push(returned);
            Some("returned without money")
        }
        3 | 4 if goodwill == 0 => {
            let returned = trade.take_out(dice)?;
            trade.returns.push(returned);
            trade.add_line(dice);
            let owed = trade.owed();
            if owed > 0 && dice.chance(500) {
                trade.returns.push(money(owed));
            }
            Some("exchanged")
        }
        5 if trade.money_back() == trade.gone() + goodwill && trade.left() > goodwill + 100 => {
            trade.returns.push(Return {
                is_goodwill: true,
                ..money(dice.between(1, trade.left() - goodwill - 100))
            });
            Some("goodwill")
        }
        _ => None,
    }
}

/// With its money; where that would be all that is left of it, everything goes back.
fn returned(dice: &Dice, state: &mut State) -> Option<&'static str> {
    let trade = &mut state.trade;
    let returned = trade.take_out(dice)?;
    let worth = trade.worth_of(&returned);
    if worth >= trade.paid.saturating_sub(trade.money_back()) {
        trade.returns.push(returned);
        all_back(trade);
        state.status = "refunded";
        return Some("given back");
    }
    trade.returns.push(Return {
        money: Some(worth),
        ..returned
    });
    Some("returned")
}

fn money(amount: u64) -> Return {
    Return {
        money: Some(amount),
        ..Return::default()
    }
}

/// Less than all that is left.
fn given_back_in_part(dice: &Dice, trade: &mut Trade) -> Option<&'static str> {
    let most = trade
        .left()
        .checked_sub(trade.money_back() + 1)
        .filter(|most| *most > 0)?;
    trade.returns.push(money(dice.between(1, most)));
    Some("given back in part")
}

/// More or less of a line.
fn edited(dice: &Dice, trade: &mut Trade) -> Option<&'static str> {
    let places = trade.lines.len() as u64;
    let place = usize::try_from(dice.below(places)).unwrap_or_default();
    trade.lines.get_mut(place)?.sold = dice.between(1, 9);
    Some("edited")
}
