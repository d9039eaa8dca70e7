//! The flow of a call, in one screen: validate, serialise once, sign, send, trust, parse.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use ureq::http::uri::PathAndQuery;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::api::create_vaulting_session::{CreateVaultingSession, VaultingSession};
use crate::api::inquire_vaulting::{InquireVaulting, VaultingInquiry};
use crate::api::result::{ApiResult, ResultStatus};
use crate::api::rules::Product;
#[cfg(feature = "card-data")]
use crate::api::vault_payment_method::{PaymentMethodVaulting, VaultPaymentMethod};
use crate::api::{Operation, ParseError};
use crate::config::{ClientBuilder, LONGEST_TIMEOUT, WRONG_PAIR};
use crate::doctor::{Diagnosis, Received, Sender};
use crate::error::{Error, ErrorKind};
use crate::notification::NotificationVerifier;
use crate::observer::{AttemptEnded, CallBegan, CallEnded, Observer};
use crate::response_time::ResponseTime;
use crate::retry::{Budget, Failed, Repeat, wait_before_next};
use crate::secret::Secret;
use crate::signature::{
    Content, HandSignature, KeyRing, LONGEST_SIGNATURE, SignatureHeader, Signer, VerifyingKey,
};
use crate::transport::{
    Answer, BETWEEN_QUESTIONS, CLOSED, Failure, Interrupt, Outgoing, Stage, Transport,
};
use crate::trust::{Expected, Signed, Verdict, judge};

const METHOD: &str = "POST";

/// Signing in memory takes about 1 ms. Where so little of the timeout is gone, the transport's own serves, which costs
/// less (see docs/decisions.md).
const USUAL_SIGNING: Duration = Duration::from_millis(20);

/// Calls Antom's API. Immutable: one client serves any number of threads, and keeps its connections open.
/// A clone shares everything with its original.
///
/// Shows none of its settings in `Debug`.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    timeout: Duration,
    max_retries: u32,
    interrupt: Option<Interrupt>,
    signature: Option<Arc<HandSignature>>,
}

/// What really happened to a request whose outcome was unknown.
#[derive(Debug)]
pub enum Recovery {
    /// Antom knows it: here is what became of it.
    Known(VaultingInquiry),
    /// Antom never got it: send it again, with the same `vaultingRequestId`.
    NeverArrived,
}

/// What Antom answered to [`Client::call`].
pub struct VerifiedAnswer {
    /// The whole verified answer, as it came.
    pub json: Secret<String>,
    /// When Antom says that it answered, and how far its clock is from ours.
    pub response_time: ResponseTime,
}

impl std::fmt::Debug for VerifiedAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifiedAnswer")
            .field("response_time", &self.response_time)
            .finish_non_exhaustive()
    }
}

/// What a client is made of, from [`ClientBuilder::build`].
pub(crate) struct Shared {
    pub(crate) client_id: String,
    pub(crate) key_version: String,
    pub(crate) agent_token: Option<Secret<String>>,
    pub(crate) product: Product,
    pub(crate) signer: Box<dyn Signer>,
    /// The public half of the signer's key, where it is known.
    pub(crate) own: Option<VerifyingKey>,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) budget: Budget,
    pub(crate) closing: Closing,
    pub(crate) observer: Box<dyn Observer>,
    pub(crate) timeout: Duration,
    pub(crate) max_response_age: Option<Duration>,
}

/// What is sent in every attempt of a call.
struct Call<'a> {
    path: &'a str,
    body: &'a [u8],
    request_id: Option<&'a str>,
    repeat: Repeat,
}

/// How an attempt ended without a value.
struct AttemptFailed {
    error: Error,
    failed: Failed,
}

impl Client {
    /// Starts with the client id that Antom gave. One that begins with `SANDBOX_` selects Antom's test mode.
    pub fn builder(client_id: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(client_id)
    }

    pub(crate) fn new(shared: Shared, max_retries: u32) -> Self {
        Self {
            timeout: shared.timeout,
            shared: Arc::new(shared),
            max_retries,
            interrupt: None,
            signature: None,
        }
    }

