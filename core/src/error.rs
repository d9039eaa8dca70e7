//! Every way in which a call can fail: one table of kinds, and an error that says what to do next.

use std::error::Error as StdError;
use std::fmt;

use crate::api::result::{ApiResult, ResultStatus};
use crate::api::rules::Violation;
use crate::observer::CallEnded;
use crate::retry::Repeat;
use crate::signature::AwaitsSignature;

const FIND_OUT_FIRST: &str =
    "Inquire before anything is sent again: a second request could act twice.";

const CORRECT_FIRST: &str = "Nothing was sent, and sending it again as it is does not help: correct what the message names.";

macro_rules! error_kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, retryable: $retryable:literal, advice: $advice:literal;)+) => {
        /// What went wrong. The numbers are the same in C, Python and PHP and never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(i32)]
        pub enum ErrorKind { $($(#[doc = $doc])+ $name = $number,)+ }

        impl ErrorKind {
            /// Every kind, in the order of the numbers.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name, which each language spells in its own way: `NotSent`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// Whether the same request may be sent again as it is, where the answer says nothing more precise.
            const fn is_retryable(self) -> bool {
                match self { $(Self::$name => $retryable,)+ }
            }

            const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)+ }
            }
        }
    };
}

error_kinds! {
    /// A pointer was NULL, text was not UTF-8, or a value had the wrong type: a programming error.
    InvalidArgument = 1, retryable: false,
        advice: "Correct the call; nothing was sent.";
    /// The client cannot be built from these settings.
    Config = 2, retryable: false,
        advice: "Correct the client's settings; nothing was sent.";
    /// The request breaks the published field rules. [`Error::violations`] lists all of them.
    InvalidRequest = 3, retryable: false,
        advice: "Correct the listed fields; nothing was sent.";
    /// The signer failed.
    Signing = 4, retryable: false,
        advice: "Check the private key or the signer; nothing was sent.";
    /// The request did not leave this machine.
    NotSent = 10, retryable: true,
        advice: "Nothing was sent: it is safe to send again, with the same vaultingRequestId.";
    /// The request may have been processed.
    OutcomeUnknown = 11, retryable: true,
        advice: "Send it again with the same vaultingRequestId, for which Antom gives the same result, or inquire by it.";
    /// The client was closed.
    Closed = 12, retryable: false,
        advice: "Create a new client.";
    /// Antom answered F, or U.
    Api = 20, retryable: false,
        advice: "See the result code and its description in Antom's documentation.";
    /// The answer's signature could not be trusted. Its body is not handed out.
    UntrustedResponse = 21, retryable: false,
        advice: "Do not act on the answer. Check Antom's public key, the client id and the endpoint; if they are right, somebody may be altering the traffic.";
    /// The answer is not what the API documents.
    Protocol = 22, retryable: false,
        advice: "Check the endpoint; if it is right, contact Antom's support with the time of the call and the vaultingRequestId.";
    /// A notification that must not be acted on.
    UntrustedNotification = 30, retryable: false,
        advice: "Do not act on the notification. Check Antom's public key and the path under which Antom calls you.";
    /// A bug in this library.
    Internal = 99, retryable: false,
        advice: "This is a bug in libantom: please report the message. The outcome of the call is unknown.";
}

impl ErrorKind {
    /// The number of this kind, the same in every language.
    pub const fn number(self) -> i32 {
        self as i32
    }
}

/// Why a call failed, and what to do about it.
///
/// `Display` gives one line without secrets. Nothing in this type ever holds a key, a signature, session data
/// or the body of an answer that could not be trusted. Only [`Error::string_to_sign`] holds a request.
#[derive(Debug)]
pub struct Error(Box<Details>);

