//! What the tests share: clients from the settings of a case, calls, and servers that do one thing.

use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use antom_core::signature::KeyInput;
use antom_core::{
    Client, ClientBuilder, CreateVaultingSession, Error, Product, Region, VaultingSession,
};
use antom_test_gateway::{Answers, TestGateway};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use socket2::SockRef;

/// Settings of which each is another form of the same.
const FORMS: &[&[&str]] = &[
    &["private_key", "private_key_base64", "private_key_path"],
    &[
        "antom_public_key",
        "antom_public_key_base64",
        "antom_public_key_path",
    ],
    &["ca_certificate", "ca_certificate_path"],
    &["endpoint", "region"],
];

/// A client from the gateway's settings with `overrides`, an object, on top.
pub(crate) fn client(gateway: &TestGateway, overrides: &Value) -> Client {
    let overrides = overrides.as_object().expect("an object");
    builder(gateway, overrides)
        .build()
        .expect("the settings are right")
}

/// What makes a client from the gateway's settings with `overrides` on top.
pub(crate) fn builder(gateway: &TestGateway, overrides: &Map<String, Value>) -> ClientBuilder {
    let settings = Settings::new(gateway, overrides);
    let mut builder = Client::builder(settings.text("client_id").unwrap_or_default());
    if let Some(mut key) = settings.key("private_key") {
        if let Some(passphrase) = settings.text("passphrase") {
            key = key.with_passphrase(passphrase);
        }
        builder = builder.private_key(key);
    }
    if let Some(key) = settings.key("antom_public_key") {
        builder = builder.antom_public_key(key);
    }
    if let Some(endpoint) = settings.text("endpoint") {
        builder = builder.endpoint(endpoint);
    }
    if let Some(name) = settings.text("region") {
        let region = Region::ALL.iter().find(|region| region.name() == name);
        builder = builder.region(*region.expect("a region's name"));
    }
    if let Some(pem) = settings.text("ca_certificate") {
        builder = builder.ca_certificate(pem);
    }
    if let Some(path) = settings.text("ca_certificate_path") {
        builder = builder.ca_certificate_path(path);
    }
    if let Some(url) = settings.text("proxy") {
        builder = builder.proxy(url);
    }
    match settings.text("product") {
        Some("ams") => builder = builder.product(Product::Ams),
        Some("apo") => builder = builder.product(Product::Apo),
        Some(other) => panic!("there is no product {other}"),
        None => {}
    }
    if let Some(version) = settings.text("key_version") {
        builder = builder.key_version(version);
    }
    if let Some(token) = settings.text("agent_token") {
        builder = builder.agent_token(token);
    }
    if let Some(timeout) = settings.milliseconds("connect_timeout_ms") {
        builder = builder.connect_timeout(timeout);
    }
    if let Some(timeout) = settings.milliseconds("timeout_ms") {
        builder = builder.timeout(timeout);
    }
    if let Some(retries) = settings.number("max_retries") {
        builder = builder.max_retries(retries.try_into().expect("a small number"));
    }
    builder
}

struct Settings(Map<String, Value>);

impl Settings {
    fn new(gateway: &TestGateway, overrides: &Map<String, Value>) -> Self {
        let ready = gateway.ready();
        let mut settings: Map<String, Value> = ready
            .settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        for (name, value) in overrides {
            for forms in FORMS.iter().filter(|forms| forms.contains(&name.as_str())) {
                for form in *forms {
                    settings.remove(*form);
                }
            }
            let value = match value.as_str().and_then(|text| text.strip_prefix('@')) {
                Some(named) => ready.values[named].as_str().into(),
                None => value.clone(),
            };
            settings.insert(name.clone(), value);
        }
        settings.retain(|_, value| !value.is_null());
        Self(settings)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.as_str().expect("a text"))
    }

    fn milliseconds(&self, name: &str) -> Option<Duration> {
        self.number(name).map(Duration::from_millis)
    }

    fn number(&self, name: &str) -> Option<u64> {
        Some(self.0.get(name)?.as_u64().expect("a number"))
    }

    fn key(&self, name: &str) -> Option<KeyInput> {
        if let Some(text) = self.text(name) {
            return Some(KeyInput::text(text));
        }
        if let Some(base64) = self.text(&format!("{name}_base64")) {
            return Some(KeyInput::bytes(
                BASE64_STANDARD.decode(base64).expect("base64"),
            ));
        }
        self.text(&format!("{name}_path")).map(KeyInput::path)
    }
}

/// Where vaulting sessions are created, in live mode.
pub(crate) const CREATE: &str = "/ams/api/v1/vaults/createVaultingSession";

/// Creates the simplest session.
pub(crate) fn create(client: &Client, id: Option<&str>) -> Result<VaultingSession, Error> {
    client.create_vaulting_session(&CreateVaultingSession {
        payment_method_type: "CARD".into(),
        vaulting_request_id: id.map(str::to_owned),
        ..Default::default()
    })
}

/// Answers as a case writes them.
pub(crate) fn answers(json: Value) -> Answers {
    serde_json::from_value(json).expect("answers as tests/README.md describes them")
}

/// An answer with this result and these other members.
pub(crate) fn result(status: &str, code: &str, others: Value) -> Value {
    let mut body = others;
    body["result"] = json!({"resultStatus": status, "resultCode": code});
    json!({"body": body.to_string()})
}

/// HTTP 503 as a load balancer gives it.
pub(crate) fn unavailable() -> Value {
    json!({"status": 503, "sign": "none", "body": ""})
}

/// A server on a free port of this machine, for as long as the test runs.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Gives each connection, and its number from 0, to `serve` in a thread of its own.
    pub(crate) fn start(serve: impl Fn(usize, TcpStream) + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let number = count.fetch_add(1, Ordering::Relaxed);
                let serve = serve.clone();
                thread::spawn(move || serve(number, stream));
            }
        });
        Self {
            address,
            connections,
        }
    }

    /// Passes only the first connection on to the gateway: afterwards nothing listens here.
    pub(crate) fn start_once(gateway: &TestGateway) -> SocketAddr {
        let gateway = address_of(gateway);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a connection");
            drop(listener);
            relay(stream, gateway);
        });
        address
    }

    /// How many connections it has accepted.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// The address of the gateway's good endpoint.
pub(crate) fn address_of(gateway: &TestGateway) -> SocketAddr {
    let endpoint = gateway.ready().settings["endpoint"].as_str();
    let authority = endpoint.and_then(|url| url.strip_prefix("https://"));
    authority.expect("a URL").parse().expect("an address")
}

/// Passes everything on, both ways, until one side ends.
pub(crate) fn relay(client: TcpStream, to: SocketAddr) {
    let server = TcpStream::connect(to).expect("the gateway listens");
    thread::scope(|scope| {
        scope.spawn(|| pump(&client, &server));
        pump(&server, &client);
    });
    drop(client);
}

fn pump(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}

/// Ends a connection with RST.
pub(crate) fn reset(stream: TcpStream) {
    let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    drop(stream);
}

/// Reads until the client ends the connection.
pub(crate) fn hold(mut stream: impl Read) {
    let _ = io::copy(&mut stream, &mut io::sink());
}
