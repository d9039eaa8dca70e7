//! The flow of a call, in one screen: validate, serialise once, sign, send, trust, parse.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use crate::api::Operation;
use crate::api::create_vaulting_session::{CreateVaultingSession, VaultingSession};
use crate::api::rules::Product;
use crate::config::ClientBuilder;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;
use crate::signature::{Content, KeyRing, SignatureHeader, Signer};
use crate::transport::{Outgoing, Stage, Transport};
use crate::trust::{Expected, Verdict, judge};

const METHOD: &str = "POST";

/// Calls Antom's API. Immutable: one client serves any number of threads, and keeps its connections open.
///
/// Shows none of its settings in `Debug`.
pub struct Client {
    client_id: String,
    key_version: String,
    agent_token: Option<Secret<String>>,
    product: Product,
    signer: Box<dyn Signer>,
    keys: KeyRing,
    transport: Box<dyn Transport>,
}

impl Client {
    /// Starts with the client id that Antom gave. One that begins with `SANDBOX_` selects Antom's test mode.
    pub fn builder(client_id: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(client_id)
    }

    pub(crate) fn new(
        client_id: String,
        key_version: String,
        agent_token: Option<Secret<String>>,
        product: Product,
        signer: Box<dyn Signer>,
        keys: KeyRing,
        transport: Box<dyn Transport>,
    ) -> Self {
        Self {
            client_id,
            key_version,
            agent_token,
            product,
            signer,
            keys,
            transport,
        }
    }

    /// Creates a session with which the front-end SDK collects a card.
    ///
    /// Harmless to repeat with the same `vaultingRequestId`: Antom returns the same result for it.
    ///
    /// # Errors
    /// Every kind but `InvalidArgument`, `Config` and `UntrustedNotification`; all carry
    /// [`Error::request_id`].
    pub fn create_vaulting_session(
        &self,
        request: &CreateVaultingSession,
    ) -> Result<VaultingSession, Error> {
        let mut request = Cow::Borrowed(request);
        if request.vaulting_request_id.is_none() {
            request.to_mut().vaulting_request_id = Some(Uuid::new_v4().to_string());
        }
        self.call(request.as_ref())
            .map_err(|error| error.with_request_id(request.request_id()))
    }

    /// The value of the `signature` header for a request that this library does not send itself.
    ///
    /// `path` is signed as it is given: for a test client id it already begins with `/ams/sandbox/api`.
    /// `time` must be the text of the `request-time` header, `body` the bytes that are sent.
    ///
    /// # Errors
    /// [`ErrorKind::Signing`].
    pub fn sign(&self, method: &str, path: &str, time: &str, body: &[u8]) -> Result<String, Error> {
        let content = Content {
            method,
            path,
            client_id: &self.client_id,
            time,
            body,
        };
        let signature = content.sign(self.signer.as_ref()).map_err(|error| {
            Error::new(
                ErrorKind::Signing,
                format!("the request was not sent: the signer failed: {error}"),
            )
            .with_source(error)
        })?;
        Ok(SignatureHeader::write(&signature, &self.key_version))
    }

    /// Checks an answer that this library did not receive itself: whether `signature`, the value of the
    /// `signature` header, was made by Antom over the other values for this client id.
    ///
    /// # Errors
    /// [`ErrorKind::UntrustedResponse`].
    pub fn verify(
        &self,
        method: &str,
        path: &str,
        time: &str,
        body: &[u8],
        signature: &str,
    ) -> Result<(), Error> {
        let content = Content {
            method,
            path,
            client_id: &self.client_id,
            time,
            body,
        };
        self.keys.verify(&content, signature).map_err(|failure| {
            Error::new(
                ErrorKind::UntrustedResponse,
                format!("the signature is not valid: {failure}"),
            )
        })
    }

    /// Closes every connection of this process. A running call ends at once: with [`ErrorKind::OutcomeUnknown`]
    /// if its request was already on its way, otherwise, like every later call, with [`ErrorKind::Closed`].
    pub fn close(&self) {
        self.transport.close();
    }

    fn call<O: Operation>(&self, operation: &O) -> Result<O::Response, Error> {
        let violations = operation.violations(self.product);
        if !violations.is_empty() {
            return Err(Error::invalid_request(violations));
        }
        let body = serde_json::to_vec(operation)
            .map_err(|_| Error::internal("client.rs: a request does not serialise"))?;
        let path = self.path(O::PATH);
        self.attempt(operation, &path, &body)
            .map_err(|error| match error.kind() {
                ErrorKind::Signing => error,
                _ => error.with_attempts(1),
            })
    }

    fn attempt<O: Operation>(
        &self,
        operation: &O,
        path: &str,
        body: &[u8],
    ) -> Result<O::Response, Error> {
        let time = epoch_milliseconds();
        let signature = self.sign(METHOD, path, &time, body)?;
        let mut headers = vec![
            ("content-type", "application/json; charset=UTF-8"),
            ("client-id", &self.client_id),
            ("request-time", &time),
            ("signature", &signature),
        ];
        if let Some(token) = &self.agent_token {
            headers.push(("agent-token", token.expose()));
        }
        let outgoing = Outgoing {
            path,
            headers: &headers,
            body,
        };
        let answer = self.transport.send(&outgoing).map_err(|failure| {
            let kind = match failure.stage {
                Stage::NotSent => ErrorKind::NotSent,
                Stage::Sent => ErrorKind::OutcomeUnknown,
                Stage::Closed => ErrorKind::Closed,
            };
            Error::new(kind, failure.message).with_source(failure.source)
        })?;
        let expected = Expected {
            method: METHOD,
            path,
            client_id: &self.client_id,
            keys: &self.keys,
        };
        let failed = match judge(&answer, &expected) {
            Verdict::Success(verified) => match operation.parse(&verified) {
                Ok(response) => return Ok(response),
                Err(problem) => Error::new(
                    ErrorKind::Protocol,
                    format!("the answer is Antom's, but not what the API documents: {problem}"),
                ),
            },
            Verdict::Refused {
                result,
                authenticated,
            } => Error::api(result, authenticated),
            Verdict::Untrusted(reason) => Error::new(
                ErrorKind::UntrustedResponse,
                format!("do not act on this answer: {reason}"),
            ),
            Verdict::Unavailable => Error::new(
                ErrorKind::OutcomeUnknown,
                format!(
                    "the gateway answered HTTP {}: the request may or may not have been processed; send it again with the same vaultingRequestId",
                    answer.status
                ),
            ),
            Verdict::UnexpectedStatus(result) => {
                Error::new(ErrorKind::Protocol, unexpected_status(answer.status))
                    .with_unauthenticated_result(result)
            }
            Verdict::Undocumented(problem) => Error::new(
                ErrorKind::Protocol,
                format!("the answer is Antom's, but not what the API documents: {problem}"),
            ),
        };
        Err(failed.with_http_status(answer.status))
    }

    /// Antom's test mode has the same hosts and another path, and it is that path which is signed.
    fn path(&self, live: &'static str) -> Cow<'static, str> {
        if self.client_id.starts_with("SANDBOX_") {
            Cow::Owned(live.replacen("/ams/api", "/ams/sandbox/api", 1))
        } else {
            Cow::Borrowed(live)
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

fn unexpected_status(status: u16) -> String {
    match status {
        300..=399 => format!(
            "the gateway answered HTTP {status}, a redirect, which is never followed: check the endpoint"
        ),
        _ => format!(
            "the gateway answered HTTP {status}, which the API does not document: check the endpoint"
        ),
    }
}

fn epoch_milliseconds() -> String {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis())
        .to_string()
}
