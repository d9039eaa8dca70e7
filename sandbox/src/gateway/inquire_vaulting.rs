//! inquireVaulting: says what became of a vaulting.

use antom_core::api::inquire_vaulting::RULES;
use serde::Serialize;

use super::answer::{Answer, Refusal, WireResult};
use super::fields::Fields;
use super::incoming::Incoming;
use crate::vaulting::{Locator, Origin, PaymentMethodDetail, Stage, Vaulting};
use crate::world::World;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Success<'v> {
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'v str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    normal_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_method_detail: Option<PaymentMethodDetail<'v>>,
    result: WireResult,
    vaulting_request_id: &'v str,
    vaulting_result_code: &'static str,
    vaulting_result_message: &'static str,
    vaulting_status: &'static str,
}

impl World {
    pub(super) fn inquire_vaulting(&self, request: &Incoming) -> Result<Answer, Refusal> {
        let fields = Fields::read(request.body(), RULES)
            .map_err(|problems| Refusal::signed("PARAM_ILLEGAL", problems))?;
        let key = fields.key(request);
        let vaulting = self.vaulting(&Locator::Request(&key)).ok_or_else(|| {
            let reason = "no vaulting was begun with this vaultingRequestId and client id";
            Refusal::signed("VAULTING_NOT_EXIST", reason)
        })?;
        let outcome = vaulting.stage.outcome();
        let is_vaulted = matches!(vaulting.stage, Stage::Succeeded { .. });
        let success = Success {
            metadata: vaulting.metadata.as_deref(),
            normal_url: self.page_of(&vaulting),
            payment_method_detail: is_vaulted.then(|| vaulting.payment_method_detail()),
            result: WireResult::of("SUCCESS"),
            vaulting_request_id: &vaulting.key.request_id,
            vaulting_result_code: outcome.code,
            vaulting_result_message: outcome.message,
            vaulting_status: vaulting.stage.status(),
        };
        let body = serde_json::to_vec(&success).expect("text always serialises");
        Ok(Answer::signed("SUCCESS", body)
            .about(vaulting.number)
            .with_remark(Some(&vaulting.stage.to_string())))
    }

    /// Where the buyer goes on, while it is not finished.
    pub(crate) fn page_of(&self, vaulting: &Vaulting) -> Option<String> {
        match (&vaulting.stage, &vaulting.origin) {
            (Stage::Challenged(_), _) => Some(self.challenge_url(vaulting.number)),
            (Stage::AwaitingCard, Origin::Session { id, .. }) => Some(self.checkout_url(id)),
            (Stage::AwaitingCard, Origin::Direct)
            | (Stage::Succeeded { .. } | Stage::Failed { .. } | Stage::Cancelled, _) => None,
        }
    }
}
