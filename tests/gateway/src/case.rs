//! The case files of `tests/vectors/cases`, as `tests/README.md` describes them.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use antom_core::ErrorKind;
use serde::Deserialize;
use serde_json::{Map, Value};

/// One case. A member with another name is an error, so that a misspelt one cannot be overlooked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique, a sentence in `snake_case`.
    pub name: String,
    /// What a reader should know of the case.
    pub note: Option<String>,
    /// Settings on top of the gateway's own.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// Fields by their name on the wire.
    #[serde(default = "default_request")]
    pub request: Map<String, Value>,
    /// The exact body that must arrive.
    pub body: Option<String>,
    /// What the gateway plays.
    #[serde(default, rename = "answer")]
    pub answers: Answers,
    /// If present, only these languages run the case.
    pub languages: Option<Vec<String>>,
    /// The reason for `languages`.
    pub why: Option<String>,
    /// What the outcome must be.
    pub expect: Map<String, Value>,
}

impl Case {
    /// The `vaultingRequestId` that is sent, or `None` where the client makes one.
    pub fn request_id(&self) -> Option<&str> {
        match self.request.get("vaultingRequestId") {
            Some(given) => given.as_str(),
            None => Some(&self.name),
        }
    }

    /// How many attempts arrive in a call, at least 1; with the next one the next call begins.
    pub(crate) fn attempts(&self) -> usize {
        match self.expect.get("attempts").and_then(Value::as_u64) {
            Some(attempts) => usize::try_from(attempts).unwrap_or(usize::MAX).max(1),
            None => self.answers.0.len(),
        }
    }
}

fn default_request() -> Map<String, Value> {
    Map::from_iter([("paymentMethodType".to_owned(), "CARD".into())])
}

/// One answer for each attempt of a call; the last one is for all further ones. In JSON: a list, or one answer alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub struct Answers(Vec<Answer>);

impl Answers {
    /// The answer to an attempt; 0 is the first.
    pub(crate) fn to_attempt(&self, number: usize) -> &Answer {
        &self.0[number.min(self.0.len() - 1)]
    }

    /// How many there are, at least 1.
    pub(crate) fn number(&self) -> usize {
        self.0.len()
    }
}

impl Default for Answers {
    fn default() -> Self {
        Self(vec![Answer::default()])
    }
}

impl TryFrom<Value> for Answers {
    type Error = serde_json::Error;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let list = match value {
            Value::Array(list) => list,
            one => vec![one],
        };
        if list.is_empty() {
            return Err(serde::de::Error::custom("a list of answers is not empty"));
        }
        let answers: Result<_, _> = list.into_iter().map(serde_json::from_value).collect();
        answers.map(Self)
    }
}

/// What the gateway plays.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The text of the body; `None` is a good session.
    pub body: Option<String>,
    /// The body as bytes, for what is not text.
    pub body_base64: Option<String>,
    /// What the signature covers, and who made it.
    pub sign: Sign,
    /// How the signature header is written.
    pub form: Form,
    /// The `client-id` header.
    #[serde(deserialize_with = "client_id")]
    pub client_id: ClientId,
    /// The signed `response-time` header; `None` is now.
    pub response_time: Option<String>,
    /// Names of headers that are not sent.
    pub leave_out: Vec<String>,
    /// Names of headers that are sent twice.
    pub double: Vec<String>,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// Pads the body with spaces to this many bytes.
    pub pad_to: Option<usize>,
    /// Sends the body in chunks, without `content-length`.
    pub chunked: bool,
    /// What goes wrong on the connection.
    pub fault: Option<Fault>,
    /// Header names as `Response-Time`.
    pub title_case: bool,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            status: 200,
            body: None,
            body_base64: None,
            sign: Sign::Good,
            form: Form::Sdk,
            client_id: ClientId::OfTheClient,
            response_time: None,
            leave_out: Vec::new(),
            double: Vec::new(),
            headers: BTreeMap::new(),
            pad_to: None,
            chunked: false,
            fault: None,
            title_case: false,
        }
    }
}

/// The `client-id` header of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientId {
    /// The id of the request.
    OfTheClient,
    /// No such header.
    Absent,
    /// Another id.
    Other(String),
}

fn client_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<ClientId, D::Error> {
    Ok(match Option::<String>::deserialize(deserializer)? {
        Some(id) => ClientId::Other(id),
        None => ClientId::Absent,
    })
}

/// What a signature covers, and who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // The names are described in tests/README.md.
pub enum Sign {
    Good,
    None,
    OtherKey,
    OtherBody,
    OtherPath,
    OtherMethod,
    OtherTime,
    OtherClientId,
    Sha1,
    Sha512,
    Garbage,
    Empty,
    Truncated,
}

/// How a signature header is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // The names are described in tests/README.md.
pub enum Form {
    Sdk,
    Docs,
    LowerHex,
    Raw,
    Reordered,
    NoKeyVersion,
    NoAlgorithm,
    OtherAlgorithm,
    DoublePart,
}

