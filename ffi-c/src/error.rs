//! The kinds of errors, and the object that says why a call failed.

use std::ffi::{CStr, CString, c_char};

use antom_core::{Error, ErrorKind, ResultStatus};
use zeroize::Zeroizing;

use crate::boundary::{c_string, free, number, optional_text, text};

/// What a call that can fail returns: one of the values of enum antom_code.
/// Expect values that are not in this version of the header.
pub type antom_status = i32;

/// cbindgen:ignore
pub(crate) const ANTOM_OK: antom_status = antom_code::ANTOM_OK as antom_status;

/// The values of antom_status. A number never changes its meaning. 1 to 4, 10
/// and 12: nothing was sent. 20: Antom answered. 11, 21, 22 and 99: the request
/// may have been processed. 30 is about notifications.
#[repr(C)]
pub enum antom_code {
    /// The call succeeded.
    ANTOM_OK = 0,
    /// NULL, not UTF-8, or a number out of range: the program is wrong.
    ANTOM_ERR_INVALID_ARGUMENT = 1,
    /// The options contradict each other, or a key cannot be read.
    ANTOM_ERR_CONFIG = 2,
    /// It breaks Antom's field rules: see antom_error_violation_count.
    ANTOM_ERR_INVALID_REQUEST = 3,
    /// The private key, or the signer, could not sign.
    ANTOM_ERR_SIGNING = 4,
    /// Nothing left this machine: it is safe to send it again.
    ANTOM_ERR_NOT_SENT = 10,
    /// It may have been processed: see antom_client_recover.
    ANTOM_ERR_OUTCOME_UNKNOWN = 11,
    /// The client was closed, see antom_client_close.
    ANTOM_ERR_CLOSED = 12,
    /// Antom refused it: see antom_error_result_code.
    ANTOM_ERR_API = 20,
    /// The signature of the answer is not valid. Do not act on the answer.
    ANTOM_ERR_UNTRUSTED_RESPONSE = 21,
    /// The answer is not what Antom's documentation describes.
    ANTOM_ERR_PROTOCOL = 22,
    /// The signature of a notification is not valid. Do not act on it.
    ANTOM_ERR_UNTRUSTED_NOTIFICATION = 30,
    /// A bug in libantom. The object may be freed, but not be used again.
    ANTOM_ERR_INTERNAL = 99,
}

/// Why a call failed. It holds no secrets but string_to_sign, never changes, and
/// may be read from any thread.
pub struct antom_error {
    kind: ErrorKind,
    kind_name: CString,
    message: CString,
    advice: CString,
    retryable: bool,
    result_status: Option<&'static CStr>,
    result_code: Option<CString>,
    result_message: Option<CString>,
    authenticated: bool,
    http_status: i32,
    attempts: u32,
    request_id: Option<CString>,
    string_to_sign: Option<Zeroizing<CString>>,
    violations: Vec<Violation>,
}

struct Violation {
    field: CString,
    problem: CString,
}

impl From<&Error> for antom_error {
    fn from(error: &Error) -> Self {
        let result = error.result();
        Self {
            kind: error.kind(),
            kind_name: c_string(error.kind().name()),
            message: c_string(error.message()),
            advice: c_string(error.advice()),
            retryable: error.is_retryable(),
            result_status: result.map(|result| match result.status {
                ResultStatus::Success => c"S",
                ResultStatus::Failed => c"F",
                ResultStatus::Unknown => c"U",
            }),
            result_code: error.result_code().map(c_string),
            result_message: result.and_then(|result| result.message.as_deref().map(c_string)),
            authenticated: error.is_authenticated(),
            http_status: error.http_status().map_or(0, i32::from),
            attempts: error.attempts(),
            request_id: error.request_id().map(c_string),
            string_to_sign: error
                .string_to_sign()
                .and_then(|string| str::from_utf8(string).ok())
                .map(|string| Zeroizing::new(c_string(string))),
            violations: error
                .violations()
                .iter()
                .map(|violation| Violation {
                    field: c_string(violation.field()),
                    problem: c_string(violation.problem()),
                })
                .collect(),
        }
    }
}

/// The same number as the status of the call.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_kind(error: Option<&antom_error>) -> antom_status {
    number(error, |error| error.kind.number())
}

/// The name of the kind, for example "NotSent".
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_kind_name(error: Option<&antom_error>) -> *const c_char {
    text(error, |error| &error.kind_name)
}

/// What happened and what to do, in one line for people.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_message(error: Option<&antom_error>) -> *const c_char {
    text(error, |error| &error.message)
}

/// What to do next; for ANTOM_ERR_API Antom's own advice for the code.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_advice(error: Option<&antom_error>) -> *const c_char {
    text(error, |error| &error.advice)
}

/// 1 if the same request is safe to send again and may succeed; else 0.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_retryable(error: Option<&antom_error>) -> i32 {
    number(error, |error| i32::from(error.retryable))
}

/// Antom's resultCode, for example "PARAM_ILLEGAL". NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_result_code(error: Option<&antom_error>) -> *const c_char {
    optional_text(error, |error| error.result_code.as_deref())
}

/// Antom's resultStatus: "S", "F" (failed) or "U" (unknown). NULL as above.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_result_status(error: Option<&antom_error>) -> *const c_char {
    optional_text(error, |error| error.result_status)
}

/// Antom's resultMessage, for people. NULL as above.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_result_message(error: Option<&antom_error>) -> *const c_char {
    optional_text(error, |error| error.result_message.as_deref())
}

/// 1 if the result is signed by Antom; 0: anybody may have written it.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_authenticated(error: Option<&antom_error>) -> i32 {
    number(error, |error| i32::from(error.authenticated))
}

/// The HTTP status of the answer. 0 if there is no answer.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_http_status(error: Option<&antom_error>) -> i32 {
    number(error, |error| error.http_status)
}

/// How many times the call tried to send the request.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_attempts(error: Option<&antom_error>) -> u32 {
    number(error, |error| error.attempts)
}

/// The vaulting_request_id, even if the library made it, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_request_id(error: Option<&antom_error>) -> *const c_char {
    optional_text(error, |error| error.request_id.as_deref())
}

/// For antom_client_with_signature, if no signer is set; else NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_string_to_sign(error: Option<&antom_error>) -> *const c_char {
    optional_text(error, |error| {
        error
            .string_to_sign
            .as_ref()
            .map(|string| string.as_c_str())
    })
}

/// How many field rules the request breaks.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_violation_count(error: Option<&antom_error>) -> usize {
    number(error, |error| error.violations.len())
}

/// The field of number index, from 0, like "redirectUrl". NULL past the end.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_violation_field(
    error: Option<&antom_error>,
    index: usize,
) -> *const c_char {
    optional_text(error, |error| Some(&error.violations.get(index)?.field))
}

/// What is wrong with the field of that index, without its value.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_violation_problem(
    error: Option<&antom_error>,
    index: usize,
) -> *const c_char {
    optional_text(error, |error| Some(&error.violations.get(index)?.problem))
}

/// Frees the error and its texts.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_free(error: Option<Box<antom_error>>) {
    free(error);
}
