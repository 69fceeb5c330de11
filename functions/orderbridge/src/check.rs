//! Validates everything that can be validated; with `--live` also asks the destinations.

use crate::{
    assemble::{self, Loaded},
    cli::CheckArgs,
    clock::Times,
    place::Hints,
    queue,
    records::{self, Deployed},
    report::{Failed, line},
    setup::{self, Asked},
};
use ::setup::{Remedy, State};
use config::Way;
use destination::{Call, Destination, Finding};
use mapping::Mapping;
use operator::Records;
use ports::{Clock, SystemClock, TokenStore};
use stack::Concurrency;
use std::{collections::BTreeMap, sync::Arc};

/// Runs `orderbridge check`.
pub(crate) async fn run(args: &CheckArgs) -> Result<(), Failed> {
    let deployed = Deployed::named(&args.place).await?;
    let loaded = assemble::load_for(&args.config, deployed.as_ref())?;
    assemble::warnings(&loaded)
        .await
        .iter()
        .for_each(|warning| line(&warning.to_string()));
    let mappings = assemble::checked_mappings(&loaded).await?;
    let config = &loaded.config;
    line(&format!(
        "{}: {} store(s), {} destination(s), {} route(s): good",
        config.file.display(),
        config.stores.len(),
        config.destinations.len(),
        config.routes.len()
    ));
    let mut bad = match &deployed {
        Some(deployed) => show_stack(deployed, &loaded) + usize::from(!functions(deployed).await),
        None => 0,
    };
    if deployed.is_none() {
        bad += show_stranded(&loaded, args).await?;
    }
    if args.live {
        let folder = args.place.data.folder(Some(&loaded.config));
        let records = records::of_place(deployed.as_ref(), &folder)?;
        circuits(&loaded, records.as_ref()).await?;
        let asked = Asked {
            stack: deployed.as_ref().map(|deployed| &deployed.stack),
            checkpoints: records.as_ref().map(|records| records.checkpoints.clone()),
            ..Asked::new(records::tokens(records, &folder)?)
        };
        bad += live(&loaded, &mappings, Arc::clone(&asked.tokens)).await?;
        bad += webhooks(&loaded, &asked).await?;
    }
    if bad == 0 {
        return Ok(());
    }
    Err(Failed::new(format!(
        "{bad} finding(s) must be mended before orders can be delivered"
    )))
}

/// Prints where messages wait that nobody takes, and returns how many destinations these are.
async fn show_stranded(loaded: &Loaded, args: &CheckArgs) -> Result<usize, Failed> {
    let folder = args.place.data.folder(Some(&loaded.config));
    if !records::is_any(&folder)? {
        return Ok(0);
    }
    let store = assemble::open(&folder, Arc::new(SystemClock))?;
    let stranded = queue::all_stranded(&loaded.config, &store).await?;
    let hints = Hints::of(&args.config, &args.place);
    for (destination, count) in &stranded {
        line(&format!(
            "FAIL {}",
            queue::stranded(destination, *count, &hints)
        ));
    }
    Ok(stranded.len())
}

/// Prints the addresses for the shops, and returns how many findings are bad: a limit of the body
/// that the stack cannot keep, and destinations without a queue.
fn show_stack(deployed: &Deployed, loaded: &Loaded) -> usize {
    for store in loaded.config.stores.keys() {
        match deployed.stack.webhook_url(store) {
            Some(url) => line(&format!("     store {store}: its webhooks go to {url}")),
            None => line(&format!(
                "     store {store}: the stack has no output WebhookUrl"
            )),
        }
    }
    let mut bad = 0;
    if let Some(beyond) = loaded.config.server.beyond(Way::Stack) {
        line(&format!("FAIL {}: {beyond}", loaded.config.file.display()));
        bad += 1;
    }
    for destination in loaded.config.destinations.values() {
        let system = destination.system.as_str();
        if !deployed.stack.has_queue(destination.system) {
            line(&format!(
                "FAIL destination {}: the stack has no queue for {system}; deploy it again with that system in use",
                destination.name
            ));
            bad += 1;
        }
    }
    bad
}

/// Prints how many functions the account runs at once, and returns whether some of them remain for
/// webhooks while orders are delivered.
async fn functions(deployed: &Deployed) -> bool {
    let (delivering, reserved) = (
        deployed.stack.delivering(),
        deployed.stack.reserved_for_webhooks(),
    );
    let account = match deployed.concurrency().await {
        Ok(account) => account,
        Err(error) => {
            line(&format!(
                "     functions: what the account allows could not be asked: {}",
                Failed::of(&error)
            ));
            return true;
        }
    };
    let (ok, text) = judge_functions(account, delivering, reserved);
    line(&format!(
        "{} functions: {text}",
        if ok { "ok  " } else { "FAIL" }
    ));
    ok
}

fn judge_functions(account: Concurrency, delivering: u32, reserved: u32) -> (bool, String) {
    let Concurrency { limit, unreserved } = account;
    let runs = format!(
        "the account runs {limit} at the same time, {unreserved} of them not reserved; {delivering} of them deliver at most"
    );
    match unreserved.saturating_sub(delivering) {
        _ if reserved > 0 => (
            unreserved >= delivering,
            format!("{runs}, and {reserved} are reserved for webhooks"),
        ),
        0 => (
            false,
            format!(
                "{runs}, which leaves none for webhooks: ask for more under Service Quotas, Lambda, \"Concurrent executions\", or deploy with a smaller Concurrency of a system"
            ),
        ),
        left => (true, format!("{runs}, which leaves {left} for webhooks")),
    }
}

