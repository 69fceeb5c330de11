//! The decimals of currencies: yen have none, euros two, dinars three.

use iso_currency::Currency;
use rust_decimal::Decimal;

/// The decimals of a currency for which ISO 4217 has no number.
const USUAL: u32 = 2;

/// Returns the decimals of a currency's minor unit, by its ISO 4217 code; 2 for a code that ISO
/// 4217 does not know, or to which it gives no minor unit.
#[must_use]
pub fn decimals(code: &str) -> u32 {
    let exponent = Currency::from_code(code).and_then(Currency::exponent);
    exponent.map_or(USUAL, u32::from)
}

/// Returns the smallest amount of a currency: `0.01` euros, `1` yen.
#[must_use]
pub fn minor_unit(code: &str) -> Decimal {
    Decimal::new(1, decimals(code))
}

/// Writes an amount as text, with the decimals of its currency, or with more if the amount has
/// more: `2500` yen, `11.681` dinars, `0.125` euros.
#[must_use]
pub fn written(amount: Decimal, code: &str) -> String {
    let mut shown = amount.normalize();
    if shown.scale() < decimals(code) {
        shown.rescale(decimals(code));
    }
    // There is no minus zero.
    if shown.is_zero() {
        shown.set_sign_positive(true);
    }
    shown.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_decimals_of_currencies() {
        for (code, wanted) in [
            ("JPY", 0),
            ("USD", 2),
            ("KWD", 3),
            ("", 2),
            ("XYZ", 2),
            ("XXX", 2),
        ] {
            assert_eq!(decimals(code), wanted, "{code}");
        }
        assert_eq!(minor_unit("JPY"), Decimal::ONE);
        assert_eq!(minor_unit("EUR"), Decimal::new(1, 2));
    }

    #[test]
    fn writes_amounts_with_the_decimals_of_their_currency() {
        for (amount, code, wanted) in [
            (Decimal::new(250_000, 2), "JPY", "2500"),
            (Decimal::new(11_681, 3), "KWD", "11.681"),
            (Decimal::new(5, 0), "USD", "5.00"),
            (Decimal::new(125, 3), "EUR", "0.125"),
            (-Decimal::new(0, 2), "EUR", "0.00"),
        ] {
            assert_eq!(written(amount, code), wanted);
        }
    }
}
