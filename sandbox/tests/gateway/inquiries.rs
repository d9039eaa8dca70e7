//! inquireVaulting, through the life of a session, and what happens when its time is over.

use std::time::Duration;

use antom_sandbox::Settings;
use serde_json::{Value, json};

use crate::support::{BODY, Draft, Running};

const API: &str = "/v1/vaults/inquireVaulting";

fn inquire(running: &Running) -> Value {
    running.call(API, r#"{"vaultingRequestId":"1"}"#).json()
}

#[test]
fn an_unknown_id_does_not_exist() {
    let running = Running::start();
    let answer = running.call(API, r#"{"vaultingRequestId":"1"}"#);
    assert_eq!(answer.code(), "VAULTING_NOT_EXIST");
    assert_eq!(answer.result_status(), "F");
    assert_eq!(running.call(API, "{}").code(), "PARAM_ILLEGAL");
}

#[test]
fn another_mode_does_not_see_it() {
    let running = Running::start();
    running.send_body(BODY);
    let live = Draft {
        path: "/ams/api/v1/vaults/inquireVaulting",
        client_id: "5X00000000000000",
        body: r#"{"vaultingRequestId":"1"}"#,
        ..Draft::default()
    };
    let answer = running.send(&live.sign(&running.merchant));
    running.assert_signed(&answer, &live, "VAULTING_NOT_EXIST");
}

#[test]
fn a_session_is_in_process_until_the_buyer_ends_it() {
    let running = Running::start();
    running.send_body(BODY);
    let waiting = inquire(&running);
    assert_eq!(waiting["result"]["resultStatus"], "S");
    assert_eq!(waiting["vaultingStatus"], "PROCESSING");
    assert_eq!(waiting["vaultingResultCode"], "VERIFICATION_IN_PROCESS");
    assert_eq!(
        waiting["vaultingResultMessage"],
        "The verification is still under process."
    );
    assert!(
        waiting["normalUrl"]
            .as_str()
            .unwrap()
            .contains("/checkout?")
    );

    let done = running.control(
        "POST sessions/1/complete",
        r#"{"card":"4054 6957 2310 0768","expiry":"02/29","security_code":"123"}"#,
    );
    assert_eq!(done.json()["progress"], "ended", "{}", done.json());
    let vaulted = inquire(&running);
    assert_eq!(vaulted["vaultingStatus"], "SUCCESS");
    assert_eq!(vaulted["vaultingResultCode"], "SUCCESS");
    assert_eq!(vaulted["vaultingResultMessage"], "success.");
    assert_eq!(vaulted["vaultingRequestId"], "1");
    let card = &vaulted["paymentMethodDetail"]["card"];
    assert_eq!(card["lastFour"], "0768");
    assert!(vaulted.get("normalUrl").is_none());
}

#[test]
fn a_session_that_nobody_completes_is_closed_when_its_time_is_over() {
    let running = Running::with(Settings {
        session_lifetime: Duration::from_secs(90),
        ..Settings::default()
    });
    running.send_body(BODY);
    running.control("POST clock", r#"{"advance":"80s"}"#);
    assert_eq!(inquire(&running)["vaultingStatus"], "PROCESSING");
    running.control("POST clock", r#"{"advance":"10s"}"#);
    let closed = inquire(&running);
    assert_eq!(closed["vaultingStatus"], "FAIL");
    assert_eq!(closed["vaultingResultCode"], "ORDER_IS_CLOSED");
    let late = running.control("POST sessions/1/complete", r#"{"card":"4054695723100768"}"#);
    assert_eq!(late.status, 409, "{}", late.json());
    // The same request still gets the session that it made.
    assert_eq!(running.send_body(BODY).code(), "SUCCESS");
}

#[test]
fn what_failed_says_with_which_code() {
    let running = Running::start();
    running.send_body(BODY);
    let card = json!({"card": "4000000000000606"}).to_string();
    running.control("POST sessions/1/complete", &card);
    let failed = inquire(&running);
    assert_eq!(failed["vaultingStatus"], "FAIL");
    assert_eq!(failed["vaultingResultCode"], "CARD_EXPIRED");
    assert!(failed.get("paymentMethodDetail").is_none());
}
