use crate::{Server, Way, keys, section::Section, source::Report};
use std::time::Duration;

/// The smallest limit of a body: orders are seldom under one KiB, so a smaller limit is a slip.
const LEAST_BODY: usize = 1024;
/// The range of the times: short enough for tests, and no longer than anybody waits.
const TIMES: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_hours(1);

/// Reads `[server]`, or returns its defaults; and the address at which shops reach the server,
/// where it is said.
pub(crate) fn read(top: &Section<'_>, report: &mut Report) -> (Server, Option<String>) {
    let Some(section) = report.keep(top.table("server", keys::SERVER)).flatten() else {
        return (Server::default(), None);
    };
    report.0.extend(section.unknown_keys());
    let public_url = report.keep(section.address("public_url")).flatten();
    (read_settings(&section, report), public_url)
}

fn read_settings(section: &Section<'_>, report: &mut Report) -> Server {
    let default = Server::default();
    let body_limit = section.value("body_limit").and_then(|_| {
        bytes(
            section,
            "body_limit",
            LEAST_BODY,
            Way::OneMachine.largest_body(),
            report,
        )
    });
    let mut time = |name, default| {
        report
            .keep(section.duration(name, default, TIMES))
            .unwrap_or(default)
    };
    let server = Server {
        body_limit,
        head_timeout: time("head_timeout", default.head_timeout),
        body_timeout: time("body_timeout", default.body_timeout),
        idle_timeout: time("idle_timeout", default.idle_timeout),
        stop_timeout: time("stop_timeout", default.stop_timeout),
        ..default
    };
    let mut number = |name, default, range| {
        report
            .keep(section.number(name, default, range))
            .unwrap_or(default)
    };
    let server = Server {
        slowest_rate: number("slowest_rate", default.slowest_rate, 1..=1024 * 1024),
        connections: number("connections", default.connections, 10..=100_000),
        ..server
    };
    // Room for two of the largest bodies, or one such order could keep all others out.
    let (least, most) = (
        2 * server.body_limit_on(Way::OneMachine),
        1024 * 1024 * 1024,
    );
    let bytes_in_flight = match section.value("bytes_in_flight") {
        Some(_) => bytes(section, "bytes_in_flight", least, most, report)
            .unwrap_or(default.bytes_in_flight),
        None => default.bytes_in_flight.max(least),
    };
    Server {
        bytes_in_flight,
        ..server
    }
}

fn bytes(
    section: &Section<'_>,
    name: &str,
    least: usize,
    most: usize,
    report: &mut Report,
) -> Option<usize> {
    let bound = |bytes| u32::try_from(bytes).unwrap_or(u32::MAX);
    let number = section.number(name, bound(least), bound(least)..=bound(most));
    report
        .keep(number)
        .and_then(|bytes| usize::try_from(bytes).ok())
}
