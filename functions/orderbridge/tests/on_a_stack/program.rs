use crate::emulator;
use std::process::{Command, Output};

pub(crate) const REGION: &str = "eu-central-1";

/// Returns the program with nothing of this process's environment but its path, and with the
/// emulator for AWS.
pub(crate) fn orderbridge(arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command
        .env("AWS_ENDPOINT_URL", emulator::url().expect("the emulator"))
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", REGION);
    command
}

/// Returns the program without any variable about AWS, and without a machine that could give
/// credentials.
pub(crate) fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orderbridge"));
    command
        .args(arguments)
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// The end of a command, and its output.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn said(command: &mut Command) -> Said {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the program");
    Said {
        status: status.code().expect("an exit status"),
        out: String::from_utf8(stdout).expect("text"),
        err: String::from_utf8(stderr).expect("text"),
    }
}

/// Returns the output of a command that must succeed.
pub(crate) fn good(arguments: &[&str]) -> String {
    let said = said(&mut orderbridge(arguments));
    assert_eq!(said.status, 0, "{arguments:?}: {said:?}");
    said.out
}

/// Returns the error of a command that must fail.
pub(crate) fn bad(arguments: &[&str]) -> String {
    let said = said(&mut orderbridge(arguments));
    assert_eq!(said.status, 1, "{arguments:?}: {said:?}");
    said.err
}
