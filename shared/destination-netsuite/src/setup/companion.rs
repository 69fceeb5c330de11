//! The companion RESTlet: whether the account has it, and the files that deploy it.

use crate::{
    client::Client,
    companion::{self, Asked, VERSION},
    config::Speed,
};
use ::setup::{Item, ProjectFile, Remedy, State};

const SUBJECT: &str = "companion RESTlet";

/// Returns whether the account has the companion that the settings ask for; `None` where they ask
/// for none.
pub(super) async fn item(client: &Client<'_>) -> Option<Item> {
    let settings = &client.connection.settings;
    // Without it orders go one record per call, which `auto` leaves to the account.
    let absent = match settings.speed {
        Speed::Single => return None,
        Speed::Restlet => State::Missing,
        Speed::Auto => State::Advice,
    };
    if client.connection.lacks_restlets() {
        let found = "the integration record or the role does not allow RESTlets, so orders go one record per call";
        let steps = [
            "in NetSuite, open Setup > Integration > Manage Integrations, choose Edit beside this integration, tick RESTlets under OAuth 2.0, and save".to_owned(),
            "in Setup > Company > Enable Features > SuiteCloud see that RESTlets are switched on, and start again".to_owned(),
        ];
        let remedy = Remedy::ByHand(steps.to_vec());
        return Some(Item::open(SUBJECT, absent, found, remedy));
    }
    Some(match companion::ask(client).await {
        Asked::Speaks(VERSION) => Item::good(
            SUBJECT,
            format!("it is there, of version {VERSION}, and new orders go together"),
        ),
        Asked::Speaks(version) => {
            let found = companion::other_version(version);
            let (state, remedy) = match version {
                // A newer one belongs to a newer program.
                VERSION.. => (State::Wrong, vec!["update orderbridge".to_owned()]),
                _ => (State::Wrong, deploy()),
            };
            Item::open(SUBJECT, state, found, Remedy::ByHand(remedy))
        }
        Asked::Absent(refusal) => {
            let found = format!(
                "it cannot be called, so orders go one record per call: {}",
                refusal.failure
            );
            Item::open(SUBJECT, absent, found, Remedy::ByHand(deploy()))
        }
        Asked::Unknown(refusal) => Item::open(
            SUBJECT,
            State::Unknown,
            refusal.failure.to_string(),
            Remedy::Nothing,
        ),
    })
}

/// Returns whether one of the items says that the companion is to be deployed.
pub(super) fn is_wanted(items: &[Item]) -> bool {
    let is_open = |item: &Item| {
        item.subject == SUBJECT && item.state != State::Good && item.remedy != Remedy::Nothing
    };
    items.iter().any(is_open)
}

/// Returns the files of the companion's project.
pub(super) fn files() -> Vec<ProjectFile> {
    let file = |(path, content): (&str, &str)| ProjectFile {
        path: path.to_owned(),
        content: content.to_owned(),
    };
    FILES.into_iter().map(file).collect()
}

fn deploy() -> Vec<String> {
    vec![
        "write its project with orderbridge setup --export FOLDER".to_owned(),
        "deploy it with Oracle's command suitecloud project:deploy, as its README.txt says"
            .to_owned(),
        format!(
            "see that the role of the token is in the audience of its deployment {}",
            companion::DEPLOYMENT
        ),
    ]
}

macro_rules! file {
    ($path:literal) => {
        (
            $path,
            include_str!(concat!("../../../../config/netsuite/", $path)),
        )
    };
}

const FILES: [(&str, &str); 4] = [
    file!("src/manifest.xml"),
    file!("src/deploy.xml"),
    file!("src/FileCabinet/SuiteScripts/orderbridge/ob_restlet.js"),
    file!("src/Objects/customscript_orderbridge.xml"),
];
