//! The demo's configuration: written to files, as a user would write them, so that `send`, `orders` and `dead` work on the running demo as well.

use crate::report::Failed;
use sandbox::salesforce::credentials;
use std::path::{Path, PathBuf};

/// Name of the demo's store.
pub(crate) const STORE: &str = "acme";

/// The files of the demo.
pub(crate) struct Files {
    pub(crate) config: PathBuf,
    pub(crate) secrets: PathBuf,
    pub(crate) data: PathBuf,
}

/// Writes the configuration and the secrets into a folder. The webhook secret is new in every run.
pub(crate) fn write(folder: &Path, sandbox_url: &str) -> Result<Files, Failed> {
    let files = Files {
        config: folder.join("orderbridge.toml"),
        secrets: folder.join("secrets.toml"),
        data: folder.join("data"),
    };
    let mut random = [0_u8; 24];
    getrandom::fill(&mut random).map_err(|error| Failed::new(format!("no random bytes: {error}")))?;
    let secret: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    write_private(&files.config, &config_text(sandbox_url))?;
    write_private(&files.secrets, &secrets_text(&secret))?;
    Ok(files)
}

fn config_text(sandbox_url: &str) -> String {
    format!(
        r#"[stores.{STORE}]
platform = "woocommerce"
secret = "orderbridge/stores/{STORE}"

[destinations.sales]
system = "salesforce"
secret = "orderbridge/destinations/sales"
auth = "client_credentials"
login_url = "{sandbox_url}"

[[routes]]
name = "{STORE}-sales"
store = "{STORE}"
destination = "sales"
mapping = "woocommerce-salesforce"
[routes.vars]
shipping_product = "SHIPPING"
tax_product = "TAX"
"#
    )
}

fn secrets_text(webhook_secret: &str) -> String {
    format!(
        r#"["orderbridge/stores/{STORE}"]
webhook_secret = "{webhook_secret}"

["orderbridge/destinations/sales"]
client_id = "{}"
client_secret = "{}"
"#,
        credentials::CLIENT_ID,
        credentials::CLIENT_SECRET
    )
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
