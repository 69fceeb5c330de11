//! The orders: what waits, what was delivered, and the story of one.

mod args;
mod list;
mod show;

pub(crate) use args::OrdersCommand;
pub(crate) use list::cursor;

use crate::report::Failed;

/// Runs `orderbridge orders`.
pub(crate) async fn run(command: OrdersCommand) -> Result<(), Failed> {
    match command {
        OrdersCommand::List(args) => list::run(&args).await,
        OrdersCommand::Show(args) => show::run(&args).await,
    }
}
