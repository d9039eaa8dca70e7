//! What stands beside createVaultingSession: inquireVaulting, vaultPaymentMethod, and calls of any other API.

use antom_core::api::vault_payment_method::{Env, NewCard, NewPaymentMethod, VaultPaymentMethod};
use antom_core::{
    ErrorKind, InquireVaulting, Recovery, Repeat, Secret, VaultingInquiry, VaultingOutcome,
};
use antom_test_gateway::TestGateway;
use serde_json::{Value, json};

use crate::support::{self, Server, answers, client, result, unavailable};

pub(crate) const INQUIRE: &str = "/ams/api/v1/vaults/inquireVaulting";
pub(crate) const VAULT: &str = "/ams/api/v1/vaults/vaultPaymentMethod";
pub(crate) const OTHER: &str = "/ams/api/v1/vaults/fetchNonce";

fn ask(id: &str) -> InquireVaulting {
    InquireVaulting {
        vaulting_request_id: id.to_owned(),
        ..InquireVaulting::default()
    }
}

/// What an inquiry says when the gateway answers S with these members.
fn inquiry(id: &str, members: Value) -> Result<VaultingInquiry, antom_core::Error> {
    let gateway = TestGateway::start().unwrap();
    gateway.add(INQUIRE, id, answers(result("S", "SUCCESS", members)));
    client(&gateway, &json!({})).inquire_vaulting(&ask(id))
}

#[test]
fn a_vaulting_that_succeeded_has_its_card_token() {
    let members = json!({
        "vaultingRequestId": "1", "vaultingStatus": "SUCCESS", "metadata": "mine",
        "paymentMethodDetail": {"paymentMethodType": "CARD", "card": {"cardToken": "TOKEN==", "brand": "VISA"}},
    });
    let inquiry = inquiry("1", members).unwrap();
    assert_eq!(inquiry.request_id, "1");
    assert_eq!(inquiry.metadata.as_deref(), Some("mine"));
    assert!(!format!("{inquiry:?}").contains("TOKEN"));
    assert!(inquiry.raw.expose().contains("TOKEN"));
    let VaultingOutcome::Succeeded(detail) = inquiry.outcome else {
        panic!("{:?}", inquiry.outcome);
    };
    let card = detail.card.unwrap();
    assert_eq!(card.card_token.unwrap().expose(), "TOKEN==");
    assert_eq!(card.brand.as_deref(), Some("VISA"));
}

#[test]
fn a_vaulting_that_failed_says_why() {
    let members = json!({"vaultingStatus": "FAIL", "vaultingResultCode": "CARD_EXPIRED", "vaultingResultMessage": "It expired."});
    let VaultingOutcome::Failed(failure) = inquiry("1", members).unwrap().outcome else {
        panic!("not failed");
    };
    assert_eq!(failure.code, "CARD_EXPIRED");
    assert_eq!(failure.message.as_deref(), Some("It expired."));
}

#[test]
fn a_vaulting_in_process_says_where_the_buyer_goes() {
    let members = json!({"vaultingStatus": "PROCESSING", "normalUrl": "https://bank.example/3ds"});
    let VaultingOutcome::Processing(next) = inquiry("1", members).unwrap().outcome else {
        panic!("not processing");
    };
    assert_eq!(next.normal_url.as_deref(), Some("https://bank.example/3ds"));
}

#[test]
fn a_vaulting_with_a_new_status_is_neither_good_nor_bad() {
    let outcome = inquiry("1", json!({"vaultingStatus": "PAUSED"}))
        .unwrap()
        .outcome;
    assert!(matches!(outcome, VaultingOutcome::Unrecognised(status) if status == "PAUSED"));
}

