//! Runs every case of `tests/vectors/cases` through the Rust client.

mod support;

use std::error::Error as _;
use std::fmt::Write as _;

use antom_core::{CreateVaultingSession, Error, VaultingSession, Violation};
use antom_test_gateway::{Case, TestGateway, load_cases};
use serde_json::{Map, Value};
use support::client;

#[test]
fn which_answers_are_trusted() {
    run_file("trust");
}

#[test]
fn what_goes_wrong_on_the_way() {
    run_file("failures");
}

#[test]
fn which_settings_make_a_client() {
    run_file("settings");
}

#[test]
fn what_is_sent() {
    run_file("requests");
}

#[test]
fn no_file_with_cases_is_left_out() {
    let files: Vec<String> = load_cases().unwrap().into_keys().collect();
    assert_eq!(files, ["failures", "requests", "settings", "trust"]);
}

/// Runs all cases of a file and then reports every one that failed, not only the first.
fn run_file(name: &str) {
    let file = load_cases().unwrap().remove(name).unwrap();
    let gateway = TestGateway::start().unwrap();
    let mut run = 0;
    let mut report = String::new();
    for case in &file.cases {
        if case
            .languages
            .as_ref()
            .is_some_and(|only| !only.iter().any(|name| name == "rust"))
        {
            continue;
        }
        run += 1;
        let failures = failures(&gateway, case);
        if !failures.is_empty() {
            let _ = writeln!(report, "{}:\n  {}", case.name, failures.join("\n  "));
        }
    }
    println!("{name}: {run} of {} cases were run", file.cases.len());
    assert!(run > 0, "{name}.json has no case for Rust");
    assert!(report.is_empty(), "\n{report}");
}

fn failures(gateway: &TestGateway, case: &Case) -> Vec<String> {
    let outcome = client(gateway, &case.settings)
        .and_then(|client| client.create_vaulting_session(&request(case)));
    let kind = match &outcome {
        Ok(_) => "Session",
        Err(error) => error.kind().name(),
    };
    let mut failures = match &outcome {
        _ if case.expect["kind"] != kind => {
            vec![format!("came {kind} instead of {}", case.expect["kind"])]
        }
        Ok(session) => check_session(session, &case.expect),
        Err(error) => check_error(error, &case.expect),
    };
    if let (Err(error), false) = (&outcome, failures.is_empty()) {
        failures.push(format!("the error was {kind}: {error}"));
    }
    let printed = everything_printed(&outcome);
    for secret in secrets_in(case, &outcome) {
        if printed.contains(&secret) {
            failures.push(format!("a secret is printed: {secret:.12}…"));
        }
    }
    if let Some(run) = longest_base64(&printed).filter(|run| run.len() >= 100) {
        failures.push(format!("something like a signature is printed: {run:.12}…"));
    }
    failures
}

fn request(case: &Case) -> CreateVaultingSession {
    let text = |name: &str| {
        case.request
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    for name in case.request.keys() {
        assert!(
            FIELDS.contains(&name.as_str()),
            "{}: there is no field {name}",
            case.name
        );
    }
    CreateVaultingSession {
        payment_method_type: text("paymentMethodType").unwrap_or_default(),
        vaulting_request_id: case.request_id().map(str::to_owned),
        vaulting_notification_url: text("vaultingNotificationUrl"),
        redirect_url: text("redirectUrl"),
        pass_through_metadata: text("passThroughMetadata"),
        merchant_region: text("merchantRegion"),
        is_3ds_authentication: case
            .request
            .get("is3DSAuthentication")
            .and_then(Value::as_bool),
    }
}

const FIELDS: &[&str] = &[
    "paymentMethodType",
    "vaultingRequestId",
    "vaultingNotificationUrl",
    "redirectUrl",
    "passThroughMetadata",
    "merchantRegion",
    "is3DSAuthentication",
];

fn check_session(session: &VaultingSession, expect: &Map<String, Value>) -> Vec<String> {
    let mut failures = Vec::new();
    for (member, wanted) in expect {
        let found: Value = match member.as_str() {
            "kind" => continue,
            "request_id" => session.request_id.as_str().into(),
            "session_id" => session.id.as_str().into(),
            "data" => session.data.expose().as_str().into(),
            "expires_at" => session.expires_at_text().into(),
            "normal_url" => session.normal_url.as_deref().into(),
            _ => unreachable!("load_cases knows what a session has"),
        };
        compare(member, wanted, &found, &mut failures);
    }
    let raw: Value = serde_json::from_str(session.raw.expose()).unwrap();
    compare(
        "raw",
        &session.id.as_str().into(),
        &raw["vaultingSessionId"],
        &mut failures,
    );
    failures
}

fn check_error(error: &Error, expect: &Map<String, Value>) -> Vec<String> {
    let mut failures = Vec::new();
    for (member, wanted) in expect {
        let found: Value = match member.as_str() {
            "kind" => continue,
            "message" | "advice" => {
                let text = if member == "message" {
                    error.message()
                } else {
                    error.advice()
                };
                for part in wanted.as_array().unwrap() {
                    if !text.contains(part.as_str().unwrap()) {
                        failures.push(format!("{member} lacks {part}"));
                    }
                }
                continue;
            }
            "retryable" => error.is_retryable().into(),
            "result_code" => error.result_code().into(),
            "authenticated" => error.is_authenticated().into(),
            "http_status" => error.http_status().into(),
            "attempts" => error.attempts().into(),
            "request_id" => error.request_id().into(),
            "violations" => error.violations().iter().map(Violation::field).collect(),
            _ => unreachable!("load_cases knows what an error has"),
        };
        compare(member, wanted, &found, &mut failures);
    }
    if error.message().contains(char::is_control) || error.advice().is_empty() {
        failures.push("the message is not one line, or there is no advice".to_owned());
    }
    failures
}

fn compare(member: &str, wanted: &Value, found: &Value, failures: &mut Vec<String>) {
    if wanted != found {
        failures.push(format!("{member} is {found} instead of {wanted}"));
    }
}

/// What a program might log of an outcome.
fn everything_printed(outcome: &Result<VaultingSession, Error>) -> String {
    let mut printed = format!("{outcome:?} {outcome:#?}");
    if let Err(error) = outcome {
        let _ = write!(
            printed,
            " {error} {} {:?}",
            error.advice(),
            error.violations()
        );
        let mut source = error.source();
        while let Some(cause) = source {
            let _ = write!(printed, " {cause} {cause:?}");
            source = cause.source();
        }
    }
    printed
}

/// Text that nothing may print: the secrets of the settings, and the session's data.
fn secrets_in(case: &Case, outcome: &Result<VaultingSession, Error>) -> Vec<String> {
    let mut secrets = vec!["proxy-password-for-tests".to_owned()];
    for name in [
        "private_key",
        "private_key_base64",
        "passphrase",
        "agent_token",
    ] {
        let Some(secret) = case.settings.get(name).and_then(Value::as_str) else {
            continue;
        };
        // A key in pieces, because line breaks may have changed.
        let pieces = secret.split(|c: char| c.is_whitespace() || c == '\\');
        secrets.extend(
            pieces
                .filter(|piece| piece.len() >= 16)
                .map(|piece| piece[..16].to_owned()),
        );
    }
    if let Ok(session) = outcome {
        secrets.push(session.data.expose().clone());
    }
    secrets.retain(|secret| !secret.starts_with("/etc/"));
    secrets
}

/// The longest run of characters of base64 or percent-encoded base64.
fn longest_base64(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '=' | '%'))
        .max_by_key(|run| run.len())
}
