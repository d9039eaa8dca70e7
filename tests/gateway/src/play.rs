//! Whether a request is right, and the answer that its case asks for.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use antom_core::signature::{Content, SignatureHeader};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::case::{Answer, Answers, Case, CaseFile, ClientId, Fault, StandingAnswer};
use crate::http::{Request, chunks, head, title_case};
use crate::keys::Keys;
use crate::network::lock;
use crate::record::{Attempt, Record};

/// The client id of the gateway's settings.
pub(crate) const CLIENT_ID: &str = "SANDBOX_5X00000000000000";
/// The same merchant in live mode.
const LIVE_CLIENT_ID: &str = "5X00000000000000";
const METHOD: &str = "POST";
/// Where cases are played, in live mode.
const PATH: &str = "/ams/api/v1/vaults/createVaultingSession";
/// An agent token that is right whatever the case: tests search what is printed for it.
pub const CANARY_TOKEN: &str = "canary-agent-token-7f3a9c51e2d84b06";
/// How far `request-time` may be from now.
const CLOCK_TOLERANCE_MS: u128 = 60_000;
const SESSION_EXPIRES_AT: &str = "2030-01-01T08:00:00+08:00";

/// Every case by its `vaultingRequestId`, and the keys that answers are signed with.
pub(crate) struct Script {
    keys: Keys,
    cases: HashMap<String, Case>,
    /// What `answers.json` says, by live path and `vaultingRequestId`.
    standing: HashMap<(String, String), Answers>,
    /// What a test added, by live path and `vaultingRequestId`.
    added: Mutex<HashMap<(String, String), Answers>>,
    record: Record,
    connections: AtomicU64,
}

/// What is expected of a request, and what answers it.
struct Turn<'a> {
    /// The live path.
    path: String,
    case: Option<&'a Case>,
    answer: Answer,
    /// Whether the body may lack a `vaultingRequestId`.
    needs_no_id: bool,
    /// The attempt before, in the same call.
    before: Option<Attempt>,
}

/// What becomes of the connection after the answer.
pub(crate) enum Then {
    /// It waits for the next request.
    Next,
    /// The same once more, at once; then it waits for the next request.
    Again,
    /// It ends.
    Close,
    /// It breaks with RST.
    Reset,
    /// TLS ends together with the answer, TCP when the client gives up.
    SayGoodbye,
    /// Nothing, until the client gives up.
    Hold,
}

/// What is played.
pub(crate) struct Played {
    pub(crate) bytes: Vec<u8>,
    pub(crate) then: Then,
    /// For the log.
    pub(crate) log: String,
}

impl Script {
    pub(crate) fn new(
        keys: Keys,
        files: BTreeMap<String, CaseFile>,
        standing: Vec<StandingAnswer>,
    ) -> Self {
        let cases = files
            .into_values()
            .flat_map(|file| file.cases)
            .filter_map(|case| Some((case.request_id()?.to_owned(), case)))
            .collect();
        Self {
            keys,
            cases,
            standing: standing
                .into_iter()
                .map(|standing| ((standing.path, standing.request_id), standing.answers))
                .collect(),
            added: Mutex::default(),
            record: Record::default(),
            connections: AtomicU64::new(0),
        }
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// The number of a new connection.
    pub(crate) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// Plays `answers` at the live path `path` to this id.
    pub(crate) fn add(&self, path: &str, request_id: &str, answers: Answers) {
        lock(&self.added).insert((path.to_owned(), request_id.to_owned()), answers);
    }

    /// The answer to a request, and what becomes of the connection.
    pub(crate) fn play(&self, request: &Request, connection: u64) -> Played {
        let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let request_id = sent["vaultingRequestId"].as_str().unwrap_or_default();
        let turn = self.turn(request, request_id, connection);
        let (answer, log) = match self.check(request, &turn, request_id) {
            Ok(()) => (turn.answer, "as it should be".to_owned()),
            Err(problem) => {
                let answer = Answer {
                    body: Some(refusal(&problem).to_string()),
                    ..Answer::default()
                };
                (answer, format!("{}: {}", problem.code, problem.message))
            }
        };
        let body = body_of(&answer, request_id, connection);
        let (bytes, then) = self.perform(&answer, request, body);
        Played {
            bytes,
            then,
            log: format!("{request_id}: {log}"),
        }
    }

    fn turn(&self, request: &Request, request_id: &str, connection: u64) -> Turn<'_> {
        let mut earlier = self
            .record
            .add(request_id, Attempt::new(request, connection));
        let live = request.target.replacen("/ams/sandbox/api", "/ams/api", 1);
        let place = (live, request_id.to_owned());
        let added = lock(&self.added).get(&place).cloned();
        let standing = self.standing.get(&place);
        let case = self.cases.get(request_id);
        // The programs of several languages run the same case, one after the other.
        let attempts = match (&added, standing, case) {
            (Some(_), _, _) => usize::MAX,
            (None, Some(standing), _) => standing.number(),
            (None, None, Some(case)) => case.attempts(),
            (None, None, None) => 1,
        };
        let number = earlier.len() % attempts;
        let of_the_path = added.as_ref().or(standing);
        let answers = of_the_path.or(case.map(|case| &case.answers));
        Turn {
            path: of_the_path.map_or_else(|| PATH.to_owned(), |_| place.0.clone()),
            case,
            needs_no_id: of_the_path.is_some(),
            answer: answers.map_or_else(Answer::default, |answers| {
                answers.to_attempt(number).clone()
            }),
            before: earlier.pop().filter(|_| number > 0),
        }
    }

