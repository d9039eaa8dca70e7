//! notifyVaulting: checks that a notification is Antom's and for us, reads it, and acknowledges it.
//!
//! ```
//! use antom_core::signature::{KeyRing, SigningKey};
//! use antom_core::{Notification, NotificationVerifier, TestNotification};
//!
//! // In production these are `client.notifications()` and what the web server received.
//! let antom = SigningKey::generate().signing_key;
//! let verifier = NotificationVerifier::new("SANDBOX_5X00000000000000", KeyRing::new(antom.verifying_key()));
//! let received = TestNotification::succeeded("vault-1", "ALIPAYtoken==")
//!     .sign(&antom, "SANDBOX_5X00000000000000", "/notify");
//!
//! match verifier.verify("POST", "/notify", &received.headers, &received.body)? {
//!     Notification::Vaulting(event) => println!("{} {:?}", event.request_id, event.outcome),
//!     Notification::Other { .. } => {}
//! }
//! // Then answer HTTP 200 with antom_core::ack().
//! # Ok::<(), antom_core::Error>(())
//! ```

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::api::ParseError;
use crate::api::inquire_vaulting::{VaultingFailure, VaultingOutcome};
use crate::api::objects::{AcquirerInfo, CustomizedInfo, PaymentMethodDetail, object, text};
use crate::api::result::{ResultStatus, parse_result};
use crate::error::{Error, ErrorKind};
use crate::response_time;
use crate::secret::Secret;
use crate::signature::{Content, KeyRing, SignatureHeader, Signer};
use crate::trust::Verified;

/// What to answer to a notification that was handled, with HTTP 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The `content-type` header.
    pub content_type: &'static str,
    /// The body, byte for byte.
    pub body: &'static [u8],
}

/// The acknowledgement that Antom expects, the same for every notification. It is not signed. Without it Antom sends the
/// notification again, for up to 24 hours. See <https://docs.antom.com/ac/ams/notify_vaulting>.
pub const fn ack() -> Acknowledgement {
    Acknowledgement {
        content_type: "application/json",
        body:
            br#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}"#,
    }
}

/// Checks notifications for one client id.
#[derive(Clone)]
pub struct NotificationVerifier {
    client_id: String,
    keys: Arc<KeyRing>,
    tolerance: Option<Duration>,
}

impl NotificationVerifier {
    /// Needs no private key: a process that only receives notifications need not have one.
    pub fn new(client_id: impl Into<String>, keys: impl Into<Arc<KeyRing>>) -> Self {
        Self {
            client_id: client_id.into(),
            keys: keys.into(),
            tolerance: None,
        }
    }

    /// Refuses a notification whose signed time differs from this machine's by more than `tolerance`, either way.
    ///
    /// Default: none. Antom sends a notification that is not acknowledged again for up to 24 hours, and does not
    /// document whether it signs a new time then: a tolerance shorter than that may refuse what it should not. To
    /// stop a notification from being handled twice, use a [`ReplayGuard`] instead.
    #[must_use]
    pub fn with_tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Verifies a notification and reads it: `path` is the path that Antom called, with its query; behind a proxy
    /// that rewrites paths, the one in the registered URL. `headers` are all that came, `body` the raw bytes, before
    /// any framework parsed them.
    ///
    /// # Errors
    /// [`ErrorKind::UntrustedNotification`]: answer with an HTTP error and do not act on it.
    /// [`ErrorKind::Protocol`]: it is Antom's, but not what is documented.
    pub fn verify<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        method: &str,
        path: &str,
        headers: &[(N, V)],
        body: &[u8],
    ) -> Result<Notification, Error> {
        self.verify_at(method, path, headers, body, SystemTime::now())
    }

    fn verify_at<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        method: &str,
        path: &str,
        headers: &[(N, V)],
        body: &[u8],
        now: SystemTime,
    ) -> Result<Notification, Error> {
        let client_id = header(headers, "client-id")?;
        let time = header(headers, "request-time")?;
        let signature = header(headers, "signature")?;
        if client_id != self.client_id {
            return Err(untrusted("it is for another client id"));
        }
        let content = Content {
            method,
            path,
            client_id,
            time,
            body,
        };
        let verified = Verified::by(&self.keys, &content, signature)
            .map_err(|failure| untrusted(format!("its signature is not valid: {failure}")))?;
        if let Some(tolerance) = self.tolerance {
            let sent = response_time::read(time)
                .ok_or_else(|| untrusted("its request-time cannot be read"))?;
            let now = OffsetDateTime::from(now);
            if (now - sent).unsigned_abs() > tolerance {
                return Err(untrusted(
                    "its request-time is further from this machine's time than the tolerance: check the clock, or choose a longer tolerance",
                ));
            }
        }
        Notification::parse(&verified).map_err(|problem| {
            Error::new(
                ErrorKind::Protocol,
                format!("the notification is Antom's, but not what is documented: {problem}"),
            )
        })
    }
}

