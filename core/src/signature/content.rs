//! The string to sign, the same for requests, answers and notifications.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::signer::{Signer, SignerError};

/// What a signature covers. Written out, it is
///
/// ```text
/// METHOD + " " + PATH + "\n" + CLIENT_ID + "." + TIME + "." + BODY
/// ```
///
/// with no newline at the end. See <https://docs.antom.com/ac/ams/digital_signature>.
#[derive(Clone, Copy)]
pub struct Content<'a> {
    /// `POST` for everything that Antom documents.
    pub method: &'a str,
    /// The path without scheme and host, as it is sent; with the query, if there is one.
    pub path: &'a str,
    /// The `client-id` header.
    pub client_id: &'a str,
    /// `request-time` or `response-time`, exactly as in the header.
    pub time: &'a str,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

impl Content<'_> {
    /// The string to sign.
    pub fn to_bytes(&self) -> Vec<u8> {
        [
            self.method.as_bytes(),
            b" ",
            self.path.as_bytes(),
            b"\n",
            self.client_id.as_bytes(),
            b".",
            self.time.as_bytes(),
            b".",
            self.body,
        ]
        .concat()
    }

    /// The raw signature of the string to sign.
    ///
    /// # Errors
    /// Whatever the signer says.
    pub fn sign(&self, signer: &(impl Signer + ?Sized)) -> Result<Vec<u8>, SignerError> {
        let bytes = Zeroizing::new(self.to_bytes());
        signer.sign(&bytes, &Sha256::digest(&bytes).into())
    }
}
