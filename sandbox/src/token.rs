//! A secret text that a caller must know. Never shown by `Debug`, compared in constant time.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// The shortest and the longest token, in characters.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

/// A secret text of 8 to 128 letters, digits, `-`, `_`, `.` and `~`, so that it fits into headers, cookies and URLs.
#[derive(Clone)]
pub struct Token(String);

/// The text is too short, too long, or has other characters.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token has 8 to 128 characters: letters, digits, - _ . and ~")]
pub struct NotAToken;

impl Token {
    /// A token of one's own.
    ///
    /// # Errors
    /// [`NotAToken`], without the text.
    pub fn new(text: impl Into<String>) -> Result<Self, NotAToken> {
        let text = text.into();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        if LENGTH.contains(&text.len()) && text.bytes().all(is_plain) {
            Ok(Self(text))
        } else {
            Err(NotAToken)
        }
    }

    /// A new one with 256 random bits.
    ///
    /// # Panics
    /// If the operating system gives no random numbers.
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random numbers");
        Self(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The secret text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether this is the token. Takes the same time for every text of its length.
    pub(crate) fn is(&self, given: &str) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), given.as_bytes())
            .is_ok()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_text_is_the_token() {
        let token = Token::new("abcdefgh").unwrap();
        assert!(token.is("abcdefgh"));
        for other in ["", "abcdefg", "abcdefghi", "abcdefgH"] {
            assert!(!token.is(other), "{other}");
        }
    }

    #[test]
    fn a_random_token_is_one_and_never_the_same() {
        let (one, other) = (Token::random(), Token::random());
        assert!(!one.is(other.expose()));
        assert!(Token::new(one.expose()).is_ok());
        assert_eq!(format!("{one:?}"), "Token");
    }

    #[test]
    fn a_token_fits_into_a_header() {
        for text in [
            "",
            "short",
            "with space",
            "semi;colon",
            "line\r\nbreak",
            "ééééé",
        ] {
            assert_eq!(Token::new(text).err(), Some(NotAToken), "{text:?}");
        }
        assert!(Token::new("x".repeat(129)).is_err());
    }
}
