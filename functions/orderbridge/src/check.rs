//! Validates everything that can be validated; with `--live` also asks the destinations.

use crate::{
    assemble::{self, Loaded},
    cli::{CheckArgs, DataArgs},
    orders::{existing, has_data},
    report::{Failed, print},
};
use order::Order;
use ports::{CircuitStore, Clock, SystemClock, TokenStore, memory::MemoryTokens};
use std::sync::Arc;

/// `orderbridge check`.
pub(crate) async fn run(args: &CheckArgs) -> Result<(), Failed> {
    let loaded = assemble::load(&args.config)?;
    let mappings = assemble::checked_mappings(&loaded).await?;
    assemble::warnings(&loaded)
        .await?
        .iter()
        .for_each(|warning| print(&warning.to_string()));
    let config = &loaded.config;
    print(&format!(
        "{}: {} store(s), {} destination(s), {} route(s): good",
        config.file.display(),
        config.stores.len(),
        config.destinations.len(),
        config.routes.len()
    ));
    if !args.live {
        return Ok(());
    }
    circuits(&loaded, &args.data).await?;
    live(&loaded, &mappings).await
}

/// Which destinations the server over this data leaves alone now, and what their accounts may still call. Where there is no data yet, none.
async fn circuits(loaded: &Loaded, data: &DataArgs) -> Result<(), Failed> {
    if !has_data(data) {
        return Ok(());
    }
    let store = existing(data)?;
    for name in loaded.config.destinations.keys() {
        print(&match store.circuit(name).await? {
            None => format!("ok   destination {name}: its circuit is closed"),
            Some(open) => format!(
                "open destination {name}: left alone since {} until {} ({}); orders wait and nothing is lost",
                open.since, open.until, open.why
            ),
        });
        if let Some(budget) = store.budget(name).await? {
            print(&format!(
                "     destination {name}: {} of {} calls of its account used ({} %), as of {}",
                budget.used,
                budget.limit,
                budget.percent(),
                budget.told
            ));
        }
    }
    Ok(())
}

async fn live(loaded: &Loaded, mappings: &std::collections::BTreeMap<String, mapping::Mapping>) -> Result<(), Failed> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let tokens: Arc<dyn TokenStore> = Arc::new(MemoryTokens::new(Arc::clone(&clock)));
    let adapters = assemble::destinations(loaded, &tokens, &clock)?;
    let mut bad = 0_usize;
    for route in &loaded.config.routes {
        let (Some(adapter), Some(mapping)) = (adapters.get(&route.destination), mappings.get(&route.name)) else {
            continue;
        };
        let plan = mapping
            .plan(&Order::example())
            .map_err(|error| Failed::new(format!("route {}: {error}", route.name)))?;
        for finding in adapter.check(&plan).await {
            print(&format!(
                "{} {}: {}",
                if finding.ok { "ok  " } else { "FAIL" },
                route.name,
                finding.text
            ));
            bad += usize::from(!finding.ok);
        }
    }
    if bad == 0 {
        Ok(())
    } else {
        Err(Failed::new(format!(
            "{bad} finding(s) must be mended before orders can be delivered"
        )))
    }
}
