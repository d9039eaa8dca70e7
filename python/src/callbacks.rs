//! Python callables that a call calls back: the signer, the observer, and the log. Each takes the interpreter for as
//! long as it runs.

use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use antom_core::signature::{Signer, SignerError};
use antom_core::{AttemptEnded, CallBegan, CallEnded, Observer};
use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;
use pyo3::{PyTraverseError, intern};

use crate::results;
use crate::run::{interrupt_with, note_success};

/// A callable that the core keeps, and that Python's garbage collector can take away when only a cycle is left.
#[derive(Clone)]
pub(crate) struct Callable(Arc<Mutex<Option<Py<PyAny>>>>);

impl Callable {
    pub(crate) fn new(callable: &Bound<'_, PyAny>) -> Self {
        Self(Arc::new(Mutex::new(Some(callable.clone().unbind()))))
    }

    fn get<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let callable = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(callable.as_ref()?.bind(py).clone())
    }

    /// Nobody holds the lock while Python code runs, so there is nothing to wait for.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.0.try_lock() {
            Ok(callable) => visit.call(&*callable),
            Err(_) => Ok(()),
        }
    }

    pub(crate) fn clear(&self) {
        let callable = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(callable);
    }
}

/// An exception of a callable, on its way through the core. Shows its class alone: its text is the caller's.
#[derive(Debug)]
pub(crate) struct Raised {
    pub(crate) exception: PyErr,
    class: String,
}

impl Raised {
    fn new(py: Python<'_>, exception: PyErr) -> Self {
        let class = exception.get_type(py).name();
        let class = class.map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
        Self { exception, class }
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it raised {}, see __cause__", self.class)
    }
}

impl std::error::Error for Raised {}

/// A signer in Python: `(content, sha256)` to the signature, all bytes.
pub(crate) struct PythonSigner(pub(crate) Callable);

impl Signer for PythonSigner {
    fn sign(&self, content: &[u8], sha256: &[u8; 32]) -> Result<Vec<u8>, SignerError> {
        Python::attach(|py| {
            let Some(signer) = self.0.get(py) else {
                return Err("it is gone".into());
            };
            signer
                .call1((PyBytes::new(py, content), PyBytes::new(py, sha256)))
                .and_then(|signature| match signature.cast::<PyBytes>() {
                    Ok(signature) => Ok(signature.as_bytes().to_vec()),
                    Err(_) => Err(PyTypeError::new_err(format!(
                        "a signer must return bytes, not {}",
                        signature.get_type().name()?
                    ))),
                })
                .map_err(|exception| Raised::new(py, exception).into())
        })
    }
}

thread_local! {
    /// Whether the log takes attempts that went well. Asked for each call, while the interpreter is held anyway.
    static LOG_TAKES_ALL: Cell<bool> = const { Cell::new(false) };
}

/// Asks the log what it takes, for the call that begins on this thread.
pub(crate) fn ask_the_log(py: Python<'_>) -> PyResult<()> {
    const DEBUG: u8 = 10;
    static IS_ENABLED_FOR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let is_enabled_for = IS_ENABLED_FOR.get_or_try_init(py, || {
        let logging = py.import(intern!(py, "logging"))?;
        let log = logging.call_method1(intern!(py, "getLogger"), ("antom",))?;
        log.getattr(intern!(py, "isEnabledFor")).map(Bound::unbind)
    })?;
    let takes_all = is_enabled_for.bind(py).call1((DEBUG,))?.is_truthy()?;
    LOG_TAKES_ALL.set(takes_all);
    Ok(())
}

/// Tells the log of every attempt, and an observer, if there is one, of everything.
pub(crate) struct Watcher {
    /// Imported when the client is made: a signal's handler may run during an import, and a call must not lose what it
    /// raises.
    log: Py<PyAny>,
    observer: Option<Callable>,
}

impl Watcher {
    pub(crate) fn new(py: Python<'_>, observer: Option<Callable>) -> PyResult<Self> {
        let log = py.import(intern!(py, "antom._log"))?;
        let log = log.getattr(intern!(py, "attempt_ended"))?.unbind();
        Ok(Self { log, observer })
    }

    fn tell(&self, make: impl for<'py> Fn(Python<'py>) -> PyResult<Bound<'py, PyAny>>) {
        let Some(observer) = &self.observer else {
            return;
        };
        Python::attach(|py| {
            let Some(observer) = observer.get(py) else {
                return;
            };
            let told = make(py).and_then(|event| observer.call1((event,)));
            contain(py, told, &observer);
        });
    }
}

impl Observer for Watcher {
    fn begin(&self, call: &CallBegan<'_>) {
        self.tell(|py| results::call_began(py, call));
    }

    fn attempt(&self, attempt: &AttemptEnded<'_>) {
        if attempt.error.is_some() || LOG_TAKES_ALL.get() {
            Python::attach(|py| {
                let log = self.log.bind(py);
                let told = results::attempt_ended(py, attempt);
                contain(py, told.and_then(|event| log.call1((event,))), log);
            });
        }
        self.tell(|py| results::attempt_ended(py, attempt));
    }

    fn end(&self, call: &CallEnded<'_>) {
        self.tell(|py| results::call_ended(py, call));
        if call.error.is_none() {
            note_success(call);
        }
    }
}

/// An exception of whoever is told does not end the call, and is not lost: it goes where those of `__del__` go. One that
/// is to end the program, such as `KeyboardInterrupt`, ends the call.
fn contain(py: Python<'_>, told: PyResult<Bound<'_, PyAny>>, whom: &Bound<'_, PyAny>) {
    match told {
        Err(exception) if exception.is_instance_of::<PyException>(py) => {
            exception.write_unraisable(py, Some(whom));
        }
        Err(exception) => interrupt_with(exception),
        Ok(_) => {}
    }
}
