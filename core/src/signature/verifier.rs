//! Antom's public keys, and whether one of them made a signature.

use super::content::Content;
use super::header::{HeaderError, SignatureHeader};
use super::key::VerifyingKey;

/// The public keys that may have signed.
pub struct KeyRing {
    key: VerifyingKey,
}

/// Why a signature is not valid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The header cannot be read.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The signature was not made over this content with this key.
    #[error(
        "it was not made over these bytes with the given public key (key {0}); check that this is Antom's key for this mode, and that nothing between Antom and here changes the body"
    )]
    NoMatch(String),
}

impl KeyRing {
    /// A ring with one key, which serves for every `keyVersion`.
    pub fn new(key: VerifyingKey) -> Self {
        Self { key }
    }

    /// Whether the `signature` header `header` is a valid signature of `content`.
    ///
    /// # Errors
    /// [`VerifyError`], where it is not.
    pub fn verify(&self, content: &Content<'_>, header: &str) -> Result<(), VerifyError> {
        let header = SignatureHeader::parse(header)?;
        if self.key.verify(&content.to_bytes(), &header.signature) {
            Ok(())
        } else {
            Err(VerifyError::NoMatch(self.key.short_fingerprint()))
        }
    }
}
