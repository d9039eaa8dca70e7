//! One HTTP message as the journal keeps it: masked, cut and in few pieces, because every message of a busy sandbox
//! becomes one. Does not know what the message is about.

use std::borrow::Cow;

use axum::http::HeaderMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::HIDDEN;
use crate::mask::{mask, mask_card_data};

/// How much of a body is kept.
const LARGEST_BODY: usize = 64 * 1024;
/// How many bytes more are searched for card numbers that begin before the end of what is kept.
const MARGIN: usize = 256;

/// Headers and body of a message, as they came but for what is masked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) headers: Headers,
    pub(crate) body: String,
    /// Whether this is byte for byte what was on the wire: neither masked, cut nor mended.
    pub(crate) is_exact: bool,
}

impl Message {
    pub(crate) fn new(headers: Headers, body: &[u8]) -> Self {
        let (headers, headers_are_exact) = headers.masked();
        // A number that is cut in two would not be known for one.
        let looked_at = &body[..body.len().min(LARGEST_BODY + MARGIN)];
        let masked = mask_card_data(looked_at);
        let text = String::from_utf8_lossy(&masked[..masked.len().min(LARGEST_BODY)]);
        Self {
            is_exact: headers_are_exact && text.as_bytes() == body,
            body: text.into_owned(),
            headers,
        }
    }

    /// Of an HTTP message.
    pub(crate) fn of(headers: &HeaderMap, body: &[u8]) -> Self {
        let lossy = |value| String::from_utf8_lossy(value);
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), lossy(value.as_bytes())));
        Self::new(headers.collect(), body)
    }

    /// The value of the first header of this name, which is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(present, _)| present.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Hides this text in the headers.
    pub(crate) fn hide(&mut self, secret: &str) {
        if self.headers.0.contains(secret) {
            self.headers.0 = self.headers.0.replace(secret, HIDDEN);
            self.is_exact = false;
        }
    }

    /// In bytes.
    pub(super) fn size(&self) -> usize {
        self.headers.0.capacity() + self.body.len()
    }
}

/// Names and values in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers(
    /// As in HTTP, one in a line: no value has a line feed in it.
    String,
);

impl Headers {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.0.lines();
        lines.map(|line| line.split_once(": ").unwrap_or((line, "")))
    }

    pub(crate) fn len(&self) -> usize {
        self.iter().count()
    }

    /// Without card data, and whether there was none.
    fn masked(self) -> (Self, bool) {
        match mask(&self.0) {
            Cow::Borrowed(_) => (self, true),
            Cow::Owned(masked) => (Self(masked), false),
        }
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        // About what a request with a signature has.
        let mut lines = String::with_capacity(768);
        for (name, value) in headers {
            lines.push_str(name.as_ref());
            lines.push_str(": ");
            // A file may have been written by hand.
            lines.extend(value.as_ref().split(['\r', '\n']));
            lines.push('\n');
        }
        Self(lines)
    }
}

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pairs = Vec::<(String, String)>::deserialize(deserializer)?;
        Ok(pairs.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_messages_are_cut_and_card_numbers_never_get_in() {
        let of = |body: &[u8]| Message::new(Headers::default(), body);
        let large = of(&vec![b'x'; LARGEST_BODY + 1]);
        assert_eq!((large.body.len(), large.is_exact), (LARGEST_BODY, false));
        let card = of(b"4054695723100768");
        assert_eq!(
            (card.body.as_str(), card.is_exact),
            ("************0768", false)
        );
        assert!(of(b"{}").is_exact);
        let mut cut = vec![b'x'; LARGEST_BODY - 14];
        cut.extend(b"4054695723100768");
        assert!(of(&cut).body.ends_with("x************07"));
        let header = Headers::from_iter([("x-card", "4054695723100768")]);
        let header = Message::new(header, b"");
        assert_eq!(header.header("X-Card"), Some("************0768"));
        assert!(!header.is_exact);
    }

    #[test]
    fn headers_keep_their_order_and_survive_json() {
        let headers = [("a", "1: 2"), ("b", ""), ("a", "3\r\nc: 4")];
        let headers = Headers::from_iter(headers);
        let json = serde_json::to_string(&headers).unwrap();
        assert_eq!(json, r#"[["a","1: 2"],["b",""],["a","3c: 4"]]"#);
        let back: Headers = serde_json::from_str(&json).unwrap();
        assert_eq!((&back, back.len()), (&headers, 3));
    }
}
