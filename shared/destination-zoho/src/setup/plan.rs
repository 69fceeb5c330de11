//! Asks an organisation for all that the plans of its routes need, and makes the items of it.

use super::{
    judge::{Judged, Module},
    layouts,
    needs::Needs,
    steps,
};
use crate::{client::Client, coql::Query, existing, question::Question, rules};
use ::setup::{Item, Remedy, State};
use destination::{Class, Failure};
use mapping::{Plan, plan::Scalar};
use ports::Token;
use serde_json::Value as Json;

/// Returns what the plans need and what of it is there: the modules and their fields, what their
/// layouts require, queries, currencies. `login` is how the user who delivers orders got in.
pub(crate) async fn items(
    own: &Client<'_>,
    maker: Option<&Client<'_>>,
    plans: &[&Plan],
    login: Result<Token, Failure>,
) -> Vec<Item> {
    let token = match login {
        Ok(token) => token,
        Err(failure) => {
            let state = match failure.class {
                Class::Authentication => State::Wrong,
                _ => State::Unknown,
            };
            let found = failure.to_string();
            return vec![Item::open("login", state, found, Remedy::Nothing)];
        }
    };
    let found = format!("logged in; calls go to {}", token.base_url);
    let mut items = vec![Item::good("login", found)];
    for (module, needs) in Needs::of(plans) {
        items.extend(of_module(own, maker, &module, &needs).await);
    }
    items.extend(queries(own, plans).await);
    items.extend(currencies(own, plans).await);
    items
}

/// Judges the fields of one module as both users see them.
pub(crate) async fn judged(
    own: &Client<'_>,
    maker: Option<&Client<'_>>,
    module: &str,
    needs: &Needs,
) -> Result<Vec<Judged>, Failure> {
    let name = rules::name(module)?;
    let seen = Seen::of(own, maker, name).await?;
    let module = Module {
        name,
        own: &seen.own,
        maker: seen.maker.as_deref(),
    };
    let mut judged = module.judge(needs);
    judged.extend(seen.is_makers.then(|| Judged {
        item: Item::open(
            format!("fields of {name}"),
            State::Advice,
            "the refresh token that delivers orders may not ask for fields, so that they were looked at with the administrator's; whether they are hidden from the other user is not known",
            Remedy::ByHand(steps::scope(steps::READ)),
        ),
        change: None,
    }));
    Ok(judged)
}

/// The fields of a module as both users see them.
pub(crate) struct Seen {
    pub(crate) own: Vec<Json>,
    /// `None` where there is no other user, or nothing more to learn from that one.
    maker: Option<Vec<Json>>,
    /// Whether the first list is what the other user sees, because ours may not ask.
    is_makers: bool,
}

impl Seen {
    pub(crate) async fn of(
        own: &Client<'_>,
        maker: Option<&Client<'_>>,
        module: &str,
    ) -> Result<Self, Failure> {
        let seen = own.fields(module).await;
        // What the other user sees only helps to say why something is missing.
        let by_maker = match maker {
            Some(maker) => maker.fields(module).await.ok(),
            None => None,
        };
        match (seen, by_maker) {
            (Ok(own), maker) => Ok(Self {
                own,
                maker,
                is_makers: false,
            }),
            (Err(failure), Some(seen))
                if failure.code.as_deref() == Some("OAUTH_SCOPE_MISMATCH") =>
            {
                Ok(Self {
                    own: seen,
                    maker: None,
                    is_makers: true,
                })
            }
            (Err(failure), _) => Err(failure),
        }
    }
}

async fn of_module(
    own: &Client<'_>,
    maker: Option<&Client<'_>>,
    module: &str,
    needs: &Needs,
) -> Vec<Item> {
    let judged = match judged(own, maker, module, needs).await {
        Ok(judged) => judged,
        Err(failure) => return vec![unasked(module, &failure)],
    };
    let mut items: Vec<Item> = judged.into_iter().map(|judged| judged.item).collect();
    if !items.iter().any(Item::is_bad) {
        let found = "all fields of the mapping are there and may be written";
        items.push(Item::good(module, found));
    }
    if !needs.filled.is_empty() {
        items.extend(layouts::required(own, maker, module, needs).await);
    }
    items
}

fn unasked(module: &str, failure: &Failure) -> Item {
    let remedy = steps::after_refusal(failure.code.as_deref(), steps::READ).unwrap_or_else(|| {
        let step = format!(
            "see whether the module exists, the user may see it (Setup > Customization > Modules and Fields), and the refresh token has the scope {}",
            steps::READ
        );
        Remedy::ByHand(vec![step])
    });
    Item::open(module, State::Unknown, failure.to_string(), remedy)
}

/// Says where the organisation has several currencies and the mapping writes amounts without one.
async fn currencies(own: &Client<'_>, plans: &[&Plan]) -> Option<Item> {
    let has = |plan: &Plan, name: &str| {
        plan.records
            .iter()
            .any(|record| record.fields.contains_key(name))
    };
    let is_bare = |plan: &&&Plan| {
        !has(plan, "Currency") && (has(plan, "Amount") || has(plan, "Ordered_Items"))
    };
    plans.iter().find(is_bare)?;
    let told = own.organisation().await.ok().flatten()?;
    let has_several = told.get("mc_status").and_then(Json::as_bool) == Some(true);
    has_several.then(|| {
        Item::open(
            "currencies",
            State::Advice,
            "the organisation has several currencies, and amounts go out without one, as if they were in its own",
            Remedy::ByHand(vec!["set multi_currency = true in [routes.vars]".to_owned()]),
        )
    })
}

/// Checks whether queries are allowed at all, where the plans need any, and whether Zoho reads
/// quotes and backslashes as we write them.
async fn queries(own: &Client<'_>, plans: &[&Plan]) -> Option<Item> {
    let module = plans.iter().find_map(|plan| queried(plan))?;
    if let Err(failure) = ask_for(own, module, "O'Brien").await {
        let remedy = match failure.code.as_deref() {
            Some("SYNTAX_ERROR") => Remedy::Nothing,
            code => steps::after_refusal(code, "ZohoCRM.coql.READ").unwrap_or_else(|| {
                let step =
                    "the mapping needs queries: has the refresh token the scope ZohoCRM.coql.READ?";
                Remedy::ByHand(vec![step.to_owned()])
            }),
        };
        return Some(Item::open(
            "queries",
            State::Wrong,
            failure.to_string(),
            remedy,
        ));
    }
    let failure = ask_for(own, module, r"a\b").await.err()?;
    let found = format!(
        "orders with a backslash in a text by which something is looked for (e-mail, company, SKU) will be refused: {failure}"
    );
    Some(Item::open("queries", State::Wrong, found, Remedy::Nothing))
}

/// Returns a module for which the plan needs queries.
fn queried(plan: &Plan) -> Option<&str> {
    let asked = plan.lookups().map(|lookup| lookup.object.as_str());
    let searched = plan
        .records
        .iter()
        .filter(|record| existing::needs_search(plan, record, None));
    asked
        .chain(searched.map(|record| record.object.as_str()))
        .next()
}

async fn ask_for(client: &Client<'_>, module: &str, text: &str) -> Result<(), Failure> {
    let mut query = Query::new(module)?;
    query.or_where(rules::system_check(module), &Scalar::Text(text.to_owned()))?;
    client.ask(&[Question::Query(query)]).await.map(|_| ())
}
