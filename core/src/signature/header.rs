//! The grammar of the `signature` header: `algorithm=RSA256,keyVersion=1,signature=<percent-encoded base64>`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What `encodeURIComponent` and its relatives leave alone.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A parsed `signature` header.
///
/// Parts may come in any order and with spaces around them, names and percent escapes in upper or lower case,
/// and the base64 without percent-encoding. A part that comes twice is refused.
pub struct SignatureHeader {
    /// `keyVersion`: which of the sender's keys signed. Absent means the newest.
    pub key_version: Option<String>,
    /// The raw signature.
    pub signature: Vec<u8>,
}

/// Why a `signature` header cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// A part is not `name=value`.
    #[error("the signature header has a part that is not name=value")]
    NotAPair,
    /// A part stands in it more than once.
    #[error("the signature header names {0} twice")]
    Double(&'static str),
    /// Not RSASSA-PKCS1-v1_5 with SHA-256.
    #[error("the signature header names another algorithm than RSA256")]
    Algorithm,
    /// There is no signature in it.
    #[error("the signature header holds no signature")]
    Missing,
    /// The signature is not percent-encoded base64.
    #[error("the signature in the header is not percent-encoded base64")]
    Encoding,
}

impl SignatureHeader {
    /// The value of the header for a raw signature, in the form that every known gateway and SDK reads.
    pub fn write(signature: &[u8], key_version: &str) -> String {
        let base64 = BASE64_STANDARD.encode(signature);
        let value = utf8_percent_encode(&base64, ENCODED);
        format!("algorithm=RSA256,keyVersion={key_version},signature={value}")
    }

    /// The text of the signature part, however it is encoded.
    pub(crate) fn raw_signature(value: &str) -> Result<String, HeaderError> {
        let [_, _, signature] = Self::parts(value)?;
        signature
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or(HeaderError::Missing)
    }

    /// The key version in a header whose other parts may be damaged.
    pub(crate) fn key_version_of(value: &str) -> Option<&str> {
        let [_, key_version, _] = Self::parts(value).ok()?;
        key_version.filter(|version| !version.is_empty())
    }

    /// The text of `algorithm`, `keyVersion` and `signature`.
    fn parts(value: &str) -> Result<[Option<&str>; 3], HeaderError> {
        const NAMES: [&str; 3] = ["algorithm", "keyVersion", "signature"];
        let mut parts = [None; 3];
        for part in value.split(',') {
            let (name, value) = part.trim().split_once('=').ok_or(HeaderError::NotAPair)?;
            let Some(known) = NAMES
                .iter()
                .position(|known| known.eq_ignore_ascii_case(name.trim()))
            else {
                continue;
            };
            if parts[known].replace(value.trim()).is_some() {
                return Err(HeaderError::Double(NAMES[known]));
            }
        }
        Ok(parts)
    }

    /// Reads the value of the header.
    ///
    /// # Errors
    /// [`HeaderError`] where it breaks the grammar.
    pub fn parse(value: &str) -> Result<Self, HeaderError> {
        let [algorithm, key_version, signature] = Self::parts(value)?;
        if !algorithm.is_some_and(|name| name.eq_ignore_ascii_case("RSA256")) {
            return Err(HeaderError::Algorithm);
        }
        let encoded = signature
            .filter(|value| !value.is_empty())
            .ok_or(HeaderError::Missing)?;
        let base64 = percent_decode_str(encoded)
            .decode_utf8()
            .map_err(|_| HeaderError::Encoding)?;
        let signature = BASE64_STANDARD
            .decode(base64.as_bytes())
            .map_err(|_| HeaderError::Encoding)?;
        Ok(Self {
            key_version: key_version
                .filter(|version| !version.is_empty())
                .map(str::to_owned),
            signature,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> Result<(Option<String>, Vec<u8>), HeaderError> {
        SignatureHeader::parse(value).map(|header| (header.key_version, header.signature))
    }

    #[test]
    fn order_spaces_case_and_raw_base64_are_tolerated() {
        let expected = Ok((Some("1".to_owned()), vec![0xfb, 0xef, 0xff, 0xbe]));
        for value in [
            "algorithm=RSA256,keyVersion=1,signature=%2B%2B%2F%2Fvg%3D%3D",
            "algorithm=RSA256, keyVersion=1, signature=%2b%2b%2f%2fvg%3d%3d",
            "signature=++//vg==,ALGORITHM=rsa256,keyversion=1",
            " signature = %2B%2B%2F%2Fvg%3D%3D , keyVersion = 1 , algorithm = RSA256 , extra=1",
        ] {
            assert_eq!(parse(value), expected, "{value}");
        }
    }

    #[test]
    fn what_breaks_the_grammar_is_refused() {
        for (value, error) in [
            ("", HeaderError::NotAPair),
            ("algorithm=RSA256,signature", HeaderError::NotAPair),
            ("signature=AA==", HeaderError::Algorithm),
            ("algorithm=RSA512,signature=AA==", HeaderError::Algorithm),
            ("algorithm=RSA256,keyVersion=1", HeaderError::Missing),
            ("algorithm=RSA256,signature=", HeaderError::Missing),
            ("algorithm=RSA256,signature=A", HeaderError::Encoding),
            ("algorithm=RSA256,signature=%FF%FE", HeaderError::Encoding),
            (
                "algorithm=RSA256,signature=AA==,signature=AA==",
                HeaderError::Double("signature"),
            ),
            (
                "algorithm=RSA256,Algorithm=RSA256,signature=AA==",
                HeaderError::Double("algorithm"),
            ),
            (
                "algorithm=RSA256,keyVersion=1,keyVersion=2,signature=AA==",
                HeaderError::Double("keyVersion"),
            ),
        ] {
            assert_eq!(parse(value), Err(error), "{value}");
        }
    }
}