/// A verified notification.
#[derive(Debug)]
pub enum Notification {
    /// notifyVaulting: what became of a vaulting.
    Vaulting(Box<VaultingNotification>),
    /// Any other notification of Antom, for example of a payment.
    Other {
        /// The verified JSON.
        raw: Json,
    },
}

/// Verified JSON whose `Debug` shows nothing of it.
pub struct Json(pub Secret<String>);

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(..)")
    }
}

/// The body of notifyVaulting. See <https://docs.antom.com/ac/ams/notify_vaulting>.
#[derive(Debug)]
pub struct VaultingNotification {
    /// The `vaultingRequestId` of the vaulting.
    pub request_id: String,
    /// What became of it.
    pub outcome: VaultingOutcome,
    /// `vaultingCreateTime`, if it came and could be read.
    pub created_at: Option<OffsetDateTime>,
    /// `metadata`: the merchant's own text, at most 2048 characters.
    pub metadata: Option<String>,
    /// `acquirerInfo`.
    pub acquirer_info: Option<AcquirerInfo>,
    /// `customizedInfo`: the merchant's own text.
    pub customized_info: Option<CustomizedInfo>,
    /// The whole verified JSON. Holds the card token.
    pub raw: Json,
}

impl VaultingNotification {
    /// What the same notification has in common with its repetitions, for a [`ReplayGuard`].
    pub fn replay_key(&self) -> String {
        let outcome = match self.outcome {
            VaultingOutcome::Succeeded(_) => "SUCCESS",
            VaultingOutcome::Failed(_) => "FAIL",
            VaultingOutcome::Processing(_) => "PROCESSING",
            VaultingOutcome::Unrecognised(ref status) => status,
        };
        format!("{outcome} {}", self.request_id)
    }
}

impl Notification {
    fn parse(verified: &Verified<'_>) -> Result<Self, ParseError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            vaulting_request_id: Option<String>,
            vaulting_status: Option<String>,
            #[serde(default, deserialize_with = "text::deserialize")]
            vaulting_create_time: Option<String>,
            #[serde(default, deserialize_with = "object::deserialize")]
            payment_method_detail: Option<Box<PaymentMethodDetail>>,
            #[serde(default, deserialize_with = "object::deserialize")]
            acquirer_info: Option<AcquirerInfo>,
            #[serde(default, deserialize_with = "object::deserialize")]
            customized_info: Option<CustomizedInfo>,
            #[serde(default, deserialize_with = "text::deserialize")]
            metadata: Option<String>,
        }
        let raw = Json(verified.text()?);
        let wire: Wire = verified.json()?;
        let Some(request_id) = wire.vaulting_request_id else {
            return Ok(Self::Other { raw });
        };
        let result = parse_result(verified.bytes()).ok_or_else(|| {
            ParseError::new("it has no result with a resultStatus and a resultCode")
        })?;
        let failure = VaultingFailure {
            code: result.code,
            message: result.message,
        };
        let outcome = match (result.status, wire.vaulting_status.as_deref()) {
            (ResultStatus::Failed, _) | (ResultStatus::Success, Some("FAIL")) => {
                VaultingOutcome::Failed(failure)
            }
            (ResultStatus::Success, Some("SUCCESS") | None) => {
                VaultingOutcome::Succeeded(wire.payment_method_detail.ok_or_else(|| {
                    ParseError::new("it reports success without a paymentMethodDetail")
                })?)
            }
            (ResultStatus::Unknown, _) | (ResultStatus::Success, Some("PROCESSING")) => {
                VaultingOutcome::Processing(verified.json()?)
            }
            (ResultStatus::Success, Some(status)) => {
                VaultingOutcome::Unrecognised(status.to_owned())
            }
        };
        Ok(Self::Vaulting(Box::new(VaultingNotification {
            request_id,
            outcome,
            created_at: wire
                .vaulting_create_time
                .and_then(|time| OffsetDateTime::parse(&time, &Rfc3339).ok()),
            metadata: wire.metadata,
            acquirer_info: wire.acquirer_info,
            customized_info: wire.customized_info,
            raw,
        })))
    }
}

