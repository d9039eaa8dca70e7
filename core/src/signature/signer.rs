//! Who makes the signatures: a key in memory, or a KMS, an HSM or a card that never gives the key away.

use std::error::Error;
use std::fmt;

use crate::secret::Secret;

/// Why a signer failed. Its text ends up in an error message: keep secrets out of it.
pub type SignerError = Box<dyn Error + Send + Sync>;

/// Makes RSASSA-PKCS1-v1_5 signatures with SHA-256.
///
/// Any closure with the same arguments is a signer:
///
/// ```
/// use antom_core::signature::{Signer, SignerError};
///
/// fn takes_a_signer(_: impl Signer) {}
/// takes_a_signer(|_content: &[u8], _sha256: &[u8; 32]| -> Result<Vec<u8>, SignerError> {
///     Err("the HSM is not connected".into())
/// });
/// ```
pub trait Signer: Send + Sync {
    /// Signs `content`. Its SHA-256 digest is given as well, for signers that take nothing else.
    ///
    /// # Errors
    /// When no signature can be made. The call then ends with [`ErrorKind::Signing`](crate::ErrorKind::Signing)
    /// and nothing is sent.
    fn sign(&self, content: &[u8], sha256: &[u8; 32]) -> Result<Vec<u8>, SignerError>;
}

impl<F> Signer for F
where
    F: Fn(&[u8], &[u8; 32]) -> Result<Vec<u8>, SignerError> + Send + Sync,
{
    fn sign(&self, content: &[u8], sha256: &[u8; 32]) -> Result<Vec<u8>, SignerError> {
        self(content, sha256)
    }
}

/// The signer of a client whose signatures its caller makes between two calls: it only says what is to be signed.
pub(crate) struct SignedByHand;

impl Signer for SignedByHand {
    fn sign(&self, content: &[u8], _sha256: &[u8; 32]) -> Result<Vec<u8>, SignerError> {
        Err(Box::new(AwaitsSignature {
            string_to_sign: Secret::new(content.to_vec()),
        }))
    }
}

/// A request is ready but for its signature.
pub(crate) struct AwaitsSignature {
    pub(crate) string_to_sign: Secret<Vec<u8>>,
}

impl fmt::Debug for AwaitsSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitsSignature").finish_non_exhaustive()
    }
}

impl fmt::Display for AwaitsSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("signatures are made by hand here: sign the string to sign, and repeat the call with that signature")
    }
}

impl Error for AwaitsSignature {}

/// Milliseconds since 1970, in digits.
const LONGEST_TIME: usize = 20;
/// How many bytes a signature can have: those of a key of 16384 bits.
pub const LONGEST_SIGNATURE: usize = 2048;

/// A signature that was made by hand, for the one request whose string was signed.
pub(crate) struct HandSignature {
    string_to_sign: Secret<Vec<u8>>,
    /// The `request-time` in that string, which must be sent.
    pub(crate) time: String,
    signature: Vec<u8>,
}

impl HandSignature {
    /// `None` if the string is not one that a client with this id asked to sign, or the signature cannot be one.
    pub(crate) fn new(client_id: &str, string_to_sign: &[u8], signature: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(string_to_sign).ok()?;
        let (_, rest) = text.split_once('\n')?;
        let (time, _) = rest
            .strip_prefix(client_id)?
            .strip_prefix('.')?
            .split_once('.')?;
        let is_time = (1..=LONGEST_TIME).contains(&time.len())
            && time.bytes().all(|byte| byte.is_ascii_digit());
        if !is_time || !(1..=LONGEST_SIGNATURE).contains(&signature.len()) {
            return None;
        }
        Some(Self {
            time: time.to_owned(),
            string_to_sign: Secret::new(string_to_sign.to_vec()),
            signature: signature.to_vec(),
        })
    }
}

impl Signer for HandSignature {
    fn sign(&self, content: &[u8], _sha256: &[u8; 32]) -> Result<Vec<u8>, SignerError> {
        if content == self.string_to_sign.expose() {
            Ok(self.signature.clone())
        } else {
            Err("the signature given is for another request: repeat the call with the same arguments and the same vaultingRequestId".into())
        }
    }
}
