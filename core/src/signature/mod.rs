//! Signing and verifying, without a socket: the string to sign, the header that carries the signature, the keys.
//!
//! ```
//! use antom_core::signature::{Content, GeneratedKey, KeyRing, SignatureHeader, Signer, SigningKey};
//!
//! let merchant = SigningKey::generate();
//! let content = Content {
//!     method: "POST",
//!     path: "/ams/api/v1/vaults/inquireVaulting",
//!     client_id: "5X00000000000000",
//!     time: "1755403200123",
//!     body: br#"{"vaultingRequestId":"1"}"#,
//! };
//! let header = SignatureHeader::write(&content.sign(&merchant.signing_key)?, "1");
//! KeyRing::new(merchant.signing_key.verifying_key()).verify(&content, &header)?;
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```

mod content;
mod header;
pub(crate) mod key;
mod signer;
mod verifier;

pub use content::Content;
pub use header::{HeaderError, SignatureHeader};
pub use key::{GeneratedKey, KeyDescription, KeyInput, SigningKey, VerifyingKey};
pub(crate) use signer::{AwaitsSignature, HandSignature, SignedByHand};
pub use signer::{LONGEST_SIGNATURE, Signer, SignerError};
pub use verifier::{KeyRing, VerifyError};
