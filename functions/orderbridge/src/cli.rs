//! The command line. Exit status: 0 done, 1 failed, 2 wrong usage.

use crate::{
    both_ends::{DiffArgs, ReconcileArgs, ResendArgs, SyncArgs, VerifyArgs},
    console::ConsoleArgs,
    dead::DeadCommand,
    init::InitArgs,
    orders::OrdersCommand,
    setup::SetupArgs,
};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

/// Carries every order from a web shop into a CRM or ERP: once, newest state first, never losing
/// one.
#[derive(Debug, Parser)]
#[command(
    name = "orderbridge",
    version,
    about,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// For the demo, which runs when no command is given.
    #[command(flatten)]
    pub(crate) demo: DemoArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show it all on this machine: server, sandbox CRM and signed sample orders (the default).
    Demo(DemoArgs),
    /// Begin: write a configuration and secrets to fill in, for one shop and one system.
    Init(InitArgs),
    /// Receive webhooks and deliver orders on this machine.
    Serve(ServeArgs),
    /// Look at orders, dead letters and what needs you in a browser on this machine.
    Console(ConsoleArgs),
    /// Sign payloads as the shop would, and post them.
    Send(SendArgs),
    /// Show what an order would become and the requests for it; sends nothing.
    Preview(PreviewArgs),
    /// Validate everything that can be validated.
    Check(CheckArgs),
    /// What destinations and shops lack for the first order; with --apply it is made.
    ///
    /// Exit status 0 when nothing is missing, 1 when something is or could not be made. Nothing is
    /// ever deleted.
    Setup(SetupArgs),
    /// Ask the shop for orders and deliver what it says, as if it had posted them.
    Sync(SyncArgs),
    /// Shop, ledger and, with --verify, destination side by side, by id and by money.
    Reconcile(ReconcileArgs),
    /// Read back what the destination holds of orders, field by field.
    Verify(VerifyArgs),
    /// Write orders again, from the shop's newest state, else from the dead letter.
    Resend(ResendArgs),
    /// What the mapping as it stands now would change at orders, field by field; with --apply, the
    /// orders that would change are put into the queue.
    Diff(DiffArgs),
    /// The whole on one screen; exit status 0 when nothing needs a person, else 1.
    Status(StatusArgs),
    /// What happened to an order.
    #[command(subcommand)]
    Orders(OrdersCommand),
    /// Copy the data folder's file into a new one, while a server may run over it.
    Backup(BackupArgs),
    /// Messages that wait, by destination; those of a destination that is no longer configured.
    #[command(subcommand)]
    Queue(QueueCommand),
    /// Orders that could not be delivered.
    #[command(subcommand)]
    Dead(DeadCommand),
    /// Requests about personal data that the shops passed on.
    #[command(subcommand)]
    Privacy(PrivacyCommand),
    /// The secrets of a stack.
    #[command(subcommand)]
    Secrets(SecretsCommand),
    /// Print the completions for a shell: `orderbridge completions bash > /etc/bash_completion.d/orderbridge`.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, in the format of man.
    #[command(hide = true)]
    Man,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// The copy; a file of this name must not be there.
    pub(crate) file: PathBuf,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) at: WhereArgs,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct DemoArgs {
    /// Stop when every sample order is settled; exit 0 when all good ones were delivered.
    #[arg(long)]
    pub(crate) once: bool,
}

/// Where the configuration is.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The configuration; by default orderbridge.toml here.
    #[arg(long, env = "ORDERBRIDGE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The secrets; by default secrets.toml beside the configuration, if it is there. Environment
    /// variables ORDERBRIDGE_SECRET_* override it.
    #[arg(long, env = "ORDERBRIDGE_SECRETS")]
    pub(crate) secrets: Option<PathBuf>,
}

/// Where the queue and the ledger are.
#[derive(Clone, Debug, Args)]
pub(crate) struct DataArgs {
    /// The folder of the queue and the ledger; by default as `data` in the configuration says, else
    /// orderbridge-data here.
    #[arg(long, env = "ORDERBRIDGE_DATA")]
    pub(crate) data: Option<PathBuf>,
}

/// Whose records: those of a folder, or those of a deployed stack.
#[derive(Clone, Debug, Args)]
pub(crate) struct PlaceArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// The name of a deployed stack, in place of --data (and ORDERBRIDGE_DATA). Credentials are
    /// found as the AWS command line finds them.
    #[arg(long, value_name = "STACK", conflicts_with = "data")]
    pub(crate) aws: Option<String>,
    /// The stack's region; by default as in the environment or the profile.
    #[arg(long, requires = "aws")]
    pub(crate) region: Option<String>,
}

