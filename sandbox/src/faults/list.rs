//! The table of faults: name, parameter, whether the request is carried out, and what libantom makes of it. How each
//! is played is told by its [`Play`] and done elsewhere.

use std::fmt;

use antom_core::ErrorKind;

/// Something that can be done to a caller on purpose.
#[derive(Debug)]
pub struct Fault {
    /// In kebab-case.
    pub name: &'static str,
    /// One line: what the caller gets.
    pub what: &'static str,
    /// What can be set with `name=value`, if anything.
    pub parameter: Option<Parameter>,
    /// Whether the request is carried out all the same.
    pub processed: bool,
    /// What libantom's client makes of it.
    pub outcome: Outcome,
    pub(crate) play: Play,
}

/// The parameter of a [`Fault`]. Durations count in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// What is counted.
    pub unit: Unit,
    /// Where none is given.
    pub default: u64,
    /// The smallest that is taken.
    pub least: u64,
    /// The largest that is taken.
    pub most: u64,
}

/// The unit of a [`Parameter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Written `150ms`, `2s`, `3m`, `15h` or `1d`.
    Duration,
    /// Calls.
    Calls,
    /// Units of 1,048,576 bytes.
    Mebibytes,
}

/// What libantom's client makes of a [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The value that was asked for.
    Value,
    /// An error.
    Fails {
        /// Its kind.
        kind: ErrorKind,
        /// Whether it is proven to come from Antom.
        authenticated: bool,
        /// Whether the client sends the request again by itself, as often and as long as it is set to.
        again: bool,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Fails {
            kind,
            authenticated,
            again,
        } = self
        else {
            return f.write_str("the value");
        };
        f.write_str(kind.name())?;
        if *kind == ErrorKind::Api {
            f.write_str(if *authenticated {
                ", authenticated"
            } else {
                ", not authenticated"
            })?;
        }
        f.write_str(if *again { ", after retries" } else { "" })
    }
}

/// How a fault is played. Of each of the three, a request meets one at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Play {
    /// When the answer goes out.
    Time(Time),
    /// What the answer says.
    Answer(Change),
    /// How its bytes go over the wire.
    Bytes(Bytes),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    Delay,
    Silence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A result instead of the answer.
    Refuse(Refuse),
    /// The same for the first calls of a request.
    RefuseAtFirst(Refuse),
    /// An unsigned page with this status, as from a proxy before the gateway.
    Page(u16),
    /// The same with `retry-after` in seconds.
    PageWithSeconds(u16),
    /// The same with `retry-after` as a time.
    PageWithDate(u16),
    /// The answer with this status.
    Status(u16),
    /// The answer without these headers.
    Without(&'static [&'static str]),
    /// The answer with this header twice.
    Twice(&'static str),
    OtherClientId,
    WrongKey,
    AlteredBody,
    Signature(SignatureText),
    Body(BodyChange),
    /// Unsigned and without a body.
    Empty,
    Earlier,
    Later,
}

/// A result, at the place of the gateway's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refuse {
    pub(crate) code: &'static str,
    pub(crate) signed: bool,
    pub(crate) status: u16,
}

/// Another spelling of the signature header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureText {
    Malformed,
    NotPercentEncoded,
    LowerCaseHex,
    Spaced,
}

/// Another body, signed if the answer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyChange {
    Empty,
    Padded,
    NotJson,
    DuplicateKeys,
    UnknownMembers,
    UnknownVaultingStatus,
    UnknownResultStatus,
    UnknownResultCode,
    OnlyResult,
    NoResult,
    /// Compressed after it was signed.
    Gzip,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bytes {
    Drip,
    ResetAtOnce,
    ResetInHeaders,
    ResetInBody,
    CloseAtOnce,
    CloseInBody,
    LengthTooLarge,
    LengthTooSmall,
    Surplus,
    CloseAfterwards,
    CapitalisedNames,
    Interim(u16),
}

const LOST: Outcome = Outcome::Fails {
    kind: ErrorKind::OutcomeUnknown,
    authenticated: false,
    again: true,
};
const UNTRUSTED: Outcome = finally(ErrorKind::UntrustedResponse);
const PROTOCOL: Outcome = finally(ErrorKind::Protocol);

const fn finally(kind: ErrorKind) -> Outcome {
    Outcome::Fails {
        kind,
        authenticated: false,
        again: false,
    }
}

const fn api(authenticated: bool, again: bool) -> Outcome {
    Outcome::Fails {
        kind: ErrorKind::Api,
        authenticated,
        again,
    }
}

const fn refuse(code: &'static str, signed: bool) -> Refuse {
    Refuse {
        code,
        signed,
        status: 200,
    }
}

const DAY: u64 = 24 * 60 * 60 * 1000;

const fn duration(default: u64, least: u64, most: u64) -> Parameter {
    Parameter {
        unit: Unit::Duration,
        default,
        least,
        most,
    }
}

