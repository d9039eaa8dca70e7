//! A request as it came: nothing decoded, nothing repaired, because these bytes are what was signed.

use std::fmt;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use http_body_util::BodyExt;
use serde::Deserialize;

use super::answer::Refusal;
use crate::journal::Message;

/// The largest body that is looked at, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;
/// How much of a larger body is still read, so that the sender gets to see the answer.
const LARGEST_READ: usize = 8 * LARGEST_BODY;
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A request with its whole body.
pub(super) struct Incoming {
    head: Parts,
    body: Vec<u8>,
}

/// Whose money it would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Live,
    Test,
}

/// The APIs, by what the sandbox does with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    CreateVaultingSession,
    InquireVaulting,
    VaultPaymentMethod,
    /// Any other: a stub answers.
    Other,
}

const APIS: &[(&str, Api)] = &[
    (
        "/v1/vaults/createVaultingSession",
        Api::CreateVaultingSession,
    ),
    ("/v1/vaults/inquireVaulting", Api::InquireVaulting),
    ("/v1/vaults/vaultPaymentMethod", Api::VaultPaymentMethod),
];

/// Why a header has no value to go by.
#[derive(Debug)]
pub(super) enum HeaderProblem {
    Missing(&'static str),
    Double(&'static str),
    NotText(&'static str),
}

impl fmt::Display for HeaderProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "there is no {name} header"),
            Self::Double(name) => write!(f, "there is more than one {name} header"),
            Self::NotText(name) => write!(f, "the {name} header is not plain text"),
        }
    }
}

impl Incoming {
    /// Reads the body, and says what is wrong with the request already as HTTP.
    pub(super) async fn receive(request: Request) -> (Self, Option<Refusal>) {
        let (head, body) = request.into_parts();
        let mut request = Self {
            head,
            body: Vec::new(),
        };
        let read = tokio::time::timeout(BODY_TIMEOUT, read(body, &mut request.body)).await;
        let refusal = match read {
            Ok(Ok(length)) if length <= LARGEST_BODY => None,
            Ok(Ok(_)) => Some(
                Refusal::unsigned("PARAM_ILLEGAL", "the body is larger than 1 MiB")
                    .with_http_status(413),
            ),
            Ok(Err(_)) | Err(_) => Some(
                Refusal::unsigned("UNKNOWN_EXCEPTION", "the body did not arrive as a whole")
                    .with_http_status(408),
            ),
        };
        (request, refusal)
    }

    pub(super) fn method(&self) -> &str {
        self.head.method.as_str()
    }

    /// The path without the query.
    pub(super) fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// The path with the query, as sent: what is signed. Without scheme and host, which may come with it.
    pub(super) fn path_and_query(&self) -> &str {
        let target = self.head.uri.path_and_query();
        target.map_or(self.path(), |target| target.as_str())
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// For the journal.
    pub(super) fn message(&self) -> Message {
        Message::of(&self.head.headers, &self.body)
    }

    /// What the path asks for, if it has the form of Antom's paths.
    pub(super) fn api(&self) -> Option<(Mode, Api)> {
        let (mode, path) = self.api_path()?;
        let api = APIS.iter().find(|(known, _)| *known == path);
        Some((mode, api.map_or(Api::Other, |(_, api)| *api)))
    }

    /// The path within the API, for example `/v1/payments/pay`.
    pub(super) fn api_path(&self) -> Option<(Mode, &str)> {
        let (mode, path) = match self.path().strip_prefix("/ams/sandbox/api") {
            Some(path) => (Mode::Test, path),
            None => (Mode::Live, self.path().strip_prefix("/ams/api")?),
        };
        is_api_path(path).then_some((mode, path))
    }

    /// The only value of a header.
    pub(super) fn header(&self, name: &'static str) -> Result<&str, HeaderProblem> {
        let mut values = self.head.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Err(HeaderProblem::Missing(name)),
            (Some(value), None) => value.to_str().map_err(|_| HeaderProblem::NotText(name)),
            (Some(_), Some(_)) => Err(HeaderProblem::Double(name)),
        }
    }

    /// Every readable value of a header.
    pub(super) fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.head.headers.get_all(name).iter();
        values.filter_map(|value| value.to_str().ok())
    }

    /// The `vaultingRequestId`, where the body can be read that far.
    pub(super) fn vaulting_request_id(&self) -> Option<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct WithId {
            vaulting_request_id: Option<String>,
        }
        let body: WithId = serde_json::from_slice(&self.body).ok()?;
        body.vaulting_request_id
    }
}

/// A version and at least one name, for example `/v1/payments/pay`.
pub(crate) fn is_api_path(path: &str) -> bool {
    let mut parts = path.split('/').skip(1);
    let is_version = |part: &str| {
        let digits = part.strip_prefix('v').unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_name = |part: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        !part.is_empty() && part.bytes().all(is_plain)
    };
    path.starts_with('/') && parts.next().is_some_and(is_version) && {
        let mut names = parts.peekable();
        names.peek().is_some() && names.all(is_name)
    }
}

/// Appends the body to `kept` until it grows too large, and returns how long it is.
async fn read(mut body: Body, kept: &mut Vec<u8>) -> Result<usize, axum::Error> {
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame?.into_data() else {
            continue;
        };
        length += bytes.len();
        if length <= LARGEST_BODY {
            kept.extend_from_slice(&bytes);
        }
        if length > LARGEST_READ {
            break;
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_path_has_a_version_and_names() {
        for good in ["/v1/payments/pay", "/v2/x", "/v1/vaults/fetchNonce"] {
            assert!(is_api_path(good), "{good}");
        }
        for bad in [
            "",
            "/",
            "/v1",
            "/v1/",
            "/v1/payments/",
            "/v1//pay",
            "/V1/pay",
            "/pay",
            "v1/pay",
            "/v1/../pay",
            "/v1/p%61y",
        ] {
            assert!(!is_api_path(bad), "{bad}");
        }
    }
}
