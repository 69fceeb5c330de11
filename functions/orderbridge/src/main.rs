//! The command-line program and the one-machine server. Thin: arguments in, a library call, an exit status out.

mod assemble;
mod check;
mod cli;
mod dead;
mod demo;
mod orders;
mod preview;
mod privacy;
mod report;
mod send;
mod serve;

use clap::Parser;
use cli::{Cli, Command};
use report::Failed;
use std::{io::IsTerminal, process::ExitCode};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let serving = matches!(cli.command, Some(Command::Serve(_)));
    start_logging(if serving { "info" } else { "error" });
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            report::complain(&failed);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failed> {
    match cli.command.unwrap_or(Command::Demo(cli.demo)) {
        Command::Demo(args) => demo::run(args).await,
        Command::Serve(args) => serve::run(&args).await,
        Command::Send(args) => send::run(&args).await,
        Command::Preview(args) => preview::run(&args),
        Command::Check(args) => check::run(&args).await,
        Command::Orders(command) => orders::run(command).await,
        Command::Dead(command) => dead::run(command).await,
        Command::Privacy(command) => privacy::run(command).await,
    }
}

/// Logs go to standard error, as JSON with `ORDERBRIDGE_LOG_FORMAT=json`; `RUST_LOG` chooses how much.
fn start_logging(default: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let logs = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter)
        .with_target(false);
    if std::env::var("ORDERBRIDGE_LOG_FORMAT").is_ok_and(|format| format == "json") {
        logs.json().flatten_event(true).init();
    } else {
        logs.init();
    }
}
