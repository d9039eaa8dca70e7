//! createVaultingSession: checks the fields, makes a session, and gives the same one again for the same request.

use std::sync::Arc;

use antom_core::api::rules::CREATE_VAULTING_SESSION;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::answer::{Answer, Refusal, WireResult};
use super::fields::Fields;
use super::incoming::Incoming;
use super::repeats::Kind;
use crate::clock;
use crate::vaulting::{Origin, RequestKey, Stage, Vaulting};
use crate::world::World;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Success<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    normal_url: Option<String>,
    result: WireResult,
    vaulting_session_data: &'a str,
    vaulting_session_expiry_time: String,
    vaulting_session_id: &'a str,
}

impl World {
    pub(super) fn create_vaulting_session(&self, request: &Incoming) -> Result<Answer, Refusal> {
        let fields = Fields::read(request.body(), CREATE_VAULTING_SESSION)
            .map_err(|problems| Refusal::signed("PARAM_ILLEGAL", problems))?;
        let key = fields.key(request);
        let begun = self.begin(
            &fields,
            &key,
            Kind::Session,
            |number| Ok(self.new_session(number, &key, &fields)),
            |vaulting| vaulting.answer.clone(),
        )?;
        Ok(Answer::signed("SUCCESS", begun.value)
            .about(begun.number)
            .with_remark(begun.remark))
    }

    fn new_session(&self, number: u64, key: &Arc<RequestKey>, fields: &Fields) -> Vaulting {
        let id: Arc<str> = self.random.base64::<48>().into();
        // In the shape of Antom's samples: base64, a region, three digits.
        let data = format!(
            "{}&&SG&&{:03}",
            self.random.base64::<64>(),
            self.random.below(1000)
        );
        let data: Arc<str> = data.into();
        let created_at = self.clock.now();
        let expires_at = created_at + self.lifetime();
        let is_ams = ["merchantRegion", "is3DSAuthentication"]
            .iter()
            .any(|field| fields.get(field).is_some());
        let success = Success {
            // Only the AMS product has a hosted page.
            normal_url: is_ams.then(|| self.checkout_url(&id)),
            result: WireResult::of("SUCCESS"),
            vaulting_session_data: &data,
            vaulting_session_expiry_time: clock::text(expires_at),
            vaulting_session_id: &id,
        };
        Vaulting {
            number,
            key: key.clone(),
            fingerprint: fields.fingerprint(),
            answer: serde_json::to_vec(&success)
                .expect("text always serialises")
                .into(),
            origin: Origin::Session { id, data },
            created_at,
            expires_at,
            notification_url: fields.get("vaultingNotificationUrl").map(str::to_owned),
            redirect_url: fields.get("redirectUrl").map(str::to_owned),
            metadata: None,
            asks_for_3ds: fields.get("is3DSAuthentication") == Some("true"),
            stage: Stage::AwaitingCard,
        }
    }

    /// The page where a buyer enters the card of this session.
    pub(crate) fn checkout_url(&self, session_id: &str) -> String {
        let id = utf8_percent_encode(session_id, NON_ALPHANUMERIC);
        format!("{}/checkout?vaultingSessionId={id}", self.browser_url)
    }
}
