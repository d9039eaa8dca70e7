//! A running sandbox, requests made by hand, and answers as they came over the wire.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use antom_core::signature::{
    Content, KeyInput, KeyRing, SignatureHeader, SigningKey, VerifyingKey,
};
use antom_core::{Client, ClientBuilder};
use antom_sandbox::{DEFAULT_CLIENT_ID, Exchange, Sandbox, Settings};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) const TEST_PATH: &str = "/ams/sandbox/api/v1/vaults/createVaultingSession";
pub(crate) const LIVE_PATH: &str = "/ams/api/v1/vaults/createVaultingSession";
pub(crate) const BODY: &str = r#"{"paymentMethodType":"CARD","vaultingRequestId":"1"}"#;

/// A directory with keys that were made once, because making them takes longer than most tests.
fn shared_data() -> PathBuf {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let shared = parent.join("sandbox-data");
    if !shared.exists() {
        let new = TempDir::new_in(parent).unwrap();
        let settings = Settings {
            data: Some(new.path().to_owned()),
            ..Settings::default()
        };
        drop(Running::with(settings));
        // Another test may have been faster: then its keys serve.
        let _ = fs::rename(new.path(), &shared);
    }
    shared
}

/// A directory of its own for one sandbox, with the shared keys.
fn copied_data() -> TempDir {
    let copy = TempDir::new().unwrap();
    for entry in fs::read_dir(shared_data()).unwrap() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|end| end == "pem") {
            fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
    }
    copy
}

/// A sandbox of its own for one test, stopped at the end of it.
pub(crate) struct Running {
    runtime: Runtime,
    sandbox: Option<Sandbox>,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    pub(crate) merchant: SigningKey,
    pub(crate) antom: KeyRing,
    _data: Option<TempDir>,
}

impl Running {
    pub(crate) fn start() -> Self {
        Self::with(Settings::default())
    }

    /// With these settings, but free ports, and shared keys unless the settings name a directory.
    pub(crate) fn with(settings: Settings) -> Self {
        let runtime = Runtime::new().unwrap();
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let log = exchanges.clone();
        let data = settings.data.is_none().then(copied_data);
        let directory = data.as_ref().map(|data| data.path().to_owned());
        let settings = Settings {
            http: "127.0.0.1:0".parse().unwrap(),
            https: "127.0.0.1:0".parse().unwrap(),
            data: settings.data.or(directory),
            on_exchange: Box::new(move |exchange| log.lock().unwrap().push(exchange.clone())),
            ..settings
        };
        let sandbox = runtime.block_on(Sandbox::start(settings)).unwrap();
        let files = sandbox.files();
        let merchant = SigningKey::load(&KeyInput::path(files.merchant_private_key())).unwrap();
        let antom = VerifyingKey::load(&KeyInput::path(files.antom_public_key())).unwrap();
        Self {
            runtime,
            sandbox: Some(sandbox),
            exchanges,
            merchant,
            antom: KeyRing::new(antom),
            _data: data,
        }
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().unwrap()
    }

    /// What was logged so far.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap().clone()
    }

    /// A client with the settings that the sandbox hands out.
    pub(crate) fn client(&self) -> ClientBuilder {
        let files = self.sandbox().files();
        Client::builder(self.sandbox().client_id())
            .private_key(KeyInput::path(files.merchant_private_key()))
            .antom_public_key(KeyInput::path(files.antom_public_key()))
            .ca_certificate_path(files.ca_certificate())
            .endpoint(self.sandbox().https_url())
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let url = self.sandbox().http_url();
        let stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        let patience = Some(Duration::from_secs(20));
        stream.set_read_timeout(patience).unwrap();
        stream
    }

    pub(crate) fn send(&self, request: &Request) -> Answer {
        let mut stream = self.connect();
        stream.write_all(&request.to_bytes()).unwrap();
        Answer::read(&mut stream)
    }

    /// Sends a good request with this body.
    pub(crate) fn send_body(&self, body: &str) -> Answer {
        self.send(
            &Draft {
                body,
                ..Draft::default()
            }
            .sign(&self.merchant),
        )
    }

    /// Sends a signed request with this body to this API, named from the version on.
    pub(crate) fn call(&self, api: &str, body: &str) -> Answer {
        let path = format!("/ams/sandbox/api{api}");
        let draft = Draft {
            path: &path,
            body,
            ..Draft::default()
        };
        let answer = self.send(&draft.sign(&self.merchant));
        self.assert_signed(&answer, &draft, &answer.code());
        answer
    }

    /// A request to the control API, for example `POST clock`.
    pub(crate) fn control(&self, line: &str, body: &str) -> Answer {
        self.send(&control_request(line, body))
    }

    /// That the answer has this result code and a signature that every SDK accepts.
    #[track_caller]
    pub(crate) fn assert_signed(&self, answer: &Answer, draft: &Draft<'_>, code: &str) {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.code(), code, "{}", answer.message());
        // An SDK of Antom's compares header names as they are, reads the third part, and takes what follows
        // the last "=" of it.
        let signature = answer.header("signature").unwrap();
        let parts: Vec<_> = signature.split(',').collect();
        assert_eq!(parts[..2], ["algorithm=RSA256", "keyVersion=1"]);
        assert_eq!(parts[2].matches('=').count(), 1, "{signature}");
        assert!(parts[2].starts_with("signature=") && !signature.contains(' '));
        assert_eq!(answer.header("client-id"), Some(draft.client_id));
        let content = Content {
            method: draft.method,
            path: draft.path,
            client_id: draft.client_id,
            time: answer.header("response-time").unwrap(),
            body: &answer.body,
        };
        self.antom.verify(&content, signature).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let sandbox = self.sandbox.take().unwrap();
        self.runtime.block_on(sandbox.stop());
    }
}

