//! The cores that server and clients run on.

use std::{fmt, process::Command};

/// Where the server may run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cores {
    /// Anywhere, as the clients may.
    Any,
    /// On the first core, and the clients on the second.
    One,
}

impl Cores {
    /// Returns whether this machine can do that, or why it cannot.
    pub(crate) fn possible(self) -> Result<(), &'static str> {
        if self == Self::Any {
            return Ok(());
        }
        if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
            return Err("this machine has one core");
        }
        match Command::new("taskset").arg("--version").output() {
            Ok(_) => Ok(()),
            Err(_) => Err("there is no taskset here"),
        }
    }

    /// Moves this thread, which is all clients, to where they may run.
    pub(crate) fn take_for_clients(self) {
        let cores = match self {
            Self::Any => "0-1023",
            Self::One => "1",
        };
        let process = std::process::id().to_string();
        // Where there is no taskset, nothing was moved either.
        let _ = Command::new("taskset")
            .args(["--pid", "--cpu-list", cores, &process])
            .output();
    }

    /// Returns the command that runs a program where the server may run.
    pub(crate) fn command(self, program: &str) -> Command {
        match self {
            Self::Any => Command::new(program),
            Self::One => {
                let mut command = Command::new("taskset");
                command.args(["--cpu-list", "0", program]);
                command
            }
        }
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Any => "any",
            Self::One => "one",
        })
    }
}
