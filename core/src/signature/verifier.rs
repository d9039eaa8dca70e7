//! Antom's public keys, and whether one of them made a signature.

use super::content::Content;
use super::header::{HeaderError, SignatureHeader};
use super::key::VerifyingKey;
use crate::doctor::{self, Cause, Diagnosis, Received, Sender};

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
    /// The header cannot be read; the doctor says what happened to it.
    #[error("{}", unreadable(*.problem, .cause))]
    Header {
        /// What breaks its grammar.
        problem: HeaderError,
        /// What happened to it, and what to do.
        cause: Cause,
    },
    /// No key of the ring is for this `keyVersion`.
    #[error("it names a key version for which no public key is configured")]
    NoKey,
    /// The signature was not made over this content with this key; the doctor says why.
    #[error("{0}")]
    NoMatch(Cause),
}

/// The doctor repeats a problem with the header's grammar, but not one with the signature's encoding.
fn unreadable(problem: HeaderError, cause: &Cause) -> String {
    if cause.what == problem.to_string() {
        cause.to_string()
    } else {
        format!("{problem}: {cause}")
    }
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
        let parsed = match SignatureHeader::parse(header) {
            Ok(parsed) => parsed,
            Err(problem) => return Err(self.unreadable(problem, content, header)),
        };
        let bytes = content.to_bytes();
        let candidates = || self.candidates(parsed.key_version.as_deref());
        if candidates().next().is_none() {
            return Err(VerifyError::NoKey);
        }
        if candidates().any(|key| key.verify(&bytes, &parsed.signature)) {
            return Ok(());
        }
        let cause = self.ask_the_doctor(parsed.key_version.as_deref(), content, header);
        Err(cause.map_or(VerifyError::NoKey, VerifyError::NoMatch))
    }

    fn unreadable(&self, problem: HeaderError, content: &Content<'_>, header: &str) -> VerifyError {
        let version = SignatureHeader::key_version_of(header);
        match self.ask_the_doctor(version, content, header) {
            Some(cause) => VerifyError::Header { problem, cause },
            None => VerifyError::NoKey,
        }
    }

    /// The header names `version`.
    fn ask_the_doctor(
        &self,
        version: Option<&str>,
        content: &Content<'_>,
        header: &str,
    ) -> Option<Cause> {
        let antoms = self.antoms(version);
        let keys: Vec<_> = antoms.iter().map(named).chain(self.others()).collect();
        let expected = self.candidates(version).count();
        doctor::cause(&Received::from_content(content, header), &keys, expected)
    }

    /// Why the signature of `received` does not verify; `None` if no key of its sender is known.
    pub(crate) fn diagnose(&self, received: &Received<'_>, sender: Sender) -> Option<Diagnosis> {
        let version = SignatureHeader::key_version_of(received.signature);
        let antoms = self.antoms(version);
        let antoms = antoms.iter().map(named);
        let (keys, expected): (Vec<_>, usize) = match sender {
            Sender::Antom => (
                antoms.chain(self.others()).collect(),
                self.candidates(version).count(),
            ),
            Sender::Merchant => (self.others().chain(antoms).collect(), self.mistaken.len()),
        };
        (expected > 0).then(|| doctor::examine_with(received, &keys, expected))
    }

    /// Antom's keys: first those that may have signed with this version, then those of other versions.
    fn antoms(&self, version: Option<&str>) -> Vec<(String, &VerifyingKey)> {
        let may_sign = |key: &VerifyingKey| self.candidates(version).any(|own| own == key);
        let expected = self
            .candidates(version)
            .map(|key| ("Antom's key".to_owned(), key));
        let others = self.keys.iter().filter(|(_, key)| !may_sign(key));
        let others = others.map(|(own, key)| match own {
            Some(own) => (format!("Antom's key for keyVersion {own}"), key),
            None => ("Antom's key for other key versions".to_owned(), key),
        });
        expected.chain(others).collect()
    }

    fn others(&self) -> impl Iterator<Item = (&str, &VerifyingKey)> {
        self.mistaken.iter().map(|(name, key)| (*name, key))
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

fn named<'k>((name, key): &'k (String, &VerifyingKey)) -> (&'k str, &'k VerifyingKey) {
    (name, key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SigningKey;
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

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

    #[test]
    fn a_signature_by_the_key_of_another_version_is_told_so() {
        let [old, new] = [(); 2].map(|()| SigningKey::generate().signing_key);
        let ring = KeyRing::new(old.verifying_key()).with_version("2", new.verifying_key());
        for (key, version, said) in [
            (&new, "1", "Antom's key for keyVersion 2"),
            (&old, "2", "Antom's key for other key versions"),
        ] {
            let header = SignatureHeader::write(&CONTENT.sign(key).unwrap(), version);
            let error = ring.verify(&CONTENT, &header).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
            let received = Received::from_content(&CONTENT, &header);
            let cause = ring.diagnose(&received, Sender::Antom).unwrap().cause;
            assert_eq!(cause.unwrap().id, "other_key");
        }
    }

    #[test]
    fn each_side_is_diagnosed_with_its_own_keys() {
        let [merchant, antom] = [(); 2].map(|()| SigningKey::generate().signing_key);
        let ring = KeyRing::new(antom.verifying_key());
        let header = SignatureHeader::write(&CONTENT.sign(&merchant).unwrap(), "1");
        let received = Received::from_content(&CONTENT, &header);
        assert!(ring.diagnose(&received, Sender::Merchant).is_none());
        let ring = ring.with_mistaken("the merchant's own key", merchant.verifying_key());
        let cause = |received: &Received<'_>, sender| {
            let diagnosis = ring.diagnose(received, sender).unwrap();
            diagnosis.cause.map(|cause| cause.id)
        };
        assert_eq!(cause(&received, Sender::Merchant), None);
        assert_eq!(cause(&received, Sender::Antom), Some("other_key"));
        let moved = Received {
            path: "/ams/api/v1/x",
            ..received
        };
        assert_eq!(cause(&moved, Sender::Merchant), Some("path_sandbox"));
    }

    const CONTENT: Content<'_> = Content {
        method: "POST",
        path: "/ams/sandbox/api/v1/x",
        client_id: "SANDBOX_5X",
        time: "2026-08-17T11:00:00+08:00",
        body: b"{}",
    };

    /// A damaged header, and what an error says of it.
    #[test]
    fn what_happened_to_a_damaged_header_is_said() {
        let key = SigningKey::generate().signing_key;
        // One whose base64 has a plus sign, as nearly all have.
        let (content, base64) = (0..100)
            .map(|number| Content {
                client_id: ["a", "b", "c", "d"][number % 4],
                body: &[b' '; 100][..number],
                ..CONTENT
            })
            .map(|content| (content, BASE64_STANDARD.encode(content.sign(&key).unwrap())))
            .find(|(_, base64)| base64.contains('+') && base64.contains('/'))
            .unwrap();
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let hex = BASE64_STANDARD
            .decode(&base64)
            .unwrap()
            .iter()
            .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let header =
            |signature: &str| format!("algorithm=RSA256,keyVersion=1,signature={signature}");
        let ring = KeyRing::new(key.verifying_key());
        for (damaged, said) in [
            (header(&encoded(&encoded(&base64))), "percent-encoded twice"),
            (header(&base64.replace('+', " ")), "became spaces"),
            (header(base64.trim_end_matches('=')), "lost its = padding"),
            (
                header(&base64.replace('+', "-").replace('/', "_")),
                "base64url",
            ),
            (header(&hex), "hexadecimal"),
            (header(&hex[..510]), "another key"),
            (header("%FF%FE"), "not percent-encoded base64"),
            (header(""), "holds no signature"),
            (
                header("AA==").replace("RSA256", "RSA512"),
                "another algorithm",
            ),
            (header("AA==,signature=AA=="), "names signature twice"),
            ("RSA256".to_owned(), "not name=value"),
        ] {
            let error = ring.verify(&content, &damaged).unwrap_err().to_string();
            assert!(error.contains(said), "{said}: {error}");
            assert!(error.contains("; "), "there is no advice: {error}");
            assert!(error.matches("the signature header").count() < 2, "{error}");
            assert!(
                !error.contains(&base64[..12]) && !error.contains(&hex[..12]),
                "{error}"
            );
        }
    }

    #[test]
    fn each_key_that_may_have_signed_is_the_expected_one() {
        let [old, new, own] = [(); 3].map(|()| SigningKey::generate().signing_key);
        let ring = KeyRing::new(old.verifying_key())
            .with_version("2", new.verifying_key())
            .with_mistaken("the merchant's own key", own.verifying_key());
        let live = Content {
            path: "/ams/api/v1/x",
            ..CONTENT
        };
        for (key, id) in [
            (&old, "path_sandbox"),
            (&new, "path_sandbox"),
            (&own, "other_key"),
        ] {
            let header = SignatureHeader::write(&live.sign(key).unwrap(), "");
            let Err(VerifyError::NoMatch(cause)) = ring.verify(&CONTENT, &header) else {
                panic!("it is not over this content");
            };
            assert_eq!(cause.id, id);
            // The same where the header cannot be read.
            let damaged = header.replace('%', "%25");
            let Err(VerifyError::Header { cause, .. }) = ring.verify(&CONTENT, &damaged) else {
                panic!("it cannot be read");
            };
            assert_eq!(cause.id, id);
        }
    }
}
