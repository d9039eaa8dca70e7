//! A scripted gateway on real sockets, for the tests of every language: it verifies each request and plays the
//! answer, or the fault, of the case that the `vaultingRequestId` names. The contract is `tests/README.md`.

mod case;
mod certificates;
mod http;
mod keys;
mod network;
mod play;
mod proxy;
mod record;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use rustls::ServerConfig;
use serde::Serialize;
use serde_json::Value;

pub use case::{
    Answer, Answers, Case, CaseFile, ClientId, Fault, Form, Sign, StandingAnswer, load_cases,
    load_standing_answers, vectors,
};
pub use play::CANARY_TOKEN;
pub use record::Attempt;

use certificates::Authority;
use http::Request;
use keys::Keys;
use network::{Connection, DownPort, Network, Tcp};
use play::{Script, Then};
use proxy::Manner;

/// Where the line for each request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// Nowhere.
    Silent,
    /// To standard error.
    Stderr,
}

/// What a client needs to know of a running gateway; the line of JSON that the program prints.
#[derive(Clone, Debug, Serialize)]
pub struct Ready {
    /// The settings with which a client gets a good session.
    pub settings: BTreeMap<&'static str, Value>,
    /// Other values, which cases name with `@`.
    pub values: BTreeMap<&'static str, String>,
}

/// A running gateway. Ends, with all its connections and threads, when it is dropped.
pub struct TestGateway {
    ready: Ready,
    script: Arc<Script>,
    connections: Arc<AtomicU64>,
    network: Network,
    directory: Directory,
    _down: DownPort,
}

impl TestGateway {
    /// Starts a gateway that logs nothing.
    ///
    /// # Errors
    /// When the vectors cannot be read, or no socket or file can be made.
    pub fn start() -> io::Result<Self> {
        Self::start_with(Log::Silent)
    }

    /// Starts a gateway.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(log: Log) -> io::Result<Self> {
        let script = Arc::new(Script::new(
            Keys::load()?,
            load_cases()?,
            load_standing_answers()?,
        ));
        let authority = Authority::new("libantom test CA")?;
        let directory = Directory::new()?;
        let mut network = Network::default();
        let connections = Arc::new(AtomicU64::new(0));
        let down = DownPort::new()?;

        let good = {
            let (script, tls) = (Arc::clone(&script), authority.good()?);
            let count = Arc::clone(&connections);
            network.listen(move |tcp| {
                count.fetch_add(1, Ordering::Relaxed);
                converse(tcp, Some(&tls), &script, log);
            })?
        };
        let mut values = endpoints(&mut network, &script, &authority, log)?;
        values.extend(proxies(&mut network, good)?);
        values.extend([
            ("localhost", format!("https://localhost:{}", good.port())),
            ("http_to_tls", url("http", good)),
            ("down", url("https", down.address()?)),
            ("proxy_down", url("http", down.address()?)),
        ]);
        let mut settings = BTreeMap::from([
            ("client_id", play::CLIENT_ID.into()),
            ("endpoint", url("https", good).into()),
            // A case that is about retries asks for them.
            ("max_retries", 0.into()),
        ]);
        let (merchant, antom) = (&script.keys().merchant, &script.keys().gateway);
        let file = |name, content: &str| directory.write(name, content);
        settings.extend([
            (
                "private_key_path",
                file("merchant_private.pem", &merchant.private_pem)?.into(),
            ),
            (
                "antom_public_key_path",
                file("antom_public.pem", &antom.public_pem)?.into(),
            ),
            (
                "ca_certificate_path",
                file("ca.pem", &authority.pem)?.into(),
            ),
        ]);
        values.extend([
            (
                "merchant_public_key_path",
                file("merchant_public.pem", &merchant.public_pem)?,
            ),
            ("directory", directory.path.display().to_string()),
        ]);
        Ok(Self {
            ready: Ready { settings, values },
            script,
            connections,
            network,
            directory,
            _down: down,
        })
    }

    /// What a client needs to know.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Plays `answers` to requests for the live path `path`, or the test mode's, with this `vaultingRequestId`; the
    /// empty one stands for bodies without. All requests count as attempts of one call.
    pub fn add(&self, path: &str, request_id: &str, answers: Answers) {
        self.script.add(path, request_id, answers);
    }

    /// What has arrived with this `vaultingRequestId`, in order.
    pub fn attempts(&self, request_id: &str) -> Vec<Attempt> {
        self.wait_for_attempt(request_id, 0)
    }

    /// The same, once at least `number` attempts have arrived.
    ///
    /// # Panics
    /// If they do not arrive.
    pub fn wait_for_attempt(&self, request_id: &str, number: usize) -> Vec<Attempt> {
        self.script.record().wait_for(request_id, number)
    }

    /// How many TCP connections the good `https` endpoint has accepted.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for TestGateway {
    fn drop(&mut self) {
        self.network.close();
        self.directory.remove();
    }
}