impl Fault {
    /// A fault of an answer to a request that was carried out.
    const fn new(name: &'static str, outcome: Outcome, play: Play, what: &'static str) -> Self {
        Self {
            name,
            what,
            parameter: None,
            processed: true,
            outcome,
            play,
        }
    }

    const fn answer(
        name: &'static str,
        outcome: Outcome,
        change: Change,
        what: &'static str,
    ) -> Self {
        Self::new(name, outcome, Play::Answer(change), what)
    }

    const fn body(
        name: &'static str,
        outcome: Outcome,
        change: BodyChange,
        what: &'static str,
    ) -> Self {
        Self::answer(name, outcome, Change::Body(change), what)
    }

    const fn bytes(name: &'static str, outcome: Outcome, bytes: Bytes, what: &'static str) -> Self {
        Self::new(name, outcome, Play::Bytes(bytes), what)
    }

    /// The same, but the request is not carried out.
    const fn before(mut self) -> Self {
        self.processed = false;
        self
    }

    const fn with(mut self, parameter: Parameter) -> Self {
        self.parameter = Some(parameter);
        self
    }
}

/// The fault with this name.
pub(crate) fn find(name: &str) -> Option<&'static Fault> {
    FAULTS.iter().find(|fault| fault.name == name)
}

/// Every fault, in the order in which they are listed.
pub static FAULTS: &[Fault] = &[
    // Whether the answer is proven to be Antom's.
    Fault::answer(
        "unsigned-success",
        UNTRUSTED,
        Change::Without(&["signature", "response-time"]),
        "the answer, but not signed",
    ),
    Fault::answer(
        "unsigned-failure",
        api(false, false),
        Change::Refuse(refuse("ACCESS_DENIED", false)),
        "an F that is not signed",
    )
    .before(),
    Fault::answer(
        "unsigned-unknown",
        api(false, true),
        Change::Refuse(refuse("UNKNOWN_EXCEPTION", false)),
        "a U that is not signed",
    ),
    Fault::answer(
        "unsigned-unknown-before",
        api(false, true),
        Change::Refuse(refuse("UNKNOWN_EXCEPTION", false)),
        "a U that is not signed",
    )
    .before(),
    Fault::answer(
        "signed-failure",
        api(true, false),
        Change::Refuse(refuse("PROCESS_FAIL", true)),
        "an F, signed",
    )
    .before(),
    Fault::answer(
        "signed-unknown",
        api(true, true),
        Change::Refuse(refuse("UNKNOWN_EXCEPTION", true)),
        "a U, signed",
    ),
    Fault::answer(
        "signed-unknown-before",
        api(true, true),
        Change::Refuse(refuse("UNKNOWN_EXCEPTION", true)),
        "a U, signed",
    )
    .before(),
    Fault::answer(
        "unknown-then-success",
        api(true, true),
        Change::RefuseAtFirst(refuse("UNKNOWN_EXCEPTION", true)),
        "a signed U to the first calls with this vaultingRequestId, then the answer",
    )
    .with(Parameter {
        unit: Unit::Calls,
        default: 1,
        least: 1,
        most: 1000,
    }),
    Fault::answer(
        "only-signature",
        UNTRUSTED,
        Change::Without(&["response-time"]),
        "the answer without response-time",
    ),
    Fault::answer(
        "only-response-time",
        UNTRUSTED,
        Change::Without(&["signature"]),
        "the answer without signature",
    ),
    Fault::answer(
        "double-signature",
        UNTRUSTED,
        Change::Twice("signature"),
        "the answer with the signature header twice",
    ),
    Fault::answer(
        "double-response-time",
        UNTRUSTED,
        Change::Twice("response-time"),
        "the answer with the response-time header twice",
    ),
    Fault::answer(
        "double-client-id",
        UNTRUSTED,
        Change::Twice("client-id"),
        "the answer with the client-id header twice",
    ),
    Fault::answer(
        "no-client-id",
        Outcome::Value,
        Change::Without(&["client-id"]),
        "the answer without the client-id header",
    ),
    Fault::answer(
        "other-client-id",
        UNTRUSTED,
        Change::OtherClientId,
        "the answer signed for another client id",
    ),
    Fault::answer(
        "wrong-key",
        UNTRUSTED,
        Change::WrongKey,
        "the answer signed with a key that is not the gateway's",
    ),
    Fault::answer(
        "altered-body",
        UNTRUSTED,
        Change::AlteredBody,
        "the answer with one byte more than was signed",
    ),
    Fault::answer(
        "malformed-signature",
        UNTRUSTED,
        Change::Signature(SignatureText::Malformed),
        "the answer with a signature header that cannot be read",
    ),
    Fault::answer(
        "raw-signature",
        Outcome::Value,
        Change::Signature(SignatureText::NotPercentEncoded),
        "the signature in base64 without percent-encoding",
    ),
    Fault::answer(
        "lower-case-hex",
        Outcome::Value,
        Change::Signature(SignatureText::LowerCaseHex),
        "the signature with lower-case percent escapes",
    ),
    Fault::answer(
        "spaced-signature",
        Outcome::Value,
        Change::Signature(SignatureText::Spaced),
        "the signature header as in the documentation, with spaces between its parts",
    ),
    Fault::answer(
        "old-response-time",
        Outcome::Value,
        Change::Earlier,
        "the answer signed so long ago",
    )
    .with(duration(DAY, 1000, 3650 * DAY)),
    Fault::answer(
        "future-response-time",
        Outcome::Value,
        Change::Later,
        "the answer signed so far in the future",
    )
    .with(duration(DAY, 1000, 3650 * DAY)),
    // Statuses.
    Fault::answer("http-408", LOST, Change::Page(408), "HTTP 408, not signed"),
    Fault::answer(
        "http-408-before",
        LOST,
        Change::Page(408),
        "HTTP 408, not signed",
    )
    .before(),
    Fault::answer(
        "http-408-signed",
        LOST,
        Change::Status(408),
        "the signed answer, but with HTTP 408",
    ),
    Fault::answer("http-429", LOST, Change::Page(429), "HTTP 429, not signed"),
    Fault::answer(
        "http-429-before",
        LOST,
        Change::Page(429),
        "HTTP 429, not signed",
    )
    .before(),
    Fault::answer(
        "http-429-signed",
        LOST,
        Change::Status(429),
        "the signed answer, but with HTTP 429",
    ),
    Fault::answer(
        "http-429-retry-after",
        LOST,
        Change::PageWithSeconds(429),
        "HTTP 429, not signed, with Retry-After in seconds",
    )
    .before()
    .with(duration(2000, 0, DAY)),
    Fault::answer(
        "http-429-retry-after-date",
        LOST,
        Change::PageWithDate(429),
        "HTTP 429, not signed, with Retry-After as a time so far from now",
    )
    .before()
    .with(duration(2000, 0, DAY)),
    Fault::answer("http-500", LOST, Change::Page(500), "HTTP 500, not signed"),
    Fault::answer(
        "http-500-before",
        LOST,
        Change::Page(500),
        "HTTP 500, not signed",
    )
    .before(),
    Fault::answer(
        "http-500-signed",
        LOST,
        Change::Status(500),
        "the signed answer, but with HTTP 500",
    ),
    Fault::answer("http-502", LOST, Change::Page(502), "HTTP 502, not signed"),
    Fault::answer(
        "http-502-before",
        LOST,
        Change::Page(502),
        "HTTP 502, not signed",
    )
    .before(),
    Fault::answer(
        "http-502-signed",
        LOST,
        Change::Status(502),
        "the signed answer, but with HTTP 502",
    ),
    Fault::answer("http-503", LOST, Change::Page(503), "HTTP 503, not signed"),
    Fault::answer(
        "http-503-before",
        LOST,
        Change::Page(503),
        "HTTP 503, not signed",
    )
    .before(),
    Fault::answer(
        "http-503-signed",
        LOST,
        Change::Status(503),
        "the signed answer, but with HTTP 503",
    ),
    Fault::answer(
        "http-302",
        PROTOCOL,
        Change::Page(302),
        "HTTP 302, not signed, to a host that does not exist",
    )
    .before(),
    Fault::answer(
        "http-404",
        PROTOCOL,
        Change::Page(404),
        "HTTP 404, not signed",
    )
    .before(),
    Fault::answer(
        "http-404-signed",
        PROTOCOL,
        Change::Refuse(Refuse {
            code: "NO_INTERFACE_DEF",
            signed: true,
            status: 404,
        }),
        "a signed F with HTTP 404",
    )
    .before(),
    // Bodies.
    Fault::answer(
        "empty-body",
        UNTRUSTED,
        Change::Empty,
        "HTTP 200 without a body, not signed",
    ),
    Fault::body(
        "empty-body-signed",
        PROTOCOL,
        BodyChange::Empty,
        "HTTP 200 without a body, signed",
    ),
    Fault::answer(
        "html-page",
        UNTRUSTED,
        Change::Page(200),
        "HTTP 200 with a web page, not signed, as from a captive portal",
    )
    .before(),
    Fault::body(
        "not-json",
        PROTOCOL,
        BodyChange::NotJson,
        "a body that is not JSON, signed",
    ),
    Fault::body(
        "duplicate-keys",
        PROTOCOL,
        BodyChange::DuplicateKeys,
        "two result members, signed",
    ),
    Fault::body(
        "missing-members",
        PROTOCOL,
        BodyChange::OnlyResult,
        "nothing but the result, signed",
    ),
    Fault::body(
        "missing-result",
        PROTOCOL,
        BodyChange::NoResult,
        "everything but the result, signed",
    ),
    Fault::body(
        "unknown-members",
        Outcome::Value,
        BodyChange::UnknownMembers,
        "the answer with members that are not documented, signed",
    ),
    Fault::body(
        "unknown-vaulting-status",
        Outcome::Value,
        BodyChange::UnknownVaultingStatus,
        "the answer with a vaultingStatus that is not documented, signed",
    ),
    Fault::body(
        "unknown-result-code",
        api(true, false),
        BodyChange::UnknownResultCode,
        "an F with a resultCode that is not documented, signed",
    ),
    Fault::body(
        "unknown-result-status",
        PROTOCOL,
        BodyChange::UnknownResultStatus,
        "a resultStatus that is not documented, signed",
    ),
    Fault::body(
        "huge",
        UNTRUSTED,
        BodyChange::Padded,
        "the answer with so much white space after it, signed",
    )
    .with(Parameter {
        unit: Unit::Mebibytes,
        default: 2,
        least: 1,
        most: 64,
    }),
    Fault::body(
        "gzip",
        UNTRUSTED,
        BodyChange::Gzip,
        "the answer compressed after it was signed, unasked",
    ),
    // Time.
    Fault::new(
        "delay",
        Outcome::Value,
        Play::Time(Time::Delay),
        "the answer so much later; the value, if the client waits so long",
    )
    .with(duration(2000, 0, 600_000)),
    Fault::new(
        "silence",
        LOST,
        Play::Time(Time::Silence),
        "no answer until the client gives up, for 10 minutes at most",
    ),
    Fault::new(
        "silence-before",
        LOST,
        Play::Time(Time::Silence),
        "no answer until the client gives up, for 10 minutes at most",
    )
    .before(),
    // Bytes.
    Fault::bytes(
        "drip",
        Outcome::Value,
        Bytes::Drip,
        "the answer a few bytes at a time, for so long; the value, if the client waits so long",
    )
    .with(duration(2000, 0, 50_000)),
    Fault::bytes(
        "reset-before",
        LOST,
        Bytes::ResetAtOnce,
        "the connection is reset without an answer",
    )
    .before(),
    Fault::bytes(
        "reset-after",
        LOST,
        Bytes::ResetAtOnce,
        "the connection is reset without an answer",
    ),
    Fault::bytes(
        "reset-in-headers",
        LOST,
        Bytes::ResetInHeaders,
        "the connection is reset in the middle of the headers",
    ),
    Fault::bytes(
        "reset-in-body",
        LOST,
        Bytes::ResetInBody,
        "the connection is reset in the middle of the body",
    ),
    Fault::bytes(
        "close-before",
        LOST,
        Bytes::CloseAtOnce,
        "the connection is closed without an answer",
    )
    .before(),
    Fault::bytes(
        "close-after",
        LOST,
        Bytes::CloseAtOnce,
        "the connection is closed without an answer",
    ),
    Fault::bytes(
        "half-body",
        LOST,
        Bytes::CloseInBody,
        "the connection is closed in the middle of the body",
    ),
    Fault::bytes(
        "content-length-too-large",
        LOST,
        Bytes::LengthTooLarge,
        "a Content-Length of 10 more than the body, then the connection is closed",
    ),
    Fault::bytes(
        "content-length-too-small",
        UNTRUSTED,
        Bytes::LengthTooSmall,
        "a Content-Length of 10 less than the body",
    ),
    Fault::bytes(
        "surplus-bytes",
        Outcome::Value,
        Bytes::Surplus,
        "the answer, and right after it one that nobody asked for",
    ),
    Fault::bytes(
        "stale-connection",
        Outcome::Value,
        Bytes::CloseAfterwards,
        "the answer; then the connection is closed, unannounced",
    ),
    Fault::bytes(
        "capitalised-headers",
        Outcome::Value,
        Bytes::CapitalisedNames,
        "the answer with header names like Response-Time",
    ),
    Fault::bytes(
        "interim-100",
        Outcome::Value,
        Bytes::Interim(100),
        "100 Continue, unasked, before the answer",
    ),
    Fault::bytes(
        "interim-103",
        Outcome::Value,
        Bytes::Interim(103),
        "103 Early Hints before the answer",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_unlike() {
        for (place, fault) in FAULTS.iter().enumerate() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(fault.name.chars().all(plain), "{}", fault.name);
            assert!(FAULTS[..place].iter().all(|other| other.name != fault.name));
        }
    }

    #[test]
    fn a_default_is_within_its_bounds() {
        for fault in FAULTS {
            if let Some(parameter) = fault.parameter {
                assert!(
                    (parameter.least..=parameter.most).contains(&parameter.default),
                    "{}",
                    fault.name
                );
            }
        }
    }
}
