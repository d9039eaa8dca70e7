//! Every way to lose a connection, and whether the request may have arrived by then: on raw sockets, with and without
//! TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use antom_core::{Client, Error, ErrorKind};
use antom_test_gateway::TestGateway;
use rcgen::{CertifiedKey, KeyPair};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion,
};
use serde_json::json;
use socket2::SockRef;

use crate::support::{self, Server, create, hold, reset};
use ErrorKind::{NotSent, OutcomeUnknown};

/// What announces more than comes.
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n";
const HALF_OF_A_BODY: &[u8] = b"{\"result\":{\"resultStatus\":\"F\",\"resultCode\":\"HALF\"}}";
/// A whole answer, which nobody signed.
const REFUSAL: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-length: 52\r\n\r\n{\"result\":{\"resultStatus\":\"F\",\"resultCode\":\"WHOLE\"}}";

type Tls = StreamOwned<ServerConnection, TcpStream>;

/// A certificate for this machine that is its own authority.
struct Identity(CertifiedKey<KeyPair>);

impl Identity {
    fn new() -> Arc<Self> {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]);
        Arc::new(Self(made.unwrap()))
    }

    /// TLS that works.
    fn tls(&self, stream: TcpStream) -> Tls {
        self.handshake(stream, &TLS13, false)
    }

    /// TLS that refuses a client without a certificate of its own, and lets it read the alert.
    fn refuse(&self, stream: TcpStream, version: &'static SupportedProtocolVersion) {
        hold(self.handshake(stream, version, true).sock);
    }

    fn handshake(
        &self,
        stream: TcpStream,
        version: &'static SupportedProtocolVersion,
        wants_certificate: bool,
    ) -> Tls {
        let own = self.0.cert.der();
        let key = PrivateKeyDer::try_from(self.0.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_protocol_versions(&[version]).unwrap();
        let config = if wants_certificate {
            let mut authorities = RootCertStore::empty();
            authorities.add(own.clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(authorities.into(), provider);
            config.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            config.with_no_client_auth()
        };
        let config = config.with_single_cert(vec![own.clone()], key).unwrap();
        let mut tls = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream);
        if tls.conn.complete_io(&mut tls.sock).is_err() {
            let _ = tls.conn.write_tls(&mut tls.sock);
        }
        tls
    }
}

/// Reads one request, whose body is one object.
fn read_request(stream: &mut impl Read) {
    let mut byte = [0];
    while byte != *b"}" && stream.read_exact(&mut byte).is_ok() {}
}

fn say(stream: &mut impl Write, bytes: &[u8]) {
    let _ = stream.write_all(bytes).and_then(|()| stream.flush());
}

/// A connection over TLS on which the request was read and this much was said.
fn after(identity: &Identity, stream: TcpStream, said: &[&[u8]]) -> Tls {
    let mut tls = identity.tls(stream);
    read_request(&mut tls);
    say(&mut tls, &said.concat());
    tls
}

/// Keeps the connection open and does nothing more.
fn stall(_stream: impl Read) {
    loop {
        thread::park();
    }
}

fn client(endpoint: &str, identity: &Identity, retries: u32) -> Client {
    let gateway = TestGateway::start().unwrap();
    let settings = json!({
        "endpoint": endpoint, "ca_certificate": identity.0.cert.pem(), "timeout_ms": 1500, "max_retries": retries,
    });
    support::client(&gateway, &settings)
}

/// Name, scheme, what the server does, what the client makes of it, and what its message says.
type Way = (
    &'static str,
    &'static str,
    fn(TcpStream, &Identity),
    ErrorKind,
    &'static str,
);

const WAYS: &[Way] = &[
    ("reset at once", "https", |s, _| reset(s), NotSent, "closed"),
    ("closed at once", "https", |s, _| drop(s), NotSent, "closed"),
    (
        "silent from the start",
        "https",
        |s, _| stall(s),
        NotSent,
        "timeout",
    ),
    (
        "reset in the handshake",
        "https",
        |mut s, _| {
            let _ = s.read(&mut [0]);
            reset(s);
        },
        NotSent,
        "closed",
    ),
    (
        "silent in the handshake",
        "https",
        |s, _| hold(s),
        NotSent,
        "timeout",
    ),
    (
        "an alert in the handshake",
        "https",
        |s, i| i.refuse(s, &TLS12),
        NotSent,
        "TLS with",
    ),
    (
        // In TLS 1.3 the client has finished, and has sent its request, before it is refused.
        "an alert after the handshake",
        "https",
        |s, i| i.refuse(s, &TLS13),
        OutcomeUnknown,
        "TLS with",
    ),
    (
        "reset when the request begins",
        "http",
        |mut s, _| {
            let _ = s.read(&mut [0]);
            reset(s);
        },
        OutcomeUnknown,
        "closed",
    ),
    (
        "reset after the request",
        "https",
        |s, i| reset(after(i, s, &[]).sock),
        OutcomeUnknown,
        "closed",
    ),
    (
        "closed after the request",
        "https",
        |s, i| drop(after(i, s, &[])),
        OutcomeUnknown,
        "closed",
    ),
    (
        "reset after the headers",
        "https",
        |s, i| reset(after(i, s, &[HEAD]).sock),
        OutcomeUnknown,
        "closed",
    ),
    (
        "reset after half of the body",
        "https",
        |s, i| reset(after(i, s, &[HEAD, HALF_OF_A_BODY]).sock),
        OutcomeUnknown,
        "closed",
    ),
    (
        "closed after half of the body",
        "https",
        |s, i| drop(after(i, s, &[HEAD, HALF_OF_A_BODY])),
        OutcomeUnknown,
        "closed",
    ),
    (
        "silent before the request was read",
        "https",
        |s, i| stall(i.tls(s)),
        OutcomeUnknown,
        "timeout",
    ),
    (
        "silent after the request was read",
        "https",
        |s, i| stall(after(i, s, &[])),
        OutcomeUnknown,
        "timeout",
    ),
    (
        "silent after the headers",
        "https",
        |s, i| stall(after(i, s, &[HEAD])),
        OutcomeUnknown,
        "timeout",
    ),
    (
        "silent after half of the body",
        "https",
        |s, i| stall(after(i, s, &[HEAD, HALF_OF_A_BODY])),
        OutcomeUnknown,
        "timeout",
    ),
];

