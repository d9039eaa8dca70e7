//! Faults on purpose: every one of the list is played, looked at byte by byte, and met by libantom's own client.

use std::fs;
use std::io::{self, ErrorKind as Io, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use antom_core::signature::Content;
use antom_core::{Client, CreateVaultingSession, Error, VaultingSession};
use antom_sandbox::{FAULTS, Fault, Outcome, Settings};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

use crate::support::{Draft, Request, Running};

/// How long silence is listened to.
const SILENCE: Duration = Duration::from_millis(200);

/// The fault with a parameter that makes the test short.
fn written(fault: &Fault) -> String {
    match fault.name {
        "delay" => "delay=50ms".to_owned(),
        "drip" => "drip=100ms".to_owned(),
        "huge" => "huge=1".to_owned(),
        name => name.to_owned(),
    }
}

/// What came over a connection until it ended.
struct Seen {
    bytes: Vec<u8>,
    end: End,
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Closed,
    Reset,
    /// It did not end: nothing more came.
    Silent,
}

impl Seen {
    fn read(stream: &mut impl Read) -> Self {
        let mut bytes = Vec::new();
        let mut piece = vec![0; 64 * 1024];
        let end = loop {
            match stream.read(&mut piece) {
                Ok(0) => break End::Closed,
                Ok(length) => bytes.extend(&piece[..length]),
                Err(error) if error.kind() == Io::ConnectionReset => break End::Reset,
                Err(error) if error.kind() == Io::WouldBlock => break End::Silent,
                Err(error) => panic!("{error}"),
            }
        };
        Self { bytes, end }
    }

    /// What stands before the body, and the body.
    fn parts(&self) -> (&str, &[u8]) {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = self.bytes.split_at(end.expect("there is a head") + 4);
        (str::from_utf8(head).unwrap(), body)
    }

    fn body(&self) -> &[u8] {
        self.parts().1
    }

    fn status(&self) -> u16 {
        self.parts().0.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Every value of a header whose name is written like this.
    fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.parts().0.trim_end().split("\r\n").skip(1);
        lines
            .filter_map(|line| line.split_once(": "))
            .filter(|(present, _)| *present == name)
            .map(|(_, value)| value)
            .collect()
    }

    fn header(&self, name: &str) -> &str {
        let values = self.headers(name);
        assert_eq!(values.len(), 1, "{name}: {values:?}");
        values[0]
    }

    fn length(&self) -> usize {
        self.header("content-length").parse().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(self.body()).unwrap()
    }

    fn result(&self) -> (String, String) {
        let result = &self.json()["result"];
        let text = |name: &str| result[name].as_str().unwrap().to_owned();
        (text("resultCode"), text("resultStatus"))
    }

    fn is_result(&self, code: &str, status: &str) -> bool {
        self.result() == (code.to_owned(), status.to_owned())
    }

    fn is_unsigned(&self) -> bool {
        self.headers("signature").is_empty() && self.headers("response-time").is_empty()
    }

    /// Whether a signature of Antom's is over this body for this client.
    fn is_signed_for(&self, running: &Running, client_id: &str, body: &[u8]) -> bool {
        let (signature, time) = (self.headers("signature"), self.headers("response-time"));
        let ([signature, ..], [time, ..]) = (signature.as_slice(), time.as_slice()) else {
            return false;
        };
        let draft = Draft::default();
        let content = Content {
            method: draft.method,
            path: draft.path,
            client_id,
            time,
            body,
        };
        running.antom.verify(&content, signature).is_ok()
    }

    fn is_signed(&self, running: &Running) -> bool {
        self.is_signed_for(running, Draft::default().client_id, self.body())
    }

    /// How far ahead of the test's clock it was signed.
    fn is_signed_at(&self, ahead: time::Duration) -> bool {
        let text = self.header("response-time");
        let form = &time::format_description::well_known::Rfc3339;
        let time = time::OffsetDateTime::parse(text, form).unwrap();
        (time - time::OffsetDateTime::now_utc() - ahead).abs() < time::Duration::minutes(1)
    }
}

/// A good request with this id, and these faults in its header.
fn request(running: &Running, faults: &str, id: &str) -> Request {
    let body = json!({"paymentMethodType": "CARD", "vaultingRequestId": id}).to_string();
    let draft = Draft {
        body: &body,
        ..Draft::default()
    };
    draft
        .sign(&running.merchant)
        .with("X-Sandbox-Fault", faults)
}

fn bytes(request: &Request) -> Vec<u8> {
    [request.head(), request.body.clone()].concat()
}

fn play(running: &Running, faults: &str, id: &str) -> Seen {
    let mut stream = running.connect();
    if faults.starts_with("silence") {
        stream.set_read_timeout(Some(SILENCE)).unwrap();
    }
    stream
        .write_all(&bytes(&request(running, faults, id)))
        .unwrap();
    Seen::read(&mut stream)
}

/// A request to the sandbox itself.
fn control(running: &Running, method: &str, path: &str, body: &Value) -> (u16, Value) {
    control_with(running, method, path, body, &[])
}

fn control_with(
    running: &Running,
    method: &str,
    path: &str,
    body: &Value,
    headers: &[(&str, &str)],
) -> (u16, Value) {
    let mut request = Request {
        line: format!("{method} {path} HTTP/1.1"),
        headers: vec![],
        body: body.to_string().into_bytes(),
    }
    .with("Host", "127.0.0.1");
    for (name, value) in headers {
        request = request.with(name, value);
    }
    let mut stream = running.connect();
    stream.write_all(&bytes(&request)).unwrap();
    let seen = Seen::read(&mut stream);
    let json = match seen.body() {
        b"" => Value::Null,
        _ => seen.json(),
    };
    (seen.status(), json)
}

fn rules(running: &Running) -> Value {
    let (status, body) = control(running, "GET", "/__sandbox/faults", &Value::Null);
    assert_eq!(status, 200);
    body["rules"].clone()
}

fn create(client: &Client, id: &str) -> Result<VaultingSession, Error> {
    client.create_vaulting_session(&CreateVaultingSession {
        payment_method_type: "CARD".into(),
        vaulting_request_id: Some(id.into()),
        vaulting_notification_url: Some("https://shop.example/notify".into()),
        ..Default::default()
    })
}

/// That the bytes are what the list says.
#[expect(clippy::too_many_lines, reason = "one line for each fault of the list")]
fn prove(running: &Running, fault: &Fault, seen: &Seen) {
    let signed = || seen.is_signed(running);
    let succeeds = || seen.is_result("SUCCESS", "S") && seen.status() == 200;
    let is_page = |status| {
        seen.status() == status
            && seen.is_unsigned()
            && seen.header("content-type") == "text/html"
            && seen.body().starts_with(b"<html>")
    };
    let is_whole = || seen.length() == seen.body().len();
    let respelled =
        |spelling: fn(&str) -> bool| signed() && succeeds() && spelling(seen.header("signature"));
    let mut ends = End::Closed;
    let right = match fault.name {
        "unsigned-success" => seen.is_unsigned() && succeeds(),
        "unsigned-failure" => seen.is_unsigned() && seen.is_result("ACCESS_DENIED", "F"),
        "unsigned-unknown" | "unsigned-unknown-before" => {
            seen.is_unsigned() && seen.is_result("UNKNOWN_EXCEPTION", "U")
        }
        "signed-failure" => signed() && seen.is_result("PROCESS_FAIL", "F"),
        "signed-unknown" | "signed-unknown-before" | "unknown-then-success" => {
            signed() && seen.is_result("UNKNOWN_EXCEPTION", "U")
        }
        "only-signature" => {
            !seen.headers("signature").is_empty() && seen.headers("response-time").is_empty()
        }
        "only-response-time" => {
            seen.headers("signature").is_empty() && !seen.headers("response-time").is_empty()
        }
        "double-signature" => seen.headers("signature").len() == 2 && signed(),
        "double-response-time" => seen.headers("response-time").len() == 2 && signed(),
        "double-client-id" => seen.headers("client-id").len() == 2 && signed(),
        "no-client-id" => seen.headers("client-id").is_empty() && signed() && succeeds(),
        "other-client-id" => {
            let other = seen.header("client-id");
            other != Draft::default().client_id
                && seen.is_signed_for(running, other, seen.body())
                && !signed()
        }
        "wrong-key" => {
            !signed() && succeeds() && seen.header("signature").starts_with("algorithm=RSA256,")
        }
        "altered-body" => {
            let (last, signed_part) = seen.body().split_last().unwrap();
            let client_id = Draft::default().client_id;
            *last == b' ' && seen.is_signed_for(running, client_id, signed_part) && !signed()
        }
        "malformed-signature" => seen.header("signature").ends_with("signature=%%%"),
        "raw-signature" => respelled(|text| !text.contains('%') && text.ends_with("==")),
        "lower-case-hex" => respelled(|text| text.ends_with("%3d%3d") && !text.contains("%3D")),
        "spaced-signature" => {
            respelled(|text| text.starts_with("algorithm=RSA256, keyVersion=1, signature="))
        }
        "old-response-time" => signed() && succeeds() && seen.is_signed_at(-time::Duration::DAY),
        "future-response-time" => signed() && succeeds() && seen.is_signed_at(time::Duration::DAY),
        "http-408" | "http-408-before" => is_page(408),
        "http-429" | "http-429-before" => is_page(429) && seen.headers("retry-after").is_empty(),
        "http-500" | "http-500-before" => is_page(500),
        "http-502" | "http-502-before" => is_page(502),
        "http-503" | "http-503-before" => is_page(503),
        "http-408-signed" => seen.status() == 408 && signed() && seen.is_result("SUCCESS", "S"),
        "http-429-signed" => seen.status() == 429 && signed() && seen.is_result("SUCCESS", "S"),
        "http-500-signed" => seen.status() == 500 && signed() && seen.is_result("SUCCESS", "S"),
        "http-502-signed" => seen.status() == 502 && signed() && seen.is_result("SUCCESS", "S"),
        "http-503-signed" => seen.status() == 503 && signed() && seen.is_result("SUCCESS", "S"),
        "http-429-retry-after" => is_page(429) && seen.header("retry-after") == "2",
        "http-429-retry-after-date" => {
            let text = seen.header("retry-after");
            let form = &time::format_description::well_known::Rfc2822;
            let time = time::OffsetDateTime::parse(text, form).unwrap();
            let ahead = time - time::OffsetDateTime::now_utc();
            is_page(429) && text.ends_with(" GMT") && ahead < time::Duration::seconds(2)
        }
        "http-302" => is_page(302) && seen.header("location") == "https://elsewhere.invalid/",
        "http-404" => is_page(404),
        "http-404-signed" => {
            seen.status() == 404 && signed() && seen.is_result("NO_INTERFACE_DEF", "F")
        }
        "empty-body" => seen.status() == 200 && seen.is_unsigned() && seen.body().is_empty(),
        "empty-body-signed" => seen.status() == 200 && signed() && seen.body().is_empty(),
        "html-page" => is_page(200),
        "not-json" => signed() && serde_json::from_slice::<Value>(seen.body()).is_err(),
        "duplicate-keys" => {
            let text = str::from_utf8(seen.body()).unwrap();
            signed() && text.matches("\"result\":").count() == 2
        }
        "missing-members" => signed() && succeeds() && seen.json().as_object().unwrap().len() == 1,
        "missing-result" => {
            let json = seen.json();
            signed() && json.get("result").is_none() && json.get("vaultingSessionId").is_some()
        }
        "unknown-members" => {
            let json = seen.json();
            signed() && succeeds() && json["sandboxNewFlag"] == true
        }
        "unknown-vaulting-status" => {
            signed() && succeeds() && seen.json()["vaultingStatus"] == "SANDBOX_NEW_STATUS"
        }
        "unknown-result-code" => signed() && seen.is_result("SANDBOX_NEW_CODE", "F"),
        "unknown-result-status" => signed() && seen.is_result("SANDBOX_NEW_CODE", "N"),
        "huge" => signed() && succeeds() && seen.body().len() > 1024 * 1024,
        "gzip" => {
            // A stored block holds the body as it was signed, after 10 + 5 bytes and before 8.
            let body = seen.body();
            let plain = &body[15..body.len() - 8];
            let client_id = Draft::default().client_id;
            seen.header("content-encoding") == "gzip"
                && body.starts_with(&[0x1f, 0x8b, 8])
                && seen.is_signed_for(running, client_id, plain)
                && !signed()
        }
        "delay" | "drip" | "stale-connection" => signed() && succeeds() && is_whole(),
        "silence" | "silence-before" => {
            ends = End::Silent;
            seen.bytes.is_empty()
        }
        "reset-before" | "reset-after" => {
            ends = End::Reset;
            seen.bytes.is_empty()
        }
        "reset-in-headers" => {
            ends = End::Reset;
            let text = str::from_utf8(&seen.bytes).unwrap();
            text.starts_with("HTTP/1.1 200 OK\r\n") && !text.contains("\r\n\r\n")
        }
        "reset-in-body" => {
            ends = End::Reset;
            seen.length() / 2 == seen.body().len()
        }
        "close-before" | "close-after" => seen.bytes.is_empty(),
        "half-body" => seen.length() / 2 == seen.body().len(),
        "content-length-too-large" => seen.length() == seen.body().len() + 10 && signed(),
        "content-length-too-small" => seen.length() + 10 == seen.body().len() && signed(),
        "surplus-bytes" => {
            let (answer, surplus) = seen.body().split_at(seen.length());
            let client_id = Draft::default().client_id;
            seen.is_signed_for(running, client_id, answer)
                && surplus.starts_with(b"HTTP/1.1 200 OK\r\n")
        }
        "capitalised-headers" => {
            let names = ["Signature", "Response-Time", "Client-Id", "Content-Length"];
            succeeds() && names.iter().all(|name| seen.headers(name).len() == 1)
        }
        "interim-100" | "interim-103" => {
            let (interim, rest) = seen.parts();
            let answer = Seen {
                bytes: rest.to_vec(),
                end: End::Closed,
            };
            let status = fault.name.strip_prefix("interim-").unwrap();
            interim.starts_with(&format!("HTTP/1.1 {status} ")) && answer.is_signed(running)
        }
        other => panic!("the fault {other} has no proof"),
    };
    let text = String::from_utf8_lossy(&seen.bytes[..seen.bytes.len().min(2000)]);
    assert!(right, "{}: {text}", fault.name);
    assert_eq!(seen.end, ends, "{}", fault.name);
}

/// That libantom's client ends as the list says, and that the request was carried out if the list says so.
fn meet(running: &Running, fault: &Fault, client: &Client, id: &str) {
    let rule = json!({"fault": written(fault), "request_id": id, "times": 1});
    let (status, set) = control(running, "POST", "/__sandbox/faults", &rule);
    assert_eq!(status, 201, "{set}");
    let once = client.with_max_retries(0);
    let outcome = if fault.name.starts_with("silence") {
        create(&once.with_timeout(SILENCE), id)
    } else {
        create(&once, id)
    };
    match (&outcome, fault.outcome) {
        (Ok(session), Outcome::Value) => assert_eq!(session.request_id, id),
        (
            Err(error),
            Outcome::Fails {
                kind,
                authenticated,
                again,
            },
        ) => {
            assert_eq!(error.kind(), kind, "{}: {error}", fault.name);
            assert_eq!(error.is_authenticated(), authenticated, "{}", fault.name);
            assert_eq!(error.is_retryable(), again, "{}: {error}", fault.name);
        }
        (Ok(_), expected) => panic!("{}: a value and not {expected}", fault.name),
        (Err(error), Outcome::Value) => panic!("{}: {error}", fault.name),
    }
    assert_eq!(rules(running), json!([]), "{} is not used up", fault.name);
    assert!(
        create(client, id).is_ok(),
        "{}: the call after it",
        fault.name
    );
    let exchanges = running.exchanges();
    let about: Vec<_> = exchanges
        .iter()
        .filter(|exchange| exchange.request_id.as_deref() == Some(id))
        .collect();
    assert!(about[0].fault.as_deref().unwrap().starts_with(fault.name));
    assert_eq!(about[1].fault, None);
    let was_processed = about[1].verdict.reason.as_deref() == Some("repeated: the stored answer");
    assert_eq!(was_processed, fault.processed, "{}", fault.name);
}

#[test]
fn every_fault_is_what_the_list_says_for_whoever_reads_bytes_and_for_libantom() {
    let running = Running::start();
    let https = running.client().build().unwrap();
    let endpoint = running.sandbox().http_url();
    let http = running.client().endpoint(endpoint).build().unwrap();
    for fault in FAULTS {
        let name = fault.name;
        let seen = play(&running, &written(fault), &format!("{name}-by-header"));
        prove(&running, fault, &seen);
        meet(&running, fault, &http, &format!("{name}-over-http"));
        meet(&running, fault, &https, &format!("{name}-over-https"));
    }
}

#[test]
fn the_page_of_the_documentation_lists_every_fault() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sandbox-faults.md");
    let page = fs::read_to_string(path).unwrap();
    let rows: Vec<_> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    let expected: Vec<_> = FAULTS
        .iter()
        .map(|fault| {
            let value = fault.parameter.map_or_else(String::new, |parameter| {
                format!("{} ({parameter})", parameter.unit.write(parameter.default))
            });
            let processed = if fault.processed { "yes" } else { "no" };
            format!(
                "| `{}` | {value} | {} | {} | {processed} | {} |",
                fault.name,
                fault.part(),
                fault.what,
                fault.outcome_text(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        expected,
        "the table must be:\n{}\n",
        expected.join("\n")
    );
}

#[test]
fn a_reset_under_tls_is_a_reset_of_tcp() {
    let running = Running::start();
    let mut roots = rustls::RootCertStore::empty();
    let authority = running.sandbox().files().ca_certificate();
    roots
        .add(CertificateDer::from_pem_file(authority).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    let over_tls = |faults: &str| -> io::Result<Vec<u8>> {
        let url = running.sandbox().https_url();
        let tcp = TcpStream::connect(url.strip_prefix("https://").unwrap())?;
        let name = "127.0.0.1".try_into().unwrap();
        let tls = rustls::ClientConnection::new(config.clone(), name).unwrap();
        let mut stream = rustls::StreamOwned::new(tls, tcp);
        stream.write_all(&bytes(&request(&running, faults, faults)))?;
        let mut read = Vec::new();
        stream.read_to_end(&mut read)?;
        Ok(read)
    };
    for faults in ["reset-before", "reset-in-body"] {
        let error = over_tls(faults).unwrap_err();
        assert_eq!(error.kind(), Io::ConnectionReset, "{faults}: {error}");
    }
    // An end with a farewell, which is no error of TLS.
    assert!(!over_tls("half-body").unwrap().is_empty());
}

#[test]
fn a_connection_is_kept_after_a_fault_that_does_not_end_it() {
    let running = Running::start();
    let mut stream = running.connect();
    for (number, faults) in ["capitalised-headers", "drip=20ms", "http-503"]
        .iter()
        .enumerate()
    {
        let request = request(&running, faults, &format!("kept {number}"));
        let kept = String::from_utf8(bytes(&request)).unwrap();
        let kept = kept.replace("Connection: close\r\n", "");
        stream.write_all(kept.as_bytes()).unwrap();
        let mut read = Vec::new();
        while !ends_with_its_body(&read) {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            read.push(byte[0]);
        }
    }
    stream
        .write_all(&bytes(&request(&running, "stale-connection", "kept")))
        .unwrap();
    let last = Seen::read(&mut stream);
    assert!(last.is_signed(&running));
}

/// Whether these bytes are an answer as long as it says.
fn ends_with_its_body(read: &[u8]) -> bool {
    let text = String::from_utf8_lossy(read).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.split("content-length: ").nth(1).unwrap();
    let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
    body.len() == length
}

#[test]
fn faults_of_different_parts_are_played_together() {
    let running = Running::start();
    let begun = std::time::Instant::now();
    let seen = play(&running, "delay=100ms, http-503 ,drip=100ms", "together");
    assert!(begun.elapsed() >= Duration::from_millis(200));
    assert_eq!((seen.status(), seen.is_unsigned()), (503, true));
    let seen = play(&running, "http-500,reset-in-body", "and broken");
    assert_eq!((seen.status(), seen.end), (500, End::Reset));
}

#[test]
fn a_wrong_name_in_the_header_is_refused_with_near_ones() {
    let running = Running::start();
    for (faults, expected) in [
        ("http-530", "did you mean http-500"),
        ("http-503,http-500", "exclude each other"),
        ("delay=soon", "expected 0s to 10m"),
        ("http-50é", "did you mean http-500"),
    ] {
        let seen = play(&running, faults, "1");
        assert_eq!((seen.status(), seen.is_unsigned()), (400, true));
        assert!(seen.is_result("PARAM_ILLEGAL", "F"));
        let message = seen.json()["result"]["resultMessage"].to_string();
        assert!(message.contains(expected), "{message}");
        if faults.is_ascii() {
            let reason = seen.header("x-sandbox-doctor");
            assert!(reason.contains(expected), "{reason}");
        }
    }
    // Nothing was carried out.
    assert!(create(&running.client().build().unwrap(), "1").is_ok());
    assert_eq!(running.exchanges().pop().unwrap().verdict.reason, None);
}

#[test]
fn what_was_not_admitted_is_refused_as_always_and_not_by_a_signed_fault() {
    let running = Running::start();
    let forged = request(&running, "signed-unknown", "1").replace("Request-Time", "1685599933872");
    let mut stream = running.connect();
    stream.write_all(&bytes(&forged)).unwrap();
    let seen = Seen::read(&mut stream);
    assert!(seen.is_result("INVALID_SIGNATURE", "F") && seen.is_unsigned());
    assert_eq!(running.exchanges()[0].fault, None);
}

#[test]
fn retries_can_be_tried() {
    let running = Running::start();
    let client = running.client().build().unwrap();
    let rule = json!({"fault": "reset-after", "times": 2, "path": "createVaultingSession"});
    control(&running, "POST", "/__sandbox/faults", &rule);
    assert!(create(&client, "reset twice").is_ok());
    let rule = json!({"fault": "unknown-then-success=2"});
    control(&running, "POST", "/__sandbox/faults", &rule);
    assert!(create(&client, "unknown twice").is_ok());
    let faults: Vec<_> = running
        .exchanges()
        .into_iter()
        .map(|exchange| exchange.fault.unwrap_or_default())
        .collect();
    let unknown = "unknown-then-success=2";
    assert_eq!(
        faults,
        ["reset-after", "reset-after", "", unknown, unknown, ""]
    );
}

#[test]
fn rules_are_set_shown_and_removed() {
    let running = Running::start();
    let rule = json!({
        "fault": "http-503", "path": "createVaultingSession", "times": 2, "request_id": "1",
        "probability": 0.5
    });
    let (status, set) = control(&running, "POST", "/__sandbox/faults", &rule);
    let expected = json!({
        "id": 1, "fault": "http-503", "path": "createVaultingSession", "times": 2,
        "request_id": "1", "probability": 0.5, "played": 0
    });
    assert_eq!((status, &set), (201, &expected));
    assert_eq!(rules(&running), json!([expected]));
    let (status, _) = control(&running, "DELETE", "/__sandbox/faults/1", &Value::Null);
    assert_eq!((status, rules(&running)), (204, json!([])));
    for id in ["1", "x"] {
        let path = format!("/__sandbox/faults/{id}");
        let (status, body) = control(&running, "DELETE", &path, &Value::Null);
        assert_eq!(status, 404, "{body}");
    }
    for _ in 0..100 {
        control(
            &running,
            "POST",
            "/__sandbox/faults",
            &json!({"fault": "delay"}),
        );
    }
    let (status, body) = control(
        &running,
        "POST",
        "/__sandbox/faults",
        &json!({"fault": "drip"}),
    );
    assert_eq!(status, 409, "{body}");
    let (status, _) = control(&running, "DELETE", "/__sandbox/faults", &Value::Null);
    assert_eq!((status, rules(&running)), (204, json!([])));
}

#[test]
fn a_rule_that_cannot_be_is_refused() {
    let running = Running::start();
    for (rule, expected) in [
        (json!({}), "lacks the member \"fault\""),
        (json!({"fault": "http-530"}), "did you mean http-500"),
        (json!({"fault": "http-503*2"}), "members of their own here"),
        (
            json!({"fault": "http-503", "when": "now"}),
            "there is no member \"when\"",
        ),
        (
            json!({"fault": "http-503", "times": 0}),
            "times must be 1 or more",
        ),
        (
            json!({"fault": "http-503", "probability": 1.5}),
            "or 1 as probability",
        ),
        (
            json!({"fault": "http-503", "path": ""}),
            "the path is empty",
        ),
    ] {
        let (status, body) = control(&running, "POST", "/__sandbox/faults", &rule);
        let message = body["error"].as_str().unwrap();
        assert_eq!(status, 400);
        assert!(message.contains(expected), "{message}");
    }
    assert_eq!(rules(&running), json!([]));
}

#[test]
fn a_web_page_from_elsewhere_sets_no_faults() {
    let running = Running::start();
    let rule = json!({"fault": "http-503"});
    for headers in [
        ("Origin", "https://shop.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let answer = control_with(&running, "POST", "/__sandbox/faults", &rule, &[headers]);
        assert_eq!(answer.0, 403, "{headers:?}");
    }
    assert_eq!(rules(&running), json!([]));
    let own = [
        ("Origin", "http://127.0.0.1"),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    let answer = control_with(&running, "POST", "/__sandbox/faults", &rule, &own);
    assert_eq!(answer.0, 201);
}

#[test]
fn a_probability_comes_up_as_the_seed_says() {
    let play = |seed| {
        let running = Running::with(Settings {
            seed: Some(seed),
            faults: vec!["http-503%40@createVaultingSession".parse().unwrap()],
            ..Settings::default()
        });
        let endpoint = running.sandbox().http_url();
        let client = running
            .client()
            .endpoint(endpoint)
            .max_retries(0)
            .build()
            .unwrap();
        let outcomes: Vec<_> = (0..40)
            .map(|id| create(&client, &id.to_string()).is_ok())
            .collect();
        let faults = running.exchanges();
        let played = faults
            .iter()
            .filter(|exchange| exchange.fault.is_some())
            .count();
        assert_eq!(outcomes.iter().filter(|good| !**good).count(), played);
        assert!((5..35).contains(&played), "{played}");
        outcomes
    };
    let one = play(1);
    assert_eq!(one, play(1));
    assert_ne!(one, play(2));
}

#[test]
fn a_fault_is_told_in_the_log() {
    let running = Running::start();
    play(&running, "delay=0s,http-503-before", "1");
    let exchange = &running.exchanges()[0];
    assert_eq!(exchange.fault.as_deref(), Some("delay=0s,http-503-before"));
    assert_eq!(
        (exchange.verdict.http_status, exchange.verdict.signed),
        (503, false)
    );
    assert!(
        exchange
            .to_string()
            .ends_with(" fault delay=0s,http-503-before")
    );
    let line: Value = serde_json::from_str(&exchange.to_json()).unwrap();
    assert_eq!(line["fault"], "delay=0s,http-503-before");
}

#[test]
fn what_was_carried_out_is_found_by_an_inquiry_and_what_was_not_is_not() {
    let running = Running::start();
    let patient = running.client().build().unwrap();
    let client = running
        .client()
        .max_retries(0)
        .timeout(Duration::from_millis(500))
        .build()
        .unwrap();
    for fault in FAULTS
        .iter()
        .filter(|fault| !fault.name.starts_with("silence"))
    {
        let rule = json!({"fault": written(fault), "path": "createVaultingSession", "times": 1});
        control(&running, "POST", "/__sandbox/faults", &rule);
        let _ = create(&client, fault.name);
        let is_known = matches!(
            patient.recover(fault.name),
            Ok(antom_core::Recovery::Known(_))
        );
        assert_eq!(is_known, fault.processed, "{}", fault.name);
    }
}
