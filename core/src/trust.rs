//! Whether an answer may be trusted, and what it then is. Pure and total: bytes in, verdict out.
//!
//! Every combination of signature headers, verification, HTTP status and `resultStatus` has its arm below;
//! there is no default arm that a new case could fall into.

use std::time::Duration;

use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::api::ParseError;
use crate::api::result::{ApiResult, ResultStatus, parse_result};
use crate::response_time::ResponseTime;
use crate::secret::Secret;
use crate::signature::{Content, KeyRing, VerifyError};
use crate::transport::{Answer, Body};

/// What the answer must be bound to: our request, Antom's keys, and our time.
pub(crate) struct Expected<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) keys: &'a KeyRing,
    pub(crate) now: OffsetDateTime,
    /// How far the answer's time may be from ours, either way; `None` is no limit.
    pub(crate) max_age: Option<Duration>,
}

/// What an answer is worth.
pub(crate) enum Verdict<'a> {
    /// Signed by Antom: the `resultStatus` says what it is.
    Signed(Signed<'a>),
    /// `resultStatus` F or U, but not signed.
    UnsignedRefusal(ApiResult),
    /// Must not be acted on.
    Untrusted(String),
    /// HTTP 408, 429 or 5xx: it may or may not have been processed.
    Unavailable,
    /// Any other status than 200, with the result that the body names without proof.
    UnexpectedStatus(Option<ApiResult>),
    /// Signed by Antom, but not what the API documents.
    Undocumented(&'static str),
}

/// An answer that Antom signed, with a result that is documented.
pub(crate) struct Signed<'a> {
    pub(crate) result: ApiResult,
    pub(crate) verified: Verified<'a>,
    pub(crate) response_time: ResponseTime,
}

/// Bytes whose signature was verified: the only thing that a response is parsed from.
pub(crate) struct Verified<'a>(&'a [u8]);

impl<'a> Verified<'a> {
    /// The body of `content`, if its signature is valid. There is no other way to make one.
    pub(crate) fn by(
        keys: &KeyRing,
        content: &Content<'a>,
        signature: &str,
    ) -> Result<Self, VerifyError> {
        keys.verify(content, signature)?;
        Ok(Self(content.body))
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.0
    }

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
enum Proof<'a> {
    Verified(Verified<'a>, ResponseTime),
    Untrusted(String),
    Unsigned,
}

enum Status {
    Ok,
    Unavailable,
    Other,
}

/// Applies the table to an answer. Nothing of the body is parsed before its signature is judged.
pub(crate) fn judge<'a>(answer: &'a Answer, expected: &Expected<'a>) -> Verdict<'a> {
    let body = match &answer.body {
        Body::Complete(bytes) => Some(bytes.as_slice()),
        Body::TooLarge => None,
    };
    let status = match answer.status {
        200 => Status::Ok,
        408 | 429 | 500..=599 => Status::Unavailable,
        _ => Status::Other,
    };
    match (prove(answer, body, expected), status) {
        (Proof::Untrusted(reason), Status::Ok | Status::Unavailable | Status::Other) => {
            Verdict::Untrusted(reason)
        }
        (Proof::Verified(..) | Proof::Unsigned, Status::Unavailable) => Verdict::Unavailable,
        (Proof::Verified(..) | Proof::Unsigned, Status::Other) => {
            Verdict::UnexpectedStatus(body.and_then(parse_result))
        }
        (Proof::Verified(verified, time), Status::Ok) => signed(verified, time),
        (Proof::Unsigned, Status::Ok) => unsigned(body),
    }
}

fn signed(verified: Verified<'_>, response_time: ResponseTime) -> Verdict<'_> {
    match parse_result(verified.bytes()) {
        Some(result) => Verdict::Signed(Signed {
            result,
            verified,
            response_time,
        }),
        None => Verdict::Undocumented(
            "it has no result with a resultStatus of S, F or U and a resultCode",
        ),
    }
}

fn unsigned<'a>(body: Option<&[u8]>) -> Verdict<'a> {
    let Some(body) = body else {
        return Verdict::Untrusted(too_large());
    };
    match parse_result(body) {
        Some(result) => match result.status {
            ResultStatus::Success => {
                Verdict::Untrusted("the answer claims success but is not signed".to_owned())
            }
            ResultStatus::Failed | ResultStatus::Unknown => Verdict::UnsignedRefusal(result),
        },
        None => Verdict::Untrusted(
            "the answer is not signed and carries no result: is this Antom's endpoint?".to_owned(),
        ),
    }
}

fn prove<'a>(answer: &'a Answer, body: Option<&'a [u8]>, expected: &Expected<'a>) -> Proof<'a> {
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
    let verified = match Verified::by(expected.keys, &content, signature) {
        Ok(verified) => verified,
        Err(failure) => {
            return Proof::Untrusted(format!("the answer's signature is not valid: {failure}"));
        }
    };
    let time = ResponseTime::new(time, expected.now);
    match expected.max_age.and_then(|max| out_of_time(&time, max)) {
        Some(problem) => Proof::Untrusted(problem),
        None => Proof::Verified(verified, time),
    }
}

