//! Who makes the signatures: a key in memory, or a KMS, an HSM or a card that never gives the key away.

use std::error::Error;

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
