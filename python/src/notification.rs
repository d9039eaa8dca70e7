//! Notifications: the guard of one process against repetitions. What verifies them is the client.

use std::time::Duration;

use antom_core::{Claim, Error, MemoryReplayGuard, ReplayGuard as _};
use pyo3::intern;
use pyo3::prelude::*;

use crate::convert;
use crate::error::raise;

/// Remembers in this process which notifications were handled, because Antom repeats one until it is acknowledged,
/// for up to 24 hours. Several processes need a guard that they share: see `antom.replay`.
///
/// Keeps at most `capacity` notifications, the newest, for `keep` each: a `timedelta`, or seconds. What takes longer to
/// handle than it is kept must not be released: by then the claim may be that of a repetition. May be used from any
/// number of threads.
///
/// >>> guard = ReplayGuard(capacity=1000)
#[pyclass(frozen, module = "antom")]
pub(crate) struct ReplayGuard(MemoryReplayGuard);

#[pymethods]
impl ReplayGuard {
    #[new]
    #[pyo3(signature = (*, capacity = None, keep = None))]
    fn new(
        py: Python<'_>,
        capacity: Option<&Bound<'_, PyAny>>,
        keep: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        const CAPACITY: u32 = 100_000;
        const KEEP: Duration = Duration::from_hours(25);
        let capacity = capacity.map_or(Ok(CAPACITY), |value| convert::count("capacity", value))?;
        let keep = keep.map_or(Ok(KEEP), |value| convert::duration("keep", value))?;
        if capacity == 0 || keep.is_zero() {
            let problem = "capacity and keep must be more than 0";
            return Err(raise(py, &Error::invalid_argument(problem)));
        }
        Ok(Self(MemoryReplayGuard::new(capacity as usize, keep)))
    }

    /// Claim a notification: True if it is new, so handle it and then acknowledge it; False if it was claimed before,
    /// so only acknowledge it. What is no notification of a vaulting (`Outcome.UNRELATED`) is never new.
    fn claim(&self, notification: &Bound<'_, PyAny>) -> PyResult<bool> {
        let key = replay_key(notification)?;
        Ok(!key.is_empty() && matches!(self.0.claim(&key), Ok(Claim::First)))
    }

    /// Give a claim back, because handling failed: the next repetition is new again.
    fn release(&self, notification: &Bound<'_, PyAny>) -> PyResult<()> {
        self.0.release(&replay_key(notification)?);
        Ok(())
    }
}

fn replay_key(notification: &Bound<'_, PyAny>) -> PyResult<String> {
    let key = notification.getattr(intern!(notification.py(), "replay_key"))?;
    convert::text("notification.replay_key", &key)
}
