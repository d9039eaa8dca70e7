//! A careful client for Antom's card-vaulting API: it signs what it sends, verifies what it receives before it
//! reads it, and says of every failure whether the request may have been processed.
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
    ACK_BODY, ACK_CONTENT_TYPE, Claim, Json, MemoryReplayGuard, Notification, NotificationVerifier,
    ReplayGuard, SignedNotification, TestNotification, VaultingNotification,
};
#[cfg(feature = "tracing")]
pub use observer::TracingObserver;
pub use observer::{AttemptEnded, CallBegan, CallEnded, Observer};
pub use response_time::ResponseTime;
pub use retry::Repeat;
pub use secret::Secret;

/// The version of this library, for example `0.1.0`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
