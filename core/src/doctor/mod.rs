//! Why does this signature not verify? A pure function that finds the *single* change that makes it verify, and
//! says in one line what happened and what to do.
//!
//! An RSA signature gives its digest away to whoever has the public key. So the doctor first finds out who signed,
//! and with which hash; then it looks for the content with that digest among everything that is known to go wrong.
//!
//! ```
//! use antom_core::doctor::{Received, examine};
//! use antom_core::signature::{Content, SignatureHeader, SigningKey};
//!
//! let merchant = SigningKey::generate().signing_key;
//! let signed = Content { method: "POST", path: "/ams/api/v1/x", client_id: "SANDBOX_1", time: "1755403200123", body: b"{}" };
//! let header = SignatureHeader::write(&signed.sign(&merchant)?, "1");
//! let received = Received { path: "/ams/sandbox/api/v1/x", ..Received::from_content(&signed, &header) };
//! let diagnosis = examine(&received, &[("the merchant's key", &merchant.verifying_key())]);
//! assert_eq!(diagnosis.cause.unwrap().id, "path_sandbox");
//! # Ok::<(), antom_core::signature::SignerError>(())
//! ```

mod evidence;
mod json;
mod suspects;

use crate::signature::{Content, HeaderError, VerifyingKey};
use evidence::{Hash, Recovered};
use suspects::Suspect;

/// What was received, as raw as it came.
#[derive(Clone, Copy)]
pub struct Received<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path with its query, as it is used for the check.
    pub path: &'a str,
    /// The `client-id` header.
    pub client_id: &'a str,
    /// The `request-time` or `response-time` header.
    pub time: &'a str,
    /// The `signature` header.
    pub signature: &'a str,
    /// The raw body.
    pub body: &'a [u8],
    /// What was meant, as far as it is known: what the sender says that it signed.
    pub meant: Option<&'a Content<'a>>,
}

impl<'a> Received<'a> {
    /// A message with this content and `signature` header.
    pub fn from_content(content: &Content<'a>, signature: &'a str) -> Self {
        Self {
            method: content.method,
            path: content.path,
            client_id: content.client_id,
            time: content.time,
            signature,
            body: content.body,
            meant: None,
        }
    }

    fn content(&self) -> Content<'a> {
        Content {
            method: self.method,
            path: self.path,
            client_id: self.client_id,
            time: self.time,
            body: self.body,
        }
    }
}

/// Who should have signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Antom: an answer or a notification.
    Antom,
    /// The merchant: a request.
    Merchant,
}

/// What the doctor found.
pub struct Diagnosis {
    /// Why the signature does not verify; `None` if it verifies and is written as documented.
    pub cause: Option<Cause>,
    /// The string that the signature was checked over.
    pub string_to_sign: Vec<u8>,
    /// Where the string that was meant first differs from it, in bytes, if what was meant is known.
    pub first_difference: Option<usize>,
}

/// Why a signature does not verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// A name for programs, for example `path_sandbox`.
    pub id: &'static str,
    /// What happened, in one line.
    pub what: String,
    /// What to do.
    pub fix: &'static str,
}