#[test]
fn every_way_to_lose_a_connection_says_whether_the_request_may_have_arrived() {
    let identity = Identity::new();
    thread::scope(|scope| {
        for way in WAYS {
            let identity = &identity;
            scope.spawn(move || check(way, identity));
        }
    });
}

fn check(&(name, scheme, lose, kind, says): &Way, identity: &Arc<Identity>) {
    let own = Arc::clone(identity);
    let server = Server::start(move |_, stream| lose(stream, &own));
    let endpoint = format!("{scheme}://{}", server.address);
    let error = create(&client(&endpoint, identity, 0), None).unwrap_err();
    assert_eq!(error.kind(), kind, "{name}: {error}");
    assert!(error.message().contains(says), "{name}: {error}");
    assert!(error.is_retryable(), "{name}");
    assert_eq!((error.attempts(), error.http_status()), (1, None), "{name}");
    assert_eq!(server.connections(), 1, "{name}");
}

/// Ends an idle connection, and returns when the client's machine knows it.
fn end(mut tls: Tls, how: &str) {
    let patience = match how {
        "reset" => Duration::ZERO,
        _ => Duration::from_secs(5),
    };
    if how == "closed by TLS" {
        tls.conn.send_close_notify();
        let _ = tls.flush();
    }
    // With patience, closing waits until the other side has acknowledged it.
    let _ = SockRef::from(&tls.sock).set_linger(Some(patience));
}

#[test]
fn an_idle_connection_that_was_closed_is_not_used_again() {
    let identity = Identity::new();
    for how in ["closed", "closed by TLS", "reset"] {
        let (idle, ended) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let server = {
            let (identity, idle, ended) = (identity.clone(), idle.clone(), ended.clone());
            Server::start(move |number, stream| {
                let tls = after(&identity, stream, &[REFUSAL]);
                if number == 0 {
                    idle.wait();
                    end(tls, how);
                    ended.wait();
                } else {
                    stall(tls);
                }
            })
        };
        let client = client(&format!("https://{}", server.address), &identity, 0);
        assert_answered(&create(&client, None).unwrap_err(), 1);
        idle.wait();
        ended.wait();
        assert_answered(&create(&client, None).unwrap_err(), 1);
        assert_eq!(server.connections(), 2, "{how}");
    }
}

#[test]
fn a_kept_connection_that_is_closed_just_as_it_is_used_costs_an_attempt() {
    let identity = Identity::new();
    for retries in [0, 1] {
        let own = Arc::clone(&identity);
        let server = Server::start(move |number, stream| {
            let mut tls = after(&own, stream, &[REFUSAL]);
            if number == 0 {
                read_request(&mut tls);
                reset(tls.sock);
            } else {
                stall(tls);
            }
        });
        let client = client(&format!("https://{}", server.address), &identity, retries);
        assert_answered(&create(&client, None).unwrap_err(), 1);
        let error = create(&client, None).unwrap_err();
        if retries == 0 {
            assert_eq!(
                (error.kind(), error.attempts()),
                (OutcomeUnknown, 1),
                "{error}"
            );
            assert!(error.is_retryable());
        } else {
            assert_answered(&error, 2);
        }
    }
}

/// ureq alone would give each byte the whole connect timeout anew.
#[test]
fn a_proxy_that_answers_byte_by_byte_does_not_hold_a_call_beyond_the_connect_timeout() {
    let identity = Identity::new();
    let proxy = Server::start(|_, mut stream| {
        let _ = stream.read(&mut [0; 1024]);
        for byte in [&b"HTTP/1.1 200 OK\r\nx-slow: "[..], &[b'x'; 50]].concat() {
            say(&mut stream, &[byte]);
            thread::sleep(Duration::from_millis(50));
        }
    });
    let gateway = TestGateway::start().unwrap();
    let settings = json!({
        "proxy": format!("http://{}", proxy.address), "ca_certificate": identity.0.cert.pem(),
        "connect_timeout_ms": 500, "timeout_ms": 10_000, "max_retries": 0,
    });
    let client = support::client(&gateway, &settings);
    let begin = Instant::now();
    let error = create(&client, None).unwrap_err();
    let took = begin.elapsed();
    assert_eq!(error.kind(), NotSent, "{error}");
    assert!(error.message().contains("timeout"), "{error}");
    assert!((500..2000).contains(&took.as_millis()), "it took {took:?}");
}

fn assert_answered(error: &Error, attempts: u32) {
    assert_eq!(error.result_code(), Some("WHOLE"), "{error}");
    assert_eq!(error.attempts(), attempts, "{error}");
}

#[test]
fn a_port_where_nobody_listens_was_sent_nothing() {
    let identity = Identity::new();
    for scheme in ["http", "https"] {
        let gateway = TestGateway::start().unwrap();
        let down = gateway.ready().values["down"].replace("https", scheme);
        let error = create(&client(&down, &identity, 0), None).unwrap_err();
        assert_eq!(error.kind(), NotSent, "{error}");
        assert!(error.is_retryable());
    }
}
