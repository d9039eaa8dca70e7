//! A request or an answer as a page shows it: headers, body indented and as it was sent, string to sign.

use antom_core::signature::Content;
use serde_json::Value;

use super::exact::Exact;
use crate::journal::{Call, Delivery, Headers, Message};

/// How long an indented body may be, in bytes: deep nesting makes a short one very long.
const LARGEST_PRETTY: usize = 256 * 1024;

/// A message, ready for its template.
pub(super) struct MessageView<'a> {
    /// Unique on its page.
    pub(super) id: &'static str,
    /// For example `request`.
    pub(super) name: &'static str,
    pub(super) headers: &'a Headers,
    pub(super) opens_headers: bool,
    pub(super) body: Exact<'a>,
    pub(super) body_is_empty: bool,
    /// HTML. `None` where the body is not JSON, or is already so.
    pub(super) pretty: Option<String>,
    /// HTML. `None` where something of it is missing.
    pub(super) string_to_sign: Option<String>,
    pub(super) is_exact: bool,
}

impl<'a> MessageView<'a> {
    fn new(id: &'static str, name: &'static str, message: &'a Message) -> Self {
        Self {
            id,
            name,
            headers: &message.headers,
            opens_headers: message.headers.len() <= 12,
            body: Exact::plain(&message.body),
            body_is_empty: message.body.is_empty(),
            pretty: pretty(&message.body).map(|text| Exact::plain(&text).to_string()),
            string_to_sign: None,
            is_exact: message.is_exact,
        }
    }

    fn signed(mut self, message: &Message, method: &str, path: &str, headers: [&str; 2]) -> Self {
        let [client_id, time] = headers.map(|name| message.header(name));
        let (Some(client_id), Some(time), true) = (client_id, time, message.is_exact) else {
            return self;
        };
        let content = Content {
            method,
            path,
            client_id,
            time,
            body: message.body.as_bytes(),
        };
        self.string_to_sign = String::from_utf8(content.to_bytes())
            .ok()
            .map(|text| Exact::with_line_ends(&text).to_string());
        self
    }

    pub(super) fn request_of(call: &'a Call) -> Self {
        let message = &call.request;
        Self::new("request", "request", message).signed(
            message,
            &call.method,
            &call.target,
            ["client-id", "request-time"],
        )
    }

    pub(super) fn answer_of(call: &'a Call) -> Self {
        let message = &call.answer;
        Self::new("answer", "answer", message).signed(
            message,
            &call.method,
            &call.target,
            ["client-id", "response-time"],
        )
    }

    pub(super) fn request_of_delivery(delivery: &'a Delivery) -> Self {
        let message = &delivery.request;
        let path = path_of(&delivery.url);
        Self::new("request", "request", message).signed(
            message,
            "POST",
            path,
            ["client-id", "request-time"],
        )
    }

    pub(super) fn answer_of_delivery(delivery: &'a Delivery) -> Option<Self> {
        let message = delivery.answer.as_ref()?;
        Some(Self::new("answer", "answer", message))
    }
}

/// What a URL asks its host for.
fn path_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    after_scheme.find('/').map_or("/", |at| &after_scheme[at..])
}

/// Indented, unless it is already.
fn pretty(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    let text = serde_json::to_string_pretty(&value).ok()?;
    if text.len() > LARGEST_PRETTY {
        return None;
    }
    (text != body && (value.is_object() || value.is_array())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_url_is_what_is_signed() {
        assert_eq!(path_of("http://127.0.0.1:3000/a/b?c=d"), "/a/b?c=d");
        assert_eq!(path_of("https://shop.example"), "/");
    }

    #[test]
    fn only_json_that_is_not_indented_yet_gains_by_it() {
        assert_eq!(pretty(r#"{"a":1}"#).unwrap(), "{\n  \"a\": 1\n}");
        for body in ["{\n  \"a\": 1\n}", "1", "\"x\"", "{", ""] {
            assert_eq!(pretty(body), None, "{body}");
        }
        let (open, close) = ("[".repeat(120), "]".repeat(120));
        let deep = format!("{open}{}0{close}", "0,".repeat(2_000));
        assert_eq!(pretty(&deep), None);
    }
}
