//! The demo's configuration: written to files, as a user would write them, so that `send`, `orders`
//! and `dead` work on the running demo as well.

use super::sandboxes::Sandboxes;
use crate::report::Failed;
use config::Platform;
use sandbox::Double;
use std::path::{Path, PathBuf};

/// The files of the demo.
pub(crate) struct Files {
    pub(crate) config: PathBuf,
    pub(crate) secrets: PathBuf,
    pub(crate) data: PathBuf,
}

/// Returns the name of the demo's store of a platform.
pub(crate) const fn store(platform: Platform) -> &'static str {
    match platform {
        Platform::WooCommerce => "acme",
        Platform::Shopify => "boutique",
        Platform::Magento => "depot",
    }
}

/// The five routes: store's platform, destination, mapping, variables.
const ROUTES: &[(Platform, &str, &str, &str)] = &[
    (
        Platform::WooCommerce,
        "sales",
        "woocommerce-salesforce",
        "shipping_product = \"SHIPPING\"\ntax_product = \"TAX\"\n",
    ),
    (Platform::WooCommerce, "crm", "woocommerce-zoho", ""),
    (
        Platform::WooCommerce,
        "erp",
        "woocommerce-netsuite",
        "shipping_item = \"{shipping}\"\ntax_item = \"{tax}\"\n",
    ),
    (Platform::Shopify, "sales", "shopify-salesforce", ""),
    (Platform::Magento, "sales", "magento-salesforce", ""),
];

/// Writes the configuration and the secrets into a folder. The webhook secrets are new in every
/// run.
pub(crate) fn write(folder: &Path, sandboxes: &Sandboxes) -> Result<Files, Failed> {
    let files = Files {
        config: folder.join("orderbridge.toml"),
        secrets: folder.join("secrets.toml"),
        data: folder.join("data"),
    };
    write_private(&files.config, &config_text(sandboxes))?;
    write_private(&files.secrets, &secrets_text(sandboxes)?)?;
    Ok(files)
}

fn config_text(sandboxes: &Sandboxes) -> String {
    let mut text = String::new();
    for platform in Platform::ALL {
        let (name, word) = (store(*platform), platform.as_str());
        text += &format!(
            "[stores.{name}]\nplatform = \"{word}\"\nsecret = \"orderbridge/stores/{name}\"\n\n"
        );
    }
    for (name, double) in sandboxes.by_name() {
        text += &format!(
            "[destinations.{name}]\nsecret = \"orderbridge/destinations/{name}\"\n{}\n",
            double.settings()
        );
    }
    for (platform, destination, mapping, vars) in ROUTES {
        let store = store(*platform);
        let vars = vars
            .replace("{shipping}", &sandboxes.item("SHIPPING"))
            .replace("{tax}", &sandboxes.item("TAX"));
        text += &format!(
            "[[routes]]\nname = \"{store}-{destination}\"\nstore = \"{store}\"\ndestination = \"{destination}\"\nmapping = \"{mapping}\"\n[routes.vars]\n{vars}\n"
        );
    }
    text
}

fn secrets_text(sandboxes: &Sandboxes) -> Result<String, Failed> {
    let mut text = String::new();
    for platform in Platform::ALL {
        let secret = random()?;
        text += &format!(
            "[\"orderbridge/stores/{}\"]\nwebhook_secret = \"{secret}\"\n\n",
            store(*platform)
        );
    }
    for (name, double) in sandboxes.by_name() {
        text += &format!(
            "[\"orderbridge/destinations/{name}\"]\n{}\n",
            lines_of(double)
        );
    }
    Ok(text)
}

/// Returns the secret of a double as lines of TOML. A JSON string is a TOML string.
fn lines_of(double: &Double) -> String {
    double
        .secret()
        .iter()
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect()
}

fn random() -> Result<String, Failed> {
    let mut random = [0_u8; 24];
    getrandom::fill(&mut random)
        .map_err(|error| Failed::new(format!("no random bytes: {error}")))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn write_private(file: &Path, text: &str) -> Result<(), Failed> {
    let failed = |error: std::io::Error| Failed::new(format!("{}: {error}", file.display()));
    std::fs::write(file, text).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    }
    Ok(())
}
