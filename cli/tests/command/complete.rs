//! `antom vault complete`: what it asks of the sandbox, and what it makes of the answers.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Output;
use std::thread::{self, JoinHandle};

use serde_json::Value;

use crate::support::{Sandbox, antom, json, stderr, stdout};

const WAITING: &str = r#"{"progress":"abandoned","what_next":"the buyer left","session":
    {"status":"PROCESSING","result_code":"VERIFICATION_IN_PROCESS","stage":"waiting for a card","number":1}}"#;
const SUCCESS: &str = r#"{"progress":"ended","what_next":"the buyer goes on","session":
    {"status":"SUCCESS","result_code":"SUCCESS","stage":"vaulted: VISA ************0768","number":1}}"#;

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
    let sandbox = Listening::answers("200 OK", WAITING);
    let output = sandbox.complete(&[]);
    assert_eq!(
        stdout(&output),
        "status       PROCESSING\nresult code  VERIFICATION_IN_PROCESS\nwhat         waiting for a card\n\
         next         the buyer left\n"
    );
    let (_, body) = sandbox.request();
    assert_eq!(body["security_code"], "123");
    let expiry = body["expiry"].as_str().unwrap();
    assert!(expiry.len() == 5 && expiry.starts_with("12/"), "{expiry}");
    assert_eq!(body.get("challenge_code"), None);
}

#[test]
fn a_session_of_the_sandbox_is_completed_by_any_of_its_names() {
    let sandbox = Sandbox::start(&[]);
    let http = sandbox.settings()["http"].as_str().unwrap().to_owned();
    let create = |id: &str| {
        let output = sandbox
            .antom(&["vault", "create", "--json", "--request-id", id])
            .output()
            .unwrap();
        json(&output)["id"].as_str().unwrap().to_owned()
    };
    let complete = |arguments: &[&str]| {
        let begin = ["vault", "complete", "--json", "--sandbox", http.as_str()];
        antom(&[&begin[..], arguments].concat()).output().unwrap()
    };
    let session_id = create("first");
    let done = json(&complete(&[&session_id, "--card", "4054695723100768"]));
    assert_eq!(done["status"], "SUCCESS");
    assert_eq!(done["what"], "vaulted: VISA ************0768");

    // A refused card is an outcome, not a failure of the command.
    create("a/b?c");
    let refused = complete(&["a/b?c", "--card", "4054 6927 6017 4822"]);
    assert_eq!(refused.status.code(), Some(0), "{}", stderr(&refused));
    assert_eq!(json(&refused)["status"], "FAIL");
    assert_eq!(json(&refused)["code"], "DO_NOT_HONOR");

    create("third");
    let entry = ["third", "--card", "4000000000000309", "--code", "123456"];
    assert_eq!(json(&complete(&entry))["status"], "SUCCESS");
}

#[test]
fn the_3d_secure_page_is_passed_by_the_command_that_is_shown() {
    let sandbox = Sandbox::start(&[]);
    let http = sandbox.settings()["http"].as_str().unwrap().to_owned();
    let complete = |arguments: &[&str]| {
        let begin = ["vault", "complete", "--json"];
        let mut command = antom(&[&begin[..], arguments].concat());
        json(&command.env("ANTOM_SANDBOX", &http).output().unwrap())
    };
    for (id, shown) in [("order-7", "order-7"), ("it's 8", r"'it'\''s 8'")] {
        let created = sandbox
            .antom(&["vault", "create", "--request-id", id])
            .output();
        assert!(created.unwrap().status.success());
        let waiting = complete(&[id, "--card", "4000000000000309"]);
        assert_eq!(waiting["status"], "PROCESSING");
        let next = waiting["next"].as_str().unwrap();
        let command = format!(": antom vault complete {shown} --code 123456");
        assert!(next.ends_with(&command), "{next}");
        assert_eq!(complete(&[id, "--code", "123456"])["status"], "SUCCESS");
    }
    let neither = antom(&["vault", "complete", "order-7"]).output().unwrap();
    assert_eq!(neither.status.code(), Some(2));
    assert!(stderr(&neither).contains("--card"), "{}", stderr(&neither));
}

