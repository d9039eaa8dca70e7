//! What happens in a call, for logs, metrics and traces: it begins, each attempt ends, it ends.
//!
//! Events hold names, numbers and durations; no bodies, no keys, no signatures, no session data.

use std::time::Duration;

use crate::error::ErrorKind;

/// Is told of every call of a client, on the thread that makes the call. Keep it quick: the call waits for it.
///
/// ```
/// use antom_core::{AttemptEnded, Observer};
///
/// struct Log;
///
/// impl Observer for Log {
///     fn attempt(&self, attempt: &AttemptEnded<'_>) {
///         eprintln!("{} attempt {}: {:?}", attempt.path, attempt.number, attempt.error);
///     }
/// }
/// ```
pub trait Observer: Send + Sync {
    /// A call begins; its request keeps the field rules.
    fn begin(&self, call: &CallBegan<'_>) {
        let _ = call;
    }

    /// An attempt ended, well or not.
    fn attempt(&self, attempt: &AttemptEnded<'_>) {
        let _ = attempt;
    }

    /// The call ended.
    fn end(&self, call: &CallEnded<'_>) {
        let _ = call;
    }
}

/// A call begins.
#[derive(Clone, Debug)]
pub struct CallBegan<'a> {
    /// The path on the wire; its last part is the API.
    pub path: &'a str,
    /// The `vaultingRequestId`, where the API has one.
    pub request_id: Option<&'a str>,
    /// The size of the body in bytes.
    pub body_bytes: usize,
}

/// An attempt ended.
#[derive(Clone, Debug, Default)]
pub struct AttemptEnded<'a> {
    /// The path on the wire.
    pub path: &'a str,
    /// The `vaultingRequestId`, where the API has one.
    pub request_id: Option<&'a str>,
    /// 1 for the first attempt.
    pub number: u32,
    /// How long signing took.
    pub sign: Duration,
    /// How long opening a connection took, TLS included; `None` where an open one was
    /// [reused](AttemptEnded::is_reused), or none was opened.
    pub connect: Option<Duration>,
    /// How long the exchange took in all, from the request's first step to the answer's last byte.
    pub exchange: Duration,
    /// How long checking the answer's signature and reading the answer took.
    pub verify: Duration,
    /// The size of the answer's body in bytes.
    pub answer_bytes: Option<usize>,
    /// The HTTP status of the answer.
    pub http_status: Option<u16>,
    /// The `resultCode` of a failure.
    pub result_code: Option<String>,
    /// The kind of the error; `None` is success.
    pub error: Option<ErrorKind>,
    /// How far Antom's clock is ahead of this machine's, in seconds, where the answer is authentic and says it. An
    /// answer's time is in whole seconds, and it has travelled: expect a second or two.
    pub clock_skew: Option<i64>,
}

impl AttemptEnded<'_> {
    /// How long the exchange took without opening a connection: sending the request, and waiting for the answer until
    /// its last byte. Zero where no connection was opened or reused.
    pub fn wait(&self) -> Duration {
        match self.connect {
            Some(connect) => self.exchange.saturating_sub(connect),
            None if self.is_reused() => self.exchange,
            None => Duration::ZERO,
        }
    }

    /// Whether the request left on a connection that an earlier one had opened.
    pub fn is_reused(&self) -> bool {
        let has_left = !matches!(
            self.error,
            Some(ErrorKind::Signing | ErrorKind::NotSent | ErrorKind::Closed)
        );
        has_left && self.connect.is_none()
    }
}

/// A call ended.
#[derive(Clone, Debug)]
pub struct CallEnded<'a> {
    /// The path on the wire.
    pub path: &'a str,
    /// The `vaultingRequestId`, where the API has one.
    pub request_id: Option<&'a str>,
    /// How many attempts were made.
    pub attempts: u32,
    /// How long the call took, waits included.
    pub duration: Duration,
    /// The kind of the error; `None` is success.
    pub error: Option<ErrorKind>,
}

/// Tells nobody.
pub(crate) struct Silent;

impl Observer for Silent {}

/// Writes each event with the `tracing` crate: attempts at debug level, ended calls at info, failed ones at warn.
#[cfg(feature = "tracing")]
pub struct TracingObserver;

#[cfg(feature = "tracing")]
impl Observer for TracingObserver {
    fn begin(&self, call: &CallBegan<'_>) {
        tracing::debug!(
            path = call.path,
            request_id = call.request_id,
            body_bytes = call.body_bytes,
            "call begins"
        );
    }

    fn attempt(&self, attempt: &AttemptEnded<'_>) {
        tracing::debug!(
            path = attempt.path,
            request_id = attempt.request_id,
            number = attempt.number,
            sign = ?attempt.sign,
            connect = ?attempt.connect,
            reused = attempt.is_reused(),
            wait = ?attempt.wait(),
            verify = ?attempt.verify,
            answer_bytes = attempt.answer_bytes,
            http_status = attempt.http_status,
            result_code = attempt.result_code,
            error = attempt.error.map(ErrorKind::name),
            clock_skew = attempt.clock_skew,
            "attempt ended"
        );
    }

    fn end(&self, call: &CallEnded<'_>) {
        let (path, request_id, attempts) = (call.path, call.request_id, call.attempts);
        match call.error.map(ErrorKind::name) {
            None => {
                tracing::info!(path, request_id, attempts, duration = ?call.duration, "call succeeded");
            }
            Some(error) => {
                tracing::warn!(path, request_id, attempts, duration = ?call.duration, error, "call failed");
            }
        }
    }
}
