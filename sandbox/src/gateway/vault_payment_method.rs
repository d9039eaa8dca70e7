//! vaultPaymentMethod: vaults a card that the merchant's server sends, or sends its buyer to 3-D Secure. Takes test
//! cards only, and never writes a card number anywhere.

use std::sync::Arc;

use antom_core::api::vault_payment_method::RULES;
use axum::body::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::answer::{Answer, Refusal, WireResult};
use super::fields::Fields;
use super::incoming::Incoming;
use super::repeats::Kind;
use crate::cards::Behaviour;
use crate::vaulting::{
    Card, Locator, Origin, PaymentMethodDetail, Problem, RequestKey, Stage, Vaulting,
    check_security_code,
};
use crate::world::World;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Vaulted<'v> {
    payment_method_detail: PaymentMethodDetail<'v>,
    result: WireResult,
    vaulting_request_id: &'v str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToBeVerified<'v> {
    normal_url: String,
    result: WireResult,
    vaulting_request_id: &'v str,
}

impl World {
    pub(super) fn vault_payment_method(&self, request: &Incoming) -> Result<Answer, Refusal> {
        let fields = Fields::read(request.body(), RULES)
            .map_err(|problems| Refusal::signed("PARAM_ILLEGAL", problems))?;
        let key = fields.key(request);
        let asks_for_3ds = asks_for_3ds(request.body());
        let begun = self.begin(
            &fields,
            &key,
            Kind::Direct,
            |number| self.new_direct_vaulting(number, &key, &fields, asks_for_3ds),
            Vaulting::clone,
        )?;
        if !begun.is_new
            && let Some(vaulting) = self.vaulting(&Locator::Number(begun.number))
        {
            return self.answer_of(&vaulting, false, begun.remark);
        }
        self.answer_of(&begun.value, begun.is_new, begun.remark)
    }

    fn new_direct_vaulting(
        &self,
        number: u64,
        key: &Arc<RequestKey>,
        fields: &Fields,
        asks_for_3ds: bool,
    ) -> Result<Vaulting, Refusal> {
        let created_at = self.clock.now();
        let method = fields.get("paymentMethodDetail.paymentMethodType");
        if method != Some("CARD") {
            let reason = "paymentMethodDetail.paymentMethodType is not CARD, and the sandbox vaults nothing else";
            return Err(Refusal::signed("PARAM_ILLEGAL", reason));
        }
        let member = |name: &str| fields.get(&format!("paymentMethodDetail.card.{name}"));
        let card = Card::check(
            member("cardNo").unwrap_or_default(),
            member("expiryMonth").unwrap_or_default(),
            member("expiryYear").unwrap_or_default(),
            created_at,
        )
        .map_err(card_refused)?;
        member("cvv")
            .map_or(Ok(()), check_security_code)
            .map_err(card_refused)?;
        let text = |field| fields.get(field).map(str::to_owned);
        let vaulting = Vaulting {
            number,
            key: key.clone(),
            origin: Origin::Direct,
            fingerprint: fields.fingerprint(),
            answer: Bytes::new(),
            created_at,
            expires_at: created_at + self.lifetime(),
            notification_url: text("vaultingNotificationUrl"),
            redirect_url: text("redirectUrl"),
            metadata: text("metadata"),
            asks_for_3ds,
            stage: card.without_page(asks_for_3ds, self.card_token()),
        };
        self.announce(&vaulting);
        Ok(vaulting)
    }

    /// What the vaulting has come to. The first answer about a card that times out leaves it open.
    fn answer_of(
        &self,
        vaulting: &Vaulting,
        is_first: bool,
        remark: Option<&str>,
    ) -> Result<Answer, Refusal> {
        let answer = match &vaulting.stage {
            Stage::Succeeded { card, .. }
                if is_first && card.test_card.behaviour == Behaviour::TimesOut =>
            {
                let reason =
                    "this test card's first answer leaves it open: inquire, or send it again";
                return Err(Refusal::signed("UNKNOWN_EXCEPTION", reason).about(vaulting.number));
            }
            Stage::Succeeded { .. } => {
                let body = Vaulted {
                    payment_method_detail: vaulting.payment_method_detail(),
                    result: WireResult::of("SUCCESS"),
                    vaulting_request_id: &vaulting.key.request_id,
                };
                Answer::signed("SUCCESS", json(&body))
            }
            Stage::Failed { .. } | Stage::Cancelled => {
                let reason = format!("it failed with {}", vaulting.stage.outcome().code);
                return Err(Refusal::signed("VERIFICATION_FAIL", reason).about(vaulting.number));
            }
            Stage::Challenged(_) | Stage::AwaitingCard => {
                let body = ToBeVerified {
                    normal_url: self.challenge_url(vaulting.number),
                    result: WireResult::of("VERIFICATION_IN_PROCESS"),
                    vaulting_request_id: &vaulting.key.request_id,
                };
                Answer::signed("VERIFICATION_IN_PROCESS", json(&body))
            }
        };
        Ok(answer.about(vaulting.number).with_remark(remark))
    }
}

fn json(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("text always serialises")
}

fn card_refused(problem: Problem) -> Refusal {
    Refusal::signed(
        "PARAM_ILLEGAL",
        format!("paymentMethodDetail.card: {problem}"),
    )
}

/// `is3DSAuthentication`, as a boolean or as text.
fn asks_for_3ds(body: &[u8]) -> bool {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    let flag = body
        .as_ref()
        .and_then(|body| body.pointer("/paymentMethodDetail/card/is3DSAuthentication"));
    match flag {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}
