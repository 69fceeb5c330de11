//! An account of each system in its sandbox, and orders to deliver to it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail"
)]

use config::{Config, Platform, System};
use destination::{Call, Destination, Failure, Outcome};
use mapping::{Mapping, Overrides, Plan};
use ports::{Secret, SystemClock, memory::MemorySecrets, memory::MemoryTokens};
use sandbox::{Double, Effect, netsuite};
use serde_json::{Value, json};
use source::Normalized;
use std::{path::Path, sync::Arc, time::Duration};

/// A sandbox, the adapter for it, and the plans that its built-in mapping makes.
pub(crate) struct Account {
    pub(crate) system: System,
    pub(crate) double: Double,
    pub(crate) adapter: Arc<dyn Destination>,
    pub(crate) mapping: Mapping,
    delivery: String,
    settings: &'static str,
}

/// An account of every system; NetSuite's once more, with its companion.
pub(crate) async fn all() -> Vec<Account> {
    let mut accounts = Vec::new();
    for system in System::ALL {
        accounts.push(Account::start(*system).await);
    }
    accounts.push(Account::through(System::NetSuite, COMPANION).await);
    accounts
}

/// The setting with which NetSuite's new orders go through its companion.
pub(crate) const COMPANION: &str = "speed = \"restlet\"\n";

impl Account {
    pub(crate) async fn start(system: System) -> Self {
        Self::start_with(system, "").await
    }

    /// The same under these settings of its delivery.
    pub(crate) async fn start_with(system: System, delivery: &str) -> Self {
        let double = Double::start(system.as_str(), Duration::ZERO)
            .await
            .unwrap();
        Self {
            system,
            settings: "",
            adapter: adapter(&double, ("", delivery), true),
            mapping: mapping(system, ""),
            delivery: delivery.to_owned(),
            double,
        }
    }

    /// An account with further settings.
    pub(crate) async fn through(system: System, settings: &'static str) -> Self {
        let account = Self::start(system).await;
        Self {
            adapter: adapter(&account.double, (settings, ""), true),
            settings,
            ..account
        }
    }

    /// Queues a fault for the next requests that write.
    pub(crate) fn fault_writes(&self, effect: Effect, times: u32) {
        match &self.double {
            Double::NetSuite(double) if self.has_companion() => {
                let fault = netsuite::Fault::new(effect);
                double.fault(fault.on(netsuite::Kind::Restlet).times(times));
            }
            double => double.fault_writes(effect, times),
        }
    }

    /// Returns whether new orders go together through NetSuite's companion.
    pub(crate) fn has_companion(&self) -> bool {
        self.settings == COMPANION
    }

    /// The same account seen by a program that has just started: nothing cached, no token.
    pub(crate) fn fresh(&mut self) {
        let more = (self.settings, self.delivery.as_str());
        self.adapter = adapter(&self.double, more, true);
    }

    /// The same account with a secret that does not open it.
    pub(crate) fn lock_out(&mut self) {
        let more = (self.settings, self.delivery.as_str());
        self.adapter = adapter(&self.double, more, false);
    }

    /// What an order of a customer of its own becomes.
    pub(crate) fn plan(&self, number: u64) -> Plan {
        self.plan_of(number, number)
    }

    /// What an order of that customer becomes.
    pub(crate) fn plan_of(&self, number: u64, customer: u64) -> Plan {
        self.plan_of_body(&body(number, customer))
    }

    /// What an order becomes whose customer has this telephone number.
    pub(crate) fn plan_with_phone(&self, number: u64, phone: &str) -> Plan {
        let mut body = body(number, number);
        body["billing"]["phone"] = json!(phone);
        self.plan_of_body(&body)
    }

