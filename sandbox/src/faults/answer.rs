//! Alters an answer before it goes out, and signs it again where the fault must be Antom's own.

use std::time::Duration;

use antom_core::api::result::RESULT_CODES;
use antom_core::signature::{Content, SignatureHeader};
use axum::body::Bytes;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::gzip::gzip;
use super::list::{BodyChange, Change, Refuse, SignatureText};
use super::plan::Plan;
use super::wire::Connection;
use crate::clock;
use crate::gateway::{KEY_VERSION, Sealed};
use crate::world::World;

/// Nobody has this client id.
const OTHER_CLIENT_ID: &str = "SANDBOX_5X99999999999999";
/// Where redirects lead: a name that never exists (RFC 2606).
const ELSEWHERE: &str = "https://elsewhere.invalid/";
/// As Date and Retry-After have it.
const HTTP_DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// What an answer must be bound to, and where it goes.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    /// The path with the query.
    pub(crate) target: &'a str,
    pub(crate) client_id: &'a str,
    /// Whether the client asked for the connection to be closed after the answer.
    pub(crate) closes: bool,
    pub(crate) connection: Option<&'a Connection>,
}

/// What an answer is signed with and for.
struct Signing<'a> {
    asked: &'a Asked<'a>,
    client_id: &'a str,
    key: &'a antom_core::signature::SigningKey,
}

impl Plan {
    /// The result that takes the place of the gateway's own, and why, if there is one.
    pub(crate) fn refusal(&self) -> Option<(Refuse, String)> {
        let processed = if self.skips_processing() {
            "the request was not carried out"
        } else {
            "the request was carried out"
        };
        let reason = format!("fault {self}: {processed}");
        match self.change() {
            Some((Change::Refuse(refuse) | Change::RefuseAtFirst(refuse), _)) => {
                Some((refuse, reason))
            }
            _ if self.skips_processing() => {
                let refuse = Refuse {
                    code: "UNKNOWN_EXCEPTION",
                    signed: false,
                    status: 200,
                };
                Some((refuse, reason))
            }
            _ => None,
        }
    }

    /// Changes an answer as the faults ask for.
    pub(crate) async fn alter(&self, sealed: &mut Sealed, asked: &Asked<'_>, world: &World) {
        let Some((change, amount)) = self.change() else {
            return;
        };
        let own = Signing {
            asked,
            client_id: asked.client_id,
            key: &world.key,
        };
        let duration = Duration::from_millis(amount);
        match change {
            Change::Refuse(_) | Change::RefuseAtFirst(_) => {}
            Change::Page(status) => page(sealed, status),
            Change::PageWithSeconds(status) => {
                page(sealed, status);
                let seconds = duration.as_millis().div_ceil(1000);
                put(&mut sealed.headers, RETRY_AFTER, &seconds.to_string());
            }
            Change::PageWithDate(status) => {
                page(sealed, status);
                // A duration in another form: by the client's clock, not by the sandbox's.
                let time = OffsetDateTime::now_utc() + duration;
                put(&mut sealed.headers, RETRY_AFTER, &http_date(time));
            }
            Change::Status(status) => sealed.status = status_code(status),
            Change::Without(names) => {
                for name in names {
                    sealed.headers.remove(*name);
                }
            }
            Change::Twice(name) => {
                if let Some(value) = sealed.headers.get(name).cloned() {
                    sealed.headers.append(name, value);
                }
            }
            Change::OtherClientId => {
                put(
                    &mut sealed.headers,
                    HeaderName::from_static("client-id"),
                    OTHER_CLIENT_ID,
                );
                let other = Signing {
                    client_id: OTHER_CLIENT_ID,
                    ..own
                };
                other.sign_again(sealed);
            }
            Change::WrongKey => {
                let wrong = Signing {
                    key: world.faults.wrong_key().await,
                    ..own
                };
                wrong.sign_again(sealed);
            }
            Change::AlteredBody => sealed.body = [&sealed.body, b" ".as_slice()].concat().into(),
            Change::Signature(text) => respell(&mut sealed.headers, text),
            Change::Body(BodyChange::Gzip) => {
                sealed.body = gzip(&sealed.body).into();
                put(&mut sealed.headers, CONTENT_ENCODING, "gzip");
            }
            Change::Body(change) => {
                sealed.body = changed_body(change, amount, &sealed.body);
                own.sign_again(sealed);
            }
            Change::Empty => {
                unsign(&mut sealed.headers);
                sealed.body = Bytes::new();
            }
            Change::Earlier => own.sign_at(sealed, world.clock.now() - duration),
            Change::Later => own.sign_at(sealed, world.clock.now() + duration),
        }
    }
}

