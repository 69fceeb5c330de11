//! Tests for texts that destinations take only in a certain form, and the filter for values that
//! they require.

use minijinja::{Environment, Error, ErrorKind, Value, value::ValueKind};

/// ISO 3166-1 alpha-2, and XK (Kosovo), which shops and destinations use as if it were.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM \
    CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE \
    IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX \
    MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY \
    SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// The postal codes of the USA: its states, the capital, Puerto Rico and the three of the armed
/// forces.
const STATES_OF_THE_USA: &str = "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA PR RI SC SD TN TX \
    UT VT VA WA WV WI WY AA AE AP";

/// ISO 3166-2:CA without the country.
const PROVINCES_OF_CANADA: &str = "AB BC MB NB NL NS NT NU ON PE QC SK YT";

/// Adds the tests `email`, `phone`, `country` and `state_of`, and the filter `required`.
pub(super) fn install(env: &mut Environment<'static>) {
    env.add_test("email", |value: &Value| {
        value.as_str().is_some_and(is_email)
    });
    env.add_test("phone", |value: &Value| {
        value.as_str().is_some_and(is_phone)
    });
    env.add_test("country", |value: &Value| {
        value.as_str().is_some_and(is_country)
    });
    env.add_test("state_of", |value: &Value, country: &Value| {
        value
            .as_str()
            .is_some_and(|code| is_state_of(code, country.as_str().unwrap_or_default()))
    });
    env.add_filter("required", required);
}

/// Returns whether the text is an e-mail address that all destinations take, which is less than RFC
/// 5322 allows: one refused address would cost the whole order.
fn is_email(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(local, host)| is_local_part(local) && is_host(host))
}

/// Returns whether the local part consists of atoms of RFC 5322 with single dots between them. Zoho
/// is stricter about the first letter, Salesforce about the dots.
fn is_local_part(local: &str) -> bool {
    let is_atext =
        |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(letter);
    local.len() <= 64
        && local.starts_with(|first: char| first.is_ascii_alphanumeric() || "_+-".contains(first))
        && local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// Returns whether the host consists of labels of RFC 1123, the last of them of 2 to 22 letters
/// alone, as Zoho requires.
fn is_host(host: &str) -> bool {
    let Some((_, last)) = host.rsplit_once('.') else {
        return false;
    };
    host.len() <= 255
        && (2..=22).contains(&last.len())
        && last.chars().all(|letter| letter.is_ascii_alphabetic())
        && host.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let plain = label
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    plain && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
}

/// Returns whether the text consists of digits with the usual signs between them: with letters or
/// other signs, destinations refuse the whole record.
fn is_phone(text: &str) -> bool {
    let plain = text.chars().all(|letter| {
        letter.is_ascii_digit() || matches!(letter, '+' | '-' | '(' | ')' | '.' | ' ')
    });
    plain
        && text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '('))
        && text.contains(|letter: char| letter.is_ascii_digit())
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && COUNTRIES.split(' ').any(|code| code == text)
}

/// Returns whether the code is one of a state. For the USA and Canada, the codes are known;
/// elsewhere, any text in the form of a code counts: one to three capital letters or digits.
fn is_state_of(code: &str, country: &str) -> bool {
    let known = match country {
        "US" => STATES_OF_THE_USA,
        "CA" => PROVINCES_OF_CANADA,
        _ => {
            return (1..=3).contains(&code.len())
                && code
                    .chars()
                    .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
        }
    };
    known.split(' ').any(|state| state == code)
}

/// Returns the value itself. Where it is absent (null, a blank text, an empty list), the order
/// cannot be planned, for the reason that the mapping gives.
fn required(value: &Value, reason: String) -> Result<Value, Error> {
    let absent = match value.kind() {
        ValueKind::None | ValueKind::Undefined => true,
        ValueKind::String => value.as_str().is_some_and(|text| text.trim().is_empty()),
        ValueKind::Seq | ValueKind::Iterable => value.len() == Some(0),
        _ => false,
    };
    if absent {
        return Err(Error::new(ErrorKind::InvalidOperation, reason));
    }
    Ok(value.clone())
}