fn untrusted(problem: impl fmt::Display) -> Error {
    Error::new(
        ErrorKind::UntrustedNotification,
        format!("do not act on this notification: {problem}"),
    )
}

/// The only value of a header, whatever the case of its name.
fn header<'h, N: AsRef<str>, V: AsRef<[u8]>>(
    headers: &'h [(N, V)],
    name: &str,
) -> Result<&'h str, Error> {
    let mut values = headers
        .iter()
        .filter(|(other, _)| other.as_ref().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_ref());
    match (values.next(), values.next()) {
        (None, _) => Err(untrusted(format!("it has no {name} header"))),
        (Some(_), Some(_)) => Err(untrusted(format!("it has more than one {name} header"))),
        (Some(value), None) => std::str::from_utf8(value)
            .map(str::trim)
            .map_err(|_| untrusted(format!("its {name} header is not plain text"))),
    }
}

/// Remembers which notifications were handled, so that a repetition is not handled again.
///
/// Antom repeats a notification until it is acknowledged, and sometimes after. Several web servers need a guard that
/// they share: a database or Redis.
pub trait ReplayGuard: Send + Sync {
    /// Claims a notification by its [`replay_key`](VaultingNotification::replay_key).
    ///
    /// # Errors
    /// When the store cannot say. Then answer with an HTTP error: Antom sends it again.
    fn claim(&self, key: &str) -> Result<Claim, Box<dyn std::error::Error + Send + Sync>>;

    /// Gives a claim back, because handling failed: the next repetition is [`Claim::First`] again.
    fn release(&self, key: &str);
}

/// Whether a notification is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Handle it, then acknowledge it.
    First,
    /// It was claimed before: acknowledge it and do nothing else.
    AlreadyHandled,
}

/// A [`ReplayGuard`] for one process: bounded, and forgetting after a while. A claim takes the same short time however
/// many there are.
pub struct MemoryReplayGuard {
    claims: Mutex<Claims>,
    capacity: usize,
    keep: Duration,
    clock: fn() -> Instant,
}

impl MemoryReplayGuard {
    /// Keeps at most `capacity` notifications for `keep` each; more than the 24 hours in which Antom repeats them is
    /// a good choice. The oldest goes when it is full. What takes longer to handle than it is kept must not be released:
    /// by then the claim may be that of a repetition.
    pub fn new(capacity: usize, keep: Duration) -> Self {
        Self {
            claims: Mutex::default(),
            capacity: capacity.max(1),
            keep,
            clock: Instant::now,
        }
    }

    fn claims(&self) -> MutexGuard<'_, Claims> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is claimed, and in which order. All are kept equally long, so the oldest is the first to go.
#[derive(Default)]
struct Claims {
    /// The number of the claim that holds a key.
    holders: HashMap<Arc<str>, u64>,
    /// By their age. Those whose number no longer holds their key were released.
    queue: VecDeque<Queued>,
    next: u64,
}

struct Queued {
    key: Arc<str>,
    number: u64,
    at: Instant,
}

impl Claims {
    fn drop_oldest(&mut self) {
        if let Some(Queued { key, number, .. }) = self.queue.pop_front()
            && self.holders.get(&key) == Some(&number)
        {
            self.holders.remove(&key);
        }
    }

    fn forget(&mut self, now: Instant, keep: Duration) {
        while let Some(oldest) = self.queue.front()
            && now.duration_since(oldest.at) >= keep
        {
            self.drop_oldest();
        }
    }

    fn add(&mut self, key: &str, at: Instant) {
        let key: Arc<str> = key.into();
        let number = self.next;
        self.next += 1;
        self.holders.insert(Arc::clone(&key), number);
        self.queue.push_back(Queued { key, number, at });
    }

    /// Released claims wait in the queue until they are old, or until they are as many as there may be claims.
    fn release(&mut self, key: &str, capacity: usize) {
        self.holders.remove(key);
        if self.queue.len() / 2 > capacity {
            let holders = &self.holders;
            self.queue
                .retain(|queued| holders.get(&queued.key) == Some(&queued.number));
        }
    }
}

impl ReplayGuard for MemoryReplayGuard {
    fn claim(&self, key: &str) -> Result<Claim, Box<dyn std::error::Error + Send + Sync>> {
        let mut claims = self.claims();
        // Inside the lock, so that the queue is in the order of time.
        let now = (self.clock)();
        claims.forget(now, self.keep);
        if claims.holders.contains_key(key) {
            return Ok(Claim::AlreadyHandled);
        }
        while claims.holders.len() >= self.capacity {
            claims.drop_oldest();
        }
        claims.add(key, now);
        Ok(Claim::First)
    }

