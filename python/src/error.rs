//! Turns an error of the core into the exception of `antom.errors` that has its kind.

use antom_core::{Error, ResultStatus};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

/// The exception for `error`. Where even that cannot be made, the exception that says why.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).unwrap_or_else(|failure| failure)
}

fn exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    static FROM_NATIVE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let from_native = FROM_NATIVE.import(py, "antom.errors", "_from_native")?;
    let result = error.result();
    let violations = error
        .violations()
        .iter()
        .map(|violation| (violation.field(), violation.problem()));
    let details = PyDict::new(py);
    details.set_item("retryable", error.is_retryable())?;
    details.set_item("advice", error.advice())?;
    details.set_item("result_code", error.result_code())?;
    details.set_item(
        "result_status",
        result.map(|r| ResultStatus::letter(r.status)),
    )?;
    details.set_item("result_message", result.and_then(|r| r.message.as_deref()))?;
    details.set_item("authenticated", error.is_authenticated())?;
    details.set_item("http_status", error.http_status())?;
    details.set_item("attempts", error.attempts())?;
    details.set_item("request_id", error.request_id())?;
    let violations = PyTuple::new(py, violations.collect::<Vec<_>>())?;
    from_native
        .call1((error.kind().number(), error.message(), violations, details))
        .map(PyErr::from_value)
}
