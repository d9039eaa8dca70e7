//! Runs the core: without the interpreter, so that other Python threads go on meanwhile, with a net under it, and so
//! that a signal can end it.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

use antom_core::{CallEnded, Error};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::callbacks::Raised;
use crate::error::raise;

thread_local! {
    /// Where the last panic of this thread happened: `file:line`.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
    /// The exception that ends the call of this thread.
    static INTERRUPTION: RefCell<Option<PyErr>> = const { RefCell::new(None) };
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
    // Of the call that this one is made within, by an observer or a signal handler.
    let outer = INTERRUPTION.take();
    let outcome = py.detach(|| {
        // What `work` borrows is a client, which has no state that a panic could leave half changed.
        panic::catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_| Err(Error::internal(PLACE.take())))
    });
    match (INTERRUPTION.replace(outer), outcome) {
        (None, Ok(value)) => Ok(value),
        (None, Err(error)) => Err(exception(py, &error)),
        (Some(interruption), Err(error)) => {
            interruption.set_cause(py, Some(exception(py, &error)));
            Err(interruption)
        }
        (Some(interruption), Ok(_)) => Err(interruption),
    }
}

/// The exception for an error of the core, from the one that a callable raised, if one did. What is to end the program,
/// such as `KeyboardInterrupt`, comes first: the error is its cause.
fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let raised = raise(py, error);
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    let Some(Raised {
        exception: original,
        ..
    }) = source
    else {
        return raised;
    };
    let original = original.clone_ref(py);
    if original.is_instance_of::<PyException>(py) {
        raised.set_cause(py, Some(original));
        raised
    } else {
        original.set_cause(py, Some(raised));
        original
    }
}

/// Ends the call that runs on this thread with an exception, as soon as it looks.
pub(crate) fn interrupt_with(exception: PyErr) {
    INTERRUPTION.set(Some(exception));
}

/// If the call that ended well on this thread is to end with an exception all the same, says with it that there was an
/// answer.
pub(crate) fn note_success(call: &CallEnded<'_>) {
    if let Some(interruption) = INTERRUPTION.take() {
        Python::attach(|py| {
            interruption.set_cause(py, Some(raise(py, &Error::undelivered(call))));
        });
        interrupt_with(interruption);
    }
}

/// Whether the call that runs on this thread is to end. Runs Python's signal handlers, which may say so.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method itself is not general enough"
)]
pub(crate) fn is_interrupted() -> bool {
    if INTERRUPTION.with_borrow(Option::is_some) {
        return true;
    }
    match Python::attach(|py| py.check_signals()) {
        Ok(()) => false,
        Err(exception) => {
            interrupt_with(exception);
            true
        }
    }
}

/// Whether this is the thread on which Python's signal handlers run.
pub(crate) fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    static GET_IDENT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static MAIN_THREAD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let here = GET_IDENT.import(py, "_thread", "get_ident")?.call0()?;
    let main = MAIN_THREAD
        .import(py, "threading", "main_thread")?
        .call0()?
        .getattr(pyo3::intern!(py, "ident"))?;
    here.eq(main)
}
