//! The model of a disk under a folder. The real files are the page cache: whatever was written can
//! be read at once and outlives a killed process. What outlives a power cut is kept here.

mod content;

use crate::dice::Dice;
use content::{Content, Leaves};
use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The process is killed: what it wrote stays.
    Kill,
    /// The power fails: of what was not synced stays what the seed draws.
    PowerCut,
}

/// What is wrong with the disk for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No file grows any more.
    Full,
    /// Some writes fail, after a part of them or before.
    Writes,
    /// Some reads fail.
    Reads,
    /// Some syncs fail, and what was to be synced is gone, as on Linux.
    Syncs,
}

/// A disk or a file system that breaks its word, or a program that does not ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakage {
    /// No sync does anything: a disk that lies, or `synchronous=off`.
    NoSync,
    /// The log is synced only before it is copied into the file: `synchronous=normal`.
    NoSyncOfLog,
    /// The file is not synced before the log that was copied into it begins anew.
    NoSyncOfFile,
    /// The folder is not synced when a log is made in it.
    NoSyncOfFolder,
}

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The process is no more.
    Stopped,
    Full,
    Write,
    Read,
    Sync,
}

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Done,
    /// So many bytes of a write are done.
    Part(usize, Failure),
    Failed(Failure),
}

/// A disk.
pub(crate) struct Disk {
    folder: PathBuf,
    state: Mutex<State>,
}

struct State {
    dice: Dice,
    breakage: Option<Breakage>,
    files: BTreeMap<PathBuf, Content>,
    /// Files whose removal is not on the disk yet.
    removed: BTreeMap<PathBuf, Content>,
    trouble: Option<Trouble>,
    /// The process ends when so many changes more were made.
    stops_in: Option<(u64, Stop)>,
    stopped: Option<Stop>,
    /// The number of processes before this one.
    process: u64,
    failures: u64,
    /// A sync failed, and the cache still shows what will never be on the disk.
    has_hole: bool,
}

/// A file that a process has open.
pub(crate) struct Handle {
    disk: Arc<Disk>,
    path: PathBuf,
    process: u64,
    /// It was opened to be made, and its first sync makes the folder's entries durable.
    syncs_folder: bool,
}