#[test]
fn an_inquiry_that_does_not_answer_the_question_is_a_protocol_error() {
    for members in [
        json!({"vaultingRequestId": "2", "vaultingStatus": "FAIL"}),
        json!({"vaultingStatus": "SUCCESS"}),
        json!({}),
    ] {
        let error = inquiry("1", members.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{members}");
        assert_eq!(error.request_id(), Some("1"));
    }
}

#[test]
fn an_inquiry_is_made_again() {
    let gateway = TestGateway::start().unwrap();
    let unknown = result("U", "UNKNOWN_EXCEPTION", json!({}));
    let known = result("S", "SUCCESS", json!({"vaultingStatus": "PROCESSING"}));
    gateway.add(
        INQUIRE,
        "1",
        answers(json!([unknown, unavailable(), known])),
    );
    client(&gateway, &json!({"max_retries": 2}))
        .inquire_vaulting(&ask("1"))
        .unwrap();
    assert_eq!(gateway.attempts("1").len(), 3);
}

#[test]
fn each_mode_has_its_own_path() {
    for (client_id, api) in [
        ("SANDBOX_5X00000000000000", "/ams/sandbox/api"),
        ("5X00000000000000", "/ams/api"),
    ] {
        let gateway = TestGateway::start().unwrap();
        let answer = result("S", "SUCCESS", json!({"vaultingStatus": "PROCESSING"}));
        gateway.add(INQUIRE, "1", answers(answer));
        let client = client(&gateway, &json!({"client_id": client_id}));
        client.inquire_vaulting(&ask("1")).unwrap();
        let path = format!("{api}/v1/vaults/inquireVaulting");
        assert_eq!(gateway.attempts("1")[0].path, path);
    }
}

#[test]
fn recovering_tells_a_known_vaulting_from_one_that_never_arrived() {
    let gateway = TestGateway::start().unwrap();
    let client = client(&gateway, &json!({}));
    let known = result("S", "SUCCESS", json!({"vaultingStatus": "FAIL"}));
    let missing = result("F", "VAULTING_NOT_EXIST", json!({}));
    let mut unsigned = missing.clone();
    unsigned["sign"] = "none".into();
    let other = result("F", "PROCESS_FAIL", json!({}));
    for (id, answer) in [
        ("known", known),
        ("missing", missing),
        ("unsigned", unsigned),
        ("other", other),
    ] {
        gateway.add(INQUIRE, id, answers(answer));
    }
    assert!(matches!(
        client.recover("known").unwrap(),
        Recovery::Known(_)
    ));
    assert!(matches!(
        client.recover("missing").unwrap(),
        Recovery::NeverArrived
    ));
    let asked = client.inquire_vaulting(&ask("missing")).unwrap_err();
    assert_eq!(asked.result_code(), Some("VAULTING_NOT_EXIST"));
    // Nobody sends a card again on the word of an answer that anybody may have written.
    let error = client.recover("unsigned").unwrap_err();
    assert_eq!(
        (error.kind(), error.is_authenticated()),
        (ErrorKind::Api, false)
    );
    assert_eq!(
        client.recover("other").unwrap_err().result_code(),
        Some("PROCESS_FAIL")
    );
}

/// Recognisable, wherever it turns up.
pub(crate) const CARD_NUMBER: &str = "4054695723100768";
pub(crate) const SECURITY_CODE: &str = "Q7Zk";
pub(crate) const DATE_OF_BIRTH: &str = "CANARY-DOB";

pub(crate) fn card(id: Option<&str>) -> VaultPaymentMethod {
    VaultPaymentMethod {
        vaulting_request_id: id.map(str::to_owned),
        vaulting_notification_url: Some("https://shop.example/notify".into()),
        redirect_url: Some("https://shop.example/return".into()),
        payment_method_detail: Some(NewPaymentMethod {
            payment_method_type: Some("CARD".into()),
            card: Some(NewCard {
                card_no: Some(Secret::new(CARD_NUMBER.into())),
                cvv: Some(Secret::new(SECURITY_CODE.into())),
                date_of_birth: Some(Secret::new(DATE_OF_BIRTH.into())),
                ..NewCard::default()
            }),
            ..NewPaymentMethod::default()
        }),
        env: Some(Env {
            terminal_type: Some("WEB".into()),
            ..Env::default()
        }),
        ..VaultPaymentMethod::default()
    }
}

#[test]
fn a_card_is_vaulted() {
    let gateway = TestGateway::start().unwrap();
    let token = json!({"paymentMethodDetail": {"card": {"cardToken": "TOKEN=="}}});
    gateway.add(VAULT, "1", answers(result("S", "SUCCESS", token)));
    let vaulting = client(&gateway, &json!({}))
        .vault_payment_method(card(Some("1")))
        .unwrap();
    assert_eq!(vaulting.request_id, "1");
    assert!(!format!("{vaulting:?}").contains("TOKEN"));
    let VaultingOutcome::Succeeded(detail) = vaulting.outcome else {
        panic!("not succeeded");
    };
    assert_eq!(detail.card.unwrap().card_token.unwrap().expose(), "TOKEN==");
    let sent: Value = serde_json::from_slice(&gateway.attempts("1")[0].body).unwrap();
    assert_eq!(sent["paymentMethodDetail"]["card"]["cardNo"], CARD_NUMBER);
}

#[test]
fn a_verification_in_process_is_an_answer_and_not_asked_for_again() {
    let gateway = TestGateway::start().unwrap();
    let members = json!({"normalUrl": "https://bank.example/3ds"});
    gateway.add(
        VAULT,
        "1",
        answers(result("U", "VERIFICATION_IN_PROCESS", members)),
    );
    let client = client(&gateway, &json!({"max_retries": 2}));
    let vaulting = client.vault_payment_method(card(Some("1"))).unwrap();
    let VaultingOutcome::Processing(next) = vaulting.outcome else {
        panic!("not processing");
    };
    assert_eq!(next.normal_url.as_deref(), Some("https://bank.example/3ds"));
    assert_eq!(gateway.attempts("1").len(), 1);
}

#[test]
fn a_card_is_never_sent_twice() {
    let gateway = TestGateway::start().unwrap();
    let client = client(&gateway, &json!({"max_retries": 2, "timeout_ms": 1000}));
    let unknown = result("U", "UNKNOWN_EXCEPTION", json!({}));
    for (id, answer, kind) in [
        ("503", unavailable(), ErrorKind::OutcomeUnknown),
        ("unknown", unknown, ErrorKind::Api),
        (
            "reset",
            json!({"fault": "reset_before"}),
            ErrorKind::OutcomeUnknown,
        ),
        (
            "half",
            json!({"fault": "half_body"}),
            ErrorKind::OutcomeUnknown,
        ),
        (
            "silence",
            json!({"fault": "silence"}),
            ErrorKind::OutcomeUnknown,
        ),
    ] {
        gateway.add(VAULT, id, answers(answer));
        let error = client.vault_payment_method(card(Some(id))).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (kind, 1), "{id}: {error}");
        assert_eq!(gateway.attempts(id).len(), 1, "{id}");
        // And nobody is told to do it by hand.
        assert!(!error.is_retryable(), "{id}");
        for text in [error.message(), error.advice()] {
            let text = text.to_lowercase();
            assert!(!text.contains("with the same"), "{id}: {text}");
            assert!(text.contains("inquire"), "{id}: {text}");
        }
    }
}