    /// Every rule that a request must keep.
    fn check(&self, request: &Request, turn: &Turn<'_>, request_id: &str) -> Result<(), Problem> {
        let case = turn.case;
        let setting = |name: &str| case.and_then(|case| case.settings.get(name)?.as_str());
        let client_id = request.header("client-id").unwrap_or_default();
        let mode = match client_id {
            CLIENT_ID => "/ams/sandbox/api",
            LIVE_CLIENT_ID => "/ams/api",
            _ => return problem("TEST_CLIENT_ID", "client-id is missing, double or unknown"),
        };
        let path = turn.path.replacen("/ams/api", mode, 1);
        if setting("client_id").is_some_and(|id| id != client_id) {
            return problem("TEST_CLIENT_ID", "client-id is not the client's");
        }
        if request.method != METHOD {
            return problem("TEST_METHOD", "the method is not POST");
        }
        if request.target != path {
            return problem(
                "TEST_PATH",
                "the path is not the one of the client id's mode",
            );
        }
        let time = request.header("request-time").unwrap_or_default();
        if !is_now_in_milliseconds(time) {
            return problem(
                "TEST_REQUEST_TIME",
                "request-time is not now in milliseconds",
            );
        }
        if request.header("content-type") != Some("application/json; charset=UTF-8") {
            return problem(
                "TEST_CONTENT_TYPE",
                "content-type is not application/json; charset=UTF-8",
            );
        }
        if request.header("host").is_none() || request.header("content-length").is_none() {
            return problem(
                "TEST_HEADERS",
                "host or content-length is missing or double",
            );
        }
        let token = request.header("agent-token");
        if let Some(case) = case
            && token != setting("agent_token")
            && token != Some(CANARY_TOKEN)
        {
            return problem(
                "TEST_AGENT_TOKEN",
                format!("agent-token is not as {} sets it", case.name),
            );
        }
        let content = Content {
            method: METHOD,
            path: &path,
            client_id,
            time,
            body: &request.body,
        };
        let header = request.header("signature").unwrap_or_default();
        let Ok(signature) = SignatureHeader::parse(header) else {
            return problem("INVALID_SIGNATURE", "the signature header cannot be read");
        };
        if !self
            .keys
            .merchant
            .verifying
            .verify(&content.to_bytes(), &signature.signature)
        {
            return problem("INVALID_SIGNATURE", "the signature is not the merchant's");
        }
        let version = setting("key_version").unwrap_or("1");
        if SignatureHeader::write(&signature.signature, version) != header {
            return problem(
                "TEST_SIGNATURE_FORM",
                "the signature header is not written as every gateway reads it",
            );
        }
        if request_id.is_empty() && !turn.needs_no_id {
            return problem(
                "TEST_REQUEST_ID",
                "the body is not JSON with a vaultingRequestId",
            );
        }
        if let Some(expected) = case.and_then(|case| case.body.as_deref())
            && expected.as_bytes() != request.body
        {
            return problem("TEST_BODY_DIFFERS", "the body is not the one of the case");
        }
        match &turn.before {
            Some(before) if before.body != request.body => problem(
                "TEST_BODY_CHANGED",
                "the body is not the one of the attempt before",
            ),
            Some(before) if time.parse().unwrap_or(0) < milliseconds(before.arrived) => problem(
                "TEST_NOT_SIGNED_AGAIN",
                "request-time is older than the arrival of the attempt before",
            ),
            _ => Ok(()),
        }
    }