#[test]
fn what_became_of_the_notification_is_told() {
    let sandbox = Sandbox::start(&[]);
    let http = sandbox.settings()["http"].as_str().unwrap().to_owned();
    let complete = |id: &str, url: &[&str], arguments: &[&str]| {
        let begin = ["vault", "create", "--request-id", id];
        let created = sandbox.antom(&[&begin[..], url].concat()).output().unwrap();
        assert!(created.status.success(), "{}", stderr(&created));
        let begin = ["vault", "complete", id, "--card", "4054695723100768"];
        let mut command = antom(&[&begin[..], arguments].concat());
        command.env("ANTOM_SANDBOX", &http).output().unwrap()
    };
    let inbox = stdout(&complete("1", &[], &[]));
    let expected = format!("notification  acknowledged by {http}/__sandbox/inbox\n");
    assert!(inbox.contains(&expected), "{inbox}");
    let elsewhere = ["--notification-url", "https://shop.example/notify"];
    let refused = stdout(&complete("2", &elsewhere, &[]));
    assert!(refused.contains("notification  not sent: "), "{refused}");
    assert!(refused.contains("--allow-notify shop.example"), "{refused}");
    let in_json = json(&complete("3", &[], &["--json"]));
    assert_eq!(in_json["notification"]["state"], "acknowledged");
}

#[test]
fn every_card_of_the_help_does_what_the_help_says() {
    let sandbox = Sandbox::start(&[]);
    let http = sandbox.settings()["http"].as_str().unwrap().to_owned();
    let help = stdout(&antom(&["vault", "complete", "--help"]).output().unwrap());
    let cards: Vec<_> = help
        .lines()
        .filter_map(|line| line.trim_start().split_once("  "))
        .filter(|(number, _)| number.len() == 16 && number.starts_with('4'))
        .collect();
    assert_eq!(cards.len(), 6, "{help}");
    for (number, said) in cards {
        let created = sandbox
            .antom(&["vault", "create", "--request-id", number])
            .output();
        assert!(created.unwrap().status.success());
        let arguments = ["vault", "complete", "--json", number, "--card", number];
        let done = json(
            &antom(&arguments)
                .env("ANTOM_SANDBOX", &http)
                .output()
                .unwrap(),
        );
        let expected = match said.split_once("refused with ") {
            Some((_, code)) => code,
            None if said.starts_with("is vaulted") => "SUCCESS",
            None => "VERIFICATION_IN_PROCESS",
        };
        assert_eq!(done["code"], expected, "{number} {said}");
    }
}

#[test]
fn what_the_sandbox_refuses_is_an_error_in_its_own_words() {
    let sandbox = Sandbox::start(&[]);
    let http = sandbox.settings()["http"].as_str().unwrap().to_owned();
    let complete = |arguments: &[&str]| {
        let begin = ["vault", "complete", "--sandbox", http.as_str()];
        let output = antom(&[&begin[..], arguments].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stdout(&output), "");
        stderr(&output)
    };
    let unknown = complete(&["none", "--card", "4054695723100768"]);
    assert!(
        unknown.starts_with("error: there is no vaulting"),
        "{unknown}"
    );
    let created = sandbox
        .antom(&["vault", "create", "--request-id", "1"])
        .output()
        .unwrap();
    assert!(created.status.success());
    let real = complete(&["1", "--card", "4111111111111111"]);
    assert!(real.contains("this is not a test card"), "{real}");
    assert!(!real.contains("4111"), "{real}");
    let late = complete(&["1", "--card", "4054695723100768", "--expiry", "01/20"]);
    assert!(late.contains("expiry date"), "{late}");
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
    for (address, said) in [
        ("x", "must be like http://127.0.0.1:8080"),
        ("https://127.0.0.1:8443", "give the sandbox's http address"),
    ] {
        let output = antom(&[
            "vault",
            "complete",
            "1",
            "--card",
            "1",
            "--sandbox",
            address,
        ])
        .output()
        .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}
