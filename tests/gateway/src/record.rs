//! Which requests arrived, for the next answer to the same id and for tests that ask.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime};

use crate::http::Request;
use crate::network::lock;

/// A test that waits longer than this has failed.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The path with its query.
    pub path: String,
    /// The `request-time` header.
    pub time: String,
    /// The body.
    pub body: Vec<u8>,
    /// The number of the connection; no two have the same.
    pub connection: u64,
    /// When the gateway had read it, by the clock that `request-time` is written by.
    pub arrived: SystemTime,
}

impl Attempt {
    pub(crate) fn new(request: &Request, connection: u64) -> Self {
        Self {
            path: request.target.clone(),
            time: request
                .header("request-time")
                .unwrap_or_default()
                .to_owned(),
            body: request.body.clone(),
            connection,
            arrived: SystemTime::now(),
        }
    }
}

/// All attempts, by `vaultingRequestId`.
#[derive(Default)]
pub(crate) struct Record {
    attempts: Mutex<HashMap<String, Vec<Attempt>>>,
    changed: Condvar,
}

impl Record {
    /// Adds an attempt, and gives the earlier ones at the same path.
    pub(crate) fn add(&self, request_id: &str, attempt: Attempt) -> Vec<Attempt> {
        let mut attempts = lock(&self.attempts);
        let of_this_id = attempts.entry(request_id.to_owned()).or_default();
        let earlier = of_this_id
            .iter()
            .filter(|earlier| earlier.path == attempt.path);
        let earlier = earlier.cloned().collect();
        of_this_id.push(attempt);
        self.changed.notify_all();
        earlier
    }

    /// The attempts of an id, once there are at least `number` of them.
    ///
    /// # Panics
    /// If they do not come.
    pub(crate) fn wait_for(&self, request_id: &str, number: usize) -> Vec<Attempt> {
        let deadline = Instant::now() + LONGEST_WAIT;
        let mut attempts = lock(&self.attempts);
        loop {
            let found = attempts.get(request_id).map_or(&[][..], Vec::as_slice);
            if found.len() >= number {
                return found.to_vec();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "attempt {number} of {request_id} did not come"
            );
            attempts = self
                .changed
                .wait_timeout(attempts, left)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
    }
}