impl Disk {
    /// Creates the disk under a folder, whose dice are those of the seed.
    pub(crate) fn new(folder: PathBuf, seed: u64, breakage: Option<Breakage>) -> Self {
        let state = State {
            dice: Dice::new(seed, 1),
            breakage,
            files: BTreeMap::new(),
            removed: BTreeMap::new(),
            trouble: None,
            stops_in: None,
            stopped: None,
            process: 0,
            failures: 0,
            has_hole: false,
        };
        Self {
            folder,
            state: Mutex::new(state),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends the process after so many changes: before the one that follows them, or amid it.
    pub(crate) fn stop_in(&self, changes: u64, stop: Stop) {
        self.lock().stops_in = Some((changes, stop));
    }

    /// Ends the process now, if it lives.
    pub(crate) fn stop(&self, stop: Stop) {
        self.lock().stopped.get_or_insert(stop);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.lock().stopped.is_some()
    }

    /// Makes something wrong from now on, or nothing.
    pub(crate) fn trouble(&self, trouble: Option<Trouble>) {
        self.lock().trouble = trouble;
    }

    /// Heals: the process goes on, and nothing is wrong.
    pub(crate) fn heal(&self) {
        let mut state = self.lock();
        (state.trouble, state.stops_in) = (None, None);
    }

    /// Whether the cache shows what will never be on the disk.
    pub(crate) fn has_hole(&self) -> bool {
        self.lock().has_hole
    }

    /// The store was opened and has copied what it found.
    pub(crate) fn is_copied(&self) {
        self.lock().has_hole = false;
    }

    /// How many operations failed, and not because the process had ended.
    pub(crate) fn failures(&self) -> u64 {
        self.lock().failures
    }

    /// Starts the next process. All handles of the one before must be closed, or will do nothing.
    /// Returns what happened.
    pub(crate) fn restart(&self) -> io::Result<String> {
        let mut state = self.lock();
        let state = &mut *state;
        let happened = match state.stopped {
            Some(Stop::PowerCut) => state.cut()?,
            Some(Stop::Kill) => "a kill".to_owned(),
            None => "its end".to_owned(),
        };
        (state.stopped, state.stops_in, state.trouble) = (None, None, None);
        state.process += 1;
        Ok(happened)
    }

    /// A file is open now. Where `syncs_folder`, its syncs are those of its folder, too, as SQLite
    /// does for each log or journal that it opens to make it.
    pub(crate) fn opened(self: &Arc<Self>, path: &Path, syncs_folder: bool) -> Handle {
        let mut state = self.lock();
        if !state.files.contains_key(path) {
            let there = fs::read(path).unwrap_or_default();
            let content = if there.is_empty() {
                Content::default()
            } else {
                Content::found(there)
            };
            state.files.insert(path.to_owned(), content);
        }
        Handle {
            disk: Arc::clone(self),
            path: path.to_owned(),
            process: state.process,
            syncs_folder,
        }
    }

    /// A file is to be removed, and its removal to be durable where `syncs_folder`.
    pub(crate) fn remove(&self, path: &Path, syncs_folder: bool) -> Verdict {
        let mut state = self.lock();
        if let Some(failure) = state.change() {
            return Verdict::Failed(failure);
        }
        if let Some(content) = state.files.remove(path) {
            state.removed.insert(path.to_owned(), content);
        }
        if syncs_folder {
            state.sync_folder();
        }
        Verdict::Done
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    pub(crate) fn read(&self) -> Verdict {
        let mut state = self.disk.lock();
        if state.is_over(self) {
            return Verdict::Failed(Failure::Stopped);
        }
        if state.strikes(Trouble::Reads, 100) {
            return Verdict::Failed(Failure::Read);
        }
        Verdict::Done
    }

    pub(crate) fn write(&self, offset: usize, data: &[u8]) -> Verdict {
        let mut state = self.disk.lock();
        if state.is_over(self) {
            return Verdict::Failed(Failure::Stopped);
        }
        if state.breakage == Some(Breakage::NoSyncOfLog) && !is_log(&self.path) {
            let logs = state.files.iter_mut().filter(|(path, _)| is_log(path));
            logs.for_each(|(_, log)| log.sync());
        }
        let failure = state.change().or_else(|| {
            let grows = offset.saturating_add(data.len()) > state.length(&self.path);
            if grows && state.strikes(Trouble::Full, 1000) {
                return Some(Failure::Full);
            }
            state
                .strikes(Trouble::Writes, 150)
                .then_some(Failure::Write)
        });
        let done = match failure {
            None => data.len(),
            Some(_) if state.dice.chance(500) => 0,
            Some(_) => state.dice.place(data.len()),
        };
        let (part, _) = data.split_at_checked(done).unwrap_or((data, &[]));
        if let Some(file) = state.files.get_mut(&self.path)
            && !part.is_empty()
        {
            file.write(offset, part);
        }
        match failure {
            None => Verdict::Done,
            Some(failure) => Verdict::Part(done, failure),
        }
    }

    pub(crate) fn truncate(&self, length: usize) -> Verdict {
        let mut state = self.disk.lock();
        if state.is_over(self) {
            return Verdict::Failed(Failure::Stopped);
        }
        if let Some(failure) = state.change() {
            return Verdict::Failed(failure);
        }
        if state.strikes(Trouble::Writes, 150) {
            return Verdict::Failed(Failure::Write);
        }
        if let Some(file) = state.files.get_mut(&self.path) {
            file.truncate(length);
        }
        Verdict::Done
    }

    pub(crate) fn sync(&self) -> Verdict {
        let mut state = self.disk.lock();
        if state.is_over(self) {
            return Verdict::Failed(Failure::Stopped);
        }
        if let Some(failure) = state.change() {
            return Verdict::Failed(failure);
        }
        if state.strikes(Trouble::Syncs, 300) {
            let is_evicted = state.dice.chance(500);
            if let Some(file) = state.files.get_mut(&self.path) {
                file.forget();
                if is_evicted {
                    // The cache may drop what it could not write: readers see the old content.
                    let _ = put_back(&self.path, file.durable());
                    file.evicted();
                }
            }
            state.has_hole |= !is_evicted;
            return Verdict::Failed(Failure::Sync);
        }
        let is_skipped = match state.breakage {
            Some(Breakage::NoSync) => true,
            Some(Breakage::NoSyncOfLog) => is_log(&self.path),
            Some(Breakage::NoSyncOfFile) => !is_log(&self.path),
            Some(Breakage::NoSyncOfFolder) | None => false,
        };
        if is_skipped {
            return Verdict::Done;
        }
        if let Some(file) = state.files.get_mut(&self.path) {
            file.sync();
        }
        if self.syncs_folder && state.breakage != Some(Breakage::NoSyncOfFolder) {
            state.sync_folder();
        }
        Verdict::Done
    }
}

impl State {
    fn is_over(&self, handle: &Handle) -> bool {
        self.stopped.is_some() || self.process != handle.process
    }

    /// Counts a change; returns a failure where the process ends before it.
    fn change(&mut self) -> Option<Failure> {
        if self.stopped.is_some() {
            return Some(Failure::Stopped);
        }
        let (left, stop) = self.stops_in?;
        match left.checked_sub(1) {
            Some(left) => {
                self.stops_in = Some((left, stop));
                None
            }
            None => {
                self.stopped = Some(stop);
                Some(Failure::Stopped)
            }
        }
    }

    fn strikes(&mut self, trouble: Trouble, of_thousand: u64) -> bool {
        let strikes = self.trouble == Some(trouble) && self.dice.chance(of_thousand);
        self.failures += u64::from(strikes);
        strikes
    }

    fn length(&self, path: &Path) -> usize {
        self.files.get(path).map_or(0, Content::length)
    }

    fn sync_folder(&mut self) {
        self.removed.clear();
        self.files
            .values_mut()
            .for_each(|file| file.is_listed = true);
    }

    /// The power fails: the files are what is on the disk of them.
    fn cut(&mut self) -> io::Result<String> {
        let leaves = Leaves::draw(&mut self.dice);
        self.has_hole = false;
        let mut happened = format!("a power cut that leaves {leaves:?}");
        for (path, mut content) in std::mem::take(&mut self.removed) {
            if content.is_listed && !self.files.contains_key(&path) && self.dice.chance(500) {
                content.cut(leaves, &mut self.dice);
                self.files.insert(path, content);
                happened.push_str(", a removed file is back");
            }
        }
        for (path, mut content) in std::mem::take(&mut self.files) {
            if !content.is_listed && self.dice.chance(500) {
                remove(&path)?;
                happened.push_str(", a file is gone");
                continue;
            }
            content.cut(leaves, &mut self.dice);
            content.is_listed = true;
            put_back(&path, content.durable())?;
            self.files.insert(path, content);
        }
        Ok(happened)
    }
}

fn is_log(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.ends_with("-wal") || name.ends_with("-journal")
}

fn put_back(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    file.set_len(content.len() as u64)?;
    file.write_all(content)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