    fn release(&self, key: &str) {
        self.claims().release(key, self.capacity);
    }
}

/// Makes notifications for tests: the body, and headers signed with a key of the test's own.
pub struct TestNotification {
    body: Vec<u8>,
    time: String,
}

/// A notification as a web server receives it.
pub struct SignedNotification {
    /// The headers to send.
    pub headers: Vec<(String, String)>,
    /// The body to send.
    pub body: Vec<u8>,
}

impl TestNotification {
    /// A card was vaulted.
    pub fn succeeded(vaulting_request_id: &str, card_token: &str) -> Self {
        Self::with_body(
            serde_json::json!({
                "result": {"resultCode": "SUCCESS", "resultMessage": "success", "resultStatus": "S"},
                "vaultingRequestId": vaulting_request_id,
                "paymentMethodDetail": {
                    "paymentMethodType": "CARD",
                    "card": {"cardToken": card_token, "brand": "VISA", "lastFour": "0768",
                             "maskedCardNo": "************0768", "expiryMonth": "02", "expiryYear": "29"},
                },
                "vaultingStatus": "SUCCESS",
            })
            .to_string(),
        )
    }

    /// A card was not vaulted, for the reason `code`, for example `CARD_EXPIRED`.
    pub fn failed(vaulting_request_id: &str, code: &str) -> Self {
        Self::with_body(
            serde_json::json!({
                "result": {"resultCode": code, "resultMessage": code, "resultStatus": "F"},
                "vaultingRequestId": vaulting_request_id,
                "paymentMethodDetail": {"paymentMethodType": "CARD"},
            })
            .to_string(),
        )
    }

    /// Any body.
    pub fn with_body(body: impl Into<Vec<u8>>) -> Self {
        let now = OffsetDateTime::now_utc();
        Self {
            body: body.into(),
            time: now
                .replace_nanosecond(0)
                .unwrap_or(now)
                .format(&Rfc3339)
                .unwrap_or_default(),
        }
    }

    /// Another `request-time` than now, as header text.
    #[must_use]
    pub fn at(mut self, time: impl Into<String>) -> Self {
        self.time = time.into();
        self
    }

    /// Signs it as Antom would, for a URL with this path.
    ///
    /// # Panics
    /// If the signer fails.
    pub fn sign(self, signer: &impl Signer, client_id: &str, path: &str) -> SignedNotification {
        let content = Content {
            method: "POST",
            path,
            client_id,
            time: &self.time,
            body: &self.body,
        };
        let signature = content.sign(signer).expect("a test's signer does not fail");
        let headers = [
            ("Content-Type", "application/json"),
            ("client-id", client_id),
            ("Request-Time", &self.time),
            ("Signature", &SignatureHeader::write(&signature, "1")),
        ];
        SignedNotification {
            headers: headers.map(|(n, v)| (n.to_owned(), v.to_owned())).into(),
            body: self.body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SigningKey;
    use std::sync::LazyLock;

    const CLIENT: &str = "SANDBOX_5X00000000000000";
    static ANTOM: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate().signing_key);
    static OTHER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate().signing_key);

    fn verifier() -> NotificationVerifier {
        NotificationVerifier::new(CLIENT, KeyRing::new(ANTOM.verifying_key()))
    }

    fn received() -> SignedNotification {
        TestNotification::succeeded("vault-1", "ALIPAYtoken==").sign(
            &*ANTOM,
            CLIENT,
            "/notify?shop=7",
        )
    }

    fn refusal(notification: &SignedNotification, path: &str) -> Error {
        verifier()
            .verify("POST", path, &notification.headers, &notification.body)
            .unwrap_err()
    }

    #[test]
    fn a_notification_is_verified_and_read() {
        let it = received();
        let Ok(Notification::Vaulting(event)) =
            verifier().verify("POST", "/notify?shop=7", &it.headers, &it.body)
        else {
            panic!("it is a vaulting notification");
        };
        assert_eq!(event.request_id, "vault-1");
        let VaultingOutcome::Succeeded(detail) = &event.outcome else {
            panic!("{:?}", event.outcome);
        };
        let token = detail.card.as_ref().unwrap().card_token.as_ref().unwrap();
        assert_eq!(token.expose(), "ALIPAYtoken==");
        assert!(!format!("{event:?}").contains("ALIPAY"));
    }

