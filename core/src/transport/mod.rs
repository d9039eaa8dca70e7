//! What the client needs of a network: send these bytes, give back the answer or say how far it came.

mod explain;
pub(crate) mod http;
pub(crate) mod process;
mod progress;
mod socket;

use std::time::Duration;

/// The largest body of an answer that is read, in bytes.
pub(crate) const LARGEST_BODY: u64 = 1024 * 1024;

/// Why a closed client sends nothing.
pub(crate) const CLOSED: &str = "the client was closed: create a new one";

/// A request that is ready to go: what is sent is exactly what was signed.
pub(crate) struct Outgoing<'a> {
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(&'static str, &'a str)],
    pub(crate) body: &'a [u8],
    /// How long the exchange may take in all; `None` is the client's own timeout, which needs no settings of its own.
    pub(crate) timeout: Option<Duration>,
    /// Who is asked now and then whether to end the exchange.
    pub(crate) interrupt: Option<Interrupt>,
}

/// Says whether the running call is to end.
pub(crate) type Interrupt = fn() -> bool;

/// How often it is asked.
pub(crate) const BETWEEN_QUESTIONS: Duration = Duration::from_millis(50);

/// An answer, as raw as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: Body,
    /// How long opening the connection took, if one was opened.
    pub(crate) connect: Option<Duration>,
}

pub(crate) enum Body {
    Complete(Vec<u8>),
    TooLarge,
}

impl Body {
    pub(crate) fn len(&self) -> Option<usize> {
        match self {
            Self::Complete(bytes) => Some(bytes.len()),
            Self::TooLarge => None,
        }
    }
}

impl Answer {
    /// The only value of a header, or why it cannot be relied on.
    pub(crate) fn header(&self, name: &str) -> Result<Option<&str>, String> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => value
                .to_str()
                .map(Some)
                .map_err(|_| format!("the answer's {name} header is not plain text")),
            (Some(_), Some(_)) => Err(format!("the answer has more than one {name} header")),
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) stage: Stage,
    /// One line: what happened and what to do.
    pub(crate) message: String,
    /// Whether the same will happen again until somebody changes something.
    pub(crate) is_lasting: bool,
    pub(crate) source: ureq::Error,
    /// How long opening the connection took, if one was opened.
    pub(crate) connect: Option<Duration>,
}

/// How far the request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Not a byte of it left.
    NotSent,
    /// Some of it may have arrived.
    Sent,
    /// The client was closed meanwhile.
    Closed,
    /// The caller ended the exchange: before a byte of it left, or after.
    Interrupted {
        /// Whether some of it may have arrived.
        is_sent: bool,
    },
}

/// Sends requests. Implemented on real sockets; unit tests of the flow may play the network.
pub(crate) trait Transport: Send + Sync {
    fn send(&self, request: &Outgoing<'_>) -> Result<Answer, Failure>;
    fn close(&self);
}
