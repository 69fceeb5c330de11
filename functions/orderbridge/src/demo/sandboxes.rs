//! The demo's destinations: a double of each system.

use crate::report::Failed;
use config::System;
use sandbox::{Double, netsuite};
use std::time::Duration;

/// One double of each system, under the name of its destination.
pub(crate) struct Sandboxes(Vec<(&'static str, Double)>);

impl Sandboxes {
    pub(crate) async fn start() -> Result<Self, Failed> {
        let mut doubles = Vec::new();
        for system in System::ALL {
            let double = Double::start(system.as_str(), Duration::ZERO)
                .await
                .map_err(|error| Failed::new(format!("the sandbox cannot start: {error}")))?;
            doubles.push((name(*system), double));
        }
        Ok(Self(doubles))
    }

    pub(crate) fn by_name(&self) -> impl Iterator<Item = (&'static str, &Double)> {
        self.0.iter().map(|(name, double)| (*name, double))
    }

    /// Returns the internal id of one of NetSuite's items.
    pub(crate) fn item(&self, code: &str) -> String {
        let items = netsuite::Options::default().items.into_iter();
        let item = items.into_iter().find(|item| item.product.code == code);
        item.map(|item| item.id.to_string()).unwrap_or_default()
    }

    /// Returns the number of calls to all sandboxes.
    pub(crate) fn calls(&self) -> u64 {
        self.0.iter().map(|(_, double)| double.calls()).sum()
    }
}

const fn name(system: System) -> &'static str {
    match system {
        System::Salesforce => "sales",
        System::Zoho => "crm",
        System::NetSuite => "erp",
    }
}
