//! TCP connections: looked up, opened, written to and read from within the deadline of the call.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use ureq::Timeout;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time::Duration as MaybeDuration;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout,
    Transport as Connection,
};

use super::progress::{AT_ONCE, check, interrupt, until_next_question, within_deadline};
use super::{BETWEEN_QUESTIONS, Interrupt};

/// A thread of ours could not be started.
#[derive(Debug)]
pub(super) struct NoThread(io::Error);

impl fmt::Display for NoThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(error) = self;
        write!(
            f,
            "this machine starts no more threads ({error}): raise its limits"
        )
    }
}

impl std::error::Error for NoThread {}

/// Does what cannot be ended early on a thread of its own, which is left behind when the call ends before it.
fn apart<T: Send + 'static>(
    interrupt: Option<Interrupt>,
    timeout: NextTimeout,
    work: impl FnOnce() -> Result<T, ureq::Error> + Send + 'static,
) -> Result<T, ureq::Error> {
    let end = Instant::now() + *within_deadline(timeout)?.after;
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new()
        .spawn(move || sender.send(work()))
        .map_err(|error| ureq::Error::Other(Box::new(NoThread(error))))?;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let slice = interrupt.map_or(left, |_| left.min(BETWEEN_QUESTIONS));
        match receiver.recv_timeout(slice) {
            Ok(done) => return done,
            Err(RecvTimeoutError::Disconnected) => return Err(ureq::Error::ConnectionFailed),
            Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                return Err(ureq::Error::Timeout(timeout.reason));
            }
            Err(RecvTimeoutError::Timeout) => interrupt.map_or(Ok(()), check)?,
        }
    }
}

/// ureq asks for addresses before it looks for an open connection, and each look-up takes a thread. [`Dialler`] looks
/// the name up, only where a connection is opened.
#[derive(Debug)]
pub(super) struct LookedUpLater;

impl Resolver for LookedUpLater {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

/// Looks up the name of the gateway, or of the proxy, on a thread of its own, and opens a TCP connection, which has one
/// too in a call that can be interrupted.
#[derive(Debug)]
pub(super) struct Dialler;

impl<In: Connection> Connector<In> for Dialler {
    type Out = Either<In, Socket>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        if let Some(chained) = chained {
            // Through a proxy, which looks the gateway's name up itself.
            return Ok(Some(Either::A(chained)));
        }
        let addrs = look_up(
            details.uri,
            details.config,
            within_deadline(details.timeout)?,
        )?;
        // What is left of it.
        let timeout = within_deadline(details.timeout)?;
        let stream = match interrupt() {
            None => open(&addrs, timeout),
            interrupt => apart(interrupt, timeout, move || open(&addrs, timeout)),
        };
        let stream = Arc::new(stream?);
        let stream_to_shut_down = Arc::downgrade(&stream);
        (details.register_shutdown)(stream_to_shut_down)?;
        Ok(Some(Either::B(Socket {
            stream,
            buffers: LazyBuffers::new(
                details.config.input_buffer_size(),
                details.config.output_buffer_size(),
            ),
            held: 0,
        })))
    }
}

/// Tries one address after the other, each with half of the time that is left, the last one with all of it.
fn open(addrs: &[SocketAddr], timeout: NextTimeout) -> Result<TcpStream, ureq::Error> {
    let end = Instant::now() + *timeout.after;
    let mut failure = ureq::Error::HostNotFound;
    for (tried, address) in addrs.iter().enumerate() {
        let left = end.saturating_duration_since(Instant::now());
        let is_last = tried + 1 == addrs.len();
        let share = if is_last { left } else { left / 2 };
        match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                failure = ureq::Error::Timeout(timeout.reason);
            }
            Err(error) => failure = error.into(),
        }
    }
    Err(failure)
}

fn look_up(
    uri: &Uri,
    config: &Config,
    timeout: NextTimeout,
) -> Result<ResolvedSocketAddrs, ureq::Error> {
    let resolver = DefaultResolver::default();
    let timeout = NextTimeout {
        reason: Timeout::Resolve,
        ..timeout
    };
    let (uri, config) = (uri.clone(), config.clone());
    let unlimited = NextTimeout {
        after: MaybeDuration::NotHappening,
        ..timeout
    };
    apart(interrupt(), timeout, move || {
        resolver.resolve(&uri, &config, unlimited)
    })
}

/// A TCP connection. ureq's own would give each part of a write that a slow reader takes the whole timeout anew, and
/// nobody could interrupt it. It would also send head and body of a request one by one: here they wait for each other
/// in the buffer, until an answer is awaited, because each packet wakes the peer.
pub(super) struct Socket {
    stream: Arc<TcpStream>,
    buffers: LazyBuffers,
    /// How much at the beginning of the output buffer was not sent yet.
    held: usize,
}

impl Socket {
    fn send_held(&mut self, timeout: NextTimeout) -> Result<(), ureq::Error> {
        if self.held == 0 {
            return Ok(());
        }
        let mut stream = &*self.stream;
        let mut rest = &self.buffers.output()[..std::mem::take(&mut self.held)];
        while !rest.is_empty() {
            let sent = in_slices(timeout, |slice| {
                stream.set_write_timeout(Some(slice))?;
                stream.write(rest)
            })?;
            rest = &rest[sent..];
        }
        Ok(())
    }

    fn is_silent(&self) -> io::Result<bool> {
        self.stream.set_nonblocking(true)?;
        let heard = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false)?;
        Ok(matches!(heard, Err(error) if error.kind() == io::ErrorKind::WouldBlock))
    }
}

