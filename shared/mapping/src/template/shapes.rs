//! What a text looks like: tests for what destinations take only in one form, and the filter for what they do not do without.

use minijinja::{Environment, Error, ErrorKind, Value, value::ValueKind};

/// ISO 3166-1 alpha-2, and XK (Kosovo), which shops and destinations use as if it were.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM \
    CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE \
    IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX \
    MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY \
    SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// Adds the tests `email`, `phone` and `country`, and the filter `required`.
pub(super) fn install(env: &mut Environment<'static>) {
    env.add_test("email", |value: &Value| value.as_str().is_some_and(is_email));
    env.add_test("phone", |value: &Value| value.as_str().is_some_and(is_phone));
    env.add_test("country", |value: &Value| value.as_str().is_some_and(is_country));
    env.add_filter("required", required);
}

/// One `@` between a name and a host with a point, and no blanks: what no mail system delivers is not worth a rejected record.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let host_is_dotted = host.split('.').count() > 1 && host.split('.').all(|label| !label.is_empty());
    let plain = text
        .chars()
        .all(|letter| !letter.is_whitespace() && !letter.is_control() && !matches!(letter, '<' | '>' | ',' | ';' | '"'));
    !local.is_empty() && host_is_dotted && !host.contains('@') && plain
}

/// Digits with what people write between them: letters and other signs have whole records refused.
fn is_phone(text: &str) -> bool {
    let plain = text
        .chars()
        .all(|letter| letter.is_ascii_digit() || matches!(letter, '+' | '-' | '(' | ')' | '.' | ' '));
    plain
        && text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '('))
        && text.contains(|letter: char| letter.is_ascii_digit())
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && COUNTRIES.split(' ').any(|code| code == text)
}

/// The value itself; where there is none (null, a blank text, an empty list), the order can not be planned, for the reason that the mapping gives.
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
