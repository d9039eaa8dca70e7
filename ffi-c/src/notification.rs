//! Notifications: verify one, know a repetition, acknowledge.

use std::ffi::c_char;
use std::time::Duration;

use antom_core::{Claim, MemoryReplayGuard, Notification, ReplayGuard, ack};

use crate::boundary::{Array, Bytes, Out, Text, answer, call, free, required};
use crate::client::antom_client;
use crate::error::{antom_error, antom_status};
use crate::vaulting::antom_vaulting;

/// A header of a request that your web server received.
#[repr(C)]
pub struct antom_header {
    /// For example "Signature", in any case.
    name: Text,
    /// Its value, without the line's end.
    value: Text,
}

/// Verifies a notification that Antom posted. method and path are those of its
/// request line, path with its query and as in the URL that Antom was given;
/// headers are all that came, header_count their number; body is what came,
/// byte for byte. tolerance_s, in seconds, refuses one whose time is further
/// from now; 0 is no limit, because Antom repeats for up to 24 hours.
/// ANTOM_ERR_UNTRUSTED_NOTIFICATION: do not act on it, answer HTTP 400.
#[must_use]
#[unsafe(no_mangle)]
#[allow(
    clippy::too_many_arguments,
    reason = "the parts of a request stand side by side in C"
)]
pub extern "C" fn antom_client_verify_notification(
    client: Option<&antom_client>,
    method: Text,
    path: Text,
    headers: Array<antom_header>,
    header_count: usize,
    body: Bytes,
    body_len: usize,
    tolerance_s: u32,
    vaulting_out: Out<antom_vaulting>,
    error_out: Out<antom_error>,
) -> antom_status {
    call(error_out, || {
        let slot = vaulting_out.required("vaulting_out")?;
        let client = required(client, "client")?;
        let (method, path) = (method.required("method")?, path.required("path")?);
        let mut pairs = Vec::new();
        for header in headers.read(header_count, "headers")? {
            let name = header.name.required("headers->name")?;
            pairs.push((name, header.value.bytes("headers->value")?));
        }
        let body = body.or_empty(body_len, "body")?;
        let notification = client.run(|client| {
            let mut verifier = client.notifications();
            if tolerance_s > 0 {
                verifier = verifier.with_tolerance(Duration::from_secs(tolerance_s.into()));
            }
            verifier.verify(method, path, &pairs, body)
        })?;
        slot.fill(match notification {
            Notification::Vaulting(event) => {
                antom_vaulting::new(&event.request_id, &event.outcome, &event.raw.0)
                    .with_replay_key(&event.replay_key())
            }
            Notification::Other { raw } => antom_vaulting::unrelated(&raw.0),
        });
        Ok(())
    })
}

/// The body that acknowledges a notification, for HTTP 200 and content-type
/// "application/json". Else Antom sends it again. Never NULL, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn antom_acknowledgement() -> *const c_char {
    const TEXT: &std::ffi::CStr =
        c"{\"result\":{\"resultCode\":\"SUCCESS\",\"resultStatus\":\"S\",\"resultMessage\":\"success\"}}";
    const { assert!(equal(TEXT.to_bytes(), ack().body)) };
    TEXT.as_ptr()
}

/// Whether the text here is that of `antom-core`.
const fn equal(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// Remembers in this process which notifications were handled, because Antom
/// may repeat one. Several processes need a table that they share instead.
pub struct antom_replay_guard {
    guard: MemoryReplayGuard,
}

/// Remembers the newest notifications, capacity of them, for keep_s seconds
/// each: take more than 24 hours. NULL only if the library is broken.
#[unsafe(no_mangle)]
pub extern "C" fn antom_replay_guard_new(
    capacity: usize,
    keep_s: u32,
) -> Option<Box<antom_replay_guard>> {
    answer(None, || {
        let guard = MemoryReplayGuard::new(capacity, Duration::from_secs(keep_s.into()));
        Some(Box::new(antom_replay_guard { guard }))
    })
}

/// Claims a verified vaulting: 1 if it is new: handle it, then acknowledge it;
/// 0 if it was claimed before: only acknowledge it. NULL, and a vaulting that
/// came from no notification, are never new. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn antom_replay_guard_claim(
    guard: Option<&antom_replay_guard>,
    vaulting: Option<&antom_vaulting>,
) -> i32 {
    answer(0, || {
        let claim = guard
            .zip(key_of(vaulting))
            .map(|(guard, key)| guard.guard.claim(&key));
        i32::from(matches!(claim, Some(Ok(Claim::First))))
    })
}

/// Gives the claim of a vaulting back: handling it failed. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn antom_replay_guard_release(
    guard: Option<&antom_replay_guard>,
    vaulting: Option<&antom_vaulting>,
) {
    answer((), || {
        if let Some((guard, key)) = guard.zip(key_of(vaulting)) {
            guard.guard.release(&key);
        }
    });
}

/// Frees the guard.
#[unsafe(no_mangle)]
pub extern "C" fn antom_replay_guard_free(guard: Option<Box<antom_replay_guard>>) {
    free(guard);
}

fn key_of(vaulting: Option<&antom_vaulting>) -> Option<String> {
    let key = vaulting?.replay_key().to_str().ok()?;
    (!key.is_empty()).then(|| key.to_owned())
}
