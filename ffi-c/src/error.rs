//! The kinds of errors, and the object that says why a call failed.

use std::ffi::{CStr, CString, c_char};

use antom_core::{Error, ErrorKind, ResultStatus};

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
    /// NULL, text that is not UTF-8, or a number that is not allowed: a mistake
    /// in the calling program.
    ANTOM_ERR_INVALID_ARGUMENT = 1,
    /// The options are incomplete or contradict each other, or a key or a
    /// certificate cannot be read.
    ANTOM_ERR_CONFIG = 2,
    /// The request breaks Antom's field rules. Nothing was sent. See
    /// antom_error_violation_count.
    ANTOM_ERR_INVALID_REQUEST = 3,
    /// The private key could not sign. Nothing was sent.
    ANTOM_ERR_SIGNING = 4,
    /// The request did not leave this machine. It is safe to send it again,
    /// once what the message names is corrected.
    ANTOM_ERR_NOT_SENT = 10,
    /// The request may have been processed. Send it again with the same
    /// vaulting_request_id: Antom returns the same result for it.
    ANTOM_ERR_OUTCOME_UNKNOWN = 11,
    /// The client was closed, see antom_client_close.
    ANTOM_ERR_CLOSED = 12,
    /// Antom refused the request, or asks to send it again. See
    /// antom_error_result_code.
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

/// Why a call failed. It holds no secrets, never changes, and may be read from
/// any thread.
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

/// The same number as the status of the call; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_kind(error: Option<&antom_error>) -> antom_status {
    number(error, |error| error.kind.number())
}

/// The name of the kind, for example "NotSent"; "" for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_kind_name(error: Option<&antom_error>) -> *const c_char {
    text(error, |error| &error.kind_name)
}

/// What happened and what to do, in one line for people; "" for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_message(error: Option<&antom_error>) -> *const c_char {
    text(error, |error| &error.message)
}

/// What to do next, in one or two sentences; "" for NULL. For ANTOM_ERR_API it
/// is Antom's advice for the result code.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_advice(error: Option<&antom_error>) -> *const c_char {
    text(error, |error| &error.advice)
}

/// 1 if it is safe to send the same request again, with the same
/// vaulting_request_id, and may succeed; else 0. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_retryable(error: Option<&antom_error>) -> i32 {
    number(error, |error| i32::from(error.retryable))
}

/// Antom's resultCode, for example "PARAM_ILLEGAL". NULL if the answer has
/// none, if there is no answer, or for NULL.
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

/// 1 if the result is from an answer with a valid signature; 0 if it is not,
/// so that anybody may have written it. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_authenticated(error: Option<&antom_error>) -> i32 {
    number(error, |error| i32::from(error.authenticated))
}

/// The HTTP status of the answer. 0 if there is no answer, or for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_http_status(error: Option<&antom_error>) -> i32 {
    number(error, |error| error.http_status)
}

/// How many times the call tried to send the request. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_attempts(error: Option<&antom_error>) -> u32 {
    number(error, |error| error.attempts)
}

/// The vaulting_request_id of the call, also if the library made it: keep it
/// to send the request again. NULL if the call has none, or for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_request_id(error: Option<&antom_error>) -> *const c_char {
    optional_text(error, |error| error.request_id.as_deref())
}

/// The number of field rules that the request breaks. 0 for NULL, and for
/// other kinds than ANTOM_ERR_INVALID_REQUEST.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_violation_count(error: Option<&antom_error>) -> usize {
    number(error, |error| error.violations.len())
}

/// The field with the wrong value, named as in Antom's documentation, for
/// example "redirectUrl". index starts at 0; NULL past the end, or for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_violation_field(
    error: Option<&antom_error>,
    index: usize,
) -> *const c_char {
    optional_text(error, |error| Some(&error.violations.get(index)?.field))
}

/// What is wrong with that field, without its value. NULL as above.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_violation_problem(
    error: Option<&antom_error>,
    index: usize,
) -> *const c_char {
    optional_text(error, |error| Some(&error.violations.get(index)?.problem))
}

/// Frees the error and its texts. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn antom_error_free(error: Option<Box<antom_error>>) {
    free(error);
}
