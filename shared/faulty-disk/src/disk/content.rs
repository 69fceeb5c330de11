//! One file: what is on the disk of it, and what only the page cache has.

use crate::dice::Dice;

/// The unit that a disk writes as a whole.
const SECTOR: usize = 512;

/// What was done to a file since it was last synced.
#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, data: Vec<u8> },
    Truncate(usize),
}

/// What a power cut leaves of the changes that were not synced.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaves {
    /// None of them.
    Nothing,
    /// All of them.
    Everything,
    /// The first few, the last of them in part.
    TheFirst,
    /// Some, whatever their order.
    Some,
    /// Some sectors of some.
    Sectors,
}

impl Leaves {
    pub(super) fn draw(dice: &mut Dice) -> Self {
        match dice.below(6) {
            0 => Self::Nothing,
            1 => Self::Everything,
            2 => Self::TheFirst,
            3 => Self::Some,
            _ => Self::Sectors,
        }
    }
}

/// A file of the disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    durable: Vec<u8>,
    pending: Vec<Change>,
    /// How long it is to whoever reads it.
    length: usize,
    /// Whether the folder's entry of it is on the disk.
    pub(super) is_listed: bool,
}

impl Content {
    /// A file that was there before anybody looked.
    pub(super) fn found(durable: Vec<u8>) -> Self {
        Self {
            length: durable.len(),
            durable,
            pending: Vec::new(),
            is_listed: true,
        }
    }

    pub(super) fn write(&mut self, offset: usize, data: &[u8]) {
        let data = data.to_vec();
        self.length = self.length.max(offset.saturating_add(data.len()));
        self.pending.push(Change::Write { offset, data });
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.pending.push(Change::Truncate(length));
        self.length = length;
    }

    /// Everything is on the disk.
    pub(super) fn sync(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            apply(&mut self.durable, &change);
        }
    }

    /// A sync failed: what was not on the disk will never be, whatever later syncs say.
    pub(super) fn forget(&mut self) {
        self.pending.clear();
    }

    /// The cache has only what is on the disk.
    pub(super) fn evicted(&mut self) {
        self.length = self.durable.len();
    }

    pub(super) const fn length(&self) -> usize {
        self.length
    }

    /// What is on the disk.
    pub(super) fn durable(&self) -> &[u8] {
        &self.durable
    }

    /// The power fails.
    pub(super) fn cut(&mut self, leaves: Leaves, dice: &mut Dice) {
        let pending = std::mem::take(&mut self.pending);
        let first = dice.place(pending.len() + 1);
        for (place, change) in pending.iter().enumerate() {
            match leaves {
                Leaves::Nothing => {}
                Leaves::Everything => apply(&mut self.durable, change),
                Leaves::TheFirst if place < first => apply(&mut self.durable, change),
                Leaves::TheFirst if place == first => tear(&mut self.durable, change, dice),
                Leaves::TheFirst => {}
                Leaves::Some if dice.chance(500) => apply(&mut self.durable, change),
                Leaves::Some => {}
                Leaves::Sectors => tear(&mut self.durable, change, dice),
            }
        }
        self.length = self.durable.len();
    }
}

fn apply(file: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { offset, data } => put(file, *offset, data),
        Change::Truncate(length) => file.resize(*length, 0),
    }
}

fn put(file: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset.saturating_add(data.len());
    if file.len() < end {
        file.resize(end, 0);
    }
    if let Some(place) = file.get_mut(offset..end) {
        place.copy_from_slice(data);
    }
}

/// Some sectors of a write get to the disk; the file has its new length or not.
fn tear(file: &mut Vec<u8>, change: &Change, dice: &mut Dice) {
    let Change::Write { offset, data } = change else {
        if dice.chance(500) {
            apply(file, change);
        }
        return;
    };
    let (mut offset, mut rest) = (*offset, data.as_slice());
    while !rest.is_empty() {
        let in_sector = SECTOR - offset % SECTOR;
        let (sector, after) = rest.split_at(in_sector.min(rest.len()));
        if dice.chance(600) {
            put(file, offset, sector);
        }
        offset += sector.len();
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_synced_stays_and_the_rest_is_as_drawn() {
        let mut file = Content::default();
        file.write(0, &[1; 1024]);
        file.sync();
        file.write(512, &[2; 1024]);
        let cut = |leaves| {
            let (mut file, mut dice) = (file.clone(), Dice::new(7, 1));
            file.cut(leaves, &mut dice);
            file.durable().to_vec()
        };
        assert_eq!(cut(Leaves::Nothing), [1; 1024]);
        let whole = [&[1; 512][..], &[2; 1024]].concat();
        assert_eq!(cut(Leaves::Everything), whole);
        let torn = cut(Leaves::Sectors);
        assert_eq!(torn.get(..512), whole.get(..512));
        assert!(
            torn.chunks(512)
                .all(|sector| sector.iter().all(|byte| *byte == sector[0]))
        );
    }

    #[test]
    fn after_a_failed_sync_nothing_brings_it_back() {
        let mut file = Content::default();
        file.write(0, b"lost");
        file.forget();
        file.write(4, b"kept");
        file.sync();
        assert_eq!(file.durable(), b"\0\0\0\0kept");
    }
}
