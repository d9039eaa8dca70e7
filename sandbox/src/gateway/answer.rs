//! What the gateway answers: a result with its headers, signed or deliberately not.

use std::borrow::Cow;

use antom_core::ResultStatus;
use antom_core::api::result::{RESULT_CODES, ResultCode};
use antom_core::doctor::Cause;
use antom_core::signature::{Content, SignatureHeader};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::KEY_VERSION;
use super::incoming::Incoming;
use crate::clock;
use crate::exchange::Verdict;
use crate::faults::{Plan, WrongFault};
use crate::journal::Explanation;
use crate::world::World;

/// The longest `resultMessage`, in characters.
const LONGEST_MESSAGE: usize = 256;

/// The `result` member of an answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireResult {
    result_code: &'static str,
    result_message: String,
    result_status: &'static str,
}

impl WireResult {
    /// The documented result with this code.
    pub(super) fn of(code: &str) -> Self {
        Self::new(documented(code), None)
    }

    fn new(known: &'static ResultCode, reason: Option<&str>) -> Self {
        Self {
            result_code: known.code,
            result_message: reason.map_or(known.message.to_owned(), |reason| {
                message(known.message, reason)
            }),
            result_status: known.status.letter(),
        }
    }
}

/// The documented message with our reason. The reason is worth more, so the documented text gives way.
fn message(documented: &str, reason: &str) -> String {
    let first_sentence = documented.split_inclusive('.').next().unwrap_or(documented);
    let with = |text: &str| format!("{text} (sandbox: {reason})");
    let fits = |text: &String| text.chars().count() <= LONGEST_MESSAGE;
    [with(documented), with(first_sentence)]
        .into_iter()
        .find(fits)
        .unwrap_or_else(|| {
            let all = with(first_sentence);
            all.chars().take(LONGEST_MESSAGE - 1).chain(['…']).collect()
        })
}

fn documented(code: &str) -> &'static ResultCode {
    RESULT_CODES
        .iter()
        .find(|known| known.code == code)
        .unwrap_or_else(|| panic!("{code} is not a documented result code"))
}

/// Why a request is not carried out.
#[derive(Debug)]
pub(super) struct Refusal {
    known: &'static ResultCode,
    reason: String,
    /// What the `resultMessage` says of the reason, where all of it is too long for one.
    brief: Option<String>,
    signed: bool,
    http_status: u16,
    explain_in_header: bool,
    diagnosis: Option<Box<Explanation>>,
    vaulting: Option<u64>,
}

impl Refusal {
    /// An answer without a signature, from before the merchant was known for sure.
    pub(super) fn unsigned(code: &str, reason: impl Into<String>) -> Self {
        Self {
            known: documented(code),
            reason: reason.into(),
            brief: None,
            signed: false,
            http_status: 200,
            explain_in_header: false,
            diagnosis: None,
            vaulting: None,
        }
    }

    /// A signed answer.
    pub(super) fn signed(code: &str, reason: impl Into<String>) -> Self {
        Self {
            signed: true,
            ..Self::unsigned(code, reason)
        }
    }

    /// Not a signature of this merchant over this request.
    pub(super) fn signature(likely_cause: impl Into<String>) -> Self {
        Self {
            explain_in_header: true,
            ..Self::unsigned("INVALID_SIGNATURE", likely_cause)
        }
    }

    /// A wrong signature whose cause the doctor found; the console says what to do.
    pub(super) fn diagnosed(cause: &Cause, console: &str) -> Self {
        Self {
            brief: Some(format!("{}; what to do: {console}", cause.what)),
            diagnosis: Some(Box::new(Explanation {
                id: cause.id.to_owned(),
                what: cause.what.clone(),
                fix: cause.fix.to_owned(),
            })),
            ..Self::signature(cause.to_string())
        }
    }

    /// For the journal: which vaulting it is about.
    pub(super) fn about(mut self, vaulting: u64) -> Self {
        self.vaulting = Some(vaulting);
        self
    }

    /// The result that faults put in the place of the true one.
    pub(super) fn by_faults(faults: &Plan) -> Option<Self> {
        let (refuse, reason) = faults.refusal()?;
        let refusal = if refuse.signed {
            Self::signed(refuse.code, reason)
        } else {
            Self::unsigned(refuse.code, reason)
        };
        Some(refusal.with_http_status(refuse.status))
    }

    /// The request asks for a fault that does not exist.
    pub(super) fn wrong_fault(wrong: &WrongFault) -> Self {
        Self {
            explain_in_header: true,
            http_status: 400,
            ..Self::unsigned("PARAM_ILLEGAL", wrong.to_string())
        }
    }

    pub(super) fn with_http_status(mut self, status: u16) -> Self {
        self.http_status = status;
        self
    }
}

/// An answer that only lacks its headers.
pub(super) struct Answer {
    verdict: Verdict,
    body: Bytes,
    doctor: Option<HeaderValue>,
    details: Details,
}