impl Connection for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.held += amount;
        let room = self.buffers.output().len() - self.held;
        if room < self.held {
            self.send_held(timeout)?;
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        if timeout.after == AT_ONCE.after {
            return Err(ureq::Error::Timeout(timeout.reason));
        }
        self.send_held(timeout)?;
        let mut stream = &*self.stream;
        let input = self.buffers.input_append_buf();
        let received = in_slices(timeout, |slice| {
            stream.set_read_timeout(Some(slice))?;
            stream.read(input)
        })?;
        self.buffers.input_appended(received);
        Ok(received > 0)
    }

    /// A connection on which something waits that nobody has read is not used again: it would be taken for the
    /// answer to the next request.
    fn is_open(&mut self) -> bool {
        self.held == 0 && self.buffers.input().is_empty() && self.is_silent().unwrap_or(false)
    }
}

/// Writes go behind what is held.
impl Buffers for Socket {
    fn output(&mut self) -> &mut [u8] {
        &mut self.buffers.output()[self.held..]
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        let (scratch, output) = self.buffers.tmp_and_output();
        (scratch, &mut output[self.held..])
    }

    fn input(&self) -> &[u8] {
        self.buffers.input()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.buffers.input_append_buf()
    }

    fn input_appended(&mut self, amount: usize) {
        self.buffers.input_appended(amount);
    }

    fn input_consume(&mut self, amount: usize) {
        self.buffers.input_consume(amount);
    }

    fn can_use_input(&self) -> bool {
        self.buffers.can_use_input()
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Socket")
    }
}

/// Tries it until it succeeds, until the deadline, or until whoever is asked in between wants the call to end.
fn in_slices(
    timeout: NextTimeout,
    mut attempt: impl FnMut(Duration) -> io::Result<usize>,
) -> Result<usize, ureq::Error> {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    loop {
        let left = *within_deadline(timeout)?.after;
        let slice = interrupt().map_or(Ok(left), until_next_question)?;
        match attempt(slice.min(left)) {
            Err(error) if matches!(error.kind(), Interrupted | TimedOut | WouldBlock) => {}
            ended => return Ok(ended?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::progress::PROGRESS;
    use std::cell::Cell;
    use std::net::TcpListener;

    thread_local! {
        static ASKED: Cell<u32> = const { Cell::new(0) };
    }

    fn timeout(after: Duration) -> NextTimeout {
        PROGRESS.set(None);
        NextTimeout {
            after: after.into(),
            reason: Timeout::Resolve,
            ..NextTimeout::default()
        }
    }

    fn at_the_second_question() -> bool {
        ASKED.set(ASKED.get() + 1);
        ASKED.get() == 2
    }

    #[test]
    fn work_apart_gives_its_result_and_asks_nobody_if_it_is_quick() {
        let ask = || panic!("nobody asks");
        let done = apart(Some(ask), timeout(Duration::from_hours(1)), || Ok(7));
        assert_eq!(done.unwrap(), 7);
    }

    #[test]
    fn work_apart_is_left_behind_when_the_call_is_interrupted() {
        let (_hold, held) = mpsc::channel::<()>();
        let begun = Instant::now();
        let done = apart(
            Some(at_the_second_question),
            timeout(Duration::from_hours(1)),
            move || {
                held.recv().ok();
                Ok(())
            },
        );
        assert!(done.is_err());
        assert_eq!(ASKED.get(), 2);
        assert!(begun.elapsed() >= BETWEEN_QUESTIONS * 2);
    }

    #[test]
    fn work_apart_ends_with_its_timeout() {
        let (_hold, held) = mpsc::channel::<()>();
        let done = apart(
            Some(|| false),
            timeout(Duration::from_millis(1)),
            move || {
                held.recv().ok();
                Ok(())
            },
        );
        assert!(matches!(done, Err(ureq::Error::Timeout(Timeout::Resolve))));
    }

    /// A connection with room for ten bytes of output, and its peer.
    fn socket() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let socket = Socket {
            stream: Arc::new(stream),
            buffers: LazyBuffers::new(10, 10),
            held: 0,
        };
        let (peer, _) = listener.accept().unwrap();
        peer.set_nonblocking(true).unwrap();
        (socket, peer)
    }

    fn transmit(socket: &mut Socket, text: &[u8]) {
        socket.output()[..text.len()].copy_from_slice(text);
        let limit = timeout(Duration::from_hours(1));
        socket.transmit_output(text.len(), limit).unwrap();
    }

    #[test]
    fn head_and_body_leave_together_when_the_answer_is_awaited() {
        let (mut socket, mut peer) = socket();
        let mut received = [0; 10];
        transmit(&mut socket, b"he");
        transmit(&mut socket, b"ad");
        let nothing_yet = peer.read(&mut received).unwrap_err();
        assert_eq!(nothing_yet.kind(), io::ErrorKind::WouldBlock);
        assert!(!socket.is_open());
        peer.write_all(b"!").unwrap();
        let limit = timeout(Duration::from_hours(1));
        assert!(socket.await_input(limit).unwrap());
        assert_eq!(peer.read(&mut received).unwrap(), 4);
        assert_eq!(&received[..4], b"head");
        socket.input_consume(1);
        assert!(socket.is_open());
    }

    #[test]
    fn what_fills_half_of_the_buffer_leaves_at_once() {
        let (mut socket, mut peer) = socket();
        let mut received = [0; 10];
        transmit(&mut socket, b"long");
        transmit(&mut socket, b"er");
        peer.set_nonblocking(false).unwrap();
        assert_eq!(peer.read(&mut received).unwrap(), 6);
        assert_eq!(&received[..6], b"longer");
        assert_eq!(socket.output().len(), 10);
    }
}