/// What goes wrong on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // The names are described in tests/README.md.
pub enum Fault {
    ResetBefore,
    ResetInHeaders,
    HalfBody,
    NotHttp,
    Silence,
    CloseAfter,
    Surplus,
    Goodbye,
}

/// What `expect` may hold of a session.
const OF_A_SESSION: &[&str] = &[
    "kind",
    "request_id",
    "session_id",
    "data",
    "expires_at",
    "normal_url",
];

/// What `expect` may hold of an error.
const OF_AN_ERROR: &[&str] = &[
    "kind",
    "message",
    "advice",
    "retryable",
    "result_code",
    "authenticated",
    "http_status",
    "attempts",
    "violations",
    "request_id",
];

/// The languages that run cases.
const LANGUAGES: &[&str] = &["rust", "c", "cpp", "python", "php"];

/// The cases of one file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// What a reader should know of the file.
    pub note: Option<String>,
    /// The cases.
    pub cases: Vec<Case>,
}

/// What the gateway always answers at one path to one id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandingAnswer {
    /// The live path.
    pub path: String,
    /// The `vaultingRequestId`; the empty one stands for bodies without.
    pub request_id: String,
    /// What the gateway plays, one for each attempt of a call; then it begins again.
    #[serde(rename = "answer")]
    pub answers: Answers,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StandingAnswers {
    #[serde(rename = "note")]
    _note: String,
    answers: Vec<StandingAnswer>,
}

/// The answers of `tests/vectors/answers.json`.
///
/// # Errors
/// When the file cannot be read, or breaks the rules of `tests/README.md`.
pub fn load_standing_answers() -> io::Result<Vec<StandingAnswer>> {
    let content = fs::read(vectors().join("answers.json"))?;
    let file: StandingAnswers = serde_json::from_slice(&content)?;
    let mut places = HashSet::new();
    for answer in &file.answers {
        if !places.insert((&answer.path, &answer.request_id)) {
            let place = format!("{} {}", answer.path, answer.request_id);
            return Err(io::Error::other(format!("two answers are for {place}")));
        }
    }
    Ok(file.answers)
}

/// The folder with the vectors, in this checkout.
pub fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors")
}

/// Every case file by its name without `.json`, in alphabetical order.
///
/// # Errors
/// When a file cannot be read, or breaks the rules of `tests/README.md`.
pub fn load_cases() -> io::Result<BTreeMap<String, CaseFile>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(vectors().join("cases"))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let problem = |problem: String| io::Error::other(format!("{}: {problem}", path.display()));
        let file: CaseFile = serde_json::from_slice(&fs::read(&path)?)
            .map_err(|error| problem(error.to_string()))?;
        for case in &file.cases {
            check(case).map_err(|broken| problem(format!("case {}: {broken}", case.name)))?;
        }
        let stem = path.file_stem().unwrap_or_default();
        files.insert(stem.to_string_lossy().into_owned(), file);
    }
    check_unique(files.values().flat_map(|file| &file.cases)).map_err(io::Error::other)?;
    Ok(files)
}

fn check(case: &Case) -> Result<(), String> {
    let is_name_character = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if case.name.is_empty() || case.name.len() > 64 || !case.name.chars().all(is_name_character) {
        return Err("its name is not a sentence in snake_case of at most 64 characters".into());
    }
    let members = match case.expect.get("kind").and_then(Value::as_str) {
        Some("Session") => OF_A_SESSION,
        Some(kind) if ErrorKind::ALL.iter().any(|known| known.name() == kind) => OF_AN_ERROR,
        _ => return Err("expect has no kind, or one that does not exist".into()),
    };
    if let Some(unknown) = case
        .expect
        .keys()
        .find(|name| !members.contains(&name.as_str()))
    {
        return Err(format!(
            "expect has {unknown}, which its kind does not have"
        ));
    }
    if case.languages.is_some() != case.why.is_some() {
        return Err("languages and why belong together".into());
    }
    // Otherwise the gateway does not know which attempt begins the next call.
    if case.answers.0.len() > case.attempts() {
        return Err("it has more answers than a call has attempts".into());
    }
    match case
        .languages
        .iter()
        .flatten()
        .find(|name| !LANGUAGES.contains(&name.as_str()))
    {
        Some(unknown) => Err(format!("there is no language {unknown}")),
        None => Ok(()),
    }
}

fn check_unique<'a>(cases: impl Iterator<Item = &'a Case>) -> Result<(), String> {
    let (mut names, mut ids) = (HashSet::new(), HashSet::new());
    for case in cases {
        if !names.insert(case.name.as_str()) {
            return Err(format!("two cases are named {}", case.name));
        }
        if case
            .request_id()
            .is_some_and(|id| !id.is_empty() && !ids.insert(id))
        {
            return Err(format!(
                "case {} has the vaultingRequestId of another",
                case.name
            ));
        }
    }
    Ok(())
}
