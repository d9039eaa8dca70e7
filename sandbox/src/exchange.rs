//! What happened to one request, in a form that can be logged: no bodies, no signatures, no session data.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;

use crate::clock;
use crate::mask::mask;

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The `resultCode` of the answer, or for what never came so far, for example `HOST_NOT_ALLOWED`; of a notification
    /// `NOTIFICATION_ACKNOWLEDGED` or `NOTIFICATION_NOT_ACKNOWLEDGED`.
    pub code: Cow<'static, str>,
    /// Why, in the sandbox's own words.
    pub reason: Option<String>,
    /// The HTTP status of the answer; 0 if a notification got none.
    pub http_status: u16,
    /// Whether the sandbox signed what it sent.
    pub signed: bool,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        match &self.reason {
            Some(reason) => write!(f, " ({reason})"),
            None => Ok(()),
        }
    }
}

/// One request to the sandbox or one notification by it, and its verdict.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When the request arrived, or the notification left.
    pub time: OffsetDateTime,
    /// The HTTP method.
    pub method: String,
    /// The path without the query; of a notification, the URL without it.
    pub path: String,
    /// The `client-id` header, if there is one.
    pub client_id: Option<String>,
    /// The `vaultingRequestId`, if the body could be read that far.
    pub request_id: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
    /// The faults that were played on it, for example `delay=2s,http-503`.
    pub fault: Option<String>,
    /// From the last byte of the request's head to the answer; of a notification, all that it took.
    pub duration: Duration,
}

impl Exchange {
    /// The exchange as one line of JSON.
    ///
    /// # Panics
    /// Never: text and numbers always have this form.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Line<'a> {
            time: String,
            method: &'a str,
            path: &'a str,
            client_id: Option<&'a str>,
            request_id: Option<&'a str>,
            verdict: &'a str,
            reason: Option<&'a str>,
            http_status: u16,
            signed: bool,
            fault: Option<&'a str>,
            duration_ms: f64,
        }
        let line = Line {
            time: clock::text(self.time),
            method: &self.method,
            path: &self.path,
            client_id: self.client_id.as_deref(),
            request_id: self.request_id.as_deref(),
            verdict: &self.verdict.code,
            reason: self.verdict.reason.as_deref(),
            http_status: self.verdict.http_status,
            signed: self.verdict.signed,
            fault: self.fault.as_deref(),
            duration_ms: milliseconds(self.duration),
        };
        serde_json::to_string(&line).expect("text and numbers always serialise")
    }
}

impl Exchange {
    /// What the client got where a fault took the verdict's place.
    fn told_instead(&self) -> String {
        match (&self.fault, self.verdict.http_status) {
            (None, _) | (Some(_), 200) => String::new(),
            (Some(_), status) => format!(", but HTTP {status} to the client,"),
        }
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {} {} {} {}{} {:.1} ms{}{}",
            clock::text(self.time),
            self.method,
            self.path,
            self.client_id.as_deref().unwrap_or("-"),
            self.request_id.as_deref().unwrap_or("-"),
            self.verdict,
            self.told_instead(),
            milliseconds(self.duration),
            if self.fault.is_some() { " fault " } else { "" },
            self.fault.as_deref().unwrap_or_default(),
        )
    }
}

#[allow(clippy::cast_precision_loss)] // Microseconds of a request fit into 52 bits.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_micros() as f64 / 100.0).round() / 10.0
}

/// Text from outside in a form that cannot disturb a log line and has no card number in it.
pub(crate) fn plain(text: &str) -> String {
    const LONGEST: usize = 200;
    let is_plain = text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
    // First, so that nothing of a number is left that was cut in two.
    let masked = mask(text);
    if is_plain {
        return masked.into_owned();
    }
    masked
        .chars()
        .map(|c| {
            if c.is_control() || c.is_whitespace() {
                '?'
            } else {
                c
            }
        })
        .take(LONGEST)
        .collect()
}
