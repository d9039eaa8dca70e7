//! APIs that the sandbox does not know, and answers that were set.

use antom_core::signature::SigningKey;
use serde_json::json;

use crate::support::{BODY, Draft, Running};

const PAY: &str = "/v1/payments/pay";

#[test]
fn every_other_api_is_verified_and_answered_by_a_stub() {
    let running = Running::start();
    for api in [PAY, "/v1/vaults/fetchNonce", "/v2/x/y/z"] {
        let answer = running.call(api, r#"{"a":1}"#).json();
        assert_eq!(
            answer,
            json!({"result": {"resultCode": "SUCCESS", "resultMessage": "success.", "resultStatus": "S"}})
        );
    }
    let last = running.exchanges().pop().unwrap();
    assert!(last.verdict.to_string().contains("a stub"), "{last}");
    assert_eq!(running.call(PAY, "no JSON").code(), "PARAM_ILLEGAL");
    let draft = Draft {
        path: "/ams/sandbox/api/v1/payments/pay",
        ..Draft::default()
    };
    let other = SigningKey::generate().signing_key;
    let answer = running.send(&draft.sign(&other));
    answer.assert_unsigned("INVALID_SIGNATURE");
}

#[test]
fn an_answer_that_was_set_is_given_as_often_as_wanted() {
    let running = Running::start();
    let set = json!({"path": PAY, "times": 2, "body": {
        "result": {"resultStatus": "U", "resultCode": "PAYMENT_IN_PROCESS", "resultMessage": "wait"},
        "paymentId": "P1"}});
    let listed = running.control("POST answers", &set.to_string());
    assert_eq!(listed.json()["answers"][0], set);
    for _ in 0..2 {
        let answer = running.call(PAY, "{}");
        assert_eq!(answer.code(), "PAYMENT_IN_PROCESS");
        assert_eq!(answer.json()["paymentId"], "P1");
    }
    assert_eq!(running.call(PAY, "{}").code(), "SUCCESS");
    let codes: Vec<_> = running
        .exchanges()
        .iter()
        .map(|e| e.verdict.code.to_string())
        .collect();
    assert_eq!(
        codes,
        ["PAYMENT_IN_PROCESS", "PAYMENT_IN_PROCESS", "SUCCESS"]
    );
}

#[test]
fn an_answer_can_be_set_for_a_known_api_and_taken_back() {
    let running = Running::start();
    let set = json!({"path": "/v1/vaults/createVaultingSession", "body": {
        "result": {"resultStatus": "F", "resultCode": "PROCESS_FAIL"}}});
    running.control("POST answers", &set.to_string());
    assert_eq!(running.send_body(BODY).code(), "PROCESS_FAIL");
    assert_eq!(running.send_body(BODY).code(), "SUCCESS", "it was for once");

    running.control("POST answers", &set.to_string());
    let removed = running.control("DELETE answers", "");
    assert_eq!(removed.json(), json!({"removed": 1}));
    assert_eq!(
        running.control("GET answers", "").json(),
        json!({"answers": []})
    );
    assert_eq!(running.send_body(BODY).code(), "SUCCESS");
}

#[test]
fn what_cannot_be_an_answer_is_refused_with_what_to_do() {
    let running = Running::start();
    for (body, named) in [
        (json!({"path": "payments/pay"}), "/v1/payments/pay"),
        (json!({"path": PAY, "body": {"result": {}}}), "resultStatus"),
        (json!({"path": PAY, "times": 0}), "at least 1"),
        (json!({"path": PAY, "time": 1}), "there is no member"),
        (json!({"path": PAY, "body": []}), "must be a JSON object"),
    ] {
        let answer = running.control("POST answers", &body.to_string());
        assert_eq!(answer.status, 400, "{body}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(named), "{error}");
    }
}
