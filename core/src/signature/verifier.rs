//! Antom's public keys, and whether one of them made a signature.

use super::content::Content;
use super::header::{HeaderError, SignatureHeader};
use super::key::VerifyingKey;

/// The public keys that may have signed, by their `keyVersion`.
///
/// While Antom changes its key, both are in the ring, and each signature is checked with the one it names.
pub struct KeyRing {
    keys: Vec<(Option<String>, VerifyingKey)>,
}

/// Why a signature is not valid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The header cannot be read.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// No key of the ring is for this `keyVersion`.
    #[error("it names a key version for which no public key is configured")]
    NoKey,
    /// The signature was not made over this content with this key.
    #[error(
        "it was not made over these bytes with the given public key (key {0}); check that this is Antom's key for this mode, and that nothing between Antom and here changes the body"
    )]
    NoMatch(String),
}

impl KeyRing {
    /// A ring with one key, which serves for every `keyVersion` that has no key of its own.
    pub fn new(key: VerifyingKey) -> Self {
        Self {
            keys: vec![(None, key)],
        }
    }

    /// Adds the key of one `keyVersion`; the one that was there for it goes.
    #[must_use]
    pub fn with_version(mut self, version: impl Into<String>, key: VerifyingKey) -> Self {
        let version = Some(version.into());
        self.keys.retain(|(other, _)| *other != version);
        self.keys.push((version, key));
        self
    }

    /// Every key.
    pub fn keys(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.keys.iter().map(|(_, key)| key)
    }

    /// Whether the `signature` header `header` is a valid signature of `content`.
    ///
    /// # Errors
    /// [`VerifyError`], where it is not.
    pub fn verify(&self, content: &Content<'_>, header: &str) -> Result<(), VerifyError> {
        let header = SignatureHeader::parse(header)?;
        let content = content.to_bytes();
        let mut tried = None;
        for key in self.candidates(header.key_version.as_deref()) {
            if key.verify(&content, &header.signature) {
                return Ok(());
            }
            tried = Some(key);
        }
        Err(tried.map_or(VerifyError::NoKey, |key| {
            VerifyError::NoMatch(key.short_fingerprint())
        }))
    }

    /// The key of that version, or else the one for every version; all of them where no version is named.
    fn candidates(&self, version: Option<&str>) -> impl Iterator<Item = &VerifyingKey> {
        let known = self.keys.iter().any(|(own, _)| own.as_deref() == version);
        self.keys
            .iter()
            .filter(move |(own, _)| match version {
                None => true,
                Some(_) if known => own.as_deref() == version,
                Some(_) => own.is_none(),
            })
            .map(|(_, key)| key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SigningKey;

    #[test]
    fn the_key_is_chosen_by_its_version() {
        let [old, new] = [(); 2].map(|()| SigningKey::generate().signing_key);
        let content = Content {
            method: "POST",
            path: "/ams/api/v1/x",
            client_id: "5X",
            time: "1",
            body: b"{}",
        };
        let header = |key: &SigningKey, version| {
            SignatureHeader::write(&content.sign(key).unwrap(), version)
        };
        let ring = KeyRing::new(old.verifying_key()).with_version("2", new.verifying_key());
        assert_eq!(ring.verify(&content, &header(&old, "1")), Ok(()));
        assert_eq!(ring.verify(&content, &header(&new, "2")), Ok(()));
        assert!(matches!(
            ring.verify(&content, &header(&old, "2")),
            Err(VerifyError::NoMatch(_))
        ));
        assert!(matches!(
            ring.verify(&content, &header(&new, "1")),
            Err(VerifyError::NoMatch(_))
        ));
        let unnamed = header(&new, "2").replace("keyVersion=2,", "");
        assert_eq!(ring.verify(&content, &unnamed), Ok(()));
    }
}
