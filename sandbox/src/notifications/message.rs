//! What a notification says and how it is signed. Nothing here is sent.

use antom_core::signature::{Content, SignatureHeader, SigningKey};
use axum::body::Bytes;
use serde::Serialize;

use crate::clock;
use crate::vaulting::{PaymentMethodDetail, Vaulting};

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
    if !vaulting.stage.is_final() {
        return None;
    }
    let outcome = vaulting.stage.outcome();
    let body = Body {
        result: WireResult {
            result_code: outcome.code,
            result_message: outcome.message,
            result_status: outcome.result_status,
        },
        vaulting_request_id: &vaulting.key.request_id,
        payment_method_detail: vaulting.payment_method_detail(),
        vaulting_create_time: clock::text(vaulting.created_at),
        vaulting_status: vaulting.stage.status(),
        metadata: vaulting.metadata.as_deref(),
    };
    let body = serde_json::to_vec(&body).expect("text always serialises");
    Some(body.into())
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
    result: WireResult,
    vaulting_request_id: &'a str,
    payment_method_detail: PaymentMethodDetail<'a>,
    vaulting_create_time: String,
    vaulting_status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireResult {
    result_code: &'static str,
    result_message: &'static str,
    result_status: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards::TEST_CARDS;
    use crate::vaulting::tests::vaulting;
    use crate::vaulting::{Card, CardToken, Stage};
    use serde_json::{Value, json};

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
                "result": {"resultCode": "SUCCESS", "resultMessage": "success.", "resultStatus": "S"},
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
