//! The one line that every request leaves behind.

use serde_json::Value;

use crate::support::{BODY, Draft, Running, TEST_PATH};

#[test]
fn a_line_names_who_what_and_the_verdict() {
    let running = Running::start();
    running.send_body(BODY);
    let exchange = running.exchanges().pop().unwrap();
    let line = exchange.to_string();
    let expected = format!("POST {TEST_PATH} SANDBOX_5X00000000000000 1 SUCCESS ");
    assert!(line.contains(&expected), "{line}");
    assert!(line.ends_with(" ms"), "{line}");

    let json: Value = serde_json::from_str(&exchange.to_json()).unwrap();
    assert_eq!(json["verdict"], "SUCCESS");
    assert_eq!(json["reason"], Value::Null);
    assert_eq!(json["request_id"], "1");
    assert_eq!(json["http_status"], 200);
    assert_eq!(json["signed"], true);
    assert!(json["duration_ms"].is_number());
}

#[test]
fn a_line_says_what_a_fault_made_of_the_answer() {
    let running = Running::start();
    let request = Draft::default().sign(&running.merchant);
    running.send(&request.with("x-sandbox-fault", "http-503"));
    let line = running.exchanges().pop().unwrap().to_string();
    assert!(
        line.contains(" SUCCESS, but HTTP 503 to the client, "),
        "{line}"
    );
    assert!(line.ends_with(" ms fault http-503"), "{line}");
}

#[test]
fn the_documented_line_has_the_members_of_a_real_one() {
    let running = Running::start();
    running.send_body(BODY);
    let members = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let members: Vec<_> = line.as_object().unwrap().keys().cloned().collect();
        members
    };
    let page = include_str!("../../../docs/command.md");
    let documented = page.lines().find(|line| line.starts_with("{\"time\""));
    let real = running.exchanges().pop().unwrap().to_json();
    assert_eq!(members(documented.unwrap()), members(&real));
}

#[test]
fn a_refusal_is_logged_with_its_reason() {
    let running = Running::start();
    let request = Draft::default()
        .sign(&running.merchant)
        .without("signature");
    running.send(&request);
    let exchange = running.exchanges().pop().unwrap();
    assert_eq!(
        exchange.verdict.to_string(),
        "INVALID_SIGNATURE (there is no signature header)"
    );
    assert_eq!(exchange.request_id.as_deref(), Some("1"));
}

#[test]
fn a_line_holds_no_secrets_and_cannot_be_forged() {
    let running = Running::start();
    let body = r#"{"paymentMethodType":"CARD","vaultingRequestId":"1\n2026 POST /fake SUCCESS\u001b[31m","redirectUrl":"https://secret.example/canary"}"#;
    let path = format!("{TEST_PATH}?canary");
    let draft = Draft {
        body,
        path: &path,
        ..Draft::default()
    };
    let request = draft.sign(&running.merchant).with("agent-token", "canary");
    let answer = running.send(&request);
    running.assert_signed(&answer, &draft, "SUCCESS");
    let session = answer.json();
    let exchange = running.exchanges().pop().unwrap();
    let long = format!("{}{:?}", "x".repeat(10_000), request.line);
    running.send(&request.with_line(&format!("POST /{} HTTP/1.1", &long[..10_000])));
    let longest = running.exchanges().pop().unwrap();
    for exchange in [exchange, longest] {
        for line in [exchange.to_string(), exchange.to_json()] {
            assert!(!line.contains(['\n', '\r', '\u{1b}']), "{line:?}");
            assert!(line.len() < 1000, "{line}");
            for secret in [
                "canary",
                "redirectUrl",
                session["vaultingSessionData"].as_str().unwrap(),
                session["vaultingSessionId"].as_str().unwrap(),
                &draft.signature(&running.merchant)[40..80],
            ] {
                assert!(!line.contains(secret), "{line}");
            }
        }
    }
}