    /// The same client with another limit for each call, all attempts and waits included: more than 0 and at most
    /// 1 hour, and otherwise set to the nearer of the two.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # fn example(client: antom_core::Client, request: antom_core::CreateVaultingSession) -> Result<(), antom_core::Error> {
    /// let session = client.with_timeout(Duration::from_secs(3)).create_vaulting_session(&request)?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self {
            timeout: timeout.clamp(Duration::from_millis(1), LONGEST_TIMEOUT),
            ..self.clone()
        }
    }

    /// The same client with another number of retries for each call; 0 is none.
    #[must_use]
    pub fn with_max_retries(&self, max_retries: u32) -> Self {
        Self {
            max_retries,
            ..self.clone()
        }
    }

    /// The same client, which can be interrupted: while a call waits, sends or receives, `is_wanted` is asked every 50 ms,
    /// on the calling thread, whether the call is to end. It then ends at once, with [`ErrorKind::NotSent`] or
    /// [`ErrorKind::OutcomeUnknown`], and is not tried again. For languages in which a signal is handled between two
    /// steps of the program.
    ///
    /// A new connection is then opened, and its name looked up, on a thread of its own, which ends by itself.
    #[must_use]
    pub fn with_interrupt(&self, is_wanted: fn() -> bool) -> Self {
        Self {
            interrupt: Some(is_wanted),
            ..self.clone()
        }
    }

    /// The same client for one request: `signature` is what the merchant's private key made of
    /// [`Error::string_to_sign`], RSASSA-PKCS1-v1_5 with SHA-256. The call must be the same, with the same
    /// `vaultingRequestId`, which [`Error::request_id`] names; another one is refused. It is tried again only if nothing
    /// was sent, because every request that arrives has a time and a signature of its own.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for a string that no call of this client asked to sign, and
    /// [`ErrorKind::Signing`] for a signature that does not fit the merchant's public key, if the client knows it.
    pub fn with_signature(&self, string_to_sign: &[u8], signature: &[u8]) -> Result<Self, Error> {
        let given = HandSignature::new(&self.shared.client_id, string_to_sign, signature)
            .ok_or_else(|| {
                Error::invalid_argument(format!(
                    "string_to_sign: it must be the whole string that the call asked to sign, byte for byte, and its signature have 1 to {LONGEST_SIGNATURE} bytes",
                ))
            })?;
        let own = self.shared.own.as_ref();
        if own.is_some_and(|own| !own.verify(string_to_sign, signature)) {
            return Err(Error::new(
                ErrorKind::Signing,
                format!("the request was not sent: its signature does not {WRONG_PAIR}"),
            ));
        }
        Ok(Self {
            signature: Some(Arc::new(given)),
            ..self.clone()
        })
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
        self.run(request.as_ref())
    }

    /// Vaults a card whose number this server holds: see the note on PCI DSS at
    /// [`api::vault_payment_method`](crate::api::vault_payment_method).
    ///
    /// Tried again only if nothing was sent. After [`ErrorKind::OutcomeUnknown`], or U, [`recover`](Self::recover)
    /// says what happened.
    ///
    /// # Errors
    /// As [`create_vaulting_session`](Self::create_vaulting_session).
    #[cfg(feature = "card-data")]
    pub fn vault_payment_method(
        &self,
        mut request: VaultPaymentMethod,
    ) -> Result<PaymentMethodVaulting, Error> {
        request
            .vaulting_request_id
            .get_or_insert_with(|| Uuid::new_v4().to_string());
        self.run(&request)
    }

    /// Asks what became of a vaulting.
    ///
    /// A result here says only that Antom answered; the vaulting itself is in
    /// [`VaultingInquiry::outcome`](crate::VaultingInquiry::outcome).
    ///
    /// # Errors
    /// As [`create_vaulting_session`](Self::create_vaulting_session). `VAULTING_NOT_EXIST` means that Antom never got
    /// the request.
    pub fn inquire_vaulting(&self, request: &InquireVaulting) -> Result<VaultingInquiry, Error> {
        self.run(request)
    }

    /// After [`ErrorKind::OutcomeUnknown`]: what really happened under this `vaultingRequestId`.
    ///
    /// # Errors
    /// As [`inquire_vaulting`](Self::inquire_vaulting), but for `VAULTING_NOT_EXIST`, which is an answer here.
    pub fn recover(&self, vaulting_request_id: &str) -> Result<Recovery, Error> {
        let inquiry = self.inquire_vaulting(&InquireVaulting {
            vaulting_request_id: vaulting_request_id.to_owned(),
            merchant_account_id: None,
        });
        match inquiry {
            Ok(inquiry) => Ok(Recovery::Known(inquiry)),
            Err(error)
                if error.is_authenticated()
                    && error.result_code() == Some("VAULTING_NOT_EXIST") =>
            {
                Ok(Recovery::NeverArrived)
            }
            Err(error) => Err(error),
        }
    }

    /// Calls any other API of Antom: signed, sent, verified, judged like every call; the JSON comes back as it is.
    ///
    /// `path` is the live path, for example `/ams/api/v1/vaults/fetchNonce`; for a test client id it is rewritten.
    /// `body` is sent byte for byte. `repeat` says what a second, identical request would do.
    ///
    /// # Errors
    /// As [`create_vaulting_session`](Self::create_vaulting_session), and [`ErrorKind::InvalidArgument`] for a path
    /// that does not begin with `/ams/api/` or a body that is not a JSON object.
    pub fn call(&self, path: &str, body: &str, repeat: Repeat) -> Result<VerifiedAnswer, Error> {
        if !path.starts_with("/ams/api/")
            || path.contains('#')
            || path.parse::<PathAndQuery>().is_err()
        {
            return Err(Error::invalid_argument(
                "path: it must begin with /ams/api/ and be a valid path, without a fragment",
            ));
        }
        if serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(body).is_err() {
            return Err(Error::invalid_argument("body: it is not a JSON object"));
        }
        let call = Call {
            path: &self.path(path),
            body: body.as_bytes(),
            request_id: None,
            repeat,
        };
        self.deliver(&call, |signed| {
            (signed.result.status == ResultStatus::Success).then(|| {
                Ok(VerifiedAnswer {
                    json: signed.verified.text()?,
                    response_time: signed.response_time.clone(),
                })
            })
        })
    }

    /// The value of the `signature` header for a request that this library does not send itself.
    ///
    /// `path` is signed as it is given: for a test client id it already begins with `/ams/sandbox/api`.
    /// `time` must be the text of the `request-time` header, `body` the bytes that are sent.
    ///
    /// # Errors
    /// [`ErrorKind::Signing`].
    pub fn sign(&self, method: &str, path: &str, time: &str, body: &[u8]) -> Result<String, Error> {
        let content = self.content(method, path, time, body);
        let signer = match &self.signature {
            Some(given) => given.as_ref(),
            None => self.shared.signer.as_ref(),
        };
        let signature = content.sign(signer).map_err(|error| {
            Error::new(
                ErrorKind::Signing,
                format!("the request was not sent: the signer failed: {error}"),
            )
            .with_source(error)
        })?;
        Ok(SignatureHeader::write(&signature, &self.shared.key_version))
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
        let content = self.content(method, path, time, body);
        self.shared
            .keys
            .verify(&content, signature)
            .map_err(|failure| {
                Error::new(
                    ErrorKind::UntrustedResponse,
                    format!("the signature is not valid: {failure}"),
                )
            })
    }

    /// Finds out why the signature of a message does not verify, with the keys of this client. `sender` is who should
    /// have signed it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`], where no public key of the sender is known: that of a custom signer, which was not given,
    /// or of a `keyVersion` that no key is configured for.
    pub fn diagnose(&self, received: &Received<'_>, sender: Sender) -> Result<Diagnosis, Error> {
        self.shared.keys.diagnose(received, sender).ok_or_else(|| {
            Error::config(
                "the signature cannot be examined: no public key of its sender is configured for this client",
            )
        })
    }

    /// Checks the notifications that Antom sends to this client id.
    pub fn notifications(&self) -> NotificationVerifier {
        NotificationVerifier::new(&self.shared.client_id, self.shared.keys.clone())
    }

    /// Closes every connection of this process, for every clone. A running call ends at once: with
    /// [`ErrorKind::OutcomeUnknown`] if its request was already on its way, otherwise, like every later call, with
    /// [`ErrorKind::Closed`].
    ///
    /// Two steps cannot be interrupted: looking up the gateway's name, and opening the TCP connection (the TLS handshake
    /// can). A call that is in one of them ends when the step does, at the latest with the connect timeout, and sends
    /// nothing.
    pub fn close(&self) {
        self.shared.closing.begin();
        self.shared.transport.close();
    }

    fn run<O: Operation>(&self, operation: &O) -> Result<O::Response, Error> {
        let violations = operation.violations(self.shared.product);
        let outcome = if violations.is_empty() {
            let body = serialise(operation)?;
            let call = Call {
                path: &self.path(O::PATH),
                body: &body,
                request_id: Some(operation.request_id()),
                repeat: O::REPEAT,
            };
            let parse = |signed: &Signed<'_>| {
                (signed.result.status == ResultStatus::Success || O::is_answer(&signed.result))
                    .then(|| operation.parse(signed))
            };
            self.deliver(&call, parse)
        } else {
            Err(Error::invalid_request(violations))
        };
        outcome.map_err(|error| error.with_request_id(operation.request_id()))
    }

    fn deliver<T>(&self, call: &Call<'_>, read: impl Read<T>) -> Result<T, Error> {
        let Call {
            path, request_id, ..
        } = *call;
        let observer = &*self.shared.observer;
        observer.begin(&CallBegan {
            path,
            request_id,
            body_bytes: call.body.len(),
        });
        let begin = Instant::now();
        let outcome = self.repeat(call, begin, read);
        observer.end(&CallEnded {
            path,
            request_id,
            attempts: outcome
                .as_ref()
                .map_or_else(Error::attempts, |(_, made)| *made),
            duration: begin.elapsed(),
            error: outcome.as_ref().err().map(Error::kind),
        });
        outcome.map(|(value, _)| value)
    }

    /// Every attempt is signed again, with the same body; the deadline is one for all attempts and waits.
    fn repeat<T>(
        &self,
        call: &Call<'_>,
        begin: Instant,
        read: impl Read<T>,
    ) -> Result<(T, u32), Error> {
        let mut may_be_processed = false;
        let mut made = 0;
        let repeat = match self.signature {
            Some(_) => Repeat::OnlyIfNotSent,
            None => call.repeat,
        };
        loop {
            made += 1;
            let AttemptFailed { error, failed } = match self.attempt(call, made, begin, &read) {
                Ok(value) => {
                    self.shared.budget.earn();
                    return Ok((value, made));
                }
                Err(failure) => failure,
            };
            let left = self.timeout.saturating_sub(begin.elapsed());
            let random = fastrand::f64();
            let wait = wait_before_next(made, self.max_retries, failed, repeat, left, random)
                .filter(|_| self.shared.budget.spend());
            let paused = wait.map(|wait| self.shared.closing.pause(wait, self.interrupt));
            let error = match paused {
                Some(Paused::ToTheEnd) => {
                    may_be_processed |= matches!(failed, Failed::Undecided { .. });
                    continue;
                }
                Some(Paused::UntilClosed) if failed == Failed::NotSent => {
                    Error::new(ErrorKind::Closed, CLOSED).with_attempts(made)
                }
                Some(Paused::UntilClosed | Paused::UntilInterrupted) | None => error,
            };
            // An earlier attempt may have arrived, even if the last one did not.
            let error = if may_be_processed {
                error.after_an_open_end()
            } else {
                error
            };
            return Err(error.at_the_end(call.repeat));
        }
    }

    fn attempt<T>(
        &self,
        call: &Call<'_>,
        number: u32,
        begin: Instant,
        read: impl Read<T>,
    ) -> Result<T, AttemptFailed> {
        let mut event = AttemptEnded {
            path: call.path,
            request_id: call.request_id,
            number,
            ..AttemptEnded::default()
        };
        let outcome = self.exchange(call, begin, read, &mut event);
        if let Err(AttemptFailed { error, .. }) = &outcome {
            event.error = Some(error.kind());
            event.result_code = error.result_code().map(str::to_owned);
        }
        self.shared.observer.attempt(&event);
        outcome.map_err(|AttemptFailed { error, failed }| AttemptFailed {
            error: match error.kind() {
                ErrorKind::Signing => error.with_attempts(number - 1),
                _ => error.with_attempts(number),
            },
            failed,
        })
    }

    /// Sign, send, judge, parse.
    fn exchange<T>(
        &self,
        call: &Call<'_>,
        call_begin: Instant,
        read: impl Read<T>,
        event: &mut AttemptEnded<'_>,
    ) -> Result<T, AttemptFailed> {
        let shared = &*self.shared;
        let begin = Instant::now();
        let time = match &self.signature {
            Some(given) => given.time.clone(),
            None => epoch_milliseconds(),
        };
        let signature = self
            .sign(METHOD, call.path, &time, call.body)
            .map_err(AttemptFailed::finally)?;
        event.sign = begin.elapsed();
        let left = self.timeout.saturating_sub(call_begin.elapsed());
        if left.is_zero() {
            return Err(AttemptFailed::finally(Error::new(
                ErrorKind::NotSent,
                "the request was not sent: the timeout was over before it was signed",
            )));
        }
        let is_usual = self.timeout == shared.timeout && call_begin.elapsed() < USUAL_SIGNING;
        let mut headers = vec![
            ("content-type", "application/json; charset=UTF-8"),
            ("client-id", &shared.client_id),
            ("request-time", &time),
            ("signature", &signature),
        ];
        if let Some(token) = &shared.agent_token {
            headers.push(("agent-token", token.expose()));
        }
        let outgoing = Outgoing {
            path: call.path,
            headers: &headers,
            body: call.body,
            timeout: (!is_usual).then_some(left),
            interrupt: self.interrupt,
        };
        let sent = shared.transport.send(&outgoing);
        event.exchange = begin.elapsed().saturating_sub(event.sign);
        event.connect = sent
            .as_ref()
            .map_or_else(|failure| failure.connect, |answer| answer.connect);
        let answer = sent?;
        event.http_status = Some(answer.status);
        event.answer_bytes = answer.body.len();
        let expected = Expected {
            method: METHOD,
            path: call.path,
            client_id: &shared.client_id,
            keys: &shared.keys,
            now: OffsetDateTime::now_utc(),
            max_age: shared.max_response_age,
        };
        let verdict = judge(&answer, &expected);
        if let Verdict::Signed(signed) = &verdict {
            let skew = signed.response_time.clock_skew();
            event.clock_skew = skew.map(time::Duration::whole_seconds);
        }
        let value = value_of(&answer, verdict, read);
        event.verify = begin.elapsed().saturating_sub(event.sign + event.exchange);
        value
    }

    fn content<'a>(
        &'a self,
        method: &'a str,
        path: &'a str,
        time: &'a str,
        body: &'a [u8],
    ) -> Content<'a> {
        Content {
            method,
            path,
            client_id: &self.shared.client_id,
            time,
            body,
        }
    }

    /// Antom's test mode has the same hosts and another path, and it is that path which is signed.
    fn path<'a>(&self, live: &'a str) -> Cow<'a, str> {
        if self.shared.client_id.starts_with("SANDBOX_") {
            Cow::Owned(live.replacen("/ams/api", "/ams/sandbox/api", 1))
        } else {
            Cow::Borrowed(live)
        }
    }
}