impl Cause {
    fn new(id: &'static str, what: impl Into<String>, fix: &'static str) -> Self {
        Self {
            id,
            what: what.into(),
            fix,
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; {}", self.what, self.fix)
    }
}

/// Finds out why the signature of `received` does not verify.
///
/// `keys` are named for the message; the first is the one that should have signed, the others are those that may have
/// signed by mistake: the other party's, the other mode's, another version's.
pub fn examine(received: &Received<'_>, keys: &[(&str, &VerifyingKey)]) -> Diagnosis {
    examine_with(received, keys, 1)
}

/// As [`examine`], where any of the first `expected` keys may have signed.
pub(crate) fn examine_with(
    received: &Received<'_>,
    keys: &[(&str, &VerifyingKey)],
    expected: usize,
) -> Diagnosis {
    let content = received.content();
    let string_to_sign = content.to_bytes();
    let first_difference = received.meant.and_then(|meant| {
        let meant = meant.to_bytes();
        (meant != string_to_sign).then(|| {
            meant
                .iter()
                .zip(&string_to_sign)
                .take_while(|(a, b)| a == b)
                .count()
        })
    });
    Diagnosis {
        cause: cause_of(received, keys, expected, &string_to_sign),
        string_to_sign,
        first_difference,
    }
}

/// The cause alone, where any of the first `expected` keys may have signed.
pub(crate) fn cause(
    received: &Received<'_>,
    keys: &[(&str, &VerifyingKey)],
    expected: usize,
) -> Option<Cause> {
    cause_of(received, keys, expected, &received.content().to_bytes())
}

fn cause_of(
    received: &Received<'_>,
    keys: &[(&str, &VerifyingKey)],
    expected: usize,
    content: &[u8],
) -> Option<Cause> {
    let forms = match evidence::signature_forms(received.signature) {
        Ok(forms) => forms,
        Err(error @ HeaderError::Missing) => {
            return Some(Cause::new(
                "signature_missing",
                error.to_string(),
                "sign the request, and send algorithm=RSA256,keyVersion=1,signature=...",
            ));
        }
        Err(error) => {
            return Some(Cause::new(
                "header_malformed",
                error.to_string(),
                "write it as algorithm=RSA256,keyVersion=1,signature=<percent-encoded base64>",
            ));
        }
    };
    for (position, (name, key)) in keys.iter().enumerate() {
        for form in &forms {
            let Some(recovered) = evidence::recover(key, &form.signature, content) else {
                continue;
            };
            let expected_key = position < expected;
            return diagnose(
                received,
                content,
                &recovered,
                expected_key,
                name,
                form.damage.clone(),
            );
        }
    }
    Some(Cause::new(
        "unknown_key",
        "the signature was made with another key than the known ones, or was damaged on the way",
        "compare the public key that is configured here with the signer's in Antom's Dashboard: Antom's for answers and notifications, the merchant's for requests; test and live mode have different ones",
    ))
}

/// How many bytes are hashed at the most: a large body must not keep the doctor, and who waits for it, busy.
const MOST_HASHED: usize = 32 * 1024 * 1024;

/// The signer is known; what is left is what was signed.
fn diagnose(
    received: &Received<'_>,
    content: &[u8],
    recovered: &Recovered,
    expected_key: bool,
    key_name: &str,
    damage: Option<Cause>,
) -> Option<Cause> {
    let fits = |bytes: &[u8]| recovered.is_of(bytes);
    if recovered.hash == Hash::Pss {
        return Some(Cause::new(
            "pss",
            "the signature is RSA-PSS",
            "sign with RSASSA-PKCS1-v1_5 and SHA-256 (SHA256withRSA)",
        ));
    }
    if recovered.hash != Hash::Sha256 {
        return Some(Cause::new(
            "other_hash",
            format!("the signature uses {}", recovered.hash.name()),
            "sign with SHA-256 (SHA256withRSA)",
        ));
    }
    if !expected_key {
        return Some(Cause::new(
            "other_key",
            format!("it was signed with another key: {key_name}"),
            "sign with the private key whose public half is configured here, or configure the other one",
        ));
    }
    if fits(content) {
        return damage;
    }
    let mut hashed = 0;
    let found = suspects::all(received)
        .take_while(|suspect| {
            hashed += suspect.content.len();
            hashed <= MOST_HASHED
        })
        .find(|suspect| fits(&suspect.content));
    Some(found.map_or_else(
        || {
            Cause::new(
                "other_content",
                "the right key signed other bytes than these, and no known mistake explains them",
                "compare the string to sign on both sides byte by byte",
            )
        },
        |Suspect { cause, .. }| cause,
    ))
}
