//! Whether an answer may be trusted, and what it then is. Pure and total: bytes in, verdict out.
//!
//! Every combination of signature headers, verification, HTTP status and `resultStatus` has its arm below;
//! there is no default arm that a new case could fall into.

use serde::de::DeserializeOwned;

use crate::api::ParseError;
use crate::api::result::{ApiResult, ResultStatus, parse_result};
use crate::secret::Secret;
use crate::signature::{Content, KeyRing};
use crate::transport::{Answer, Body};

/// What the answer must be bound to: our request and Antom's keys.
pub(crate) struct Expected<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) keys: &'a KeyRing,
}

/// What an answer is worth.
pub(crate) enum Verdict<'a> {
    /// Signed by Antom, `resultStatus` S: may be parsed.
    Success(Verified<'a>),
    /// `resultStatus` F or U; `authenticated` says whether the signature was verified.
    Refused {
        result: ApiResult,
        authenticated: bool,
    },
    /// Must not be acted on.
    Untrusted(String),
    /// HTTP 408, 429 or 5xx: it may or may not have been processed.
    Unavailable,
    /// Any other status than 200, with the result that the body names without proof.
    UnexpectedStatus(Option<ApiResult>),
    /// Signed by Antom, but not what the API documents.
    Undocumented(&'static str),
}

/// Bytes whose signature was verified: the only thing that a response is parsed from.
pub(crate) struct Verified<'a>(&'a [u8]);

impl Verified<'_> {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ParseError> {
        Ok(serde_json::from_slice(self.0)?)
    }

    pub(crate) fn text(&self) -> Result<Secret<String>, ParseError> {
        String::from_utf8(self.0.to_vec())
            .map(Secret::new)
            .map_err(|_| ParseError::new("it is not UTF-8"))
    }
}

/// What the signature headers say.
enum Proof {
    Verified,
    Untrusted(String),
    Unsigned,
}

enum Status {
    Ok,
    Unavailable,
    Other,
}

/// Applies the table of the design to an answer.
pub(crate) fn judge<'a>(answer: &'a Answer, expected: &Expected<'_>) -> Verdict<'a> {
    let body = match &answer.body {
        Body::Complete(bytes) => Some(bytes.as_slice()),
        Body::TooLarge => None,
    };
    let result = body.and_then(parse_result);
    let status = match answer.status {
        200 => Status::Ok,
        408 | 429 | 500..=599 => Status::Unavailable,
        _ => Status::Other,
    };
    match (prove(answer, body, expected), status) {
        (Proof::Untrusted(reason), Status::Ok | Status::Unavailable | Status::Other) => {
            Verdict::Untrusted(reason)
        }
        (Proof::Verified | Proof::Unsigned, Status::Unavailable) => Verdict::Unavailable,
        (Proof::Verified | Proof::Unsigned, Status::Other) => Verdict::UnexpectedStatus(result),
        (Proof::Verified, Status::Ok) => match (result, body) {
            (Some(result), Some(bytes)) => match result.status {
                ResultStatus::Success => Verdict::Success(Verified(bytes)),
                ResultStatus::Failed | ResultStatus::Unknown => Verdict::Refused {
                    result,
                    authenticated: true,
                },
            },
            (None, Some(_)) => Verdict::Undocumented(
                "it has no result with a resultStatus of S, F or U and a resultCode",
            ),
            (Some(_) | None, None) => Verdict::Untrusted(too_large()),
        },
        (Proof::Unsigned, Status::Ok) => match result {
            Some(result) => match result.status {
                ResultStatus::Success => {
                    Verdict::Untrusted("the answer claims success but is not signed".to_owned())
                }
                ResultStatus::Failed | ResultStatus::Unknown => Verdict::Refused {
                    result,
                    authenticated: false,
                },
            },
            None if body.is_none() => Verdict::Untrusted(too_large()),
            None => Verdict::Untrusted(
                "the answer is not signed and carries no result: is this Antom's endpoint?"
                    .to_owned(),
            ),
        },
    }
}

fn prove(answer: &Answer, body: Option<&[u8]>, expected: &Expected<'_>) -> Proof {
    let signature = match answer.header("signature") {
        Ok(value) => value,
        Err(problem) => return Proof::Untrusted(problem),
    };
    let time = match answer.header("response-time") {
        Ok(value) => value,
        Err(problem) => return Proof::Untrusted(problem),
    };
    let (signature, time) = match (signature, time) {
        (Some(signature), Some(time)) => (signature, time),
        (None, None) => return Proof::Unsigned,
        (Some(_), None) => {
            return Proof::Untrusted(
                "the answer has a signature header but no response-time".to_owned(),
            );
        }
        (None, Some(_)) => {
            return Proof::Untrusted(
                "the answer has a response-time header but no signature".to_owned(),
            );
        }
    };
    match answer.header("client-id") {
        Err(problem) => return Proof::Untrusted(problem),
        Ok(Some(other)) if other != expected.client_id => {
            return Proof::Untrusted("the answer is for another client id".to_owned());
        }
        Ok(Some(_) | None) => {}
    }
    let Some(body) = body else {
        return Proof::Untrusted(too_large());
    };
    let content = Content {
        method: expected.method,
        path: expected.path,
        client_id: expected.client_id,
        time,
        body,
    };
    match expected.keys.verify(&content, signature) {
        Ok(()) => Proof::Verified,
        Err(failure) => Proof::Untrusted(format!("the answer's signature is not valid: {failure}")),
    }
}

fn too_large() -> String {
    format!(
        "the answer is larger than {} bytes, so its signature cannot be checked",
        crate::transport::LARGEST_BODY
    )
}