/// What the journal tells of an answer beside its bytes.
pub(super) struct Details {
    pub(super) status: ResultStatus,
    /// The vaulting it is about.
    pub(super) vaulting: Option<u64>,
    pub(super) diagnosis: Option<Explanation>,
}

/// An answer as it goes out.
pub(crate) struct Sealed {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A signed answer with this body, whose `result` is the documented one with this code.
    pub(super) fn signed(code: &str, body: impl Into<Bytes>) -> Self {
        let known = documented(code);
        Self::scripted(known.code, known.status, body)
    }

    /// A signed answer with this body, whose `result` has this code and status.
    pub(super) fn scripted(
        code: impl Into<Cow<'static, str>>,
        status: ResultStatus,
        body: impl Into<Bytes>,
    ) -> Self {
        Self {
            verdict: Verdict {
                code: code.into(),
                reason: None,
                http_status: 200,
                signed: true,
            },
            body: body.into(),
            doctor: None,
            details: Details {
                status,
                vaulting: None,
                diagnosis: None,
            },
        }
    }

    /// For the log: what is special about it.
    pub(super) fn with_remark(mut self, remark: Option<&str>) -> Self {
        self.verdict.reason = remark.map(str::to_owned);
        self
    }

    /// For the journal: which vaulting it is about.
    pub(super) fn about(mut self, vaulting: u64) -> Self {
        self.details.vaulting = Some(vaulting);
        self
    }

    pub(super) fn refusal(refusal: Refusal) -> Self {
        #[derive(Serialize)]
        struct Envelope {
            result: WireResult,
        }
        let envelope = Envelope {
            result: WireResult::new(
                refusal.known,
                Some(refusal.brief.as_ref().unwrap_or(&refusal.reason)),
            ),
        };
        Self {
            body: serde_json::to_vec(&envelope)
                .expect("text always serialises")
                .into(),
            doctor: refusal
                .explain_in_header
                .then(|| HeaderValue::from_str(&refusal.reason).ok())
                .flatten(),
            details: Details {
                status: refusal.known.status,
                vaulting: refusal.vaulting,
                diagnosis: refusal.diagnosis.map(|diagnosis| *diagnosis),
            },
            verdict: Verdict {
                code: refusal.known.code.into(),
                reason: Some(refusal.reason),
                http_status: refusal.http_status,
                signed: refusal.signed,
            },
        }
    }

    pub(super) fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Header names go out in lower case: two of Antom's own SDKs read them no other way.
    pub(super) fn seal(self, request: &Incoming, world: &World) -> (Sealed, Details) {
        let mut headers = HeaderMap::with_capacity(8);
        let json = HeaderValue::from_static("application/json;charset=UTF-8");
        headers.insert("content-type", json);
        let client_id = request.header("client-id").unwrap_or_default();
        if let Ok(value) = HeaderValue::from_str(client_id)
            && !client_id.is_empty()
        {
            headers.insert("client-id", value);
        }
        if let Some(cause) = self.doctor {
            headers.insert("x-sandbox-doctor", cause);
        }
        if self.verdict.signed {
            let time = clock::text(world.clock.now());
            let content = Content {
                method: request.method(),
                path: request.path_and_query(),
                client_id,
                time: &time,
                body: &self.body,
            };
            let signature = content
                .sign(&world.key)
                .expect("the gateway's own key signs");
            let signature = SignatureHeader::write(&signature, KEY_VERSION);
            for (name, value) in [("response-time", time), ("signature", signature)] {
                let value = HeaderValue::try_from(value).expect("both are plain ASCII");
                headers.insert(name, value);
            }
        }
        let sealed = Sealed {
            status: StatusCode::from_u16(self.verdict.http_status)
                .expect("the statuses of the gateway are HTTP's"),
            headers,
            body: self.body,
        };
        (sealed, self.details)
    }
}

impl IntoResponse for Sealed {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_never_grows_beyond_what_is_documented() {
        let parameters = documented("PARAM_ILLEGAL").message;
        assert_eq!(
            message("The client is invalid.", "it is unknown"),
            "The client is invalid. (sandbox: it is unknown)"
        );
        let medium = message(parameters, &"x".repeat(100));
        assert!(medium.starts_with(
            "The required parameters are not passed, or illegal parameters exist. (sandbox: xxx"
        ));
        let long = message(parameters, &"é".repeat(1000));
        assert_eq!(long.chars().count(), LONGEST_MESSAGE);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn unsigned_refusals_are_failures() {
        // A client must be able to tell an unsigned answer from one that could be a success.
        let refusal = Refusal::unsigned("INVALID_CLIENT", "unknown");
        assert_ne!(refusal.known.status, ResultStatus::Success);
        assert!(!Answer::refusal(refusal).verdict().signed);
    }
}
