//! The native half of the Python package `antom`: turns Python values into what the core takes, runs the core
//! without holding the interpreter, and turns its answers and errors into Python values.
//!
//! What a Python programmer sees is in `antom/*.py`; the shape of this module is in `antom/_native.pyi`.

mod callbacks;
mod client;
mod convert;
mod error;
mod notification;
mod results;
mod run;

use pyo3::prelude::*;

/// How this library was built, for reports of errors: names and values, all of them text.
const BUILD_INFO: [(&str, &str); 5] = [
    ("version", antom_core::VERSION),
    ("profile", env!("ANTOM_PROFILE")),
    ("target", env!("ANTOM_TARGET")),
    ("rustc", env!("ANTOM_RUSTC")),
    ("tls", "rustls on aws-lc-rs"),
];

/// The native half of the package antom. Use `antom.Client`: what is in here may change with every version.
#[pymodule(gil_used = false)]
mod _native {
    use antom_core::ErrorKind;
    use pyo3::prelude::*;
    use pyo3::types::{IntoPyDict, PyBytes, PyDict, PyTuple};

    #[pymodule_export]
    use crate::client::Client;
    #[pymodule_export]
    use crate::notification::ReplayGuard;

    /// Return how this library was built, for reports of errors: its version, the profile and the target of the build,
    /// the compiler, and what does TLS.
    #[pyfunction]
    fn build_info(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        crate::BUILD_INFO.into_py_dict(py)
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::run::keep_panics_quiet();
        let kinds = ErrorKind::ALL
            .iter()
            .map(|kind| (kind.name(), kind.number()));
        module.add(
            "ERROR_KINDS",
            PyTuple::new(module.py(), kinds.collect::<Vec<_>>())?,
        )?;
        let ack = antom_core::ack();
        let body = PyBytes::new(module.py(), ack.body);
        module.add("ACKNOWLEDGEMENT", (ack.content_type, body))?;
        module.add("__version__", antom_core::VERSION)
    }
}
