//! How far the exchange that runs on this thread has come: its deadline, whoever may interrupt it, and whether a byte
//! of the request has left.

use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant};

use ureq::Timeout;
use ureq::http::uri::Authority;
use ureq::unversioned::transport::time::Duration as MaybeDuration;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, Transport as Connection,
};

use super::{BETWEEN_QUESTIONS, Interrupt};

/// How far the exchange that runs on this thread has come.
#[derive(Clone, Copy)]
pub(super) struct Progress {
    pub(super) begun: Instant,
    /// When a connection must be open.
    pub(super) connect_deadline: Instant,
    /// When the answer must be complete.
    pub(super) deadline: Instant,
    /// How long it took until a new connection was open.
    pub(super) connect: Option<Duration>,
    /// Whether an open connection was handed a byte of the request.
    pub(super) request_left: bool,
    /// Who is asked whether to end it.
    pub(super) interrupt: Option<Interrupt>,
    pub(super) next_question: Instant,
    /// Whether the answer was yes.
    pub(super) is_interrupted: bool,
}

thread_local! {
    pub(super) static PROGRESS: Cell<Option<Progress>> = const { Cell::new(None) };
}

pub(super) fn note(change: impl Fn(&mut Progress)) {
    PROGRESS.set(PROGRESS.get().map(|mut progress| {
        change(&mut progress);
        progress
    }));
}

/// Who is asked whether to end the exchange that runs on this thread.
pub(super) fn interrupt() -> Option<Interrupt> {
    PROGRESS.get()?.interrupt
}

/// Asks, and notes a yes: the error itself is ureq's and cannot say it.
pub(super) fn check(interrupt: Interrupt) -> Result<(), ureq::Error> {
    // Whoever is asked may make calls of their own, on this thread.
    let ours = PROGRESS.take();
    let is_wanted = interrupt();
    PROGRESS.set(ours);
    if is_wanted {
        note(|progress| progress.is_interrupted = true);
        return Err(ureq::Error::ConnectionFailed);
    }
    Ok(())
}

/// Asks, if it is time to, also where a slow peer leaves no slice without a byte.
pub(super) fn until_next_question(interrupt: Interrupt) -> Result<Duration, ureq::Error> {
    let next = PROGRESS.get().map(|progress| progress.next_question);
    let left = next.map(|next| next.saturating_duration_since(Instant::now()));
    if let Some(left) = left.filter(|left| !left.is_zero()) {
        return Ok(left);
    }
    check(interrupt)?;
    note(|progress| progress.next_question = Instant::now() + BETWEEN_QUESTIONS);
    Ok(BETWEEN_QUESTIONS)
}

/// ureq gives each read of a handshake or of a proxy's answer the same timeout anew: a peer that sends a byte now and
/// then would never meet it.
pub(super) fn within_deadline(mut timeout: NextTimeout) -> Result<NextTimeout, ureq::Error> {
    let Some(progress) = PROGRESS.get() else {
        return Ok(timeout);
    };
    if progress.is_interrupted {
        // rustls hides a failed write at first, and goes on.
        return Err(ureq::Error::ConnectionFailed);
    }
    let deadline = if progress.connect.is_some() || progress.request_left {
        progress.deadline
    } else {
        progress.connect_deadline.min(progress.deadline)
    };
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(ureq::Error::Timeout(timeout.reason));
    }
    if timeout.after > left.into() {
        timeout.after = left.into();
    }
    Ok(timeout)
}

/// Asks a connection for what it has already read from the socket, an end of TLS too.
pub(super) const AT_ONCE: NextTimeout = NextTimeout {
    after: MaybeDuration::Exact(Duration::ZERO),
    reason: Timeout::RecvResponse,
    per_read: None,
    per_write: None,
};

/// Stands last in ureq's chain of connectors, so that it sees only connections that are ready for the request:
/// whatever fails before is name resolution, connecting, the proxy or TLS.
#[derive(Debug)]
pub(super) struct Witness {
    pub(super) authority: Authority,
}

impl<In: Connection> Connector<In> for Witness {
    type Out = Witnessed<In>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        // A connection to the proxy itself carries CONNECT, not the request.
        let carries_request = details.uri.authority() == Some(&self.authority);
        if carries_request {
            note(|progress| progress.connect = Some(progress.begun.elapsed()));
        }
        Ok(chained.map(|inner| Witnessed {
            inner,
            carries_request,
        }))
    }
}

pub(super) struct Witnessed<T> {
    inner: T,
    carries_request: bool,
}

impl<T: Connection> Connection for Witnessed<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        if self.carries_request {
            note(|progress| progress.request_left = true);
        }
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.inner.await_input(timeout)
    }

    /// TLS looks only below itself. What it has decrypted, nobody has read either; and it may know already that the
    /// peer has said goodbye, where nothing waits on the socket any more.
    fn is_open(&mut self) -> bool {
        self.inner.buffers().input().is_empty()
            && self.inner.is_open()
            && self.inner.await_input(AT_ONCE).is_err()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl<T> fmt::Debug for Witnessed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Witnessed")
    }
}
