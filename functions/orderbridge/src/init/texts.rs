//! The texts of the two files.

use config::{Config, SecretWants, secret_wants};

/// What is known of the new place.
pub(super) struct Answers {
    pub(super) platform: String,
    pub(super) system: String,
    pub(super) store: String,
    pub(super) public_url: Option<String>,
    pub(super) account_url: Option<String>,
    pub(super) auth: Option<String>,
}

/// The secrets' text, and the names of the keys that are blank in it.
pub(super) struct Secrets {
    pub(super) text: String,
    pub(super) blanks: Vec<&'static str>,
}

/// Returns the question for the account's address.
pub(super) fn account_question(system: &str) -> &'static str {
    match system {
        "salesforce" => {
            "Salesforce's My Domain, such as https://acme.my.salesforce.com (Setup > My Domain; empty: sign in with a certificate)"
        }
        "zoho" => {
            "Zoho's data centre, such as https://accounts.zoho.eu (empty: https://accounts.zoho.com)"
        }
        _ => "The address of the account's REST services (empty: it follows from the account id)",
    }
}

/// Returns the configuration's text.
pub(super) fn config(answers: &Answers) -> String {
    let Answers {
        platform,
        system,
        store,
        ..
    } = answers;
    let destination = destination(system);
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let server = match &answers.public_url {
        Some(url) => format!("public_url = {}\n", quoted(url)),
        None => "# public_url = \"https://orders.example.com\"   # <- your host's name, without a path\n"
            .to_owned(),
    };
    format!(
        r#"# Orders of one shop into one system. Every key is described in config/README.md of orderbridge, and secrets stand in
# secrets.toml beside this file. `orderbridge check` says everything that is wrong with both, `orderbridge setup` what the other sides lack.

# The folder of the queue and the ledger, beside this file.
data = "./data"

# The shop. Its webhooks post to PUBLIC_URL/webhooks/{store}
[stores.{store}]
platform = "{platform}"
secret   = "orderbridge/stores/{store}"

# The account that gets the orders.
[destinations.{destination}]
system = "{system}"
secret = "orderbridge/destinations/{destination}"
{account}
# What goes where, and how an order becomes records: the built-in mapping of this pair.
[[routes]]
name        = "{store}-{destination}"
store       = "{store}"
destination = "{destination}"
mapping     = "{platform}-{system}"

# Values that the mapping reads. All there are, with their defaults, stand in config/mappings/README.md.
[routes.vars]
{vars}
[server]
# Where shops reach this server: your TLS proxy's name. `orderbridge setup` makes their webhooks with it.
{server}"#,
        account = account(answers),
        vars = vars(platform, system),
    )
}

const fn destination(system: &str) -> &'static str {
    match system.as_bytes() {
        b"salesforce" => "sales",
        b"zoho" => "crm",
        _ => "erp",
    }
}

/// Returns the lines of the account: where it is and how to sign in.
fn account(answers: &Answers) -> String {
    let url = answers.account_url.as_deref();
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let auth = |default: &str| quoted(answers.auth.as_deref().unwrap_or(default));
    match (answers.system.as_str(), url) {
        ("salesforce", Some(url)) => format!(
            "auth   = {}                # the app's \"Run As\" user; others: jwt_bearer, refresh_token\nlogin_url = {}\n",
            auth("client_credentials"),
            quoted(url)
        ),
        ("salesforce", None) => format!(
            "auth   = {}                # with a certificate; client_credentials needs login_url = your My Domain\n",
            auth("jwt_bearer")
        ),
        ("zoho", url) => format!(
            "accounts_url = {}   # the data centre: .eu, .in, .com.au, .jp, ...\n",
            quoted(url.unwrap_or("https://accounts.zoho.com"))
        ),
        (_, url) => {
            let base = url.map(|url| format!("base_url = {}\n", quoted(url)));
            format!(
                "auth   = {}         # OAuth 2.0 with a certificate; older accounts: token\n{}",
                auth("client_credentials"),
                base.unwrap_or_default()
            )
        }
    }
}

