//! HTTP/1.1 over real sockets: ureq on rustls with aws-lc-rs, and a witness of how far each request came.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use ureq::config::{AutoHeaderValue, Config};
use ureq::http::Uri;
use ureq::http::uri::Authority;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time::Duration as MaybeDuration;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout,
    RustlsConnector, Transport as Connection,
};
use ureq::{Agent, Proxy, Timeout};
use url::Url;

use super::explain::{Peers, cause, is_lasting};
use super::process::PerProcess;
use super::{
    Answer, BETWEEN_QUESTIONS, Body, CLOSED, Failure, Interrupt, LARGEST_BODY, Outgoing, Stage,
    Transport,
};
use crate::config::Endpoint;
use crate::error::Error;
use crate::secret::Secret;

/// Idle connections that are kept for the next calls: one a thread is used, and more than this are rare.
const IDLE_CONNECTIONS: usize = 32;

pub(crate) struct HttpSettings {
    pub(crate) endpoint: Endpoint,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) trust: Trust,
    pub(crate) proxy: Option<Secret<String>>,
}

/// The certificate authorities that may vouch for the gateway.
pub(crate) struct Trust(Vec<Certificate<'static>>);

impl Trust {
    /// The platform's store, or Mozilla's where the platform has none, and a CA of the caller's.
    pub(crate) fn platform_and(custom: Option<&[u8]>) -> Result<Self, Error> {
        let mut roots: Vec<_> = rustls_native_certs::load_native_certs()
            .certs
            .iter()
            .map(|der| Certificate::from_der(der).to_owned())
            .collect();
        if roots.is_empty() {
            roots.extend(
                webpki_root_certs::TLS_SERVER_ROOT_CERTS
                    .iter()
                    .map(|der| Certificate::from_der(der).to_owned()),
            );
        }
        if let Some(pem) = custom {
            let own: Vec<_> = parse_pem(pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if own.is_empty() {
                return Err(Error::config(
                    "CA certificate: there is no PEM certificate in it (-----BEGIN CERTIFICATE-----)",
                ));
            }
            let mut check = RootCertStore::empty();
            for certificate in &own {
                check
                    .add(CertificateDer::from(certificate.der()))
                    .map_err(|_| {
                        Error::config("CA certificate: it is damaged, or not an X.509 certificate")
                    })?;
            }
            roots.extend(own);
        }
        Ok(Self(roots))
    }
}

pub(crate) struct HttpTransport {
    endpoint: Endpoint,
    peers: Peers,
    connect_timeout: Duration,
    timeout: Duration,
    agent: PerProcess<Agent>,
    closed: AtomicBool,
}

impl HttpTransport {
    pub(crate) fn new(settings: HttpSettings) -> Result<Self, Error> {
        let proxy = settings
            .proxy
            .map(|url| {
                if settings.endpoint.is_https {
                    parse_proxy(url.expose())
                } else {
                    Err(Error::config(
                        "proxy: with an http endpoint, which is on this machine, it would see requests in the clear; leave it out",
                    ))
                }
            })
            .transpose()?;
        let peers = Peers {
            gateway: settings.endpoint.authority.clone(),
            proxy: proxy
                .as_ref()
                .map(|proxy| format!("{}:{}", proxy.host(), proxy.port())),
        };
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(settings.trust.0)))
            .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
            .build();
        let config = Agent::config_builder()
            .https_only(settings.endpoint.is_https)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .tls_config(tls)
            .timeout_connect(Some(settings.connect_timeout))
            .timeout_global(Some(settings.timeout))
            .max_idle_connections(IDLE_CONNECTIONS)
            .max_idle_connections_per_host(IDLE_CONNECTIONS)
            .user_agent(concat!("libantom/", env!("CARGO_PKG_VERSION")))
            .accept_encoding(AutoHeaderValue::None)
            .build();
        let authority: Authority = settings
            .endpoint
            .authority
            .parse()
            .map_err(|_| Error::config("endpoint: its host is not valid"))?;
        Ok(Self {
            peers,
            connect_timeout: settings.connect_timeout,
            timeout: settings.timeout,
            endpoint: settings.endpoint,
            agent: PerProcess::new(move || agent(config.clone(), authority.clone())),
            closed: AtomicBool::new(false),
        })
    }

    fn exchange(&self, request: &Outgoing<'_>) -> Result<Answer, ureq::Error> {
        let url = format!("{}{}", self.endpoint.origin, request.path);
        let mut builder = self.agent.get().post(url);
        if request.timeout.is_some() {
            builder = builder.config().timeout_global(request.timeout).build();
        }
        for (name, value) in request.headers {
            builder = builder.header(*name, *value);
        }
        let mut response = builder.send(request.body)?;
        let body = match response
            .body_mut()
            .with_config()
            .limit(LARGEST_BODY)
            .read_to_vec()
        {
            Ok(bytes) => Body::Complete(bytes),
            Err(ureq::Error::BodyExceedsLimit(_)) => Body::TooLarge,
            Err(error) => return Err(error),
        };
        Ok(Answer {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body,
            connect: PROGRESS.get().and_then(|progress| progress.connect),
        })
    }

    fn failure(&self, error: ureq::Error) -> Failure {
        let closed = self.closed.load(Ordering::Acquire);
        let progress = PROGRESS.get();
        let request_left = progress.is_some_and(|progress| progress.request_left);
        let is_interrupted = progress.is_some_and(|progress| progress.is_interrupted);
        let (stage, message) = match (request_left, closed) {
            (is_sent, _) if is_interrupted => (
                Stage::Interrupted { is_sent },
                if is_sent {
                    unanswered(INTERRUPTED)
                } else {
                    format!("the request was not sent: {INTERRUPTED}")
                },
            ),
            (false, true) => (Stage::Closed, CLOSED.to_owned()),
            (true, true) => (Stage::Sent, unanswered(CLOSED)),
            (false, false) => (
                Stage::NotSent,
                format!("the request was not sent: {}", cause(&error, &self.peers)),
            ),
            (true, false) => (Stage::Sent, unanswered(&cause(&error, &self.peers))),
        };
        Failure {
            stage,
            message,
            is_lasting: is_lasting(&error),
            source: error,
            connect: progress.and_then(|progress| progress.connect),
        }
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: &Outgoing<'_>) -> Result<Answer, Failure> {
        let begun = Instant::now();
        PROGRESS.set(Some(Progress {
            begun,
            connect_deadline: begun + self.connect_timeout,
            deadline: begun + request.timeout.unwrap_or(self.timeout),
            connect: None,
            request_left: false,
            interrupt: request.interrupt,
            next_question: begun + BETWEEN_QUESTIONS,
            is_interrupted: false,
        }));
        if self.closed.load(Ordering::Acquire) {
            return Err(self.failure(ureq::Error::ConnectionFailed));
        }
        self.exchange(request).map_err(|error| self.failure(error))
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.agent.get().clone().shutdown();
    }
}

