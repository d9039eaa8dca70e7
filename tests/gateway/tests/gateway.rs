//! The gateway itself: that it sees what is wrong with a request, and leaves nothing behind when it ends.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use antom_core::signature::{
    Content, KeyInput, KeyRing, SignatureHeader, SigningKey, VerifyingKey,
};
use antom_test_gateway::{Answers, TestGateway};
use serde_json::{Value, json};

const CLIENT_ID: &str = "SANDBOX_5X00000000000000";
const PATH: &str = "/ams/sandbox/api/v1/vaults/createVaultingSession";

fn setting<'a>(gateway: &'a TestGateway, name: &str) -> &'a str {
    gateway.ready().settings[name].as_str().expect("a text")
}

/// A request as it goes over the wire, right until something in it is changed.
#[derive(Clone)]
struct Request {
    method: String,
    path: String,
    client_id: String,
    time: String,
    content_type: String,
    body: String,
    signature: Option<String>,
    key_version: &'static str,
    more: String,
}

impl Request {
    fn right() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Self {
            method: "POST".into(),
            path: PATH.into(),
            client_id: CLIENT_ID.into(),
            time: now.as_millis().to_string(),
            content_type: "application/json; charset=UTF-8".into(),
            body: r#"{"vaultingRequestId":"by hand"}"#.into(),
            signature: None,
            key_version: "1",
            more: String::new(),
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut request = Self::right();
        change(&mut request);
        request
    }

