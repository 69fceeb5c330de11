//! Reads amounts from a shop's text, exactly or not at all.

use crate::Money;
use rust_decimal::Decimal;

/// The limit below which all amounts lie, whatever the currency: room for a billion lines before a
/// sum could overflow.
const LIMIT: i64 = 10_000_000_000_000;

/// The largest number of decimals. No currency and no shop setting has more: what has more is the
/// noise of a float, or no amount at all.
const MOST_DECIMALS: u32 = 8;

/// The reason for which a text is no amount. Reads as the end of "`line_items[2].total` is ...".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a decimal number: words, `NaN`, two points, an empty text.
    #[error("not a decimal number")]
    NotANumber,
    /// Too large: sums of such numbers could overflow.
    #[error("too large: amounts must be smaller than 10,000,000,000,000")]
    TooLarge,
    /// Too precise: likely the noise of a floating-point number. Rounding is the shop's business.
    #[error("too precise: an amount has at most 8 decimals")]
    TooPrecise,
}

/// Reads the exact value of a text such as `12.34`, `-3` or `1e3`.
///
/// # Errors
/// Fails where the text is no number, is too large or has too many decimals, see [`AmountError`].
pub fn parse(text: &str) -> Result<Money, AmountError> {
    let value = decimal(text).ok_or(AmountError::NotANumber)?;
    if value.abs() >= Decimal::from(LIMIT) {
        return Err(AmountError::TooLarge);
    }
    if value.normalize().scale() > MOST_DECIMALS {
        return Err(AmountError::TooPrecise);
    }
    Ok(value)
}

/// Reads a quantity as [`parse`] does, but rounds off what a float adds beyond 8 decimals
/// (`0.30000000000000004`). Never for money.
///
/// # Errors
/// Fails as [`parse`] does, but never with [`AmountError::TooPrecise`].
pub fn parse_quantity(text: &str) -> Result<Decimal, AmountError> {
    match parse(text) {
        Err(AmountError::TooPrecise) => decimal(text)
            .map(|value| value.round_dp(MOST_DECIMALS))
            .ok_or(AmountError::NotANumber),
        result => result,
    }
}

/// Reads a decimal number. Rounding at this point would hide a wrong amount, so a number that does
/// not fit into a decimal is none either.
fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    if !plain {
        return None;
    }
    if text.contains(['e', 'E']) {
        Decimal::from_scientific(text).ok()
    } else {
        Decimal::from_str_exact(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_amounts_exactly() {
        for (text, value) in [
            ("12.34", Money::new(1234, 2)),
            (" -3 ", Money::new(-3, 0)),
            ("0.10000000", Money::new(1, 1)),
            ("1e3", Money::new(1000, 0)),
            ("2.5E-2", Money::new(25, 3)),
            (
                "9999999999999.99999999",
                Money::from_str_exact("9999999999999.99999999").unwrap(),
            ),
        ] {
            assert_eq!(parse(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn keeps_the_digits_that_the_shop_wrote() {
        assert_eq!(parse("50.00").unwrap().to_string(), "50.00");
    }

    #[test]
    fn rounds_a_floats_noise_off_quantities_only() {
        assert_eq!(
            parse_quantity("0.30000000000000004"),
            Ok(Decimal::new(3, 1))
        );
        assert_eq!(parse_quantity("1.5"), Ok(Decimal::new(15, 1)));
        assert_eq!(parse_quantity("many"), Err(AmountError::NotANumber));
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for text in [
            "", " ", "NaN", "Infinity", "-inf", "1,50", "1_000", "12.3.4", "0x10", "e5", "--1",
            "1 000", "€5",
        ] {
            assert_eq!(parse(text), Err(AmountError::NotANumber), "{text}");
        }
        assert_eq!(parse("10000000000000"), Err(AmountError::TooLarge));
        assert_eq!(parse("-1e13"), Err(AmountError::TooLarge));
        assert_eq!(parse("0.123456789"), Err(AmountError::TooPrecise));
        assert_eq!(parse("10.799999999999999"), Err(AmountError::TooPrecise));
    }
}