/// Errors never repeat the URL: it may hold a password.
fn parse_proxy(text: &str) -> Result<Proxy, Error> {
    let problem = |problem: &str| {
        Error::config(format!(
            "proxy: {problem}; expected for example http://proxy.example:3128, with / # ? @ : in a password percent-encoded"
        ))
    };
    let url = Url::parse(text).map_err(|_| problem("it is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(problem(
            "its scheme is not http or https, or it names no host",
        ));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(problem(
            "it holds more than scheme, user, password, host and port",
        ));
    }
    Proxy::new(text).map_err(|_| problem("it is not a proxy's URL"))
}

/// ureq's own chain, with sockets of ours and one link more above TLS.
fn agent(config: Config, authority: Authority) -> Agent {
    let connector =
        ().chain(ConnectProxyConnector::default())
            .chain(Dialler)
            .chain(RustlsConnector::default())
            .chain(Witness { authority });
    Agent::with_parts(config, connector, LookedUpLater)
}

/// How far the exchange that runs on this thread has come.
#[derive(Clone, Copy)]
struct Progress {
    begun: Instant,
    /// When a connection must be open.
    connect_deadline: Instant,
    /// When the answer must be complete.
    deadline: Instant,
    /// How long it took until a new connection was open.
    connect: Option<Duration>,
    /// Whether an open connection was handed a byte of the request.
    request_left: bool,
    /// Who is asked whether to end it.
    interrupt: Option<Interrupt>,
    next_question: Instant,
    /// Whether the answer was yes.
    is_interrupted: bool,
}

thread_local! {
    static PROGRESS: Cell<Option<Progress>> = const { Cell::new(None) };
}

fn note(change: impl Fn(&mut Progress)) {
    PROGRESS.set(PROGRESS.get().map(|mut progress| {
        change(&mut progress);
        progress
    }));
}

/// Who is asked whether to end the exchange that runs on this thread.
fn interrupt() -> Option<Interrupt> {
    PROGRESS.get()?.interrupt
}

/// Asks, and notes a yes: the error itself is ureq's and cannot say it.
fn check(interrupt: Interrupt) -> Result<(), ureq::Error> {
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
struct LookedUpLater;

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
struct Dialler;

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
struct Socket {
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

/// Asks, if it is time to, also where a slow peer leaves no slice without a byte.
fn until_next_question(interrupt: Interrupt) -> Result<Duration, ureq::Error> {
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
fn within_deadline(mut timeout: NextTimeout) -> Result<NextTimeout, ureq::Error> {
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
const AT_ONCE: NextTimeout = NextTimeout {
    after: MaybeDuration::Exact(Duration::ZERO),
    reason: Timeout::RecvResponse,
    per_read: None,
    per_write: None,
};

/// Stands last in ureq's chain of connectors, so that it sees only connections that are ready for the request:
/// whatever fails before is name resolution, connecting, the proxy or TLS.
#[derive(Debug)]
struct Witness {
    authority: Authority,
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

struct Witnessed<T> {
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

const INTERRUPTED: &str = "the call was interrupted";

fn unanswered(cause: &str) -> String {
    format!("no complete answer came, and the request may have been processed: {cause}")
}

#[cfg(test)]
mod tests {
    use super::*;
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
