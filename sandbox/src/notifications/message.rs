//! What a notification says and how it is signed. Nothing here is sent.

use antom_core::signature::{Content, SignatureHeader, SigningKey};
use axum::body::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::cards::TEST_CARDS;
use crate::clock;
use crate::vaulting::{Card, Stage, Vaulting};

/// The `keyVersion` of the gateway's key.
const KEY_VERSION: &str = "1";

/// A message that only lacks its time and its signature.
#[derive(Clone)]
pub(super) struct Letter {
    pub(super) client_id: String,
    /// With the query, as in the URL.
    pub(super) path: String,
    pub(super) body: Bytes,
}

/// A message as it goes out.
pub(super) struct Signed {
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
}

impl Letter {
    /// Signs it with this time as `Request-Time`.
    pub(super) fn sign(&self, key: &SigningKey, time: &str) -> Signed {
        let content = Content {
            method: "POST",
            path: &self.path,
            client_id: &self.client_id,
            time,
            body: &self.body,
        };
        let signature = content.sign(key).expect("a key in memory signs");
        Signed {
            headers: vec![
                ("Content-Type", "application/json".to_owned()),
                ("client-id", self.client_id.clone()),
                ("Request-Time", time.to_owned()),
                ("Signature", SignatureHeader::write(&signature, KEY_VERSION)),
            ],
            body: self.body.clone(),
        }
    }
}

/// The body of notifyVaulting for a vaulting that ended, with the members of both products; `None` while it runs.
pub(super) fn body(vaulting: &Vaulting) -> Option<Bytes> {
    let (result, detail) = match &vaulting.stage {
        Stage::AwaitingCard | Stage::Challenged(_) => return None,
        Stage::Succeeded { card, token } => (
            result("SUCCESS", "S", "success"),
            json!({"paymentMethodType": "CARD", "card": vaulted(card, &token.0)}),
        ),
        Stage::Failed { code } => (
            result(code, "F", "The card was not vaulted."),
            json!({"paymentMethodType": "CARD"}),
        ),
    };
    let body = Body {
        result,
        vaulting_request_id: &vaulting.key.request_id,
        payment_method_detail: detail,
        vaulting_create_time: clock::text(vaulting.created_at),
        vaulting_status: vaulting.stage.status(),
        metadata: vaulting.metadata.as_deref(),
    };
    Some(bytes(&body))
}

/// The body of a sample: a success without `failure`, else a failure with this `resultCode`.
pub(super) fn sample(request_id: &str, failure: Option<&str>, created_at: OffsetDateTime) -> Bytes {
    let card = Card {
        test_card: &TEST_CARDS[0],
        expiry_month: "02".into(),
        expiry_year: "29".into(),
    };
    let (result, detail, status) = match failure {
        None => {
            let card = vaulted(&card, "ALIPAYsampleOfTheSandboxAndNoRealToken");
            (
                result("SUCCESS", "S", "success"),
                json!({"paymentMethodType": "CARD", "card": card}),
                "SUCCESS",
            )
        }
        Some(code) => (
            result(code, "F", "The card was not vaulted."),
            json!({"paymentMethodType": "CARD"}),
            "FAIL",
        ),
    };
    bytes(&Body {
        result,
        vaulting_request_id: request_id,
        payment_method_detail: detail,
        vaulting_create_time: clock::text(created_at),
        vaulting_status: status,
        metadata: None,
    })
}

/// The same JSON about another vaulting, as a forger would change it.
pub(super) fn corrupted(body: &[u8]) -> Bytes {
    let member = "\"vaultingRequestId\":\"";
    String::from_utf8_lossy(body)
        .replacen(member, &format!("{member}changed-"), 1)
        .into()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    result: Value,
    vaulting_request_id: &'a str,
    payment_method_detail: Value,
    vaulting_create_time: String,
    vaulting_status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a str>,
}

fn vaulted(card: &Card, token: &str) -> Value {
    json!({
        "cardToken": token,
        "brand": card.test_card.brand,
        "lastFour": card.test_card.last_four(),
        "maskedCardNo": card.test_card.masked(),
        "expiryMonth": card.expiry_month,
        "expiryYear": card.expiry_year,
        "funding": "CREDIT",
        "bin": card.test_card.bin(),
    })
}

fn result(code: &str, status: &str, message: &str) -> Value {
    json!({"resultCode": code, "resultMessage": message, "resultStatus": status})
}

fn bytes(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value)
        .expect("text always serialises")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vaulting::CardToken;
    use crate::vaulting::tests::vaulting;

    fn read(body: &[u8]) -> Value {
        serde_json::from_slice(body).unwrap()
    }

    #[test]
    fn a_body_has_the_documented_members() {
        let running = vaulting();
        assert!(body(&running).is_none());
        let card = Card {
            test_card: &TEST_CARDS[0],
            expiry_month: "02".into(),
            expiry_year: "29".into(),
        };
        let succeeded = Vaulting {
            metadata: Some("m".into()),
            stage: Stage::Succeeded {
                card,
                token: CardToken("ALIPAYx".into()),
            },
            ..running.clone()
        };
        let value = read(&body(&succeeded).unwrap());
        assert_eq!(
            value,
            json!({
                "result": {"resultCode": "SUCCESS", "resultMessage": "success", "resultStatus": "S"},
                "vaultingRequestId": "1",
                "paymentMethodDetail": {"paymentMethodType": "CARD", "card": {
                    "cardToken": "ALIPAYx", "brand": "VISA", "lastFour": "0768",
                    "maskedCardNo": "************0768", "expiryMonth": "02", "expiryYear": "29",
                    "funding": "CREDIT", "bin": "405469",
                }},
                "vaultingCreateTime": "2026-08-17T12:00:00+08:00",
                "vaultingStatus": "SUCCESS",
                "metadata": "m",
            })
        );
        let failed = Vaulting {
            stage: Stage::Failed {
                code: "DO_NOT_HONOR",
            },
            ..running
        };
        let value = read(&body(&failed).unwrap());
        assert_eq!(value["result"]["resultCode"], "DO_NOT_HONOR");
        assert_eq!(value["result"]["resultStatus"], "F");
        assert_eq!(value["vaultingStatus"], "FAIL");
        assert_eq!(
            value["paymentMethodDetail"],
            json!({"paymentMethodType": "CARD"})
        );
        assert_eq!(value.get("metadata"), None);
    }

    #[test]
    fn a_changed_body_is_still_json_about_another_vaulting() {
        let body = body(&Vaulting {
            stage: Stage::Failed { code: "X" },
            ..vaulting()
        });
        let changed = read(&corrupted(&body.unwrap()));
        assert_eq!(changed["vaultingRequestId"], "changed-1");
    }
}