/// Prints which circuits are open now, and how many calls the accounts have left.
async fn circuits(loaded: &Loaded, records: Option<&Records>) -> Result<(), Failed> {
    let Some(Records { circuits, .. }) = records else {
        return Ok(());
    };
    let times = Times::now();
    for name in loaded.config.destinations.keys() {
        line(&match circuits.circuit(name).await? {
            None => format!("ok   destination {name}: its circuit is closed"),
            Some(open) => format!(
                "open destination {name}: left alone since {} until {} ({}); orders wait and nothing is lost",
                times.at(open.since),
                times.at(open.until),
                open.why
            ),
        });
        if let Some(budget) = circuits.budget(name).await? {
            line(&format!(
                "     destination {name}: {} of {} calls of its account used ({} %), as of {}",
                budget.used,
                budget.limit,
                budget.percent(),
                times.ago(budget.told)
            ));
        }
    }
    Ok(())
}

/// Asks the destinations, and returns how many findings are bad.
async fn live(
    loaded: &Loaded,
    mappings: &BTreeMap<String, Mapping>,
    tokens: Arc<dyn TokenStore>,
) -> Result<usize, Failed> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let adapters = assemble::destinations(loaded, &tokens, None, &clock)?;
    let mut bad = 0;
    for route in &loaded.config.routes {
        let (Some(adapter), Some(mapping)) =
            (adapters.get(&route.destination), mappings.get(&route.name))
        else {
            continue;
        };
        let home = mapping.home_currency();
        let plan = assemble::example_plan(&route.name, mapping)?;
        let call = Call::without_deadline();
        let mut findings = adapter.check(&call, &plan).await;
        // The failure to sign in to the account has been reported already.
        if findings.iter().any(|finding| finding.ok) {
            findings.extend(
                currency(
                    adapter.as_ref(),
                    &call,
                    home.as_deref(),
                    plan.bare_currency.is_some(),
                )
                .await,
            );
        }
        for finding in findings {
            let mark = if finding.ok { "ok  " } else { "FAIL" };
            line(&format!("{mark} {}: {}", route.name, finding.text));
            bad += usize::from(!finding.ok);
        }
    }
    Ok(bad)
}

/// Asks the shops for their webhooks, as set-up does, and returns how many findings are bad. What
/// cannot be seen is told, and stops nobody.
async fn webhooks(loaded: &Loaded, asked: &Asked<'_>) -> Result<usize, Failed> {
    let mut bad = 0;
    for side in setup::stores(loaded, asked).await? {
        for item in side.setup.plan().await {
            let mark = match item.state {
                State::Good => "ok  ",
                State::Missing | State::Wrong => "FAIL",
                State::Unknown | State::Advice => "    ",
            };
            let mend = match item.remedy {
                Remedy::Api(_) => "; `orderbridge setup --apply` makes it",
                _ => "",
            };
            line(&format!(
                "{mark} {}: {}: {}{mend}",
                side.name, item.subject, item.found
            ));
            bad += usize::from(mark == "FAIL");
        }
    }
    Ok(bad)
}

/// Returns what becomes of amounts, judged by the variables and by the account's own currency.
async fn currency(
    adapter: &dyn Destination,
    call: &Call,
    said: Option<&str>,
    is_bare: bool,
) -> Option<Finding> {
    let told = match adapter.home_currency(call).await {
        Ok(told) => told,
        Err(failure) => {
            let text =
                format!("what the account keeps its amounts in could not be asked: {failure}");
            return Some(Finding { ok: false, text });
        }
    };
    let (ok, text) = match (said, told) {
        (Some(said), Some(told)) if said == told => (true, format!("amounts are kept in {told}, as vars.home_currency says")),
        (Some(said), Some(told)) => (
            false,
            format!("vars.home_currency says {said}, and the account keeps its amounts in {told}: set it to \"{told}\""),
        ),
        (None, Some(told)) if is_bare => (
            true,
            format!("the account keeps its amounts in {told}: an order in another currency is refused; home_currency = \"{told}\" in [routes.vars] saves asking"),
        ),
        (None, None) if is_bare => (
            true,
            "the account does not tell what it keeps its amounts in, and vars.home_currency does not say it either: set it, and an order in another currency is refused".to_owned(),
        ),
        _ => return None,
    };
    Some(Finding { ok, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_whose_functions_all_deliver_takes_no_webhooks() {
        let judged = |limit, unreserved, delivering, reserved| {
            judge_functions(Concurrency { limit, unreserved }, delivering, reserved)
        };
        assert_eq!(
            judged(10, 10, 4, 0),
            (
                true,
                "the account runs 10 at the same time, 10 of them not reserved; 4 of them deliver at most, which leaves 6 for webhooks"
                    .to_owned()
            )
        );
        let (ok, text) = judged(10, 8, 8, 0);
        assert!(
            !ok && text.contains("leaves none for webhooks") && text.contains("Service Quotas"),
            "{text}"
        );
        assert!(judged(200, 100, 100, 100).0, "what is reserved is left");
        assert!(
            !judged(200, 100, 101, 100).0,
            "more cannot deliver than there are"
        );
    }
}
