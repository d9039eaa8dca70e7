//! Tells the calling program what happens in a call.

use std::ffi::{CString, c_char};
use std::time::Duration;

use antom_core::{AttemptEnded, CallBegan, CallEnded, Observer};

use crate::boundary::{Context, c_string};

/// What an event tells.
#[repr(C)]
pub enum antom_event_kind {
    /// A call begins.
    ANTOM_EVENT_BEGIN = 1,
    /// An attempt to send the request ended.
    ANTOM_EVENT_ATTEMPT = 2,
    /// The call ended.
    ANTOM_EVENT_END = 3,
}

/// What happens in a call, for logs and metrics: no bodies, no secrets. Texts
/// are valid during the callback. Durations are in microseconds. A member that
/// the event does not have is 0 or NULL.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct antom_event {
    /// How many bytes of this struct the library filled.
    struct_size: usize,
    /// The path on the wire; its last part is the API.
    path: *const c_char,
    /// The vaulting_request_id, where the API has one.
    request_id: *const c_char,
    /// ATTEMPT: the resultCode of a failure.
    result_code: *const c_char,
    /// A value of enum antom_event_kind.
    kind: i32,
    /// ATTEMPT: its number from 1. END: how many were made.
    attempts: u32,
    /// ATTEMPT and END: a value of enum antom_code.
    status: i32,
    /// ATTEMPT: the HTTP status of the answer.
    http_status: i32,
    /// END: the whole call, waits included. ATTEMPT: sending and receiving.
    duration_us: u64,
    /// ATTEMPT: signing.
    sign_us: u64,
    /// ATTEMPT: opening a connection; 0 if an open one was used.
    connect_us: u64,
    /// ATTEMPT: verifying and reading the answer.
    verify_us: u64,
    /// BEGIN: the size of the request's body. ATTEMPT: of the answer's.
    body_bytes: u64,
    /// ATTEMPT: by how many seconds Antom's clock is ahead of this one's.
    clock_skew_s: i64,
}

/// Is told of an event, with the context of the options, on the thread that
/// makes the call, which waits for it. It must not unwind, as a signer.
pub type antom_observe_fn = Option<extern "C" fn(context: Context, event: &antom_event)>;

/// The caller's function that is told, with its context.
#[derive(Clone, Copy)]
pub(crate) struct ObserveCallback {
    pub(crate) function: extern "C" fn(Context, &antom_event),
    pub(crate) context: Context,
}

impl ObserveCallback {
    fn tell(
        &self,
        path: &str,
        request_id: Option<&str>,
        result_code: Option<&str>,
        event: antom_event,
    ) {
        let text = |text: Option<&str>| text.map(c_string);
        let (path, request_id, result_code) = (c_string(path), text(request_id), text(result_code));
        let pointer =
            |text: &Option<CString>| text.as_ref().map_or(std::ptr::null(), |text| text.as_ptr());
        (self.function)(
            self.context,
            &antom_event {
                path: path.as_ptr(),
                request_id: pointer(&request_id),
                result_code: pointer(&result_code),
                ..event
            },
        );
    }
}

impl Observer for ObserveCallback {
    fn begin(&self, call: &CallBegan<'_>) {
        let event = antom_event {
            body_bytes: call.body_bytes as u64,
            ..empty(antom_event_kind::ANTOM_EVENT_BEGIN)
        };
        self.tell(call.path, call.request_id, None, event);
    }

    fn attempt(&self, attempt: &AttemptEnded<'_>) {
        let event = antom_event {
            attempts: attempt.number,
            status: attempt.error.map_or(0, antom_core::ErrorKind::number),
            http_status: attempt.http_status.map_or(0, i32::from),
            duration_us: micros(attempt.exchange),
            sign_us: micros(attempt.sign),
            connect_us: attempt.connect.map_or(0, |connect| micros(connect).max(1)),
            verify_us: micros(attempt.verify),
            body_bytes: attempt.answer_bytes.unwrap_or_default() as u64,
            clock_skew_s: attempt.clock_skew.unwrap_or_default(),
            ..empty(antom_event_kind::ANTOM_EVENT_ATTEMPT)
        };
        self.tell(
            attempt.path,
            attempt.request_id,
            attempt.result_code.as_deref(),
            event,
        );
    }

    fn end(&self, call: &CallEnded<'_>) {
        let event = antom_event {
            attempts: call.attempts,
            status: call.error.map_or(0, antom_core::ErrorKind::number),
            duration_us: micros(call.duration),
            ..empty(antom_event_kind::ANTOM_EVENT_END)
        };
        self.tell(call.path, call.request_id, None, event);
    }
}

fn empty(kind: antom_event_kind) -> antom_event {
    antom_event {
        struct_size: size_of::<antom_event>(),
        path: std::ptr::null(),
        request_id: std::ptr::null(),
        result_code: std::ptr::null(),
        kind: kind as i32,
        attempts: 0,
        status: 0,
        http_status: 0,
        duration_us: 0,
        sign_us: 0,
        connect_us: 0,
        verify_us: 0,
        body_bytes: 0,
        clock_skew_s: 0,
    }
}

fn micros(duration: Duration) -> u64 {
    duration.as_micros().try_into().unwrap_or(u64::MAX)
}
