//! A careful client for Antom's card-vaulting API: it signs what it sends, verifies what it receives before it
//! reads it, and says of every failure whether the request may have been processed.
//!
//! # Quick start
//!
//! ```no_run
//! use antom_core::{Client, CreateVaultingSession};
//! use antom_core::signature::KeyInput;
//!
//! let client = Client::builder("SANDBOX_5X00000000000000")
//!     .private_key(KeyInput::path("merchant_private.pem"))
//!     .antom_public_key(KeyInput::path("antom_public.pem"))
//!     .endpoint("https://127.0.0.1:8443")
//!     .ca_certificate_path("ca.pem")
//!     .build()?;
//! let session = client.create_vaulting_session(&CreateVaultingSession {
//!     payment_method_type: "CARD".into(),
//!     vaulting_notification_url: Some("https://shop.example/notify".into()),
//!     redirect_url: Some("https://shop.example/return".into()),
//!     ..Default::default()
//! })?;
//! // To the page, and to nobody else:
//! let session_data: &str = session.data.expose();
//! # Ok::<(), antom_core::Error>(())
//! ```
//!
//! Build one client when the program starts, and share it: building reads keys and certificate authorities, and the
//! client keeps its connections open. Then: the page collects the card with the session's data, Antom posts a
//! notification, and the card token in it is what later payments use. Where no notification comes, ask with
//! [`Client::inquire_vaulting`].
//!
//! | Antom's API | here |
//! |---|---|
//! | [createVaultingSession](https://docs.antom.com/ac/apo/vaulting_session) | [`Client::create_vaulting_session`] |
//! | [inquireVaulting](https://docs.antom.com/ac/ams/inquire_vaulting) | [`Client::inquire_vaulting`], [`Client::recover`] |
//! | [vaultPaymentMethod](https://docs.antom.com/ac/ams/vault_method) | `Client::vault_payment_method`, with the feature `card-data` |
//! | [notifyVaulting](https://docs.antom.com/ac/ams/notify_vaulting) | [`Client::notifications`] |
//! | any other | [`Client::call`]: JSON in, verified JSON out |
//!
//! # Settings
//!
//! Required are the client id, a private key or a signer, Antom's public key, and an endpoint or a [`Region`]. Keys
//! are read as PEM, DER or bare base64. All checks are made by [`ClientBuilder::build`], which opens no connection.
//!
//! | setting | default |
//! |---|---|
//! | [`timeout`](ClientBuilder::timeout): a call with all its attempts and waits | 30 s; [`Client::with_timeout`] changes it for some calls |
//! | [`connect_timeout`](ClientBuilder::connect_timeout) | 5 s |
//! | [`max_retries`](ClientBuilder::max_retries) | 2 |
//! | [`product`](ClientBuilder::product): decides the field rules | [`Product::Apo`] |
//! | [`key_version`](ClientBuilder::key_version) | `1` |
//! | [`max_response_age`](ClientBuilder::max_response_age) | none |
//! | [`proxy`](ClientBuilder::proxy), [`agent_token`](ClientBuilder::agent_token), [`observer`](ClientBuilder::observer) | none |
//! | [`ca_certificate`](ClientBuilder::ca_certificate): in addition to the platform's | none |
//!
//! # Errors
//!
//! [`Error::kind`] says what happened, the message what to do, and [`Error::is_retryable`] whether the same request
//! may be sent again as it is. No error holds a key, a token, a card number or a session's data.
//!
//! | kind | what to do |
//! |---|---|
//! | [`InvalidArgument`](ErrorKind::InvalidArgument), [`Config`](ErrorKind::Config) | correct the program or its settings; nothing was sent |
//! | [`InvalidRequest`](ErrorKind::InvalidRequest) | correct every field of [`Error::violations`]; nothing was sent |
//! | [`Signing`](ErrorKind::Signing) | check the signer; nothing was sent |
//! | [`NotSent`](ErrorKind::NotSent) | send it again, unless the message names a certificate or a setting to correct first |
//! | [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) | keep [`Error::request_id`]; [`Client::recover`] by it, or send again with it |
//! | [`Closed`](ErrorKind::Closed) | build a new client |
//! | [`Api`](ErrorKind::Api) | F: see [`Error::result_code`] and [`Error::advice`]; U: send it again with the same id. Mind [`Error::is_authenticated`] |
//! | [`UntrustedResponse`](ErrorKind::UntrustedResponse) | act on nothing; check Antom's key, the client id, the endpoint and the clock |
//! | [`Protocol`](ErrorKind::Protocol) | check the endpoint; contact Antom's support with the time and the request id |
//! | [`UntrustedNotification`](ErrorKind::UntrustedNotification) | act on nothing; answer with an HTTP error |
//! | [`Internal`](ErrorKind::Internal), or one that you do not know | treat it as an unknown outcome, and report it |
//!
//! # Retries and deadlines
//!
//! A call makes up to two more attempts inside one timeout, each signed anew: where nothing was sent, and, because Antom
//! gives the same result for the same `vaultingRequestId`, where no answer came, after HTTP 408, 429 and 5xx, and after
//! U. Waits grow, are random, and honour `retry-after`; a budget for each client keeps an outage from being answered
//! with a flood. Never repeated: F, an answer that cannot be trusted, and a card that may have arrived.
//!
//! After an unknown outcome, find out what happened:
//!
//! ```no_run
//! # use antom_core::{Client, CreateVaultingSession, Error, ErrorKind, Recovery, VaultingSession};
//! fn open(client: &Client, request: &CreateVaultingSession) -> Result<(), Error> {
//!     match client.create_vaulting_session(request) {
//!         Ok(session) => drop(session),
//!         Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
//!             let id = error.request_id().expect("a call has an id");
//!             match client.recover(id)? {
//!                 Recovery::Known(inquiry) => println!("{:?}", inquiry.outcome),
//!                 Recovery::NeverArrived => println!("send {id} again"),
//!             }
//!         }
//!         Err(error) => return Err(error),
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Notifications
//!
//! Give the raw body, before any framework parsed it, and the path in the URL that Antom was given. Antom repeats a
//! notification until it is acknowledged, for up to 24 hours, so claim each before you act on it. The claim of
//! [`MemoryReplayGuard`] is for one process; several servers need a [`ReplayGuard`] on a database that they share.
//!
//! ```
//! use antom_core::{Claim, Error, MemoryReplayGuard, Notification, NotificationVerifier, ReplayGuard};
//! use std::time::Duration;
//!
//! /// The HTTP status to answer with; with 200 goes `antom_core::ack()`.
//! fn receive(
//!     verifier: &NotificationVerifier, guard: &impl ReplayGuard, headers: &[(String, String)], body: &[u8],
//! ) -> Result<u16, Error> {
//!     let Notification::Vaulting(event) = verifier.verify("POST", "/notify", headers, body)? else {
//!         return Ok(200);
//!     };
//!     match guard.claim(&event.replay_key()) {
//!         Ok(Claim::First) => {} // Store the card token here; `release` the claim if that fails.
//!         Ok(Claim::AlreadyHandled) => {}
//!         Err(_) => return Ok(500), // Antom sends it again.
//!     }
//!     Ok(200)
//! }
//!
//! let guard = MemoryReplayGuard::new(100_000, Duration::from_secs(25 * 3600));
//! # use antom_core::TestNotification;
//! # use antom_core::signature::{KeyRing, SigningKey};
//! # let antom = SigningKey::generate().signing_key;
//! # let verifier = NotificationVerifier::new("5X", KeyRing::new(antom.verifying_key()));
//! # let it = TestNotification::succeeded("1", "TOKEN").sign(&antom, "5X", "/notify");
//! # assert_eq!(receive(&verifier, &guard, &it.headers, &it.body).unwrap(), 200);
//! # assert_eq!(guard.claim("SUCCESS 1").unwrap(), Claim::AlreadyHandled);
//! ```
//!
//! [`TestNotification`] makes signed ones for the tests of your own program.
//!
//! # Keys elsewhere, and new keys
//!
//! A [`Signer`](signature::Signer) signs in a KMS or an HSM; a closure is one. It gets the string to sign and its
//! SHA-256 digest, and its time counts against the call's timeout. With
//! [`signer_public_key`](ClientBuilder::signer_public_key), a wrong pair is found when the client is built.
//!
//! ```no_run
//! # use antom_core::{Client, Error};
//! # use antom_core::signature::{KeyInput, SignerError};
//! # fn ask_the_kms(_digest: &[u8; 32]) -> Result<Vec<u8>, SignerError> { Err("no KMS".into()) }
//! let client = Client::builder("5X00000000000000")
//!     .signer(|_content: &[u8], sha256: &[u8; 32]| ask_the_kms(sha256))
//!     .signer_public_key(KeyInput::path("merchant_public.pem"))
//!     .antom_public_key(KeyInput::path("antom_public.pem"))
//!     // While Antom changes its key, both are valid:
//!     .antom_public_key_version("2", KeyInput::path("antom_public_2.pem"))
//!     .endpoint("https://open-sea-global.alipay.com")
//!     .build()?;
//! # Ok::<(), Error>(())
//! ```
//!
//! To change your own key, upload the new public half, then build a new client with the new key and its
//! [`key_version`](ClientBuilder::key_version); the old client may finish its calls.
//!
//! # Why is a signature wrong?
//!
//! Each error about a signature says the cause, where it can be found: the other mode's path, a body that a framework
//! wrote anew, the wrong key, a header that was encoded twice. [`doctor`] is the same for messages of your own.
//!
//! # Watching
//!
//! An [`Observer`] is told of every call and every attempt, with durations, sizes and the clock's skew, and never of
//! bodies or keys. `TracingObserver`, with the feature `tracing`, writes them as events. Keep the log targets `ureq`
//! and `ureq_proto` below the level trace: there they write whole requests and answers.
//!
//! # Threads and forks
//!
//! A client serves any number of threads. A call blocks its thread: in an async program, use a thread pool such as
//! `spawn_blocking`. [`Client::close`] wakes blocked calls, and [`Client::with_interrupt`] lets one call end alone. After
//! `fork()`, the child opens connections of its own; fork only while no other thread is inside a call, because locks
//! that are held then stay held in the child.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `card-data` | vaultPaymentMethod; it brings card numbers, and PCI DSS, to your process |
//! | `tracing` | `TracingObserver` |

pub mod api;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
mod client;
mod config;
pub mod doctor;
mod error;
mod notification;
mod observer;
mod response_time;
mod retry;
mod secret;
pub mod signature;
mod transport;
mod trust;

pub use api::create_vaulting_session::{CreateVaultingSession, VaultingSession, metadata_text};
pub use api::inquire_vaulting::{
    InquireVaulting, VaultingFailure, VaultingInquiry, VaultingOutcome,
};
pub use api::result::{ApiResult, ResultStatus};
pub use api::rules::{Product, Violation};
pub use client::{Client, Recovery, VerifiedAnswer};
pub use config::{ClientBuilder, Region};
pub use error::{Error, ErrorKind};
pub use notification::{
    Acknowledgement, Claim, Json, MemoryReplayGuard, Notification, NotificationVerifier,
    ReplayGuard, SignedNotification, TestNotification, VaultingNotification, ack,
};
#[cfg(feature = "tracing")]
pub use observer::TracingObserver;
pub use observer::{AttemptEnded, CallBegan, CallEnded, Observer};
pub use response_time::ResponseTime;
pub use retry::Repeat;
pub use secret::Secret;

/// The version of this library, for example `0.1.0`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