impl Signing<'_> {
    /// At another time, if the answer is signed.
    fn sign_at(&self, sealed: &mut Sealed, time: OffsetDateTime) {
        if let Some(value) = sealed.headers.get_mut("response-time") {
            *value = plain_value(&clock::text(time));
        }
        self.sign_again(sealed);
    }

    /// At the same time as before, if the answer is signed.
    fn sign_again(&self, sealed: &mut Sealed) {
        let time = sealed.headers.get("response-time");
        let Some(time) = time.and_then(|time| time.to_str().ok()) else {
            return;
        };
        let content = Content {
            method: self.asked.method,
            path: self.asked.target,
            client_id: self.client_id,
            time,
            body: &sealed.body,
        };
        let signature = content.sign(self.key).expect("a key in memory signs");
        let value = SignatureHeader::write(&signature, KEY_VERSION);
        put(
            &mut sealed.headers,
            HeaderName::from_static("signature"),
            &value,
        );
    }
}

fn respell(headers: &mut HeaderMap, text: SignatureText) {
    let Some(value) = headers.get_mut("signature") else {
        return;
    };
    let standard = value.to_str().unwrap_or_default();
    let respelled = match text {
        SignatureText::Malformed => "algorithm=RSA256,keyVersion=1,signature=%%%".to_owned(),
        SignatureText::LowerCaseHex => lower_case_escapes(standard),
        SignatureText::Spaced => standard.replace(',', ", "),
        SignatureText::NotPercentEncoded => match SignatureHeader::parse(standard) {
            Ok(header) => format!(
                "algorithm=RSA256,keyVersion={KEY_VERSION},signature={}",
                BASE64_STANDARD.encode(header.signature)
            ),
            Err(_) => return,
        },
    };
    *value = plain_value(&respelled);
}

/// Percent escapes in lower case, everything else as it is.
fn lower_case_escapes(text: &str) -> String {
    let mut parts = text.split('%');
    let mut lowered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escape, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lowered.extend(["%", &escape.to_ascii_lowercase(), rest]);
    }
    lowered
}

fn changed_body(change: BodyChange, amount: u64, body: &Bytes) -> Bytes {
    match change {
        BodyChange::Empty => Bytes::new(),
        BodyChange::NotJson => Bytes::from_static(b"This is not JSON."),
        BodyChange::Gzip => gzip(body).into(),
        BodyChange::Padded => {
            let mebibytes = usize::try_from(amount).unwrap_or(1);
            let mut padded = body.to_vec();
            padded.resize(body.len() + mebibytes * 1024 * 1024, b' ');
            padded.into()
        }
        // As text: a parser would not write a key twice, and the order of the others stays.
        BodyChange::DuplicateKeys => first_member(
            body,
            r#""result":{"resultCode":"PROCESS_FAIL","resultMessage":"The second result differs.","resultStatus":"F"}"#,
        ),
        BodyChange::UnknownMembers => first_member(
            body,
            r#""sandboxNewMember":{"nested":[1,null,"new"]},"sandboxNewFlag":true"#,
        ),
        BodyChange::UnknownVaultingStatus => with_members(body, |members| {
            members.insert("vaultingStatus".to_owned(), json!("SANDBOX_NEW_STATUS"));
        }),
        BodyChange::UnknownResultStatus => with_members(body, |members| {
            members.insert("result".to_owned(), result("SANDBOX_NEW_CODE", "N"));
        }),
        BodyChange::UnknownResultCode => with_members(body, |members| {
            members.insert("result".to_owned(), result("SANDBOX_NEW_CODE", "F"));
        }),
        BodyChange::OnlyResult => with_members(body, |members| {
            members.retain(|name, _| name == "result");
        }),
        BodyChange::NoResult => with_members(body, |members| {
            members.remove("result");
        }),
    }
}

