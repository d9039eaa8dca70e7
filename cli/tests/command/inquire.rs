//! `antom vault inquire`: the vaulting's outcome apart from the inquiry's.

use std::process::Output;

use antom_test_gateway::TestGateway;
use serde_json::{Value, json};

use crate::support::{answer, answers, antom_with, json, stderr, stdout};

const PATH: &str = "/ams/api/v1/vaults/inquireVaulting";
const TOKEN: &str = "ALIPAYtokenOfTheTest==";

/// What the command says when Antom answers S with these members.
fn inquire(members: &Value, arguments: &[&str]) -> Output {
    let gateway = TestGateway::start().unwrap();
    gateway.add(PATH, "order-7", answer("S", "SUCCESS", members));
    antom_with(&gateway, &["vault", "inquire", "order-7"])
        .args(arguments)
        .output()
        .unwrap()
}

fn succeeded() -> Value {
    json!({
        "vaultingRequestId": "order-7", "vaultingStatus": "SUCCESS", "metadata": "mine",
        "paymentMethodDetail": {"paymentMethodType": "CARD", "card": {
            "cardToken": TOKEN, "brand": "VISA", "lastFour": "0768", "expiryMonth": "12", "expiryYear": "30",
        }},
    })
}

#[test]
fn a_vaulted_card_is_described_without_its_token() {
    let output = inquire(&succeeded(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    for line in [
        "request id  order-7\n",
        "inquiry     answered by Antom, signature verified\n",
        "vaulting    succeeded\n",
        "method      CARD\n",
        "brand       VISA\n",
        "last four   0768\n",
        "expiry      12/30\n",
        "card token  22 characters; --show-token prints it\n",
        "metadata    mine\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains(&TOKEN[..7]), "{text}");
    let text = stdout(&inquire(&succeeded(), &["--show-token"]));
    assert!(text.contains(&format!("card token  {TOKEN}\n")), "{text}");
}

#[test]
fn programs_get_the_token_only_if_they_ask_for_it() {
    let inquiry = json(&inquire(&succeeded(), &["--json"]));
    let expected = |token: Value| {
        json!({
            "request_id": "order-7", "vaulting_status": "SUCCESS", "payment_method_type": "CARD",
            "card": {
                "brand": "VISA", "last_four": "0768", "expiry_month": "12", "expiry_year": "30", "card_token": token,
            },
            "failure": null, "next_step": null, "metadata": "mine",
        })
    };
    assert_eq!(inquiry, expected(Value::Null));
    let inquiry = json(&inquire(&succeeded(), &["--json", "--show-token"]));
    assert_eq!(inquiry, expected(TOKEN.into()));
}

#[test]
fn the_last_four_digits_may_come_from_the_masked_number() {
    let members = json!({
        "vaultingStatus": "SUCCESS",
        "paymentMethodDetail": {"card": {"maskedCardNo": "************0768"}},
    });
    let inquiry = json(&inquire(&members, &["--json"]));
    assert_eq!(inquiry["card"]["last_four"], "0768");
    assert!(inquiry["card"]["expiry_month"].is_null());
}

#[test]
fn a_failed_vaulting_is_no_failed_inquiry() {
    let members = json!({
        "vaultingStatus": "FAIL", "vaultingResultCode": "CARD_EXPIRED", "vaultingResultMessage": "It \u{1b}expired.",
    });
    let output = inquire(&members, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("vaulting    failed\n"), "{text}");
    assert!(text.contains("code        CARD_EXPIRED\n"), "{text}");
    assert!(text.contains("reason      It  expired.\n"), "{text}");
    let inquiry = json(&inquire(&members, &["--json"]));
    assert_eq!(inquiry["vaulting_status"], "FAIL");
    assert_eq!(inquiry["failure"]["code"], "CARD_EXPIRED");
    assert!(inquiry["card"].is_null());
}

#[test]
fn a_vaulting_in_process_names_the_next_step() {
    let members = json!({"vaultingStatus": "PROCESSING", "normalUrl": "https://bank.example/3ds"});
    let text = stdout(&inquire(&members, &[]));
    assert!(text.contains("vaulting    not finished\n"), "{text}");
    assert!(
        text.contains("next url    https://bank.example/3ds\n"),
        "{text}"
    );
    let inquiry = json(&inquire(&members, &["--json"]));
    assert_eq!(
        inquiry["next_step"],
        json!({"normal_url": "https://bank.example/3ds", "scheme_url": null, "applink_url": null})
    );
}

#[test]
fn a_new_status_is_shown_as_it_came() {
    let members = json!({"vaultingStatus": "PAUSED"});
    let text = stdout(&inquire(&members, &[]));
    assert!(text.contains("PAUSED (treat it as not finished)"), "{text}");
    assert_eq!(
        json(&inquire(&members, &["--json"]))["vaulting_status"],
        "PAUSED"
    );
}

#[test]
fn an_inquiry_that_fails_is_an_error() {
    let gateway = TestGateway::start().unwrap();
    let not_there = answer("F", "VAULTING_NOT_EXIST", &json!({}));
    gateway.add(PATH, "order-7", not_there);
    let other_key = json!({
        "sign": "other_key",
        "body": r#"{"result":{"resultStatus":"S","resultCode":"SUCCESS"},"vaultingStatus":"FAIL"}"#,
    });
    gateway.add(PATH, "forged", answers(other_key));
    let inquire = |id: &str| {
        antom_with(&gateway, &["vault", "inquire", id, "--json"])
            .output()
            .unwrap()
    };
    let output = inquire("order-7");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(json(&output)["error"]["result_code"], "VAULTING_NOT_EXIST");
    assert_eq!(json(&output)["error"]["request_id"], "order-7");
    let output = inquire("forged");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(json(&output)["error"]["kind"], "UntrustedResponse");
}

#[test]
fn the_merchant_account_belongs_to_the_ams_product() {
    let gateway = TestGateway::start().unwrap();
    let members = json!({"vaultingStatus": "PROCESSING"});
    gateway.add(PATH, "order-7", answer("S", "SUCCESS", &members));
    let arguments = [
        "vault",
        "inquire",
        "order-7",
        "--json",
        "--merchant-account-id",
        "M1",
    ];
    let output = antom_with(&gateway, &arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        json(&output)["error"]["violations"][0]["field"],
        "merchantAccountId"
    );
    let output = antom_with(&gateway, &arguments)
        .args(["--product", "ams"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let sent = &gateway.attempts("order-7")[0];
    assert_eq!(
        sent.body,
        r#"{"vaultingRequestId":"order-7","merchantAccountId":"M1"}"#.as_bytes()
    );
}

#[test]
fn the_id_is_required() {
    let gateway = TestGateway::start().unwrap();
    let output = antom_with(&gateway, &["vault", "inquire"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("VAULTING_REQUEST_ID"));
}