/// Whose records, and the configuration beside them, which says more of them where there is one.
#[derive(Clone, Debug, Args)]
pub(crate) struct WhereArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Address to listen on, such as 127.0.0.1:8080 or localhost:8080; port 0 takes a free one.
    #[arg(long, env = "ORDERBRIDGE_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8080", value_parser = address)]
    pub(crate) listen: String,
    /// Address on which to answer GET /metrics for Prometheus, such as 127.0.0.1:9100; without it
    /// no metrics are told. They say how much business is done: not for the internet.
    #[arg(long, env = "ORDERBRIDGE_METRICS", value_name = "ADDR", value_parser = address)]
    pub(crate) metrics: Option<String>,
    /// Address of this machine on which the operator's page answers, such as 127.0.0.1:8081; the
    /// address to open, with its token, is printed.
    #[arg(long, env = "ORDERBRIDGE_CONSOLE", value_name = "ADDR", value_parser = address)]
    pub(crate) console: Option<String>,
    /// Show everything on that page and change nothing.
    #[arg(long, requires = "console")]
    pub(crate) console_read_only: bool,
}

/// Takes an address as a person writes it: a host or an IP address, and a port.
pub(crate) fn address(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    match port.map(|(_, port)| port.parse::<u16>()) {
        Some(Ok(_)) => Ok(text.to_owned()),
        _ => Err("write a host and a port, such as 127.0.0.1:8080 or localhost:8080".to_owned()),
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct SendArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// The store that seems to send.
    #[arg(long)]
    pub(crate) store: String,
    /// The platform's topic; by default its first order topic.
    #[arg(long)]
    pub(crate) topic: Option<String>,
    /// Where the server is.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// Payloads, one JSON body per file.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct PreviewArgs {
    #[command(flatten)]
    pub(crate) at: WhereArgs,
    /// The route whose mapping is used; by default that of the dead letter.
    #[arg(long, required_unless_present = "letter")]
    pub(crate) route: Option<String>,
    /// The platform's topic; by default its first order topic, or that of the dead letter.
    #[arg(long)]
    pub(crate) topic: Option<String>,
    /// A payload: the JSON body of a webhook.
    #[arg(required_unless_present = "letter", conflicts_with = "letter")]
    pub(crate) file: Option<PathBuf>,
    /// In place of a file, the dead letter with this id: what the mapping makes of it as it stands
    /// now.
    #[arg(long, value_name = "ID")]
    pub(crate) letter: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Also ask the destinations (credentials, objects, fields, external ids) and the shops (their
    /// webhooks), and tell which destinations are left alone now.
    #[arg(long)]
    pub(crate) live: bool,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum QueueCommand {
    /// How many messages wait for each destination.
    List {
        #[command(flatten)]
        config: ConfigArgs,
        #[command(flatten)]
        data: DataArgs,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Move the messages of a destination that is no longer configured to where their routes lead.
    Move {
        #[command(flatten)]
        config: ConfigArgs,
        #[command(flatten)]
        data: DataArgs,
        /// The name of the destination in the earlier configuration.
        destination: String,
    },
    /// Delete the messages of a destination that is no longer configured.
    Drop {
        #[command(flatten)]
        config: ConfigArgs,
        #[command(flatten)]
        data: DataArgs,
        /// The name of the destination in the earlier configuration.
        destination: String,
        /// Really delete them.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum PrivacyCommand {
    /// The requests, the last received first: what went from here, and the records in the
    /// destinations that remain to be looked at.
    List {
        #[command(flatten)]
        at: WhereArgs,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Note that a request is dealt with in the destinations too.
    Done {
        #[command(flatten)]
        at: WhereArgs,
        /// From the list.
        id: String,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum SecretsCommand {
    /// Fill in the secrets of all stores and destinations in AWS Secrets Manager from a .env file:
    /// everything, or nothing when something is missing.
    Push(PushArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct PushArgs {
    /// The configuration, which names the secrets.
    #[arg(long, env = "ORDERBRIDGE_CONFIG", default_value = "orderbridge.toml")]
    pub(crate) config: PathBuf,
    /// The values: WOOCOMMERCE_WEBHOOK_SECRET and so on, for one store or destination alone
    /// ACME__WOOCOMMERCE_WEBHOOK_SECRET.
    #[arg(long)]
    pub(crate) env_file: PathBuf,
    /// The region; by default as in the environment or the profile.
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// Only say what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,
}
