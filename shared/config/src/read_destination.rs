use crate::{
    Delivery, Destination, NetSuiteAuth, Problem, SalesforceAuth, System, SystemSettings, address::service_address, keys, name::bad_name,
    section::Section, source::Report,
};

const SALESFORCE_LOGIN: &str = "https://login.salesforce.com";
const SALESFORCE_SANDBOX_LOGIN: &str = "https://test.salesforce.com";
const SALESFORCE_VERSION: &str = "v65.0";
const ZOHO_ACCOUNTS: &str = "https://accounts.zoho.com";
const ZOHO_VERSION: &str = "v8";

/// `[destinations.NAME]`; nothing when a part is missing that has no default.
pub(crate) fn read(name: &str, section: &Section<'_>, delivery: Delivery, report: &mut Report) -> Option<Destination> {
    report
        .0
        .extend(bad_name("destination", name).map(|message| section.problem_here(message)));
    let secret = report.keep(section.text("secret"));
    let delivery = match report.keep(section.table("delivery", keys::DELIVERY)).flatten() {
        Some(overrides) => crate::read_delivery::read(&overrides, delivery, report),
        None => delivery,
    };
    // Which other keys are allowed depends on the system; without it they can not be judged.
    let system = report.keep(section.choice("system", System::ALL, System::as_str))?;
    let section = section.clone().allowing(keys_of(system));
    report.0.extend(section.unknown_keys());
    let settings = match system {
        System::Salesforce => salesforce(&section, report),
        System::Zoho => zoho(&section, report),
        System::NetSuite => netsuite(&section, report),
    };
    Some(Destination {
        name: name.to_owned(),
        system,
        secret: secret?.to_owned(),
        delivery,
        settings: settings?,
        line: section.line(),
    })
}

/// The keys of `[destinations.NAME]` that only this system has.
pub(crate) const fn keys_of(system: System) -> &'static [keys::Key] {
    match system {
        System::Salesforce => keys::SALESFORCE,
        System::Zoho => keys::ZOHO,
        System::NetSuite => keys::NETSUITE,
    }
}

fn salesforce(section: &Section<'_>, report: &mut Report) -> Option<SystemSettings> {
    let auth = report.keep(section.choice("auth", SalesforceAuth::ALL, SalesforceAuth::as_str));
    let login_url = report
        .keep(address(section, "login_url"))
        .map(|url| url.unwrap_or_else(|| SALESFORCE_LOGIN.to_owned()));
    let api_version = report.keep(version(section, SALESFORCE_VERSION, |version| version.strip_suffix(".0")));
    if auth == Some(SalesforceAuth::ClientCredentials) && login_url.as_deref().is_some_and(is_shared_login) {
        let message = format!(
            "`auth = \"client_credentials\"` in {} works only at the org's own domain; add `login_url = \"https://YOUR-DOMAIN.my.salesforce.com\"` (Setup > My Domain)",
            section.place
        );
        report.0.push(section.problem_at("auth", message));
    }
    Some(SystemSettings::Salesforce {
        auth: auth?,
        login_url: login_url?,
        api_version: api_version?,
    })
}

fn is_shared_login(url: &str) -> bool {
    url == SALESFORCE_LOGIN || url == SALESFORCE_SANDBOX_LOGIN
}

fn zoho(section: &Section<'_>, report: &mut Report) -> Option<SystemSettings> {
    let accounts_url = report
        .keep(address(section, "accounts_url"))
        .map(|url| url.unwrap_or_else(|| ZOHO_ACCOUNTS.to_owned()));
    let api_version = report.keep(version(section, ZOHO_VERSION, |version| version.split('.').next()));
    Some(SystemSettings::Zoho {
        accounts_url: accounts_url?,
        api_version: api_version?,
    })
}

fn netsuite(section: &Section<'_>, report: &mut Report) -> Option<SystemSettings> {
    let auth = report.keep(section.choice("auth", NetSuiteAuth::ALL, NetSuiteAuth::as_str));
    let base_url = report.keep(address(section, "base_url"));
    Some(SystemSettings::NetSuite {
        auth: auth?,
        base_url: base_url?,
    })
}

fn address(section: &Section<'_>, name: &str) -> Result<Option<String>, Problem> {
    let Some(text) = section.optional_text(name)? else {
        return Ok(None);
    };
    // The address itself stays out of the message: it may hold a password.
    let wrong = |reason| {
        section.problem_at(
            name,
            format!("`{name}` in {} is no address that works here: {reason}", section.place),
        )
    };
    service_address(text).map(Some).map_err(wrong)
}

/// A version such as `v65.0`: `major` finds the number in what follows the `v`.
fn version<'a>(section: &Section<'a>, default: &'static str, major: impl Fn(&'a str) -> Option<&'a str>) -> Result<String, Problem> {
    let Some(text) = section.optional_text("api_version")? else {
        return Ok(default.to_owned());
    };
    let number = text.strip_prefix('v').and_then(major).and_then(|number| number.parse::<u16>().ok());
    match number {
        Some(_) => Ok(text.to_owned()),
        None => {
            let message = format!(
                "`api_version = \"{text}\"` in {} is no version; write it as in `api_version = \"{default}\"`",
                section.place
            );
            Err(section.problem_at("api_version", message))
        }
    }
}