#[test]
fn a_card_is_sent_again_if_nothing_was_sent() {
    let gateway = TestGateway::start().unwrap();
    let token = json!({"paymentMethodDetail": {"card": {"cardToken": "TOKEN=="}}});
    gateway.add(VAULT, "1", answers(result("S", "SUCCESS", token)));
    let address = support::address_of(&gateway);
    let server = Server::start(move |number, stream| match number {
        0 => support::reset(stream),
        _ => support::relay(stream, address),
    });
    let endpoint = format!("https://{}", server.address);
    let settings = json!({"endpoint": endpoint, "max_retries": 1});
    client(&gateway, &settings)
        .vault_payment_method(card(Some("1")))
        .unwrap();
    assert_eq!(server.connections(), 2);
    let down = client(&gateway, &json!({"endpoint": "@down", "max_retries": 2}));
    let error = down.vault_payment_method(card(None)).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::NotSent, 3));
    assert!(error.is_retryable());
    assert_eq!(error.request_id().map(str::len), Some(36));
}

#[test]
fn any_other_api_gives_its_json_as_it_came() {
    let gateway = TestGateway::start().unwrap();
    let answer = result("S", "SUCCESS", json!({"nonce": "n", "new": [1, 2.50]}));
    gateway.add(OTHER, "", answers(answer.clone()));
    let client = client(&gateway, &json!({}));
    let body = "{ \"b\" : 1.0, \"a\" : \"\\u00e9\" }";
    let text = client.call(OTHER, body, Repeat::Harmless).unwrap();
    assert_eq!(text.json.expose(), answer["body"].as_str().unwrap());
    let attempt = &gateway.attempts("")[0];
    assert_eq!(attempt.path, OTHER.replace("/ams/api", "/ams/sandbox/api"));
    assert_eq!(attempt.body, body.as_bytes());
}

#[test]
fn any_other_api_is_repeated_only_if_the_caller_says_that_it_is_harmless() {
    for (repeat, attempts) in [(Repeat::Harmless, 3), (Repeat::OnlyIfNotSent, 1)] {
        let gateway = TestGateway::start().unwrap();
        let refused = result("F", "PROCESS_FAIL", json!({}));
        let unknown = result("U", "UNKNOWN_EXCEPTION", json!({}));
        gateway.add(OTHER, "", answers(json!([unavailable(), unknown, refused])));
        let client = client(&gateway, &json!({"max_retries": 2}));
        let error = client.call(OTHER, "{}", repeat).map(drop).unwrap_err();
        assert_eq!(error.attempts(), attempts);
        assert_eq!(gateway.attempts("").len(), attempts as usize);
        assert!(!error.is_retryable(), "{error}");
    }
}

#[test]
fn a_wrong_path_or_body_is_not_sent() {
    let gateway = TestGateway::start().unwrap();
    let client = client(&gateway, &json!({}));
    for (path, body) in [
        ("/v1/vaults/fetchNonce", "{}"),
        ("/ams/api/v1/a b", "{}"),
        ("/ams/api/v1/a\r\nx: y", "{}"),
        ("/ams/api/v1/a#b", "{}"),
        (OTHER, "[]"),
        (OTHER, "{"),
        (OTHER, ""),
    ] {
        let error = client
            .call(path, body, Repeat::Harmless)
            .map(drop)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{path} {body}");
    }
    assert_eq!(gateway.connections(), 0);
}
