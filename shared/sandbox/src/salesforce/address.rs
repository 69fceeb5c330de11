//! Picklists of states and countries: code and name are kept in step, and a state must be one of
//! the country's, whichever of the two a request changes (Salesforce Help, "State and
//! Country/Territory Picklists"; the refusal of an existing state is that of
//! SFDO-Community/NPSP#2432).

use super::{
    error::ApiError,
    options::Country,
    prepare::Sent,
    schema::Object,
    store::{Record, Store},
    value::Cell,
};

/// Completes the addresses of a record, or refuses them.
pub(super) fn before(store: &Store, record: &mut Record, sent: &Sent) -> Result<(), ApiError> {
    let schema = std::sync::Arc::clone(&store.schema);
    let Some(object) = schema.object(&record.object) else {
        return Ok(());
    };
    for prefix in prefixes(object) {
        let address = Address {
            prefix,
            countries: schema.countries(),
        };
        if ["Country", "CountryCode"]
            .iter()
            .any(|part| sent.contains_key(&address.field(part)))
        {
            address.settle_country(record, sent)?;
        }
        address.settle_state(record, sent)?;
    }
    Ok(())
}

fn prefixes(object: &Object) -> Vec<String> {
    let codes = object
        .fields()
        .filter_map(|field| field.name.strip_suffix("CountryCode"));
    codes.map(str::to_owned).collect()
}

struct Address<'a> {
    prefix: String,
    countries: &'a [Country],
}

impl Address<'_> {
    fn field(&self, part: &str) -> String {
        format!("{}{part}", self.prefix)
    }

    fn settle_country(&self, record: &mut Record, sent: &Sent) -> Result<(), ApiError> {
        let (code, name) = (self.sent(sent, "CountryCode"), self.sent(sent, "Country"));
        let Some(wanted) = code.or(name) else {
            self.set(record, "Country", None);
            return Ok(());
        };
        let is_it = |country: &&Country| {
            let known = if code.is_some() {
                &country.code
            } else {
                &country.name
            };
            known.eq_ignore_ascii_case(wanted)
        };
        let Some(country) = self.countries.iter().find(is_it) else {
            let message = format!(
                "There's a problem with this country, even though it may appear correct. Please select a country/territory from the list of valid countries.: {} Country",
                self.prefix
            );
            return Err(self.refusal(message, "Country"));
        };
        self.set(record, "Country", Some((&country.code, &country.name)));
        Ok(())
    }

    fn settle_state(&self, record: &mut Record, sent: &Sent) -> Result<(), ApiError> {
        let is_sent = ["State", "StateCode"]
            .iter()
            .any(|part| sent.contains_key(&self.field(part)));
        let (code, name) = (self.sent(sent, "StateCode"), self.sent(sent, "State"));
        let kept = record.text(&self.field("StateCode")).map(str::to_owned);
        let wanted = match (code.or(name), kept) {
            (Some(wanted), _) => wanted.to_owned(),
            (None, Some(kept)) if !is_sent => kept,
            (None, _) => {
                self.set(record, "State", None);
                return Ok(());
            }
        };
        let country = record
            .text(&self.field("CountryCode"))
            .and_then(|code| self.countries.iter().find(|country| country.code == code));
        let state = country
            .into_iter()
            .flat_map(|country| &country.states)
            .find(|(code, name)| {
                let known = if is_sent && self.sent(sent, "StateCode").is_none() {
                    name
                } else {
                    code
                };
                known.eq_ignore_ascii_case(&wanted)
            });
        let Some((code, name)) = state else {
            let message = format!(
                "The existing country/territory doesn't recognize the state value for field: {} State/Province Code",
                self.prefix
            );
            return Err(self.refusal(message, "StateCode"));
        };
        self.set(record, "State", Some((code, name)));
        Ok(())
    }

    fn sent<'s>(&self, sent: &'s Sent, part: &str) -> Option<&'s str> {
        sent.get(&self.field(part))?.as_ref()?.text()
    }

    fn set(&self, record: &mut Record, part: &str, value: Option<(&String, &String)>) {
        let cell = |text: &String| Cell::Text(text.clone());
        record.set(
            &self.field(&format!("{part}Code")),
            value.map(|(code, _)| cell(code)),
        );
        record.set(&self.field(part), value.map(|(_, name)| cell(name)));
    }

    fn refusal(&self, message: String, part: &str) -> ApiError {
        ApiError::row("FIELD_INTEGRITY_EXCEPTION", message, [&self.field(part)])
    }
}