    fn content(&self) -> Content<'_> {
        Content {
            method: &self.method,
            path: &self.path,
            client_id: &self.client_id,
            time: &self.time,
            body: self.body.as_bytes(),
        }
    }

    fn text(&self, gateway: &TestGateway) -> String {
        let key = KeyInput::path(setting(gateway, "private_key_path"));
        let key = SigningKey::load(&key).unwrap();
        let signature = self.signature.clone().unwrap_or_else(|| {
            SignatureHeader::write(&self.content().sign(&key).unwrap(), self.key_version)
        });
        let Self {
            method,
            path,
            client_id,
            time,
            content_type,
            body,
            more,
            ..
        } = self;
        format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nClient-Id: {client_id}\r\nRequest-Time: {time}\r\nContent-Type: {content_type}\r\nSignature: {signature}\r\nContent-Length: {}\r\n{more}\r\n{body}",
            body.len()
        )
    }

    /// Sends it, and gives the head and the body of the answer.
    fn send(&self, gateway: &TestGateway) -> (String, String) {
        let text = self.text(gateway);
        let mut stream = connect(&gateway.ready().values["http"]);
        stream.write_all(text.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    fn result_code(&self, gateway: &TestGateway) -> String {
        let (_, body) = self.send(gateway);
        let body: Value = serde_json::from_str(&body).unwrap();
        body["result"]["resultCode"].as_str().unwrap().to_owned()
    }
}

fn connect(url: &str) -> TcpStream {
    let (_, authority) = url.split_once("://").unwrap();
    TcpStream::connect(authority).unwrap()
}

#[test]
fn a_right_request_gets_a_session_that_is_the_same_each_time() {
    let gateway = TestGateway::start().unwrap();
    let session = || {
        let (_, body) = Request::right().send(&gateway);
        serde_json::from_str::<Value>(&body).unwrap()
    };
    let (first, mut second) = (session(), session());
    assert_eq!(first["vaultingSessionData"], "DATA+/by hand==&&SG&&111");
    // Each was sent on a connection of its own.
    assert_ne!(first["connection"], second["connection"]);
    second["connection"] = first["connection"].clone();
    assert_eq!(first, second);
}

#[test]
fn an_attempt_must_be_signed_again_and_have_the_same_body() {
    let gateway = TestGateway::start().unwrap();
    let answers = Answers::try_from(json!({})).unwrap();
    gateway.add("/ams/api/v1/vaults/createVaultingSession", "again", answers);
    let request = || Request::with(|r| r.body = r#"{"vaultingRequestId":"again"}"#.into());
    let mut first = request();
    first.time = (first.time.parse::<u64>().unwrap() - 10).to_string();
    assert_eq!(first.result_code(&gateway), "SUCCESS");
    assert_eq!(first.result_code(&gateway), "TEST_NOT_SIGNED_AGAIN");
    assert_eq!(request().result_code(&gateway), "SUCCESS");
    let other = Request::with(|r| r.body = r#"{"vaultingRequestId":"again"} "#.into());
    assert_eq!(other.result_code(&gateway), "TEST_BODY_CHANGED");
    assert_eq!(gateway.attempts("again").len(), 4);
}

#[test]
fn a_case_begins_again_with_the_next_call() {
    let gateway = TestGateway::start().unwrap();
    for status in ["503", "200", "503", "200"] {
        let body = r#"{"vaultingRequestId":"http_503_is_tried_again"}"#;
        let (head, _) = Request::with(|r| r.body = body.into()).send(&gateway);
        assert_eq!(head.split(' ').nth(1), Some(status));
    }
}

#[test]
fn an_answer_is_written_as_the_real_gateway_writes_it() {
    let gateway = TestGateway::start().unwrap();
    let (head, body) = Request::right().send(&gateway);
    let value = |name: &str| {
        let mut values = head
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let value = values
            .next()
            .unwrap_or_else(|| panic!("no {name} in {head}"));
        assert_eq!(values.next(), None, "{name} twice in {head}");
        value
    };
    assert_eq!(value("client-id"), CLIENT_ID);
    assert_eq!(value("content-type"), "application/json;charset=UTF-8");
    let time = value("response-time");
    assert!(time.len() == 25 && time.ends_with("+08:00"), "{time}");
    let key = KeyInput::path(setting(&gateway, "antom_public_key_path"));
    let request = Request::right();
    let content = Content {
        time,
        body: body.as_bytes(),
        ..request.content()
    };
    KeyRing::new(VerifyingKey::load(&key).unwrap())
        .verify(&content, value("signature"))
        .unwrap();
}

#[test]
fn whatever_is_wrong_with_a_request_is_named() {
    let gateway = TestGateway::start().unwrap();
    let now = Request::right().time;
    let a_vector = SignatureHeader::write(&[7; 256], "1");
    for (code, request) in [
        ("SUCCESS", Request::right()),
        ("TEST_METHOD", Request::with(|r| r.method = "PUT".into())),
        (
            "TEST_PATH",
            Request::with(|r| r.path = PATH.replace("/sandbox", "")),
        ),
        (
            "TEST_PATH",
            Request::with(|r| r.client_id = "5X00000000000000".into()),
        ),
        ("TEST_PATH", Request::with(|r| r.path.push('?'))),
        (
            "TEST_CLIENT_ID",
            Request::with(|r| r.client_id = "SANDBOX_5Y00000000000000".into()),
        ),
        (
            "TEST_CLIENT_ID",
            Request::with(|r| r.more = format!("client-id: {CLIENT_ID}\r\n")),
        ),
        (
            "TEST_REQUEST_TIME",
            Request::with(|r| r.time = now[..10].to_owned()),
        ),
        (
            "TEST_REQUEST_TIME",
            Request::with(|r| r.time = "2026-08-17T03:54:19+00:00".into()),
        ),
        (
            "TEST_REQUEST_TIME",
            Request::with(|r| r.time = "1755403200123".into()),
        ),
        (
            "TEST_CONTENT_TYPE",
            Request::with(|r| r.content_type = "application/json".into()),
        ),
        (
            "TEST_HEADERS",
            Request::with(|r| r.more = "Host: twice\r\n".into()),
        ),
        (
            "INVALID_SIGNATURE",
            Request::with(|r| r.signature = Some(String::new())),
        ),
        (
            "INVALID_SIGNATURE",
            Request::with(|r| r.signature = Some(a_vector.clone())),
        ),
        (
            "TEST_SIGNATURE_FORM",
            Request::with(|r| r.key_version = "2"),
        ),
        ("TEST_REQUEST_ID", Request::with(|r| r.body = "{}".into())),
        (
            "TEST_REQUEST_ID",
            Request::with(|r| r.body = "not JSON".into()),
        ),
        (
            "TEST_BODY_DIFFERS",
            Request::with(|r| r.body = r#"{"vaultingRequestId":"the_smallest_request"}"#.into()),
        ),
        (
            "TEST_AGENT_TOKEN",
            Request::with(|r| r.body = r#"{"vaultingRequestId":"an_agent_token_is_sent"}"#.into()),
        ),
        (
            "TEST_AGENT_TOKEN",
            Request::with(|r| {
                r.body = r#"{"vaultingRequestId":"the_smallest_request"}"#.into();
                r.more = "agent-token: x\r\n".into();
            }),
        ),
        (
            "TEST_SIGNATURE_FORM",
            Request::with(|r| r.body = r#"{"vaultingRequestId":"a_key_version_is_sent"}"#.into()),
        ),
    ] {
        assert_eq!(request.result_code(&gateway), code, "{}", request.body);
    }
}

#[test]
fn a_connection_ends_as_the_fault_says() {
    let gateway = TestGateway::start().unwrap();
    for (case, expected_reset, expected_in_answer) in [
        (
            "a_reset_before_the_answer_leaves_the_outcome_unknown",
            true,
            None,
        ),
        (
            "a_reset_within_the_headers_leaves_the_outcome_unknown",
            true,
            None,
        ),
        (
            "half_a_body_leaves_the_outcome_unknown",
            false,
            Some("resultStatus"),
        ),
        (
            "an_answer_that_is_not_http_leaves_the_outcome_unknown",
            false,
            Some("SSH-2.0"),
        ),
        (
            "an_answer_before_the_connection_closes_is_read",
            false,
            Some("success."),
        ),
    ] {
        let request = Request::with(|r| r.body = format!(r#"{{"vaultingRequestId":"{case}"}}"#));
        let mut stream = connect(&gateway.ready().values["http"]);
        stream.write_all(request.text(&gateway).as_bytes()).unwrap();
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer);
        let was_reset = ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset);
        assert_eq!(was_reset, expected_reset, "{case}");
        let answer = String::from_utf8(answer).unwrap();
        assert!(
            expected_in_answer.is_none_or(|text| answer.contains(text)),
            "{case}: {answer}"
        );
    }
}

#[test]
fn nothing_is_left_of_a_gateway_that_was_dropped() {
    let gateway = TestGateway::start().unwrap();
    let mut open = connect(&gateway.ready().values["stalled"]);
    let mut idle = connect(&gateway.ready().values["http"]);
    let address = gateway.ready().values["http"].replace("http://", "");
    let directory = gateway.ready().values["directory"].clone();
    assert!(Path::new(&directory).is_dir());
    drop(gateway);
    assert_eq!(open.read(&mut [0]).unwrap_or(0), 0);
    assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0);
    assert!(TcpStream::connect(address).is_err());
    assert!(!Path::new(&directory).exists());
}

#[test]
fn the_program_prints_one_line_and_ends_with_its_standard_input() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_antom-test-gateway"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(program.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let in_process = TestGateway::start().unwrap();
    let names = |ready: &Value, of: &str| {
        ready[of]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let own = serde_json::to_value(in_process.ready()).unwrap();
    for of in ["settings", "values"] {
        assert_eq!(names(&ready, of), names(&own, of));
    }
    let directory = ready["values"]["directory"].as_str().unwrap();
    drop(program.stdin.take());
    assert!(program.wait().unwrap().success());
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert!(!Path::new(directory).exists());
}