/// Returns the variables that most shops want to set.
fn vars(platform: &str, system: &str) -> &'static str {
    match (platform, system) {
        ("magento", "salesforce") => {
            r#"# home_currency = "EUR"           # what Salesforce keeps its amounts in: orders in another currency are refused
# address_codes = true            # where state and country picklists are on, as in new organisations
# line_items    = true            # the order's lines as products of the opportunity
"#
        }
        (_, "salesforce") => {
            r#"# home_currency    = "EUR"        # what Salesforce keeps its amounts in: orders in another currency are refused
# address_codes    = true         # where state and country picklists are on, as in new organisations
# missing_product  = "create"     # an unknown SKU: reject (the default), skip or create
# shipping_product = "SHIPPING"   # product codes of the lines for what is no article; without them a warning says
# tax_product      = "TAX"        # by how much the amounts differ
# discount_product = "DISCOUNT"
"#
        }
        (_, "zoho") => {
            r#"order_field   = "Shop_Order_ID"    # a field of Deals without duplicates, which tells orders apart; setup makes it
# home_currency = "EUR"           # what Zoho keeps its amounts in: orders in another currency are refused
"#
        }
        _ => {
            r#"# subsidiary    = "1"             # the internal id, where the account is OneWorld; location, department, class likewise
# shipping_item = "1503"          # internal ids of the items for what is no article (Lists > Accounting > Items); without
# tax_item      = "1505"          # them a warning says by how much the amounts differ
# discount_item = "1504"
# home_currency = "EUR"           # what NetSuite keeps its amounts in: orders in another currency are refused
"#
        }
    }
}

/// Returns the secrets' text, with this webhook secret where the shop takes one that we make.
pub(super) fn secrets(config: &Config, webhook_secret: &str) -> Secrets {
    let mut secrets = Secrets {
        text: "# Fill in the blanks. This file is for you alone: keep it out of version control.\n"
            .to_owned(),
        blanks: Vec::new(),
    };
    for wants in secret_wants(config) {
        secrets.text += &format!("\n[\"{}\"]\n", wants.secret);
        for required in &wants.required {
            if required.key == "webhook_secret" && wants.word != "shopify" {
                secrets.text += &format!(
                    "# Made for you; `orderbridge setup --apply` writes it into the shop.\nwebhook_secret = \"{webhook_secret}\"\n"
                );
                continue;
            }
            secrets.blank(required.key, required.found_in);
        }
        secrets.optional(&wants);
    }
    secrets
}

impl Secrets {
    fn blank(&mut self, key: &'static str, found_in: &str) {
        let text = match key {
            "private_key" => "'''\n'''",
            _ => "\"\"",
        };
        self.text += &format!("# {found_in}\n{key} = {text}\n");
        self.blanks.push(key);
    }

    /// Writes the keys of the shop's API as blanks, and others that few need as comments.
    fn optional(&mut self, wants: &SecretWants<'_>) {
        let (wanted, others): (Vec<_>, Vec<_>) = wants
            .optional
            .iter()
            .map(|key| (*key, found_in(wants.word, key)))
            .partition(|(_, found_in)| found_in.is_some());
        if !wanted.is_empty() {
            self.text += "# With these orderbridge makes the shop's webhooks, and finds orders whose webhook was lost:\n";
        }
        for (key, found_in) in wanted {
            self.blank(key, found_in.unwrap_or_default());
        }
        for (key, _) in others {
            self.text += &format!("# {key} = \"\"\n");
        }
    }
}

/// Returns where the value of an optional key is found; `None` for keys that few need.
fn found_in(word: &str, key: &str) -> Option<&'static str> {
    Some(match (word, key) {
        ("woocommerce", "url") => "the shop's address, as the browser shows it",
        ("woocommerce", "consumer_key") => {
            "WooCommerce > Settings > Advanced > REST API > Add key, of a shop manager or administrator, permission Read/Write (begins with ck_)"
        }
        ("woocommerce", "consumer_secret") => {
            "shown once beside the consumer key (begins with cs_)"
        }
        ("shopify", "store_domain") => "the domain that ends in .myshopify.com: Settings > Domains",
        ("shopify", "client_id") => {
            "Dev Dashboard > the app, installed in the store with the scope read_orders > Settings > Client ID"
        }
        ("shopify", "client_secret") => {
            "beside the client id; it is the webhook_secret above as well"
        }
        ("magento", "base_url") => "the shop's address",
        ("magento", "consumer_key") => {
            "System > Integrations > Add New Integration, with Sales > Operations > Orders and Async Events under API; then Activate"
        }
        ("magento", "consumer_secret" | "access_token" | "access_token_secret") => {
            "shown beside it when the integration is activated"
        }
        _ => return None,
    })
}