    #[test]
    fn whatever_was_changed_on_the_way_is_untrusted() {
        let mut body = received();
        body.body.push(b' ');
        let mut double = received();
        double.headers.push(("SIGNATURE".into(), "x".into()));
        let mut missing = received();
        missing.headers.retain(|(name, _)| name != "Request-Time");
        let other_key =
            TestNotification::succeeded("1", "t").sign(&*OTHER, CLIENT, "/notify?shop=7");
        let other_client =
            TestNotification::succeeded("1", "t").sign(&*ANTOM, "5X1", "/notify?shop=7");
        for (name, it, path) in [
            ("body", &body, "/notify?shop=7"),
            ("double header", &double, "/notify?shop=7"),
            ("missing header", &missing, "/notify?shop=7"),
            ("other key", &other_key, "/notify?shop=7"),
            ("other client", &other_client, "/notify?shop=7"),
            ("query lost", &received(), "/notify"),
        ] {
            let error = refusal(it, path);
            assert_eq!(
                error.kind(),
                ErrorKind::UntrustedNotification,
                "{name}: {error}"
            );
        }
    }

    #[test]
    fn an_untrusted_notification_says_what_happened_to_it() {
        let mut spaced = received();
        spaced.body = String::from_utf8(spaced.body)
            .unwrap()
            .replace(':', ": ")
            .into();
        let other_key = TestNotification::succeeded("1", "t").sign(&*OTHER, CLIENT, "/n");
        for (it, path, said) in [
            (
                &received(),
                "/notify/?shop=7",
                "the path was signed without the slash at its end",
            ),
            (
                &received(),
                "//notify?shop=7",
                "the path was signed with one slash where two came",
            ),
            (&spaced, "/notify?shop=7", "the body was written anew"),
            (&other_key, "/n", "another key than the known ones"),
        ] {
            let error = refusal(it, path);
            assert!(error.message().contains(said), "{said}: {error}");
        }
    }

    #[test]
    fn the_key_is_chosen_by_the_version_that_the_header_names() {
        let keys = KeyRing::new(OTHER.verifying_key()).with_version("2", ANTOM.verifying_key());
        let verifier = NotificationVerifier::new(CLIENT, keys);
        let mut it = received();
        let verify = |it: &SignedNotification| {
            verifier.verify("POST", "/notify?shop=7", &it.headers, &it.body)
        };
        let error = verify(&it).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UntrustedNotification);
        assert!(
            error.message().contains("Antom's key for keyVersion 2"),
            "{error}"
        );
        let (_, signature) = it.headers.last_mut().unwrap();
        *signature = signature.replace("keyVersion=1", "keyVersion=2");
        verify(&it).unwrap();
    }

    #[test]
    fn the_names_of_headers_are_read_in_any_case() {
        let mut it = received();
        for change in [str::to_uppercase, str::to_lowercase] {
            for (name, _) in &mut it.headers {
                *name = change(name);
            }
            verifier()
                .verify("POST", "/notify?shop=7", &it.headers, &it.body)
                .unwrap();
        }
    }

