//! vaultPaymentMethod: what each card comes to, what is refused, and what a repetition gets.

use antom_sandbox::Settings;
use serde_json::{Value, json};

use crate::support::{Answer, BODY, Running};

const API: &str = "/v1/vaults/vaultPaymentMethod";
const GOOD: &str = "4054695723100768";
const FAILS: &str = "4054692760174822";
const CHALLENGES: &str = "4000000000000309";
const TIMES_OUT: &str = "4000000000000408";

fn body(id: &str, card: &str) -> Value {
    json!({
        "vaultingRequestId": id,
        "vaultingNotificationUrl": "https://shop.example/n",
        "redirectUrl": "https://shop.example/r",
        "paymentMethodDetail": {"paymentMethodType": "CARD", "card": {
            "cardNo": card, "cvv": "987", "expiryMonth": "02", "expiryYear": "29",
            "cardholderName": {"firstName": "A"}, "businessRegistrationNo": "96"}},
        "env": {"terminalType": "app", "timeZoneOffset": 60},
        "metadata": "{\"order\":\"7\"}",
    })
}

fn vault(running: &Running, id: &str, card: &str) -> Answer {
    running.call(API, &body(id, card).to_string())
}

fn inquire(running: &Running, id: &str) -> Value {
    let body = json!({ "vaultingRequestId": id });
    running
        .call("/v1/vaults/inquireVaulting", &body.to_string())
        .json()
}

#[test]
fn a_good_card_is_vaulted_at_once() {
    let running = Running::start();
    let answer = vault(&running, "1", GOOD).json();
    assert_eq!(
        answer["result"],
        json!({"resultCode": "SUCCESS", "resultMessage": "success.", "resultStatus": "S"})
    );
    assert_eq!(answer["vaultingRequestId"], "1");
    let card = &answer["paymentMethodDetail"]["card"];
    assert_eq!(card["maskedCardNo"], "************0768");
    assert_eq!(
        (&card["expiryMonth"], &card["expiryYear"]),
        (&json!("02"), &json!("29"))
    );
    let token = card["cardToken"].as_str().unwrap();
    assert!(token.starts_with("ALIPAY") && token.len() > 80, "{token}");
    assert!(!answer.to_string().contains(GOOD));

    let inquiry = inquire(&running, "1");
    assert_eq!(inquiry["vaultingStatus"], "SUCCESS");
    assert_eq!(
        inquiry["paymentMethodDetail"],
        answer["paymentMethodDetail"]
    );
    assert_eq!(inquiry["metadata"], "{\"order\":\"7\"}");
}

#[test]
fn a_bad_card_is_refused_with_the_code_of_the_documentation() {
    let running = Running::start();
    let answer = vault(&running, "1", FAILS);
    assert_eq!(answer.code(), "VERIFICATION_FAIL");
    assert_eq!(answer.result_status(), "F");
    assert!(answer.json().get("paymentMethodDetail").is_none());
    let inquiry = inquire(&running, "1");
    assert_eq!(inquiry["vaultingStatus"], "FAIL");
    assert_eq!(inquiry["vaultingResultCode"], "DO_NOT_HONOR");
}

