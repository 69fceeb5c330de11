//! The disk as SQLite sees it: a layer over SQLite's own access to files, which asks the [`Disk`]
//! before it writes, syncs, cuts or removes anything. Locks and shared memory are SQLite's own. It
//! takes the place of the default, so that the product opens its file as it always does.

#![expect(
    unsafe_code,
    reason = "SQLite asks for its files through pointers to functions"
)]

mod file;

use crate::disk::{Disk, Failure, Verdict};
use file::{File, METHODS};
use rusqlite::ffi;
use std::{
    ffi::{CStr, OsStr, c_char, c_int},
    mem,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    ptr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

/// The disks, by their folders.
static DISKS: Mutex<Vec<Arc<Disk>>> = Mutex::new(Vec::new());

/// Keeps a disk in its place until it is dropped.
pub(crate) struct Mounted(PathBuf);

/// Puts a disk under its folder.
///
/// # Errors
/// When SQLite does not take the layer.
pub(crate) fn mount(disk: &Arc<Disk>) -> Result<Mounted, c_int> {
    register()?;
    disks().push(Arc::clone(disk));
    Ok(Mounted(disk.folder().to_owned()))
}

impl Drop for Mounted {
    fn drop(&mut self) {
        disks().retain(|disk| disk.folder() != self.0);
    }
}

fn disks() -> MutexGuard<'static, Vec<Arc<Disk>>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn disk_of(path: &Path) -> Option<Arc<Disk>> {
    let disks = disks();
    let disk = disks.iter().find(|disk| path.starts_with(disk.folder()));
    disk.cloned()
}

/// SQLite's own access to files.
struct System(*mut ffi::sqlite3_vfs);

// SAFETY: SQLite's own layers may be called from any thread, and are never unregistered.
unsafe impl Send for System {}
// SAFETY: as above.
unsafe impl Sync for System {}

static SYSTEM: OnceLock<System> = OnceLock::new();

fn system() -> *mut ffi::sqlite3_vfs {
    SYSTEM.get().map_or(ptr::null_mut(), |system| system.0)
}

/// Registers the layer as the default, once per program.
fn register() -> Result<(), c_int> {
    static REGISTERED: OnceLock<c_int> = OnceLock::new();
    let code = *REGISTERED.get_or_init(|| {
        // SAFETY: SQLite may be asked for its default at any time; what it answers lives for ever.
        let found = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
        if found.is_null() {
            return ffi::SQLITE_NOTFOUND;
        }
        let _ = SYSTEM.set(System(found));
        // SAFETY: `found` is a layer of SQLite, which is plain data.
        let mut layer = unsafe { ptr::read(found) };
        let before = usize::try_from(layer.szOsFile).unwrap_or_default();
        layer.szOsFile = c_int::try_from(mem::size_of::<File>() + before).unwrap_or(layer.szOsFile);
        layer.pNext = ptr::null_mut();
        layer.zName = c"faulty-disk".as_ptr();
        layer.xOpen = Some(open);
        layer.xDelete = Some(delete);
        // SAFETY: the layer lives for ever, and its functions keep to SQLite's contract.
        unsafe { ffi::sqlite3_vfs_register(Box::into_raw(Box::new(layer)), 1) }
    });
    if code == ffi::SQLITE_OK {
        Ok(())
    } else {
        Err(code)
    }
}

/// Opens a file for SQLite.
unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let ours = file.cast::<File>();
    // SAFETY: SQLite gives room for `szOsFile` bytes, which is ours and the system's behind it.
    unsafe { ptr::write(ours, File::closed()) };
    // SAFETY: as above.
    let system_file = unsafe { file::behind(file) };
    // SAFETY: these are the arguments that SQLite gave, for the file behind ours.
    let code = unsafe {
        (*system()).xOpen.map_or(ffi::SQLITE_CANTOPEN, |open| {
            open(system(), name, system_file, flags, out_flags)
        })
    };
    if code != ffi::SQLITE_OK {
        return code;
    }
    // SAFETY: a name is a text that ends with a zero.
    let path = unsafe { path_of(name) };
    let handle = path.and_then(|path| {
        let disk = disk_of(&path)?;
        let logs = ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL;
        let makes = flags & ffi::SQLITE_OPEN_CREATE != 0;
        Some(disk.opened(&path, makes && flags & logs != 0))
    });
    // SAFETY: written above.
    unsafe {
        (*ours).base.pMethods = &raw const METHODS;
        (*ours).handle = handle.map_or(ptr::null_mut(), |handle| Box::into_raw(Box::new(handle)));
    }
    code
}

/// Removes a file for SQLite.
unsafe extern "C" fn delete(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    syncs_folder: c_int,
) -> c_int {
    // SAFETY: a name is a text that ends with a zero.
    let path = unsafe { path_of(name) };
    let disk = path
        .as_deref()
        .and_then(|path| Some((disk_of(path)?, path)));
    let verdict = disk.map_or(Verdict::Done, |(disk, path)| {
        disk.remove(path, syncs_folder != 0)
    });
    match verdict {
        // SAFETY: these are the arguments that SQLite gave.
        Verdict::Done => unsafe {
            (*system())
                .xDelete
                .map_or(ffi::SQLITE_IOERR_DELETE, |delete| {
                    delete(system(), name, syncs_folder)
                })
        },
        Verdict::Part(_, failure) | Verdict::Failed(failure) => code(failure),
    }
}

/// # Safety
/// `name` is null or a text that ends with a zero.
unsafe fn path_of(name: *const c_char) -> Option<PathBuf> {
    if name.is_null() {
        return None;
    }
    // SAFETY: the caller says so.
    let name = unsafe { CStr::from_ptr(name) };
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

/// SQLite's word for a failure.
fn code(failure: Failure) -> c_int {
    match failure {
        Failure::Stopped => ffi::SQLITE_IOERR,
        Failure::Full => ffi::SQLITE_FULL,
        Failure::Write => ffi::SQLITE_IOERR_WRITE,
        Failure::Read => ffi::SQLITE_IOERR_READ,
        Failure::Sync => ffi::SQLITE_IOERR_FSYNC,
    }
}
