//! The names of our crates, of which each logs under its own: `orderbridge=debug` means all of them.

/// The beginnings of the crates' names, as they log: a level is for all targets that begin so, and
/// `source` is every shop's crate as well.
const CRATES: &[&str] = &[
    "config",
    "console",
    "deliver",
    "destination",
    "ingest",
    "lambda",
    "mapping",
    "oauth1",
    "operator",
    "order",
    "platform_",
    "ports",
    "reconcile",
    "routes",
    "sandbox",
    "setup",
    "source",
    "stack",
    "telemetry",
];

/// Returns the levels of `RUST_LOG` with the program's name replaced by the names of its crates.
/// What is said of one of them wins, wherever it stands.
pub(crate) fn spelled_out(levels: &str) -> String {
    let parts = || levels.split(',').map(str::trim);
    let ours = parts().filter_map(|part| {
        let level = match part.strip_prefix("orderbridge")? {
            "" => "trace",
            level => level.strip_prefix('=')?,
        };
        let all = CRATES.iter().map(move |name| format!("{name}={level}"));
        Some(all.collect::<Vec<_>>().join(","))
    });
    ours.chain(parts().map(str::to_owned))
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    #[test]
    fn the_program_is_all_of_its_crates_and_one_of_them_may_say_otherwise() {
        let levels = spelled_out("warn,deliver=info,orderbridge=debug");
        assert!(levels.starts_with("config=debug,console=debug,deliver=debug,"));
        assert!(levels.ends_with("telemetry=debug,warn,deliver=info,orderbridge=debug"));
        assert_eq!(
            spelled_out("info,orderbridges=debug"),
            "info,orderbridges=debug"
        );
        let parsed: tracing_subscriber::filter::Targets = levels.parse().unwrap();
        assert!(parsed.would_enable("reconcile::run", &tracing::Level::DEBUG));
        assert!(!parsed.would_enable("deliver::engine", &tracing::Level::DEBUG));
        assert!(!parsed.would_enable("hyper", &tracing::Level::INFO));
    }

    #[test]
    fn every_library_of_the_program_is_listed() {
        let tests = ["contract", "faulty_disk", "simulation", "strict_simulator"];
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let names = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let unheard: Vec<String> = names
            .map(|name| name.to_string_lossy().replace('-', "_"))
            .filter(|name| !tests.contains(&name.as_str()))
            .filter(|name| !CRATES.iter().any(|begin| name.starts_with(begin)))
            .collect();
        assert_eq!(unheard, Vec::<String>::new());
    }
}
