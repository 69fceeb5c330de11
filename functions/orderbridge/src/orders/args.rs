//! The arguments of `orderbridge orders`.

use crate::{cli::WhereArgs, window::SpanArgs};
use clap::{Args, Subcommand};

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum OrdersCommand {
    /// The orders, those included that wait; the last changed first.
    List(ListArgs),
    /// All that is known of one order, on every route that takes its store.
    Show(ShowArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) at: WhereArgs,
    /// Only orders of this store.
    #[arg(long)]
    pub(crate) store: Option<String>,
    /// Only this route.
    #[arg(long)]
    pub(crate) route: Option<String>,
    /// Only orders in this state: waiting, retrying, delivered, skipped, rejected.
    #[arg(long)]
    pub(crate) state: Option<String>,
    /// When they last changed, or came.
    #[command(flatten)]
    pub(crate) span: SpanArgs,
    /// Only orders with this text in their id, number, record ids, last error or notes.
    #[arg(long)]
    pub(crate) text: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: usize,
    /// Go on behind this position, which the list before named.
    #[arg(long, value_name = "POSITION")]
    pub(crate) after: Option<String>,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) at: WhereArgs,
    /// The shop's id or number of the order, or the id of a record of it.
    pub(crate) order: String,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
