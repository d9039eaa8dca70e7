//! A value that must not be shown: no `Debug`, no `Clone`, no `Serialize`, wiped from memory on drop.

use zeroize::Zeroize;

/// Wraps a secret: a session's data, a verified body that contains it, a passphrase, an agent token.
///
/// The only way to the value is [`Secret::expose`], so that a reader finds every use by that name.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes ownership of the secret.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Do not log it, print it or put it into an error.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