#[derive(Debug)]
struct Details {
    kind: ErrorKind,
    message: String,
    request_id: Option<String>,
    violations: Vec<Violation>,
    result: Option<ApiResult>,
    authenticated: bool,
    http_status: Option<u16>,
    attempts: u32,
    /// It may have been processed, and a second request could act twice.
    may_act_twice: bool,
    /// The same will happen again until somebody corrects something.
    is_lasting: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind` with a message of one line.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            message: one_line(&message.into()),
            request_id: None,
            violations: Vec::new(),
            result: None,
            authenticated: false,
            http_status: None,
            attempts: 0,
            may_act_twice: false,
            is_lasting: false,
            source: None,
        }))
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// A bug here: the message is a place in the source, never a payload.
    pub fn internal(place: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Internal, format!("internal error at {place}"))
    }

    /// For the doors: an argument of the wrong type or form.
    pub fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, message)
    }

    /// For the doors: Antom answered, but the call was interrupted before it could hand its result out.
    pub fn undelivered(call: &CallEnded<'_>) -> Self {
        let error = Self::new(
            ErrorKind::OutcomeUnknown,
            "Antom answered, but the call was interrupted before its result could be returned",
        )
        .with_attempts(call.attempts);
        match call.request_id {
            Some(id) => error.with_request_id(id),
            None => error,
        }
        .at_the_end(Repeat::OnlyIfNotSent)
    }

    pub(crate) fn invalid_request(violations: Vec<Violation>) -> Self {
        let list: Vec<String> = violations.iter().map(ToString::to_string).collect();
        let mut error = Self::new(
            ErrorKind::InvalidRequest,
            format!("the request was not sent: {}", list.join("; ")),
        );
        error.0.violations = violations;
        error
    }

    pub(crate) fn api(result: ApiResult, authenticated: bool) -> Self {
        let note = if authenticated {
            ""
        } else {
            " (the answer is not signed, so it may not come from Antom)"
        };
        let message = format!(
            "Antom answered {} {}{}{note}",
            result.status,
            result.code,
            result
                .message
                .as_ref()
                .map(|m| format!(": {}", m.trim_end_matches('.')))
                .unwrap_or_default(),
        );
        let mut error = Self::new(ErrorKind::Api, message);
        error.0.result = Some(result);
        error.0.authenticated = authenticated;
        error
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Nothing was sent, and nothing will be until what the message names is corrected.
    pub(crate) fn until_corrected(mut self, is_lasting: bool) -> Self {
        self.0.is_lasting = is_lasting && self.0.kind == ErrorKind::NotSent;
        self
    }

    pub(crate) fn with_request_id(mut self, id: &str) -> Self {
        self.0.request_id = Some(id.to_owned());
        self
    }

    pub(crate) fn with_http_status(mut self, status: u16) -> Self {
        self.0.http_status = Some(status);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// The last attempt ended for certain, but an earlier one did not: nobody may read "nothing was sent" from it.
    pub(crate) fn after_an_open_end(mut self) -> Self {
        if matches!(
            self.0.kind,
            ErrorKind::NotSent | ErrorKind::Signing | ErrorKind::Closed
        ) {
            self.0.kind = ErrorKind::OutcomeUnknown;
            self.0.is_lasting = false;
            self.0.message = one_line(&format!(
                "an earlier attempt may have been processed, and the last one failed: {}",
                self.0.message
            ));
        }
        self
    }

    /// Adds what to do next, which depends on what a second request would do.
    pub(crate) fn at_the_end(mut self, repeat: Repeat) -> Self {
        self.0.may_act_twice = repeat == Repeat::OnlyIfNotSent
            && match self.0.kind {
                ErrorKind::OutcomeUnknown => true,
                ErrorKind::Api => self.is_retryable(),
                _ => false,
            };
        if matches!(self.0.kind, ErrorKind::OutcomeUnknown | ErrorKind::Api) {
            self.0.message = one_line(&format!("{}. {}", self.0.message, self.advice()));
        }
        self
    }

    /// Result detail of an answer that is neither signed nor a documented failure.
    pub(crate) fn with_unauthenticated_result(mut self, result: Option<ApiResult>) -> Self {
        if let Some(result) = result {
            self.0.message = one_line(&format!(
                "{}; its body names {} {}",
                self.0.message, result.status, result.code
            ));
            self.0.result = Some(result);
        }
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// One line without secrets: what happened and what to do. The same text as `Display`.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether sending the same request again, with the same `vaultingRequestId`, is safe and may succeed.
    pub fn is_retryable(&self) -> bool {
        match &self.0.result {
            _ if self.0.may_act_twice || self.0.is_lasting => false,
            Some(result) if self.0.kind == ErrorKind::Api => result.status == ResultStatus::Unknown,
            _ => self.0.kind.is_retryable(),
        }
    }

    /// What to do next, in one or two sentences: Antom's advice for the result code, or ours for the kind.
    pub fn advice(&self) -> &str {
        match &self.0.result {
            _ if self.0.may_act_twice => FIND_OUT_FIRST,
            _ if self.0.is_lasting => CORRECT_FIRST,
            Some(result) if self.0.kind == ErrorKind::Api => result.advice(),
            _ => self.0.kind.advice(),
        }
    }

    /// The `vaultingRequestId` of the call, made by the client if the caller gave none. Keep it: it is what
    /// to inquire by and what to send again.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Every broken field rule; empty unless the kind is [`ErrorKind::InvalidRequest`].
    pub fn violations(&self) -> &[Violation] {
        &self.0.violations
    }

    /// The `result` of the answer, if it carried one. See [`Error::is_authenticated`] before relying on it.
    pub fn result(&self) -> Option<&ApiResult> {
        self.0.result.as_ref()
    }

    /// The `resultCode` of the answer, for example `PARAM_ILLEGAL`.
    pub fn result_code(&self) -> Option<&str> {
        self.0.result.as_ref().map(|r| r.code.as_str())
    }

    /// Whether the result comes from an answer whose signature was verified.
    pub fn is_authenticated(&self) -> bool {
        self.0.authenticated
    }

    /// What is to be signed, where the client was built with
    /// [`signatures_by_hand`](crate::ClientBuilder::signatures_by_hand) and waits for a signature. The request is in it:
    /// treat it as a secret.
    pub fn string_to_sign(&self) -> Option<&[u8]> {
        let source = self.0.source.as_deref()?;
        let awaits = source.downcast_ref::<AwaitsSignature>()?;
        Some(awaits.string_to_sign.expose())
    }

    /// The HTTP status, if there was an answer.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// How many times the request was tried on the network; 0 if it never came to that.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|e| e as &(dyn StdError + 'static))
    }
}

/// Text from outside may hold line breaks, terminal escapes and marks that turn the direction of writing; a message
/// may not.
pub(crate) fn one_line(text: &str) -> String {
    const LONGEST: usize = 1000;
    text.chars()
        .map(|c| match c {
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
            c if c.is_control() => ' ',
            c => c,
        })
        .take(LONGEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_whatever_the_gateway_sends() {
        let result = ApiResult {
            status: ResultStatus::Failed,
            code: "PARAM_ILLEGAL".into(),
            message: Some("first\r\nsecond\u{1b}[31m".into()),
        };
        let error = Error::api(result, true);
        assert!(!error.message().contains(['\r', '\n', '\u{1b}']));
    }

    #[test]
    fn what_may_act_twice_is_not_to_be_sent_again() {
        for repeat in [Repeat::Harmless, Repeat::OnlyIfNotSent] {
            let error = Error::new(ErrorKind::OutcomeUnknown, "no answer").at_the_end(repeat);
            assert_eq!(error.is_retryable(), repeat == Repeat::Harmless);
            assert_eq!(error.message(), format!("no answer. {}", error.advice()));
            let error = Error::new(ErrorKind::NotSent, "nothing was sent").at_the_end(repeat);
            assert!(error.is_retryable());
        }
    }

    #[test]
    fn only_u_is_retryable_among_the_answers() {
        let answer = |status| {
            Error::api(
                ApiResult {
                    status,
                    code: "X".into(),
                    message: None,
                },
                true,
            )
        };
        assert!(answer(ResultStatus::Unknown).is_retryable());
        assert!(!answer(ResultStatus::Failed).is_retryable());
    }
}