#[test]
fn a_card_with_3ds_sends_the_buyer_to_a_page_and_goes_on_from_there() {
    let running = Running::start();
    let first = vault(&running, "1", CHALLENGES);
    assert_eq!(first.code(), "VERIFICATION_IN_PROCESS");
    assert_eq!(first.result_status(), "U");
    let page = format!(
        "{}/checkout/challenge?vaulting=1",
        running.sandbox().http_url()
    );
    assert_eq!(first.json()["normalUrl"], page.as_str());
    assert_eq!(inquire(&running, "1")["normalUrl"], page.as_str());
    assert_eq!(vault(&running, "1", CHALLENGES).body, first.body);

    let done = running.control("POST sessions/1/complete", r#"{"challenge_code":"123456"}"#);
    assert_eq!(done.status, 200, "{}", done.json());
    let second = vault(&running, "1", CHALLENGES);
    assert_eq!(second.code(), "SUCCESS");
    assert_eq!(vault(&running, "1", CHALLENGES).body, second.body);
    assert!(inquire(&running, "1").get("normalUrl").is_none());
}

#[test]
fn a_merchant_who_asks_for_3ds_gets_it() {
    let running = Running::start();
    for (id, flag) in [("1", json!(true)), ("2", json!("true"))] {
        let mut body = body(id, GOOD);
        body["paymentMethodDetail"]["card"]["is3DSAuthentication"] = flag;
        let answer = running.call(API, &body.to_string());
        assert_eq!(answer.code(), "VERIFICATION_IN_PROCESS");
    }
}

#[test]
fn a_card_that_times_out_is_open_first_and_vaulted_then() {
    let running = Running::start();
    let first = vault(&running, "1", TIMES_OUT);
    assert_eq!(
        (first.code().as_str(), first.result_status().as_str()),
        ("UNKNOWN_EXCEPTION", "U")
    );
    assert_eq!(inquire(&running, "1")["vaultingStatus"], "SUCCESS");
    assert_eq!(vault(&running, "1", TIMES_OUT).code(), "SUCCESS");
}

#[test]
fn the_same_request_gets_the_same_answer_and_another_is_refused() {
    let running = Running::start();
    for (id, card) in [("1", GOOD), ("2", FAILS)] {
        let first = vault(&running, id, card);
        assert_eq!(vault(&running, id, card).body, first.body);
    }
    assert_eq!(
        vault(&running, "1", FAILS).code(),
        "REPEAT_REQ_INCONSISTENT"
    );
}

#[test]
fn one_id_never_serves_two_apis() {
    let running = Running::with(Settings {
        accept_changed_repeats: true,
        ..Settings::default()
    });
    assert_eq!(running.send_body(BODY).code(), "SUCCESS");
    assert_eq!(vault(&running, "1", GOOD).code(), "REPEAT_REQ_INCONSISTENT");
    assert_eq!(vault(&running, "2", GOOD).code(), "SUCCESS");
    let session = BODY.replace("\"1\"", "\"2\"");
    assert_eq!(
        running.send_body(&session).code(),
        "REPEAT_REQ_INCONSISTENT"
    );
}

#[test]
fn real_cards_and_broken_fields_are_refused_and_use_up_no_id() {
    let running = Running::start();
    let broken = |pointer: &str, value: Value| {
        let mut body = body("1", GOOD);
        *body.pointer_mut(pointer).unwrap() = value;
        let answer = running.call(API, &body.to_string());
        assert_eq!(answer.code(), "PARAM_ILLEGAL", "{pointer}");
        answer.message()
    };
    let card = "/paymentMethodDetail/card";
    for (pointer, value, named) in [
        (
            format!("{card}/cardNo"),
            json!("4111111111111111"),
            "not a test card",
        ),
        (
            format!("{card}/cardNo"),
            json!("4054695723100767"),
            "wrong digit",
        ),
        (format!("{card}/cardNo"), Value::Null, "cardNo is required"),
        (format!("{card}/expiryMonth"), json!("13"), "01 to 12"),
        (format!("{card}/expiryYear"), json!("20"), "expiry date"),
        (format!("{card}/expiryYear"), Value::Null, "expiry date"),
        (format!("{card}/cvv"), json!("99"), "security code"),
        (
            format!("{card}/cvv"),
            json!(987),
            "a number and not a string",
        ),
        ("/env".into(), json!({}), "env.terminalType is required"),
        ("/redirectUrl".into(), json!("www.test.com"), "redirectUrl"),
        (
            "/vaultingNotificationUrl".into(),
            Value::Null,
            "is required",
        ),
        (
            "/paymentMethodDetail/paymentMethodType".into(),
            json!("PAYPAL"),
            "not CARD",
        ),
    ] {
        let message = broken(&pointer, value);
        assert!(message.contains(named), "{named}: {message}");
        assert!(
            !message.contains("4111") && !message.contains("405469"),
            "{message}"
        );
    }
    assert_eq!(vault(&running, "1", GOOD).code(), "SUCCESS");
    let mut without_cvv = body("2", GOOD);
    without_cvv["paymentMethodDetail"]["card"]
        .as_object_mut()
        .unwrap()
        .remove("cvv");
    assert_eq!(
        running.call(API, &without_cvv.to_string()).code(),
        "SUCCESS"
    );
}

#[test]
fn no_card_number_and_no_token_is_logged() {
    let running = Running::start();
    let token =
        vault(&running, "1", GOOD).json()["paymentMethodDetail"]["card"]["cardToken"].clone();
    vault(&running, "2", "4111111111111111");
    for exchange in running.exchanges() {
        for line in [exchange.to_string(), exchange.to_json()] {
            for secret in [GOOD, "4111111111111111", "987", token.as_str().unwrap()] {
                assert!(!line.contains(secret), "{line}");
            }
        }
    }
}

#[test]
fn libantoms_own_client_understands_it() {
    use antom_core::VaultingOutcome;
    use antom_core::{InquireVaulting, Product};
    let running = Running::start();
    vault(&running, "1", GOOD);
    vault(&running, "2", CHALLENGES);
    let client = running.client().product(Product::Ams).build().unwrap();
    let inquire = |id: &str| {
        let request = InquireVaulting {
            vaulting_request_id: id.into(),
            merchant_account_id: Some("7".into()),
        };
        client.inquire_vaulting(&request).unwrap().outcome
    };
    let VaultingOutcome::Succeeded(detail) = inquire("1") else {
        panic!("it was vaulted")
    };
    assert_eq!(detail.card.unwrap().last_four.as_deref(), Some("0768"));
    let VaultingOutcome::Processing(next) = inquire("2") else {
        panic!("it waits for the buyer")
    };
    assert!(next.normal_url.unwrap().contains("/checkout/challenge?"));
}
