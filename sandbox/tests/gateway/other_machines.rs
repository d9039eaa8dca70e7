//! What other machines may do where they may come at all. They are played through an address of this machine that is
//! not loopback; where there is none, there is nothing to test, and the test says so.

use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};

use antom_sandbox::{Sandbox, Settings, Token};
use tokio::runtime::Runtime;

use crate::support::{Answer, Draft, Request, Running, control_request};

const TOKEN: &str = "open-sesame-42";

/// An address of this machine on some network. Nothing is sent to find it.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

struct Open {
    runtime: Runtime,
    sandbox: Option<Sandbox>,
    outside: SocketAddr,
}

impl Open {
    fn start() -> Option<Self> {
        let Some(ip) = own_address() else {
            eprintln!("skipped: this machine has no address but loopback");
            return None;
        };
        let runtime = Runtime::new().unwrap();
        let settings = Settings {
            http: "0.0.0.0:0".parse().unwrap(),
            https: "127.0.0.1:0".parse().unwrap(),
            listen_anywhere: Some(Token::new(TOKEN).unwrap()),
            ..Settings::default()
        };
        let sandbox = runtime.block_on(Sandbox::start(settings)).unwrap();
        let url = sandbox.http_url();
        let port = url.rsplit_once(':').unwrap().1.parse().unwrap();
        Some(Self {
            runtime,
            sandbox: Some(sandbox),
            outside: SocketAddr::new(ip, port),
        })
    }

    fn send(&self, to: SocketAddr, request: &Request) -> Answer {
        let mut stream = TcpStream::connect(to).unwrap();
        let host = self.outside.to_string();
        let request = request.clone().replace("host", &host);
        stream.write_all(&request.head()).unwrap();
        stream.write_all(&request.body).unwrap();
        Answer::read(&mut stream)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let sandbox = self.sandbox.take().unwrap();
        self.runtime.block_on(sandbox.stop());
    }
}

#[test]
fn from_another_machine_the_token_is_needed() {
    let Some(open) = Open::start() else { return };
    let health = control_request("GET health", "");
    let status = |request: Request| open.send(open.outside, &request).status;
    assert_eq!(status(health.clone()), 401);
    assert_eq!(
        status(health.clone().with("x-sandbox-token", "open-sesame-43")),
        401
    );
    assert_eq!(status(health.clone().with("x-sandbox-token", TOKEN)), 200);
    let cookie = format!("sandbox_token={TOKEN}");
    assert_eq!(status(health.clone().with("Cookie", &cookie)), 200);

    let here = SocketAddr::new("127.0.0.1".parse().unwrap(), open.outside.port());
    assert_eq!(open.send(here, &health).status, 200, "not on this machine");
    // The token does not open the door to pages of other origins.
    let foreign = control_request("POST reset", "")
        .with("Cookie", &cookie)
        .with("Origin", "http://evil.example");
    assert_eq!(status(foreign), 403);
}

#[test]
fn a_visit_with_the_token_leaves_a_cookie_and_a_clean_address() {
    let Some(open) = Open::start() else { return };
    let visit = |query: &str| {
        let request =
            control_request("GET health", "").with_line(&format!("GET /{query} HTTP/1.1"));
        open.send(open.outside, &request)
    };
    let welcome = visit(&format!("?token={TOKEN}"));
    assert_eq!(welcome.status, 303);
    assert_eq!(welcome.header("location"), Some("/"));
    let cookie = welcome.header("set-cookie").unwrap();
    let expected = format!("sandbox_token={TOKEN}; Path=/; HttpOnly; SameSite=Lax");
    assert_eq!(cookie, expected);
    assert_eq!(visit("?token=open-sesame-43").status, 401);
    assert_eq!(visit("").status, 401);
}

#[test]
fn the_token_gets_into_no_journal() {
    let Some(open) = Open::start() else { return };
    let with_token = |line: &str| {
        control_request("GET health", "")
            .with_line(&format!("{line} HTTP/1.1"))
            .with("x-sandbox-token", TOKEN)
            .with("Cookie", &format!("a=b; sandbox_token={TOKEN}"))
    };
    for line in [
        "POST /unknown",
        "POST /?token=open-sesame-42",
        "POST /__sandbox/inbox",
    ] {
        open.send(open.outside, &with_token(line));
    }
    for line in [
        "GET /journal/1",
        "GET /journal/2",
        "GET /journal/export.har",
        "GET /__sandbox/inbox",
    ] {
        let answer = open.send(open.outside, &with_token(line));
        assert_eq!(answer.status, 200, "{line}");
        assert!(answer.text().contains("***"), "{line}: {}", answer.text());
        assert!(!answer.text().contains(TOKEN), "{line}: {}", answer.text());
    }
}

#[test]
fn on_antoms_paths_the_signature_says_who_is_asking() {
    let Some(open) = Open::start() else { return };
    let keys = Running::start();
    let unsigned = Draft::default().sign(&keys.merchant).without("signature");
    let answer = open.send(open.outside, &unsigned);
    answer.assert_unsigned("INVALID_SIGNATURE");
}