fn result(code: &str, status: &str) -> Value {
    debug_assert!(RESULT_CODES.iter().all(|known| known.code != code));
    json!({"resultCode": code, "resultStatus": status, "resultMessage": "Not documented."})
}

/// With more members in front; what is no object with members stays as it is.
fn first_member(body: &Bytes, member: &str) -> Bytes {
    match body.strip_prefix(b"{") {
        Some(rest) if !rest.starts_with(b"}") => {
            [b"{", member.as_bytes(), b",", rest].concat().into()
        }
        _ => body.clone(),
    }
}

fn with_members(body: &Bytes, change: impl FnOnce(&mut Map<String, Value>)) -> Bytes {
    let Ok(mut members) = serde_json::from_slice(body) else {
        return body.clone();
    };
    change(&mut members);
    serde_json::to_vec(&members)
        .expect("JSON values always serialise")
        .into()
}

/// What a proxy would answer.
fn page(sealed: &mut Sealed, status: u16) {
    sealed.status = status_code(status);
    unsign(&mut sealed.headers);
    sealed.headers.remove("client-id");
    put(&mut sealed.headers, CONTENT_TYPE, "text/html");
    if sealed.status.is_redirection() {
        put(&mut sealed.headers, LOCATION, ELSEWHERE);
    }
    let title = if status == 200 {
        "Welcome to this network"
    } else {
        sealed.status.canonical_reason().unwrap_or_default()
    };
    sealed.body =
        format!("<html><head><title>{title}</title></head><body>{title}</body></html>\n").into();
}

fn unsign(headers: &mut HeaderMap) {
    headers.remove("signature");
    headers.remove("response-time");
}

pub(super) fn http_date(time: OffsetDateTime) -> String {
    time.to_offset(time::UtcOffset::UTC)
        .format(HTTP_DATE)
        .expect("a time between 1970 and 9999 has this form")
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("the statuses of the list are HTTP's")
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    headers.insert(name, plain_value(value));
}

fn plain_value(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("it is plain ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_date_has_the_form_of_http() {
        let time = datetime!(1994-11-06 16:49:37 +8);
        assert_eq!(http_date(time), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn only_escapes_become_lower_case() {
        assert_eq!(
            lower_case_escapes("signature=AB%2Bcd%2FEF%3D%3D"),
            "signature=AB%2bcd%2fEF%3d%3d"
        );
    }

    #[test]
    fn a_body_that_is_no_object_is_left_alone() {
        for body in ["", "[]", "{}", "x"] {
            let body = Bytes::from(body);
            assert_eq!(changed_body(BodyChange::DuplicateKeys, 0, &body), body);
        }
        let body = Bytes::from("x");
        assert_eq!(changed_body(BodyChange::NoResult, 0, &body), body);
    }

    #[test]
    fn a_vaulting_status_is_replaced() {
        let body = Bytes::from(r#"{"vaultingStatus":"PROCESSING"}"#);
        let changed = changed_body(BodyChange::UnknownVaultingStatus, 0, &body);
        assert_eq!(changed, r#"{"vaultingStatus":"SANDBOX_NEW_STATUS"}"#);
    }
}