/// Why an authentic answer is too far from our time, if it is.
fn out_of_time(time: &ResponseTime, max_age: Duration) -> Option<String> {
    let allowed = max_age.as_secs_f64();
    let Some(skew) = time.clock_skew() else {
        return Some(format!(
            "it is signed by Antom, but its response-time is not ISO 8601 with an offset, so nobody can say whether it is within the {allowed:.1} s of the maximum response age: report it to Antom's support, or leave that setting out"
        ));
    };
    if skew.unsigned_abs() <= max_age {
        return None;
    }
    let side = if skew.is_negative() {
        "behind"
    } else {
        "ahead of"
    };
    Some(format!(
        "it is signed by Antom, but its response-time is {:.1} s {side} this machine's clock, and the maximum response age is {allowed:.1} s: either this machine's clock is wrong, or somebody sent an old answer again. Compare the clock with a time server and correct it; if it is right, inquire by the vaultingRequestId, and find out who can alter the traffic",
        skew.unsigned_abs().as_secs_f64()
    ))
}

fn too_large() -> String {
    format!(
        "the answer is larger than {} bytes, so its signature cannot be checked",
        crate::transport::LARGEST_BODY
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{SignatureHeader, SigningKey};
    use time::macros::datetime;
    use ureq::http::HeaderMap;

    const NOW: OffsetDateTime = datetime!(2026-08-17 03:00:00 UTC);
    const BODY: &[u8] = br#"{"result":{"resultStatus":"S","resultCode":"SUCCESS"}}"#;

    /// What an authentic answer of that time is worth.
    fn refusal(response_time: &str, status: u16, max_age: Option<u64>) -> Option<String> {
        let key = SigningKey::generate().signing_key;
        let content = Content {
            method: "POST",
            path: "/ams/api/v1/x",
            client_id: "5X",
            time: response_time,
            body: BODY,
        };
        let signature = SignatureHeader::write(&content.sign(&key).unwrap(), "1");
        let headers = [("response-time", response_time), ("signature", &signature)]
            .into_iter()
            .map(|(name, value)| {
                let name: ureq::http::HeaderName = name.parse().unwrap();
                (name, value.parse().unwrap())
            })
            .collect::<HeaderMap>();
        let answer = Answer {
            status,
            headers,
            body: Body::Complete(BODY.to_vec()),
            connect: None,
        };
        let expected = Expected {
            method: content.method,
            path: content.path,
            client_id: content.client_id,
            keys: &KeyRing::new(key.verifying_key()),
            now: NOW,
            max_age: max_age.map(Duration::from_secs),
        };
        match judge(&answer, &expected) {
            Verdict::Untrusted(reason) => Some(reason),
            Verdict::Signed(signed) => {
                assert_eq!(signed.response_time.text(), response_time);
                None
            }
            _ => panic!("it is authentic, and has a result"),
        }
    }

    #[test]
    fn the_maximum_age_has_two_sides_and_includes_itself() {
        for (time, fits) in [
            ("2026-08-17T11:00:00+08:00", true),
            ("2026-08-17T02:59:00Z", true),
            ("2026-08-17T03:01:00Z", true),
            ("2026-08-17T02:58:59Z", false),
            ("2026-08-17T03:01:01Z", false),
            ("yesterday", false),
        ] {
            assert_eq!(refusal(time, 200, Some(60)).is_none(), fits, "{time}");
            assert_eq!(refusal(time, 200, None), None, "{time}");
        }
    }

    #[test]
    fn an_answer_that_is_out_of_time_says_by_how_much_and_why_that_may_be() {
        for (time, said) in [
            (
                "2026-08-17T02:00:00Z",
                "3600.0 s behind this machine's clock",
            ),
            (
                "2026-08-18T03:00:00Z",
                "86400.0 s ahead of this machine's clock",
            ),
        ] {
            let reason = refusal(time, 200, Some(300)).unwrap();
            for part in [
                said,
                "300.0 s",
                "clock is wrong",
                "an old answer",
                "time server",
            ] {
                assert!(reason.contains(part), "{part}: {reason}");
            }
        }
        assert!(
            refusal("yesterday", 200, Some(300))
                .unwrap()
                .contains("not ISO 8601")
        );
    }

    #[test]
    fn an_old_answer_is_not_retried_because_of_its_status() {
        assert!(refusal("2026-08-17T02:00:00Z", 503, Some(300)).is_some());
    }
}
