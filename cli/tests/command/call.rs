//! `antom call`: any API by its path; the verified answer as it came.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use antom_test_gateway::TestGateway;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Sandbox, answer, answers, antom_with, json, stderr, stdout};

const PATH: &str = "/ams/api/v1/payments/inquiryPayment";
const SUCCESS: &str =
    r#"{"b" :1.10, "result":{"resultStatus":"S","resultCode":"SUCCESS"},"a":"é"}"#;

/// A gateway that answers S to requests without an id.
fn gateway() -> TestGateway {
    let gateway = TestGateway::start().unwrap();
    gateway.add(PATH, "", answers(json!({"body": SUCCESS})));
    gateway
}

#[test]
fn the_answer_is_printed_as_it_came() {
    let gateway = gateway();
    for arguments in [&["call", PATH] as &[&str], &["call", PATH, "--json"]] {
        let output = antom_with(&gateway, arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(stdout(&output), format!("{SUCCESS}\n"));
    }
    assert_eq!(
        gateway.attempts("")[0].path,
        PATH.replace("/ams/", "/ams/sandbox/")
    );
}

#[test]
fn the_body_is_sent_byte_for_byte_wherever_it_comes_from() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("body.json");
    let body = "{ \"a\":\r\n 1.0, \"ü\" : \"/\" }\n";
    fs::write(&file, body).unwrap();
    let file = file.to_str().unwrap();
    for (arguments, expected) in [
        (&["--body", file] as &[&str], body),
        (&["--body", "-"], body),
        (&["--body", body], body),
        (&[], "{}"),
    ] {
        let gateway = gateway();
        let mut child = antom_with(&gateway, &["call", PATH])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // A command that does not read it may have ended already.
        let _ = child.stdin.take().unwrap().write_all(body.as_bytes());
        assert!(child.wait().unwrap().success());
        assert_eq!(gateway.attempts("")[0].body, expected.as_bytes());
    }
}

#[test]
fn only_a_repeatable_call_is_made_again() {
    let unavailable = json!({"status": 503, "sign": "none", "body": ""});
    for (arguments, attempts) in [(&[] as &[&str], 1), (&["--repeatable"], 3)] {
        let gateway = TestGateway::start().unwrap();
        gateway.add(PATH, "", answers(unavailable.clone()));
        let output = antom_with(&gateway, &["call", PATH, "--json"])
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let error = &json(&output)["error"];
        assert_eq!(error["kind"], "OutcomeUnknown");
        assert_eq!(error["attempts"], attempts);
        assert_eq!(gateway.attempts("").len(), attempts);
    }
}

#[test]
fn an_answer_that_is_not_good_is_an_error() {
    let gateway = TestGateway::start().unwrap();
    gateway.add(PATH, "", answer("F", "ORDER_NOT_EXIST", &json!({})));
    let output = antom_with(&gateway, &["call", PATH]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    assert!(
        stderr(&output).contains("result code  ORDER_NOT_EXIST\n"),
        "{}",
        stderr(&output)
    );
    let forged = json!({"sign": "other_key", "body": SUCCESS});
    gateway.add(PATH, "", answers(forged));
    let output = antom_with(&gateway, &["call", PATH, "--json"])
        .output()
        .unwrap();
    assert_eq!(json(&output)["error"]["kind"], "UntrustedResponse");
    assert!(!stdout(&output).contains("1.10"));
}

#[test]
fn the_sandbox_answers_as_it_does_to_the_client() {
    let sandbox = Sandbox::start(&[]);
    let body = r#"{"paymentMethodType":"CARD","vaultingRequestId":"7"}"#;
    let path = "/ams/api/v1/vaults/createVaultingSession";
    let output = sandbox
        .antom(&["call", path, "--body", body])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let called: Value = serde_json::from_slice(&output.stdout).unwrap();
    let created = sandbox
        .antom(&["vault", "create", "--request-id", "7", "--json"])
        .output()
        .unwrap();
    assert_eq!(called["vaultingSessionData"], json(&created)["data"]);
}

#[test]
fn what_cannot_be_sent_is_a_matter_of_usage() {
    let gateway = gateway();
    let directory = TempDir::new().unwrap();
    let latin_1 = directory.path().join("latin-1");
    fs::write(&latin_1, b"{\"a\":\"\xe9\"}").unwrap();
    let large = directory.path().join("large");
    fs::write(&large, " ".repeat(1024 * 1024 + 1)).unwrap();
    for (arguments, named) in [
        (&["call"] as &[&str], "PATH"),
        (&["call", "/other"], "/ams/api/"),
        (&["call", PATH, "--body", "{"], "not a JSON object"),
        (&["call", PATH, "--body", "/nowhere"], "/nowhere"),
        (
            &["call", PATH, "--body", latin_1.to_str().unwrap()],
            "not UTF-8",
        ),
        (
            &["call", PATH, "--body", large.to_str().unwrap()],
            "larger than 1 MiB",
        ),
    ] {
        let output = antom_with(&gateway, arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            stderr(&output).contains(named),
            "{named}: {}",
            stderr(&output)
        );
    }
    assert!(gateway.attempts("").is_empty());
}