/// For example `POST clock`.
pub(crate) fn control_request(line: &str, body: &str) -> Request {
    let (method, path) = line.split_once(' ').unwrap();
    Request {
        line: format!("{method} /__sandbox/{path} HTTP/1.1"),
        headers: vec![],
        body: body.as_bytes().to_vec(),
    }
    .with("Host", "127.0.0.1")
}

/// What a request says and signs; the default is a good request.
#[derive(Clone, Copy)]
pub(crate) struct Draft<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) time: &'a str,
    pub(crate) body: &'a str,
}

impl Default for Draft<'_> {
    fn default() -> Self {
        Self {
            method: "POST",
            path: TEST_PATH,
            client_id: DEFAULT_CLIENT_ID,
            time: "1685599933871",
            body: BODY,
        }
    }
}

impl Draft<'_> {
    /// The value of the signature header.
    pub(crate) fn signature(&self, key: &SigningKey) -> String {
        let content = Content {
            method: self.method,
            path: self.path,
            client_id: self.client_id,
            time: self.time,
            body: self.body.as_bytes(),
        };
        SignatureHeader::write(&content.sign(key).unwrap(), "1")
    }

    pub(crate) fn sign(&self, key: &SigningKey) -> Request {
        Request {
            line: format!("{} {} HTTP/1.1", self.method, self.path),
            headers: vec![],
            body: self.body.as_bytes().to_vec(),
        }
        .with("Host", "127.0.0.1")
        .with("Content-Type", "application/json; charset=UTF-8")
        .with("client-id", self.client_id)
        .with("Request-Time", self.time)
        .with("Signature", &self.signature(key))
    }
}

/// A request as it goes over the wire. Content-Length and `Connection: close` are added.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        let before = self.headers.len();
        self.headers
            .retain(|(present, _)| !present.eq_ignore_ascii_case(name));
        assert!(self.headers.len() < before, "there was no {name}");
        self
    }

    pub(crate) fn replace(self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }

    pub(crate) fn with_line(mut self, line: &str) -> Self {
        line.clone_into(&mut self.line);
        self
    }

    pub(crate) fn head(&self) -> Vec<u8> {
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let length = self.body.len();
        format!(
            "{}\r\n{}Content-Length: {length}\r\nConnection: close\r\n\r\n",
            self.line,
            headers.concat(),
        )
        .into_bytes()
    }

    fn to_bytes(&self) -> Vec<u8> {
        [self.head(), self.body.clone()].concat()
    }
}

/// What a browser asks for.
pub(crate) fn get(target: &str) -> Request {
    Request {
        line: format!("GET {target} HTTP/1.1"),
        headers: vec![],
        body: vec![],
    }
    .with("Host", "127.0.0.1")
}

/// An answer; header names as they were written.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = bytes.split_at(end.expect("an answer has a head") + 4);
        let head = str::from_utf8(head).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers: Vec<_> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let answer = Self {
            status: status.parse().unwrap(),
            headers,
            body: body.to_vec(),
        };
        let length = answer.header("content-length").unwrap();
        assert_eq!(length, answer.body.len().to_string());
        answer
    }

    /// The value of a header whose name is written exactly like this.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(present, _)| present == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} comes twice");
        value
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn code(&self) -> String {
        self.json()["result"]["resultCode"].as_str().unwrap().into()
    }

    #[track_caller]
    pub(crate) fn result_status(&self) -> String {
        self.json()["result"]["resultStatus"]
            .as_str()
            .unwrap()
            .into()
    }

    #[track_caller]
    pub(crate) fn message(&self) -> String {
        let message = &self.json()["result"]["resultMessage"];
        message.as_str().unwrap().into()
    }

    /// That it is this failure, and that nothing in it could be taken for a signature.
    #[track_caller]
    pub(crate) fn assert_unsigned(&self, code: &str) {
        assert_eq!(self.code(), code, "{}", self.message());
        assert_eq!(self.result_status(), "F");
        assert_eq!(self.header("signature"), None);
        assert_eq!(self.header("response-time"), None);
    }
}
