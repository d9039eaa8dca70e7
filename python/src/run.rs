//! Runs the core: without the interpreter, so that other Python threads go on meanwhile, and with a net under it.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

use antom_core::Error;
use pyo3::prelude::*;

use crate::error::raise;

thread_local! {
    /// Where the last panic of this thread happened: `file:line`.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Notes where a panic happens and prints nothing: a library does not write to its host's standard error, and the
/// text of a panic may hold anything. The hook serves this library alone, because each one has its own `std`.
pub(crate) fn keep_panics_quiet() {
    panic::set_hook(Box::new(|info| {
        if let Some(location) = info.location() {
            let place = format!("{}:{}", location.file(), location.line());
            PLACE.with(|last| last.replace(place));
        }
    }));
}

/// Runs `work` detached from the interpreter.
///
/// A panic becomes an `InternalError`, which `except Exception` catches, unlike pyo3's own `PanicException`.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T, Error> + Send,
) -> PyResult<T> {
    py.detach(|| {
        // What `work` borrows is a client, which has no state that a panic could leave half changed.
        panic::catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_| Err(Error::internal(PLACE.take())))
    })
    .map_err(|error| raise(py, &error))
}
