//! A request or an answer as a page shows it: headers, body indented and as it was sent, string to sign.

use antom_core::signature::Content;
use serde::de::IgnoredAny;

use super::exact::Exact;
use crate::indented::indented_json;
use crate::journal::{Call, Delivery, Headers, Message};

/// How long an indented body may be, in bytes: deep nesting makes a short one very long.
const LARGEST_PRETTY: usize = 256 * 1024;

/// A message, ready for its template.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is about another part of the page"
)]
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
    /// Its signature is what went wrong: every byte counts, and what was to be signed is what one looks for.
    pub(super) is_in_question: bool,
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
            is_in_question: false,
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
        let view = Self::new("request", "request", message).signed(
            message,
            &call.method,
            &call.target,
            ["client-id", "request-time"],
        );
        Self {
            is_in_question: call.code == "INVALID_SIGNATURE",
            ..view
        }
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
    let has_members = body.trim_start().starts_with(['{', '[']);
    let _: IgnoredAny = serde_json::from_str(body).ok().filter(|_| has_members)?;
    let text = indented_json(body);
    (text != body && text.len() <= LARGEST_PRETTY).then_some(text)
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
        let body = r#"{"b":1.10,"a":2}"#;
        assert_eq!(pretty(body).unwrap(), "{\n  \"b\": 1.10,\n  \"a\": 2\n}");
        for body in ["{\n  \"a\": 1\n}", "1", "\"x\"", "{", ""] {
            assert_eq!(pretty(body), None, "{body}");
        }
        let (open, close) = ("[".repeat(120), "]".repeat(120));
        let deep = format!("{open}{}0{close}", "0,".repeat(5_000));
        assert_eq!(pretty(&deep), None);
    }
}