impl AttemptFailed {
    fn finally(error: Error) -> Self {
        Self {
            error,
            failed: Failed::Finally,
        }
    }
}

impl From<Failure> for AttemptFailed {
    fn from(failure: Failure) -> Self {
        let (kind, failed) = match failure.stage {
            Stage::NotSent if failure.is_lasting => (ErrorKind::NotSent, Failed::Finally),
            Stage::NotSent => (ErrorKind::NotSent, Failed::NotSent),
            Stage::Sent => (
                ErrorKind::OutcomeUnknown,
                Failed::Undecided { retry_after: None },
            ),
            Stage::Closed => (ErrorKind::Closed, Failed::Finally),
            Stage::Interrupted { is_sent: false } => (ErrorKind::NotSent, Failed::Finally),
            Stage::Interrupted { is_sent: true } => (ErrorKind::OutcomeUnknown, Failed::Finally),
        };
        Self {
            error: Error::new(kind, failure.message)
                .with_source(failure.source)
                .until_corrected(failure.is_lasting),
            failed,
        }
    }
}

/// Reads the value out of a signed answer; `None` where its result is an error.
trait Read<T>: Fn(&Signed<'_>) -> Option<Result<T, ParseError>> {}

impl<T, F> Read<T> for F where F: Fn(&Signed<'_>) -> Option<Result<T, ParseError>> {}

fn refused(result: ApiResult, authenticated: bool) -> (Error, Failed) {
    let failed = match result.status {
        ResultStatus::Unknown => Failed::Undecided { retry_after: None },
        ResultStatus::Success | ResultStatus::Failed => Failed::Finally,
    };
    (Error::api(result, authenticated), failed)
}

/// What a verdict means for the caller and for the next attempt.
fn value_of<T>(
    answer: &Answer,
    verdict: Verdict<'_>,
    read: impl Read<T>,
) -> Result<T, AttemptFailed> {
    let undocumented = |problem: &dyn std::fmt::Display| {
        Error::new(
            ErrorKind::Protocol,
            format!("the answer is Antom's, but not what the API documents: {problem}"),
        )
    };
    let (error, failed) = match verdict {
        Verdict::Signed(signed) => match read(&signed) {
            Some(Ok(value)) => return Ok(value),
            Some(Err(problem)) => (undocumented(&problem), Failed::Finally),
            None => refused(signed.result, true),
        },
        Verdict::UnsignedRefusal(result) => refused(result, false),
        Verdict::Undocumented(problem) => (undocumented(&problem), Failed::Finally),
        Verdict::Untrusted(reason) => (
            Error::new(
                ErrorKind::UntrustedResponse,
                format!("do not act on this answer: {reason}"),
            ),
            Failed::Finally,
        ),
        Verdict::Unavailable => (
            Error::new(
                ErrorKind::OutcomeUnknown,
                format!(
                    "the gateway answered HTTP {}: the request may or may not have been processed",
                    answer.status
                ),
            ),
            Failed::Undecided {
                retry_after: retry_after(answer, OffsetDateTime::now_utc()),
            },
        ),
        Verdict::UnexpectedStatus(result) => (
            Error::new(ErrorKind::Protocol, unexpected_status(answer.status))
                .with_unauthenticated_result(result),
            Failed::Finally,
        ),
    };
    Err(AttemptFailed {
        error: error.with_http_status(answer.status),
        failed,
    })
}

/// The body may hold card data: it is wiped afterwards. A vector that grows would leave half a copy behind, so that the
/// body is measured before.
fn serialise(operation: &impl Operation) -> Result<Zeroizing<Vec<u8>>, Error> {
    let not_written = |_| Error::internal("client.rs: a request does not serialise");
    let mut length = Length(0);
    serde_json::to_writer(&mut length, operation).map_err(not_written)?;
    let mut body = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *body, operation).map_err(not_written)?;
    Ok(body)
}

/// Counts what is written, and forgets it.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The `retry-after` header: seconds, or the time to wait for.
fn retry_after(answer: &Answer, now: OffsetDateTime) -> Option<Duration> {
    let value = answer.header("retry-after").ok().flatten()?.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let until = OffsetDateTime::parse(value, &Rfc2822).ok()?;
    Some((until - now).try_into().unwrap_or(Duration::ZERO))
}

/// Lets a waiting call end when the client is closed.
#[derive(Default)]
pub(crate) struct Closing {
    begun: Mutex<bool>,
    changed: Condvar,
}

impl Closing {
    fn begin(&self) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits until the time is over, the client is closed, or the call is interrupted.
    fn pause(&self, wait: Duration, interrupt: Option<Interrupt>) -> Paused {
        let end = Instant::now() + wait;
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if *begun {
                return Paused::UntilClosed;
            }
            if left.is_zero() {
                return Paused::ToTheEnd;
            }
            let slice = interrupt.map_or(left, |_| left.min(BETWEEN_QUESTIONS));
            begun = self
                .changed
                .wait_timeout(begun, slice)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            if let Some(is_wanted) = interrupt {
                // Whoever is asked may take a while, and may close the client.
                drop(begun);
                if is_wanted() {
                    return Paused::UntilInterrupted;
                }
                begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

/// How a wait between two attempts ended.
enum Paused {
    ToTheEnd,
    UntilClosed,
    UntilInterrupted,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Body;
    use proptest::prelude::*;
    use ureq::http::HeaderMap;

    /// Whether there is another attempt, where neither their number, the deadline nor the budget ends the call.
    fn is_tried_again(failed: Failed, repeat: Repeat, random: f64) -> bool {
        wait_before_next(1, u32::MAX, failed, repeat, Duration::MAX, random).is_some()
    }

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert("retry-after", value.parse().unwrap());
        }
        Answer {
            status,
            headers,
            body: Body::Complete(Vec::new()),
            connect: None,
        }
    }

    fn failed(answer: &Answer, verdict: Verdict<'_>) -> Failed {
        let nothing = |_: &Signed<'_>| -> Option<Result<(), ParseError>> { None };
        value_of(answer, verdict, nothing).unwrap_err().failed
    }

    fn lost(stage: Stage) -> Failed {
        AttemptFailed::from(Failure {
            stage,
            message: String::new(),
            is_lasting: false,
            source: ureq::Error::ConnectionFailed,
            connect: None,
        })
        .failed
    }

    fn result(status: ResultStatus, code: &str) -> ApiResult {
        ApiResult {
            status,
            code: code.to_owned(),
            message: None,
        }
    }

    fn repeat() -> impl Strategy<Value = Repeat> {
        prop_oneof![Just(Repeat::Harmless), Just(Repeat::OnlyIfNotSent)]
    }

    proptest! {
        #[test]
        fn f_is_never_tried_again(
            code in ".*", authenticated in any::<bool>(), repeat in repeat(), random in 0.0f64..1.0,
        ) {
            let (_, failed) = refused(result(ResultStatus::Failed, &code), authenticated);
            prop_assert!(!is_tried_again(failed, repeat, random));
        }

        #[test]
        fn an_untrusted_response_is_never_tried_again(
            status in 100u16..600, reason in ".*", retry_after in proptest::option::of("[0-9]{1,3}"),
            repeat in repeat(), random in 0.0f64..1.0,
        ) {
            let answer = answer(status, retry_after.as_deref());
            let failed = failed(&answer, Verdict::Untrusted(reason));
            prop_assert!(!is_tried_again(failed, repeat, random));
        }

        #[test]
        #[cfg(feature = "card-data")]
        fn a_card_is_never_sent_again_after_bytes_were_sent(
            status in 100u16..600, code in ".*", retry_after in proptest::option::of("[0-9]{1,3}"),
            random in 0.0f64..1.0,
        ) {
            let answer = answer(status, retry_after.as_deref());
            let unknown = || result(ResultStatus::Unknown, &code);
            for failed in [
                lost(Stage::Sent),
                failed(&answer, Verdict::Unavailable),
                failed(&answer, Verdict::UnsignedRefusal(unknown())),
                failed(&answer, Verdict::UnexpectedStatus(Some(unknown()))),
                failed(&answer, Verdict::Undocumented("")),
                refused(unknown(), true).1,
            ] {
                prop_assert!(!is_tried_again(failed, VaultPaymentMethod::REPEAT, random));
            }
            prop_assert!(is_tried_again(lost(Stage::NotSent), VaultPaymentMethod::REPEAT, random));
        }
    }

    #[test]
    fn what_may_have_been_processed_is_tried_again_where_that_is_harmless() {
        for failed in [
            lost(Stage::NotSent),
            lost(Stage::Sent),
            failed(&answer(503, None), Verdict::Unavailable),
            refused(result(ResultStatus::Unknown, "UNKNOWN_EXCEPTION"), true).1,
        ] {
            assert!(is_tried_again(failed, Repeat::Harmless, 0.5), "{failed:?}");
        }
        assert!(!is_tried_again(lost(Stage::Closed), Repeat::Harmless, 0.5));
    }
}
