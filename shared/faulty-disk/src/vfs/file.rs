//! An open file: ours in front, and behind it in the same memory the system's, to which everything
//! goes that the disk lets pass.

use super::code;
use crate::disk::{Handle, Verdict};
use rusqlite::ffi;
use std::{
    ffi::{c_int, c_void},
    mem, ptr, slice,
};

/// The front of an open file.
#[repr(C)]
pub(super) struct File {
    pub(super) base: ffi::sqlite3_file,
    /// Null for a file on no disk of ours.
    pub(super) handle: *mut Handle,
}

impl File {
    /// One that SQLite need not close.
    pub(super) const fn closed() -> Self {
        Self {
            base: ffi::sqlite3_file {
                pMethods: ptr::null(),
            },
            handle: ptr::null_mut(),
        }
    }
}

/// Returns the system's file.
///
/// # Safety
/// `file` is memory that SQLite gave for a file of this layer.
pub(super) unsafe fn behind(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: the memory is as long as both, see `register`.
    unsafe { file.cast::<u8>().add(mem::size_of::<File>()).cast() }
}

/// Asks the disk, if the file is on one.
///
/// # Safety
/// `file` was opened by this layer and not closed since.
unsafe fn ask(file: *mut ffi::sqlite3_file, what: impl FnOnce(&Handle) -> Verdict) -> Verdict {
    // SAFETY: `open` made the handle, and `close` takes it.
    let handle = unsafe { (*file.cast::<File>()).handle.as_ref() };
    handle.map_or(Verdict::Done, what)
}

/// Calls the method of the system's file.
macro_rules! forward {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        // SAFETY: the arguments are those that SQLite gave for a file that is open.
        unsafe {
            let behind = behind($file);
            match (*(*behind).pMethods).$method {
                Some(method) => method(behind $(, $argument)*),
                None => ffi::SQLITE_IOERR,
            }
        }
    }};
}

/// Methods that only pass on.
macro_rules! passing_on {
    ($($name:ident as $method:ident ($($argument:ident: $kind:ty),*);)+) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $kind)*) -> c_int {
            forward!(file, $method $(, $argument)*)
        }
    )+};
}

passing_on! {
    file_size as xFileSize(size: *mut i64);
    lock as xLock(level: c_int);
    unlock as xUnlock(level: c_int);
    check_reserved_lock as xCheckReservedLock(is_reserved: *mut c_int);
    file_control as xFileControl(operation: c_int, argument: *mut c_void);
    sector_size as xSectorSize();
    characteristics as xDeviceCharacteristics();
    shm_map as xShmMap(page: c_int, size: c_int, extends: c_int, memory: *mut *mut c_void);
    shm_lock as xShmLock(offset: c_int, number: c_int, flags: c_int);
    shm_unmap as xShmUnmap(removes: c_int);
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: the file is open.
    unsafe {
        let behind = behind(file);
        if let Some(barrier) = (*(*behind).pMethods).xShmBarrier {
            barrier(behind);
        }
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once, and `open` made the handle.
    unsafe {
        let handle = mem::replace(&mut (*file.cast::<File>()).handle, ptr::null_mut());
        if !handle.is_null() {
            drop(Box::from_raw(handle));
        }
    }
    forward!(file, xClose)
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    buffer: *mut c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: SQLite reads files that are open.
    match unsafe { ask(file, Handle::read) } {
        Verdict::Done => forward!(file, xRead, buffer, amount, offset),
        Verdict::Part(_, failure) | Verdict::Failed(failure) => code(failure),
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    buffer: *const c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    let place = usize::try_from(offset).unwrap_or_default();
    let length = usize::try_from(amount).unwrap_or_default();
    // SAFETY: SQLite gives so many bytes to write.
    let data = unsafe { slice::from_raw_parts(buffer.cast::<u8>(), length) };
    // SAFETY: SQLite writes files that are open.
    match unsafe { ask(file, |handle| handle.write(place, data)) } {
        Verdict::Done => forward!(file, xWrite, buffer, amount, offset),
        Verdict::Part(done, failure) => {
            let done = c_int::try_from(done).unwrap_or_default();
            if done > 0 {
                forward!(file, xWrite, buffer, done, offset);
            }
            code(failure)
        }
        Verdict::Failed(failure) => code(failure),
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    let length = usize::try_from(size).unwrap_or_default();
    // SAFETY: the file is open.
    match unsafe { ask(file, |handle| handle.truncate(length)) } {
        Verdict::Done => forward!(file, xTruncate, size),
        Verdict::Part(_, failure) | Verdict::Failed(failure) => code(failure),
    }
}

/// The disk says what is durable, so the system need not sync.
unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: the file is open.
    if unsafe { (*file.cast::<File>()).handle.is_null() } {
        return forward!(file, xSync, flags);
    }
    // SAFETY: as above.
    match unsafe { ask(file, Handle::sync) } {
        Verdict::Done => ffi::SQLITE_OK,
        Verdict::Part(_, failure) | Verdict::Failed(failure) => code(failure),
    }
}

/// Without memory mapping: then every read and write is a call.
pub(super) static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