    /// What an order becomes whose every text has a quote, or a backslash, in it.
    pub(crate) fn plan_of_quotes(&self, number: u64) -> Plan {
        let mut body = body(number, number);
        let billing = body
            .get_mut("billing")
            .and_then(Value::as_object_mut)
            .unwrap();
        for (key, text) in [
            ("first_name", "D'Arcy"),
            ("last_name", "O'Brien"),
            ("company", r"Smith's \ Bakery"),
            ("email", "d'arcy.o'brien@example.com"),
            ("city", r#"'s-Hertogenbosch \ "Den Bosch""#),
        ] {
            billing.insert(key.to_owned(), json!(text));
        }
        self.plan_of_body(&body)
    }

    /// What an order becomes that somebody placed without logging in, under another name, with the
    /// e-mail address of that customer.
    pub(crate) fn plan_of_guest(&self, number: u64, customer: u64) -> Plan {
        let mut body = body(number, customer);
        body["customer_id"] = json!(0);
        let texts = [
            ("first_name", "Eve"),
            ("last_name", "Else"),
            ("company", ""),
            ("phone", "+1 555 0199"),
            ("address_1", "1 Other Street"),
            ("city", "Elsewhere"),
            ("postcode", "99999"),
        ];
        for (key, text) in texts {
            body["billing"][key] = json!(text);
        }
        self.plan_of_body(&body)
    }

    /// The same account under these variables of the mapping.
    pub(crate) fn with_vars(&mut self, vars: &str) {
        self.mapping = mapping(self.system, vars);
    }

    fn plan_of_body(&self, body: &Value) -> Plan {
        let source = sources::source(Platform::WooCommerce);
        let Ok(Normalized::Order(order)) =
            source.normalize("order.created", body.to_string().as_bytes())
        else {
            panic!("this is no order: {body}");
        };
        self.mapping.plan(&order).unwrap()
    }

    pub(crate) fn plans(&self, numbers: impl IntoIterator<Item = u64>) -> Vec<Plan> {
        numbers
            .into_iter()
            .map(|number| self.plan(number))
            .collect()
    }

    pub(crate) async fn deliver(&self, plans: &[Plan]) -> Vec<Outcome> {
        self.adapter
            .deliver(&in_time(), &plans.iter().collect::<Vec<_>>())
            .await
    }

    /// How many records of each kind there are.
    pub(crate) fn counts(&self) -> Vec<(&'static str, usize)> {
        self.double
            .kinds()
            .iter()
            .map(|kind| (*kind, self.double.records(kind).len()))
            .collect()
    }

    /// How many orders there are.
    pub(crate) fn orders(&self) -> usize {
        self.double
            .records(self.double.kinds().first().unwrap())
            .len()
    }
}

/// Creates an adapter with these further settings, and those of its delivery.
fn adapter(
    double: &Double,
    (settings, delivery): (&str, &str),
    with_good_secret: bool,
) -> Arc<dyn Destination> {
    let entry = |(key, value): (String, Value)| {
        let text = value.as_str().unwrap().to_owned();
        // The account is still the right one, only what opens it is not.
        let text = if with_good_secret || key == "account_id" {
            text
        } else {
            text.chars().rev().collect()
        };
        (key, vec![text])
    };
    connect(
        &format!("{}{settings}", double.settings()),
        delivery,
        Secret::new(double.secret().into_iter().map(entry).collect()),
    )
}

/// The strict simulator at this address; what opens it are obviously no real credentials.
pub(crate) fn to_simulator(system: System, url: &str, delivery: &str) -> Arc<dyn Destination> {
    let (settings, secret): (String, &[(&str, &str)]) = match system {
        System::Salesforce => (
            format!("system = \"salesforce\"\nauth = \"password\"\nlogin_url = \"{url}\"\n"),
            &[
                ("client_id", "3MVG9simulatedConsumerKey"),
                ("client_secret", "simulated-consumer-secret"),
                ("username", "integration@example.com"),
                ("password", "simulated-password"),
                ("security_token", "SimulatedToken0123456789"),
            ],
        ),
        System::Zoho => (
            format!("system = \"zoho\"\naccounts_url = \"{url}\"\n"),
            &[
                ("client_id", "1000.SIMCLIENT0000000000000000000000"),
                (
                    "client_secret",
                    "simsecret0000000000000000000000000000000000",
                ),
                (
                    "refresh_token",
                    "1000.simrefresh0000000000000000000000.00000000000000000000000000000000",
                ),
            ],
        ),
        System::NetSuite => panic!("nobody delivers to this one yet"),
    };
    let entry = |(key, value): &(&str, &str)| ((*key).to_owned(), vec![(*value).to_owned()]);
    connect(
        &settings,
        delivery,
        Secret::new(secret.iter().map(entry).collect()),
    )
}

fn connect(settings: &str, delivery: &str, secret: Secret) -> Arc<dyn Destination> {
    let text = format!(
        "[destinations.crm]\nsecret = \"crm\"\n{settings}delivery = {{ {delivery} }}\n[stores.acme]\nplatform = \"woocommerce\"\nsecret = \"acme\"\n\
         [[routes]]\nname = \"r\"\nstore = \"acme\"\ndestination = \"crm\"\nmapping = \"m\"\n"
    );
    let config = Config::parse(Path::new("orderbridge.toml"), &text).unwrap();
    let secrets = MemorySecrets::new();
    secrets.put("crm", secret);
    let clock = Arc::new(SystemClock);
    let tokens = Arc::new(MemoryTokens::new(clock.clone()));
    destinations::destination(
        config.destination("crm").unwrap(),
        Arc::new(secrets),
        tokens,
        clock,
        None,
    )
    .unwrap()
}

/// The built-in mapping, with what belongs to the sandbox's items, and a field that only order 666
/// makes wrong.
pub(crate) fn mapping(system: System, vars: &str) -> Mapping {
    let overrides = match system {
        System::Salesforce => {
            "set.opportunity.CloseDate = \"{{ 'the day after' if order.id == '666' else order.date }}\"\n\
             vars.shipping_product = \"SHIPPING\"\nvars.tax_product = \"TAX\""
        }
        System::Zoho => {
            "set.deal.Closing_Date = \"{{ 'the day after' if order.id == '666' else order.date }}\""
        }
        System::NetSuite => {
            "set.sales_order.tranDate = \"{{ 'the day after' if order.id == '666' else order.date }}\""
        }
    };
    let table: toml::Table = overrides.parse().unwrap();
    let part = |name: &str| {
        table
            .get(name)
            .and_then(toml::Value::as_table)
            .cloned()
            .unwrap_or_default()
    };
    let overrides = Overrides {
        vars: part("vars")
            .into_iter()
            .chain(vars.parse::<toml::Table>().unwrap())
            .collect(),
        set: part("set"),
    };
    Mapping::load(
        &format!("woocommerce-{}", system.as_str()),
        Path::new("."),
        &overrides,
    )
    .unwrap()
}

/// One of the sample orders, as another order of another customer.
pub(crate) fn body(number: u64, customer: u64) -> Value {
    let samples = contract::samples(Platform::WooCommerce);
    let sample = samples
        .iter()
        .find(|sample| sample.name == "02-returning-customer")
        .unwrap();
    let mut body: Value = serde_json::from_slice(&sample.body).unwrap();
    let order = body.as_object_mut().unwrap();
    order.insert("id".to_owned(), json!(number));
    order.insert("number".to_owned(), json!(number.to_string()));
    order.insert("customer_id".to_owned(), json!(customer));
    let billing = order
        .get_mut("billing")
        .and_then(Value::as_object_mut)
        .unwrap();
    billing.insert(
        "email".to_owned(),
        json!(format!("person-{customer}@example.com")),
    );
    billing.insert("last_name".to_owned(), json!(format!("Surname-{customer}")));
    body
}

/// The failure of an outcome that is none of success; what may be logged of it holds nothing
/// personal.
pub(crate) fn failure(outcome: &Outcome) -> &Failure {
    let (Outcome::Retry(failure) | Outcome::Rejected(failure)) = outcome else {
        panic!("delivered: {outcome:?}");
    };
    let summary = failure.summary();
    for personal in ["person-", "Surname-", "@example.com"] {
        assert!(!summary.contains(personal), "{summary}");
    }
    failure
}

pub(crate) fn is_delivered(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Delivered { .. })
}

/// Begins a call that has more time than any test takes.
pub(crate) fn in_time() -> Call {
    Call::until("2200-01-01T00:00:00Z".parse().unwrap())
}
