//! The command-line program and the one-machine server: it parses arguments, calls the library and
//! returns an exit status.

mod assemble;
mod backup;
mod both_ends;
mod check;
mod cli;
mod clock;
mod console;
mod dead;
mod demo;
mod init;
mod manual;
mod orders;
mod place;
mod preview;
mod privacy;
mod push;
mod queue;
mod records;
mod report;
mod scrape;
mod send;
mod serve;
mod setup;
mod status;
mod window;

use clap::Parser;
use cli::{Cli, Command, SecretsCommand};
use report::Failed;
use std::process::ExitCode;
use telemetry::LogForm;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let serving = matches!(cli.command, Some(Command::Serve(_)));
    telemetry::start_logs(LogForm::Human, if serving { "info" } else { "error" });
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
        Command::Init(args) => init::run(&args),
        Command::Serve(args) => serve::run(&args).await,
        Command::Console(args) => console::run(&args).await,
        Command::Send(args) => send::run(&args).await,
        Command::Preview(args) => preview::run(&args).await,
        Command::Check(args) => check::run(&args).await,
        Command::Setup(args) => setup::run(&args).await,
        Command::Sync(args) => both_ends::sync(&args).await,
        Command::Reconcile(args) => both_ends::reconcile(&args).await,
        Command::Verify(args) => both_ends::verify(&args).await,
        Command::Resend(args) => both_ends::resend(&args).await,
        Command::Diff(args) => both_ends::diff(&args).await,
        Command::Status(args) => status::run(&args).await,
        Command::Orders(command) => orders::run(command).await,
        Command::Backup(args) => backup::run(&args).await,
        Command::Queue(command) => queue::run(command).await,
        Command::Dead(command) => dead::run(command).await,
        Command::Privacy(command) => privacy::run(command).await,
        Command::Secrets(SecretsCommand::Push(args)) => push::run(&args).await,
        Command::Completions { shell } => manual::completions(shell),
        Command::Man => manual::page(),
    }
}
