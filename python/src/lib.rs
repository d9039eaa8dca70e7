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

/// The native half of the package antom. Use `antom.Client`: what is in here may change with every version.
#[pymodule(gil_used = false)]
mod _native {
    use antom_core::ErrorKind;
    use pyo3::prelude::*;
    use pyo3::types::{PyBytes, PyTuple};

    #[pymodule_export]
    use crate::client::Client;
    #[pymodule_export]
    use crate::notification::ReplayGuard;

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
