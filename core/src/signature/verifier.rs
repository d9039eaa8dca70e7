//! Antom's public keys, and whether one of them made a signature.

use super::content::Content;
use super::header::{HeaderError, SignatureHeader};
use super::key::VerifyingKey;
use crate::doctor::{Cause, Received, examine};

/// The public keys that may have signed, by their `keyVersion`.
///
/// While Antom changes its key, both are in the ring, and each signature is checked with the one it names.
pub struct KeyRing {
    keys: Vec<(Option<String>, VerifyingKey)>,
    mistaken: Vec<(&'static str, VerifyingKey)>,
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
    /// The signature was not made over this content with this key; the doctor says why.
    #[error("{0}")]
    NoMatch(Cause),
}

impl KeyRing {
    /// A ring with one key, which serves for every `keyVersion` that has no key of its own.
    pub fn new(key: VerifyingKey) -> Self {
        Self {
            keys: vec![(None, key)],
            mistaken: Vec::new(),
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

    /// Adds a key that must not have signed, so that an error can name it if it has: for example the merchant's own.
    #[must_use]
    pub fn with_mistaken(mut self, name: &'static str, key: VerifyingKey) -> Self {
        self.mistaken.push((name, key));
        self
    }

    /// Whether the `signature` header `header` is a valid signature of `content`.
    ///
    /// # Errors
    /// [`VerifyError`], where it is not.
    pub fn verify(&self, content: &Content<'_>, header: &str) -> Result<(), VerifyError> {
        let parsed = SignatureHeader::parse(header)?;
        let bytes = content.to_bytes();
        let candidates = || self.candidates(parsed.key_version.as_deref());
        if candidates().next().is_none() {
            return Err(VerifyError::NoKey);
        }
        if candidates().any(|key| key.verify(&bytes, &parsed.signature)) {
            return Ok(());
        }
        let mistaken = self.mistaken.iter().map(|(name, key)| (*name, key));
        let keys: Vec<_> = candidates()
            .map(|key| ("Antom's key", key))
            .chain(mistaken)
            .collect();
        let cause = examine(&Received::from_content(content, header), &keys).cause;
        Err(cause.map_or(VerifyError::NoKey, VerifyError::NoMatch))
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
