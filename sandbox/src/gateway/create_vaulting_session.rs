//! createVaultingSession: checks the fields, makes a session, and gives the same one again for the same request.

use std::time::Duration;

use antom_core::api::rules::CREATE_VAULTING_SESSION;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::Gateway;
use super::answer::{Answer, Refusal, WireResult};
use super::fields::Fields;
use super::incoming::Incoming;
use super::sessions::{Outcome, RequestKey};
use crate::clock;

/// So that the time of expiry always has four digits for its year.
const LONGEST_LIFETIME: Duration = Duration::from_hours(100 * 365 * 24);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Success {
    #[serde(skip_serializing_if = "Option::is_none")]
    normal_url: Option<String>,
    result: WireResult,
    vaulting_session_data: String,
    vaulting_session_expiry_time: String,
    vaulting_session_id: String,
}

impl Gateway {
    pub(super) fn create_vaulting_session(&self, request: &Incoming) -> Result<Answer, Refusal> {
        let fields = Fields::read(request.body(), CREATE_VAULTING_SESSION)
            .map_err(|problems| Refusal::signed("PARAM_ILLEGAL", problems))?;
        let key = RequestKey {
            client_id: request.header("client-id").unwrap_or_default().to_owned(),
            request_id: fields
                .get("vaultingRequestId")
                .unwrap_or_default()
                .to_owned(),
        };
        let outcome = self
            .sessions
            .find_or_create(key, fields.fingerprint(), || self.new_session(&fields));
        match outcome {
            Outcome::Created(body) => Ok(Answer::success(body)),
            Outcome::Repeated(body) => {
                Ok(Answer::success(body).with_remark("repeated: the stored answer"))
            }
            Outcome::RepeatedWithChanges(body) if self.settings.accept_changed_repeats => {
                Ok(Answer::success(body)
                    .with_remark("repeated with other fields: the stored answer"))
            }
            Outcome::RepeatedWithChanges(_) => Err(Refusal::signed(
                "REPEAT_REQ_INCONSISTENT",
                "this vaultingRequestId was used before with other fields",
            )),
        }
    }

    /// The body of a success.
    fn new_session(&self, fields: &Fields) -> Vec<u8> {
        let id = BASE64_STANDARD.encode(random::<48>());
        let is_ams = ["merchantRegion", "is3DSAuthentication"]
            .iter()
            .any(|field| fields.get(field).is_some());
        let success = Success {
            // Only the AMS product has a hosted page.
            normal_url: is_ams.then(|| {
                let id = utf8_percent_encode(&id, NON_ALPHANUMERIC);
                format!("{}/checkout?vaultingSessionId={id}", self.browser_url)
            }),
            result: WireResult::success(),
            vaulting_session_data: session_data(),
            vaulting_session_expiry_time: clock::text(
                clock::now() + self.settings.session_lifetime.min(LONGEST_LIFETIME),
            ),
            vaulting_session_id: id,
        };
        serde_json::to_vec(&success).expect("text always serialises")
    }
}

/// In the shape of Antom's samples: base64, a region, three digits.
fn session_data() -> String {
    let [number] = random::<1>();
    format!(
        "{}&&SG&&{:03}",
        BASE64_STANDARD.encode(random::<64>()),
        number
    )
}

fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes
}
