//! The pieces that a world can be made smaller by: each can be taken out of it, and what is left is
//! a world still.

use super::{Incident, Scenario};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// Something that happens in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// A webhook, by its place among those that were drawn.
    Delivery(usize),
    /// Something that goes wrong at a set time, by its place, with what makes it good again.
    Incident(usize),
    /// A while in which a destination is unlike itself: destination and place.
    Window(usize, usize),
    /// The faults of the ports.
    PortTrouble,
    /// The faults of the wire.
    WireTrouble,
    /// That destinations take their time.
    Slowness,
    /// All machines but the first.
    Machines,
}

impl fmt::Display for Piece {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivery(place) => write!(out, "d{place}"),
            Self::Incident(place) => write!(out, "i{place}"),
            Self::Window(destination, place) => write!(out, "w{destination}.{place}"),
            Self::PortTrouble => out.write_str("ports"),
            Self::WireTrouble => out.write_str("wire"),
            Self::Slowness => out.write_str("slow"),
            Self::Machines => out.write_str("machines"),
        }
    }
}

impl FromStr for Piece {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || {
            format!(
                "`{text}` is no piece of a world; there are d1, i1, w0.1, ports, wire, slow, machines"
            )
        };
        let number = |text: &str| text.parse().map_err(|_| unknown());
        match text {
            "ports" => Ok(Self::PortTrouble),
            "wire" => Ok(Self::WireTrouble),
            "slow" => Ok(Self::Slowness),
            "machines" => Ok(Self::Machines),
            _ => match (text.get(..1), text.get(1..)) {
                (Some("d"), Some(place)) => Ok(Self::Delivery(number(place)?)),
                (Some("i"), Some(place)) => Ok(Self::Incident(number(place)?)),
                (Some("w"), Some(places)) => {
                    let (destination, place) = places.split_once('.').ok_or_else(unknown)?;
                    Ok(Self::Window(number(destination)?, number(place)?))
                }
                _ => Err(unknown()),
            },
        }
    }
}

impl Scenario {
    /// All pieces of the world as it was drawn. What makes an incident good again is no piece of its
    /// own: a machine that was killed and never starts again would break rules by itself.
    pub(crate) fn pieces(&self) -> BTreeSet<Piece> {
        let deliveries = (0..self.deliveries.len()).map(Piece::Delivery);
        let good_again: BTreeSet<usize> = self.ends().into_iter().flatten().collect();
        let incidents = (0..self.incidents.len()).filter(|place| !good_again.contains(place));
        let windows = self
            .destinations
            .iter()
            .enumerate()
            .flat_map(|(at, to)| (0..to.sky.len()).map(move |place| Piece::Window(at, place)));
        deliveries
            .chain(incidents.map(Piece::Incident))
            .chain(windows)
            .chain([
                Piece::PortTrouble,
                Piece::WireTrouble,
                Piece::Slowness,
                Piece::Machines,
            ])
            .collect()
    }

    /// The world with these pieces only.
    pub(crate) fn with_only(mut self, kept: &BTreeSet<Piece>) -> Self {
        let ends = self.ends();
        let is_kept = |piece: Piece| kept.contains(&piece);
        let mut stays: BTreeSet<usize> = BTreeSet::new();
        for (place, end) in ends.iter().enumerate() {
            if is_kept(Piece::Incident(place)) {
                stays.extend([Some(place), *end].into_iter().flatten());
            }
        }
        self.incidents = keep(self.incidents, |place| stays.contains(&place));
        self.deliveries = keep(self.deliveries, |place| is_kept(Piece::Delivery(place)));
        for (at, target) in self.destinations.iter_mut().enumerate() {
            target.sky.retain(|place| is_kept(Piece::Window(at, place)));
            if !is_kept(Piece::Slowness) {
                target.per_record = std::time::Duration::ZERO;
            }
        }
        if !is_kept(Piece::PortTrouble) {
            self.port_trouble = 0;
        }
        if !is_kept(Piece::WireTrouble) {
            self.wire_trouble = 0;
            self.cursed.clear();
        }
        if !is_kept(Piece::Machines) {
            self.machines = 1;
            self.skews.truncate(1);
            self.incidents
                .retain(|(_, incident)| !incident.is_of_another_machine());
        }
        self
    }

    /// For each incident the place of the one that makes it good again.
    fn ends(&self) -> Vec<Option<usize>> {
        let mut taken = BTreeSet::new();
        let mut ends = Vec::new();
        for (place, (_, begun)) in self.incidents.iter().enumerate() {
            let later = self.incidents.iter().enumerate().skip(place + 1);
            let good_again = later.filter(|(_, (_, other))| begun.is_ended_by(other));
            let end = good_again
                .map(|(place, _)| place)
                .find(|place| !taken.contains(place));
            taken.extend(end);
            ends.push(end);
        }
        ends
    }
}

fn keep<T>(list: Vec<T>, is_kept: impl Fn(usize) -> bool) -> Vec<T> {
    let places = list.into_iter().enumerate();
    places
        .filter(|(place, _)| is_kept(*place))
        .map(|(_, item)| item)
        .collect()
}

impl Incident {
    fn is_ended_by(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Kill { machine }, Self::Start { machine: same }) => machine == same,
            (Self::Leap { milliseconds }, Self::Leap { milliseconds: back }) => {
                milliseconds > 0 && back == -milliseconds
            }
            (
                Self::Lock {
                    destination,
                    is_locked: true,
                },
                Self::Lock {
                    destination: same,
                    is_locked: false,
                },
            )
            | (
                Self::Storage {
                    destination,
                    is_full: true,
                },
                Self::Storage {
                    destination: same,
                    is_full: false,
                },
            ) => destination == same,
            _ => false,
        }
    }

    fn is_of_another_machine(&self) -> bool {
        matches!(self, Self::Kill { machine } | Self::Start { machine } | Self::Stall { machine, .. } if *machine > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::draw;

    #[test]
    fn a_world_of_all_its_pieces_is_the_world() {
        for seed in 1..=30 {
            let whole = draw(seed, true);
            let again = draw(seed, true).with_only(&whole.pieces());
            assert_eq!(format!("{whole:?}"), format!("{again:?}"), "seed {seed}");
        }
    }

    #[test]
    fn what_ends_an_incident_goes_and_stays_with_it() {
        let mut seen = 0;
        for seed in 1..=60 {
            let whole = draw(seed, true);
            for piece in whole.pieces() {
                let Piece::Incident(place) = piece else {
                    continue;
                };
                let (_, begun) = whole.incidents[place];
                let kept = BTreeSet::from([piece, Piece::Machines]);
                let left = draw(seed, true).with_only(&kept).incidents;
                let is_whole = match begun {
                    Incident::Kill { .. } => left.len() == 2,
                    _ => (1..=2).contains(&left.len()),
                };
                assert!(is_whole, "seed {seed}: {piece} leaves {left:?}");
                seen += 1;
            }
        }
        assert!(seen > 50, "{seen}");
    }

    #[test]
    fn a_piece_is_read_as_it_is_written() {
        for piece in draw(7, true).pieces() {
            assert_eq!(piece.to_string().parse(), Ok(piece));
        }
        for text in ["", "x", "d", "w1", "dé", "i-1"] {
            assert!(text.parse::<Piece>().is_err(), "{text}");
        }
    }
}
