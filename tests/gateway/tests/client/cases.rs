//! Runs every case of `tests/vectors/cases` through the Rust client.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use antom_core::{CreateVaultingSession, Error, VaultingSession, Violation};
use antom_test_gateway::{Case, TestGateway, load_cases};
use serde_json::{Map, Value};

use crate::canary::{Canary, secrets};
use crate::support::builder;

/// By how much a call may pass its timeout on a machine that has much to do.
const TOLERANCE: Duration = Duration::from_millis(700);

#[test]
fn which_answers_are_trusted() {
    run_file("trust");
}

#[test]
fn what_goes_wrong_on_the_way() {
    run_file("failures");
}

#[test]
fn what_is_tried_again() {
    run_file("retries");
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
    assert_eq!(
        files,
        ["failures", "requests", "retries", "settings", "trust"]
    );
}

/// Runs all cases of a file and then reports every one that failed, not only the first.
fn run_file(name: &str) {
    let file = load_cases().unwrap().remove(name).unwrap();
    let gateway = TestGateway::start().unwrap();
    let mut run = 0;
    let mut report = String::new();
    for case in &file.cases {
        if !is_for_rust(case) {
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

pub(crate) fn is_for_rust(case: &Case) -> bool {
    let only = case.languages.as_ref();
    only.is_none_or(|only| only.iter().any(|name| name == "rust"))
}

fn failures(gateway: &TestGateway, case: &Case) -> Vec<String> {
    let canary = Canary::default();
    let client = builder(gateway, &case.settings).observer(canary.clone());
    let client = client.build();
    let begin = Instant::now();
    let outcome = client.and_then(|client| client.create_vaulting_session(&request(case)));
    let took = begin.elapsed();
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
    if let Some(timeout) = case.settings.get("timeout_ms").and_then(Value::as_u64)
        && took > Duration::from_millis(timeout) + TOLERANCE
    {
        failures.push(format!("it took {took:?}"));
    }
    canary.print_outcome(&outcome);
    failures.extend(canary.betrayed(&secrets(gateway, &case.settings)));
    failures
}

pub(crate) fn request(case: &Case) -> CreateVaultingSession {
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