/// Further endpoints: without TLS, with certificates that must be refused, and one that never speaks.
fn endpoints(
    network: &mut Network,
    script: &Arc<Script>,
    authority: &Authority,
    log: Log,
) -> io::Result<BTreeMap<&'static str, String>> {
    let mut serve = |tls: Option<Arc<ServerConfig>>| {
        let script = Arc::clone(script);
        network.listen(move |tcp| converse(tcp, tls.as_ref(), &script, log))
    };
    let stranger = Authority::new("libantom test CA that nobody trusts")?;
    let plain = serve(None)?;
    Ok(BTreeMap::from([
        ("http", url("http", plain)),
        ("no_tls", url("https", plain)),
        ("unknown_ca", url("https", serve(Some(stranger.good()?))?)),
        (
            "other_name",
            url("https", serve(Some(authority.other_name()?))?),
        ),
        ("expired", url("https", serve(Some(authority.expired()?))?)),
        (
            "stalled",
            url("https", network.listen(|mut tcp| tcp.hold())?),
        ),
    ]))
}

/// Proxies to the good endpoint.
fn proxies(network: &mut Network, good: SocketAddr) -> io::Result<BTreeMap<&'static str, String>> {
    let connect = network.connector();
    let mut serve = |manner| {
        let connect = connect.clone();
        // An error here is a client that went away: it knows why.
        network.listen(move |tcp| drop(proxy::serve(tcp, manner, good, &connect)))
    };
    let with_password = serve(Manner::WithPassword)?;
    let (user, password) = (proxy::USER, proxy::PASSWORD);
    Ok(BTreeMap::from([
        ("proxy", url("http", serve(Manner::Open)?)),
        ("proxy_refusing", url("http", serve(Manner::Refusing)?)),
        (
            "proxy_with_password",
            format!("http://{user}:{password}@{with_password}"),
        ),
        (
            "proxy_wrong_password",
            format!("http://{user}:wrong@{with_password}"),
        ),
        (
            "proxy_stalled",
            url("http", network.listen(|mut tcp| tcp.hold())?),
        ),
    ]))
}

fn url(scheme: &str, address: SocketAddr) -> String {
    format!("{scheme}://{address}")
}

/// Answers the requests of one connection until one side ends it.
fn converse(tcp: Tcp, tls: Option<&Arc<ServerConfig>>, script: &Script, log: Log) {
    // An error here is a client that went away: it knows why.
    let _ = Connection::new(tcp, tls).and_then(|connection| exchange(connection, script, log));
}

fn exchange(connection: Connection, script: &Script, log: Log) -> io::Result<()> {
    let number = script.next_connection();
    let mut connection = BufReader::new(connection);
    loop {
        let request = match Request::read(&mut connection) {
            Ok(Some(request)) => request,
            Ok(None) => break,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                // For example a TLS handshake without TLS: answer as web servers do.
                let bad = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
                connection.get_mut().write_all(bad)?;
                break;
            }
            Err(error) => return Err(error),
        };
        let played = script.play(&request, number);
        if log == Log::Stderr {
            eprintln!("{} {} {}", request.method, request.target, played.log);
        }
        let peer = connection.get_mut();
        match played.then {
            Then::Again => peer.write_twice(&played.bytes)?,
            Then::SayGoodbye => peer.write_and_say_goodbye(&played.bytes)?,
            _ => {
                peer.write_all(&played.bytes)?;
                peer.flush()?;
            }
        }
        match played.then {
            Then::Next | Then::Again => {}
            Then::Close => break,
            Then::Reset => {
                connection.into_inner().reset();
                return Ok(());
            }
            Then::Hold | Then::SayGoodbye => {
                connection.into_inner().hold();
                return Ok(());
            }
        }
    }
    connection.into_inner().close();
    Ok(())
}

/// A temporary directory of this gateway's own.
struct Directory {
    path: PathBuf,
}

impl Directory {
    fn new() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("antom-test-gateway-{}-{number}", process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path)?;
        Ok(Self { path })
    }

    fn write(&self, name: &str, content: &str) -> io::Result<String> {
        let path: &Path = &self.path.join(name);
        fs::write(path, content)?;
        Ok(path.display().to_string())
    }

    fn remove(&self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
