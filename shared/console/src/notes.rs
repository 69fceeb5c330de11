use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// The number of notes that are kept.
const MOST: usize = 64;

/// What acts did, told on the page to which an act leads. An address names a note by its number
/// only, so that no address can put words into the console's mouth.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    next: u64,
    notes: VecDeque<(u64, String)>,
}

impl Notes {
    /// Keeps a note, and returns its name.
    pub(crate) fn keep(&self, text: String) -> u64 {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.next += 1;
        let name = kept.next;
        kept.notes.push_back((name, text));
        if kept.notes.len() > MOST {
            kept.notes.pop_front();
        }
        name
    }

    /// Returns the note of this name, while it is kept.
    pub(crate) fn of(&self, name: &str) -> Option<String> {
        let name: u64 = name.parse().ok()?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut notes = kept.notes.iter();
        notes
            .find(|(kept, _)| *kept == name)
            .map(|(_, text)| text.clone())
    }
}