    fn perform(&self, answer: &Answer, request: &Request, body: Vec<u8>) -> (Vec<u8>, Then) {
        let time = answer.response_time.clone().unwrap_or_else(now);
        let right = Content {
            method: METHOD,
            path: &request.target,
            client_id: request.header("client-id").unwrap_or(CLIENT_ID),
            time: &time,
            body: &body,
        };
        let signature = self.keys.header(answer.sign, answer.form, &right);
        let headers = headers_of(answer, &right, signature);
        let head = head(answer.status, &headers);
        let sent_body = if answer.chunked { chunks(&body) } else { body };
        let whole = [head.as_slice(), &sent_body].concat();
        let half_of_head = head[..head.len() / 2].to_vec();
        let half_of_body = whole[..whole.len() - sent_body.len() / 2].to_vec();
        match answer.fault {
            None if names(&headers, "content-length") || answer.chunked => (whole, Then::Next),
            None | Some(Fault::CloseAfter) => (whole, Then::Close),
            Some(Fault::Surplus) => (whole, Then::Again),
            Some(Fault::Goodbye) => (whole, Then::SayGoodbye),
            Some(Fault::ResetBefore) => (Vec::new(), Then::Reset),
            Some(Fault::ResetInHeaders) => (half_of_head, Then::Reset),
            Some(Fault::HalfBody) => (half_of_body, Then::Close),
            Some(Fault::NotHttp) => (b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), Then::Close),
            Some(Fault::Silence) => (Vec::new(), Then::Hold),
        }
    }
}

struct Problem {
    code: &'static str,
    message: String,
}

fn problem(code: &'static str, message: impl Into<String>) -> Result<(), Problem> {
    Err(Problem {
        code,
        message: message.into(),
    })
}

fn refusal(problem: &Problem) -> Value {
    json!({"result": {"resultStatus": "F", "resultCode": problem.code, "resultMessage": problem.message}})
}

/// The session that a request id always gets, and the connection that it came by.
fn good_session(request_id: &str, connection: u64) -> Value {
    let id: String = format!("ID+/{request_id}").chars().take(64).collect();
    json!({
        "result": {"resultStatus": "S", "resultCode": "SUCCESS", "resultMessage": "success."},
        "vaultingSessionData": format!("DATA+/{request_id}==&&SG&&111"),
        "vaultingSessionId": id,
        "vaultingSessionExpiryTime": SESSION_EXPIRES_AT,
        "connection": connection,
    })
}

fn body_of(answer: &Answer, request_id: &str, connection: u64) -> Vec<u8> {
    let mut body = match (&answer.body, &answer.body_base64) {
        (Some(text), _) => text.clone().into_bytes(),
        (None, Some(base64)) => BASE64_STANDARD.decode(base64).unwrap_or_default(),
        (None, None) => good_session(request_id, connection)
            .to_string()
            .into_bytes(),
    };
    if let Some(size) = answer.pad_to {
        body.resize(size.max(body.len()), b' ');
    }
    body
}

fn headers_of(
    answer: &Answer,
    right: &Content<'_>,
    signature: Option<String>,
) -> Vec<(String, String)> {
    let client_id = match &answer.client_id {
        ClientId::OfTheClient => Some(right.client_id),
        ClientId::Other(id) => Some(id.as_str()),
        ClientId::Absent => None,
    };
    let content_type = "application/json;charset=UTF-8".to_owned();
    let mut headers = vec![("content-type".to_owned(), content_type)];
    headers.extend(client_id.map(|id| ("client-id".to_owned(), id.to_owned())));
    // An answer that is not signed says nothing of its time either.
    if let Some(signature) = signature {
        headers.push(("response-time".to_owned(), right.time.to_owned()));
        headers.push(("signature".to_owned(), signature));
    }
    let framing = if answer.chunked {
        ("transfer-encoding".to_owned(), "chunked".to_owned())
    } else {
        ("content-length".to_owned(), right.body.len().to_string())
    };
    headers.push(framing);
    headers.extend(answer.headers.clone());
    headers.retain(|(name, _)| !answer.leave_out.contains(name));
    headers
        .into_iter()
        .flat_map(|(name, value)| {
            let times = if answer.double.contains(&name) { 2 } else { 1 };
            let name = if answer.title_case {
                title_case(&name)
            } else {
                name
            };
            std::iter::repeat_n((name, value), times)
        })
        .collect()
}

fn names(headers: &[(String, String)], wanted: &str) -> bool {
    headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
}

fn is_now_in_milliseconds(time: &str) -> bool {
    let now = milliseconds(SystemTime::now());
    time.len() == 13
        && time.bytes().all(|byte| byte.is_ascii_digit())
        && time
            .parse()
            .is_ok_and(|time: u128| time.abs_diff(now) < CLOCK_TOLERANCE_MS)
}

/// Since 1970.
fn milliseconds(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis())
}

/// `response-time` as Antom writes it: to the second, with the offset of Hangzhou.
fn now() -> String {
    let hangzhou = UtcOffset::from_hms(8, 0, 0).unwrap_or(UtcOffset::UTC);
    let now = OffsetDateTime::now_utc().to_offset(hangzhou);
    let whole_second = now - Duration::nanoseconds(now.nanosecond().into());
    whole_second.format(&Rfc3339).unwrap_or_default()
}
