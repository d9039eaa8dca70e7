//! `antom vault complete`: what it asks of the sandbox, and what it makes of the answers.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Output;
use std::thread::{self, JoinHandle};

use serde_json::Value;

use crate::support::{antom, json, stderr, stdout};

const SUCCESS: &str = r#"{"status":"SUCCESS","code":null,"what":"vaulted: VISA ************0768"}"#;

/// Something that answers one request like this, and the request that it got.
struct Listening {
    url: String,
    request: JoinHandle<String>,
}

impl Listening {
    fn answers(status: &'static str, body: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let request = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                let mut part = [0; 1024];
                let length = stream.read(&mut part).unwrap();
                assert!(length > 0, "the request ended early");
                request.extend_from_slice(&part[..length]);
            }
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .unwrap();
            String::from_utf8(request).unwrap()
        });
        Self { url, request }
    }

    fn complete(&self, arguments: &[&str]) -> Output {
        let begin = ["vault", "complete", "a+/b", "--card", "4054695723100768"];
        let all = [&begin[..], arguments].concat();
        antom(&all)
            .env("ANTOM_SANDBOX", &self.url)
            .output()
            .unwrap()
    }

    fn request(self) -> (String, Value) {
        let request = self.request.join().unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let line = head.lines().next().unwrap().to_owned();
        (line, serde_json::from_str(body).unwrap())
    }
}

#[test]
fn the_buyers_entry_reaches_the_session() {
    let sandbox = Listening::answers("200 OK", SUCCESS);
    let output = sandbox.complete(&["--json", "--expiry", "02/29", "--code", "123456"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(json(&output)["status"], "SUCCESS");
    let (line, body) = sandbox.request();
    assert_eq!(line, "POST /__sandbox/sessions/a%2B%2Fb/complete HTTP/1.1");
    let expected = serde_json::json!({
        "card": "4054695723100768", "expiry": "02/29", "security_code": "123", "challenge_code": "123456"
    });
    assert_eq!(body, expected);
}

#[test]
fn what_is_not_said_is_filled_in_but_the_code_of_3d_secure() {
    let sandbox = Listening::answers("200 OK", SUCCESS);
    let output = sandbox.complete(&[]);
    assert_eq!(
        stdout(&output),
        "status  SUCCESS\nwhat    vaulted: VISA ************0768\n"
    );
    let (_, body) = sandbox.request();
    assert_eq!(body["security_code"], "123");
    let expiry = body["expiry"].as_str().unwrap();
    assert!(expiry.len() == 5 && expiry.starts_with("12/"), "{expiry}");
    assert_eq!(body.get("challenge_code"), None);
}

#[test]
fn a_refused_card_is_an_outcome_and_a_refused_request_is_an_error() {
    let failed = r#"{"status":"FAIL","code":"DO_NOT_HONOR","what":"failed: DO_NOT_HONOR"}"#;
    let sandbox = Listening::answers("200 OK", failed);
    let output = sandbox.complete(&[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("result code  DO_NOT_HONOR\n"));

    let sandbox = Listening::answers("409 Conflict", r#"{"error":"this session has expired"}"#);
    let output = sandbox.complete(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "error: this session has expired\n");
}

#[test]
fn what_is_no_sandbox_is_said_to_be_none() {
    for (status, body) in [
        ("404 Not Found", "{}"),
        ("200 OK", "{\"hello\":1}"),
        ("302 Found", "{}"),
    ] {
        let output = Listening::answers(status, body).complete(&[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("is not a sandbox that can do this"));
        assert!(stderr(&output).contains("--sandbox"));
    }
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{closed}");
    let output = antom(&["vault", "complete", "1", "--card", "1", "--sandbox", &url])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("is it running?"),
        "{}",
        stderr(&output)
    );
    let output = antom(&["vault", "complete", "1", "--card", "1", "--sandbox", "x"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}