    #[test]
    fn failure_and_other_notifications_are_told_apart() {
        let failed =
            TestNotification::failed("vault-1", "CARD_EXPIRED").sign(&*ANTOM, CLIENT, "/n");
        let Ok(Notification::Vaulting(event)) =
            verifier().verify("POST", "/n", &failed.headers, &failed.body)
        else {
            panic!("it is a vaulting notification");
        };
        assert!(matches!(&event.outcome, VaultingOutcome::Failed(f) if f.code == "CARD_EXPIRED"));
        let payment = TestNotification::with_body(r#"{"notifyType":"PAYMENT_RESULT"}"#)
            .sign(&*ANTOM, CLIENT, "/n");
        assert!(matches!(
            verifier().verify("POST", "/n", &payment.headers, &payment.body),
            Ok(Notification::Other { .. })
        ));
    }

    #[test]
    fn success_without_details_is_not_success() {
        let body =
            r#"{"result":{"resultStatus":"S","resultCode":"SUCCESS"},"vaultingRequestId":"1"}"#;
        let it = TestNotification::with_body(body).sign(&*ANTOM, CLIENT, "/n");
        assert_eq!(refusal(&it, "/n").kind(), ErrorKind::Protocol);
    }

    #[test]
    fn the_tolerance_has_two_sides_and_reads_both_time_formats() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_755_403_200_123);
        let strict = verifier().with_tolerance(Duration::from_mins(5));
        for (time, fits) in [
            ("1755403200123", true),
            ("2025-08-17T12:04:00+08:00", true),
            ("2025-08-17T11:56:00+08:00", true),
            ("2025-08-17T12:06:00+08:00", false),
            ("2025-08-17T11:54:00+08:00", false),
            ("yesterday", false),
        ] {
            let it = TestNotification::succeeded("1", "t")
                .at(time)
                .sign(&*ANTOM, CLIENT, "/n");
            let verified = strict.verify_at("POST", "/n", &it.headers, &it.body, now);
            assert_eq!(verified.is_ok(), fits, "{time}");
        }
    }

    #[test]
    fn a_repetition_is_already_handled_until_it_is_forgotten() {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        let mut guard = MemoryReplayGuard::new(2, Duration::from_hours(25));
        guard.clock = || *START;
        assert_eq!(guard.claim("a").unwrap(), Claim::First);
        assert_eq!(guard.claim("a").unwrap(), Claim::AlreadyHandled);
        guard.release("a");
        assert_eq!(guard.claim("a").unwrap(), Claim::First);
        guard.clock = || *START + Duration::from_hours(24);
        assert_eq!(guard.claim("a").unwrap(), Claim::AlreadyHandled);
        guard.clock = || *START + Duration::from_hours(26);
        assert_eq!(guard.claim("a").unwrap(), Claim::First);
        guard.claim("b").unwrap();
        guard.claim("c").unwrap();
        assert_eq!(guard.claims().holders.len(), 2);
        assert_eq!(guard.claim("c").unwrap(), Claim::AlreadyHandled);
        // The oldest has gone.
        assert_eq!(guard.claim("a").unwrap(), Claim::First);
    }

    #[test]
    fn a_claim_that_was_released_does_not_end_the_next_one_for_its_key() {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        let mut guard = MemoryReplayGuard::new(2, Duration::from_secs(10));
        guard.clock = || *START;
        guard.claim("a").unwrap();
        guard.release("a");
        guard.clock = || *START + Duration::from_secs(5);
        assert_eq!(guard.claim("a").unwrap(), Claim::First);
        // The first claim would have ended by now.
        guard.clock = || *START + Duration::from_secs(12);
        assert_eq!(guard.claim("a").unwrap(), Claim::AlreadyHandled);
        guard.clock = || *START + Duration::from_secs(15);
        assert_eq!(guard.claim("a").unwrap(), Claim::First);
    }

    #[test]
    fn a_guard_keeps_no_more_than_its_capacity_whatever_is_released() {
        let guard = MemoryReplayGuard::new(10, Duration::from_hours(25));
        for number in 0..1000 {
            let key = format!("{number}");
            guard.claim(&key).unwrap();
            if number % 3 > 0 {
                guard.release(&key);
            }
        }
        let claims = guard.claims();
        assert!(claims.holders.len() <= 10);
        assert!(claims.queue.len() <= 32, "{}", claims.queue.len());
    }

    #[test]
    fn a_claim_among_many_is_as_quick_as_among_few() {
        /// The quickest of several rounds of 1,000 claims in a guard that is full.
        fn quickest(capacity: usize) -> Duration {
            let guard = MemoryReplayGuard::new(capacity, Duration::from_hours(25));
            let keys: Vec<String> = (0..capacity + 5000).map(|n| n.to_string()).collect();
            let (first, rest) = keys.split_at(capacity);
            for key in first {
                guard.claim(key).unwrap();
            }
            rest.chunks(1000)
                .map(|round| {
                    let begin = Instant::now();
                    for key in round {
                        assert_eq!(guard.claim(key).unwrap(), Claim::First);
                    }
                    begin.elapsed()
                })
                .min()
                .unwrap()
        }
        let (few, many) = (quickest(1000), quickest(100_000));
        // Looking through all of them takes hundreds of times as long.
        assert!(many < few * 20, "{many:?} instead of {few:?}");
    }

    #[test]
    fn the_acknowledgement_is_byte_for_byte_what_antom_expects() {
        assert_eq!(
            std::str::from_utf8(ack().body).unwrap(),
            r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}"#
        );
    }
}
