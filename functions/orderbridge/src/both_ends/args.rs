//! The arguments of the commands that read both ends.

use crate::cli::{ConfigArgs, PlaceArgs};
use clap::Args;
use std::path::PathBuf;

/// What all of these commands take.
#[derive(Clone, Debug, Args)]
pub(crate) struct EndsArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Only this route.
    #[arg(long)]
    pub(crate) route: Option<String>,
    /// As JSON: of `reconcile` an object for one store, a list of them for several.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    pub(crate) ends: EndsArgs,
    /// The store that is asked.
    #[arg(long)]
    pub(crate) store: String,
    /// Orders by the shop's id or number (#1042 is a number).
    #[arg(required_unless_present = "since", conflicts_with = "since")]
    pub(crate) orders: Vec<String>,
    /// All orders that were changed since: 2d, 2026-11-01 (UTC), or RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// The end of that window; by default now.
    #[arg(long, value_name = "TIME", requires = "since")]
    pub(crate) until: Option<String>,
    /// Only say what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ReconcileArgs {
    #[command(flatten)]
    pub(crate) ends: EndsArgs,
    /// Only this store; by default all that can be asked.
    #[arg(long)]
    pub(crate) store: Option<String>,
    /// Orders that were changed since: 2d, 2026-11-01 (UTC), or RFC 3339; by default 7d.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// The end of that window; by default now.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Also read back what the destinations hold.
    #[arg(long)]
    pub(crate) verify: bool,
    /// Put what is missing or behind into the queue. What staff changed in a destination stays.
    #[arg(long)]
    pub(crate) repair: bool,
    /// Also write one row for each order and route to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) ends: EndsArgs,
    /// Orders by the shop's id or number (#1042 is a number).
    #[arg(required_unless_present = "since", conflicts_with = "since")]
    pub(crate) orders: Vec<String>,
    /// Only this store.
    #[arg(long)]
    pub(crate) store: Option<String>,
    /// All orders that were changed since: 2d, 2026-11-01 (UTC), or RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// The end of that window; by default now.
    #[arg(long, value_name = "TIME", requires = "since")]
    pub(crate) until: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ResendArgs {
    #[command(flatten)]
    pub(crate) ends: EndsArgs,
    /// Orders by the shop's id or number (#1042 is a number), or by the id of a record.
    #[arg(required = true)]
    pub(crate) orders: Vec<String>,
    /// Only this store.
    #[arg(long)]
    pub(crate) store: Option<String>,
    /// Also where nothing has changed, and where the record is gone from the destination.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub(crate) ends: EndsArgs,
    /// A mapping in place of the route's: a file, or the name of a built-in one.
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<String>,
    /// The orders that the shop changed last, this many.
    #[arg(long, value_name = "N")]
    pub(crate) last: Option<usize>,
    /// All orders that were changed since: 2d, 2026-11-01 (UTC), or RFC 3339.
    #[arg(long, value_name = "TIME", conflicts_with = "last")]
    pub(crate) since: Option<String>,
    /// The orders of the route's dead letters.
    #[arg(long, conflicts_with_all = ["last", "since"])]
    pub(crate) letters: bool,
    /// The orders that wait for the route's destination.
    #[arg(long, conflicts_with_all = ["last", "since", "letters"])]
    pub(crate) waiting: bool,
    /// Payloads, one JSON body per file.
    #[arg(
        required_unless_present_any = ["last", "since", "letters", "waiting"],
        conflicts_with_all = ["last", "since", "letters", "waiting"]
    )]
    pub(crate) files: Vec<PathBuf>,
    /// The platform's topic of the files; by default its first order topic.
    #[arg(long, requires = "files")]
    pub(crate) topic: Option<String>,
    /// Put the orders that would change into the queue: from the shop, or by replaying their dead
    /// letters. Says which these are; needs --yes.
    #[arg(long, conflicts_with_all = ["files", "waiting", "mapping"])]
    pub(crate) apply: bool,
    /// With --apply: also write what only staff changed, and make again what they deleted.
    #[arg(long, requires = "apply", conflicts_with = "letters")]
    pub(crate) force: bool,
    /// Do what --apply says.
    #[arg(long, requires = "apply")]
    pub(crate) yes: bool,
}
