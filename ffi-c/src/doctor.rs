//! Why a signature does not verify, in words. What finds it out is `antom_core::doctor`.

use std::ffi::{CString, c_char};

use antom_core::doctor::{Cause, Diagnosis, Received, Sender};
use zeroize::Zeroizing;

use crate::boundary::{
    Bytes, Out, Text, bytes, c_string, call, free, invalid, number, optional_text, required, text,
};
use crate::client::antom_client;
use crate::error::{antom_error, antom_status};

/// Why a signature does not verify.
pub struct antom_diagnosis {
    cause: Option<CString>,
    what: CString,
    fix: CString,
    string_to_sign_len: usize,
    /// With a NUL byte at its end.
    string_to_sign: Zeroizing<Vec<u8>>,
}

impl From<Diagnosis> for antom_diagnosis {
    fn from(diagnosis: Diagnosis) -> Self {
        let checked = Zeroizing::new(diagnosis.string_to_sign);
        // Growing a vector leaves its old memory unwiped.
        let mut string_to_sign = Zeroizing::new(Vec::with_capacity(checked.len() + 1));
        string_to_sign.extend_from_slice(&checked);
        string_to_sign.push(0);
        let of_cause =
            |member: fn(&Cause) -> &str| c_string(diagnosis.cause.as_ref().map_or("", member));
        Self {
            cause: diagnosis.cause.as_ref().map(|cause| c_string(cause.id)),
            what: of_cause(|cause| &cause.what),
            fix: of_cause(|cause| cause.fix),
            string_to_sign_len: checked.len(),
            string_to_sign,
        }
    }
}

/// Finds out why the signature of a message does not verify: of Antom's, an
/// answer or a notification, or, with from_merchant 1 instead of 0, of a
/// request of your own. method, path, client_id, time, body and
/// signature_header are those of the message. A signer needs
/// antom_options_set_signer_public_key for the latter.
#[must_use]
#[unsafe(no_mangle)]
#[allow(
    clippy::too_many_arguments,
    reason = "the parts of a message stand side by side in C"
)]
pub extern "C" fn antom_client_diagnose(
    client: Option<&antom_client>,
    from_merchant: i32,
    method: Text,
    path: Text,
    client_id: Text,
    time: Text,
    body: Bytes,
    body_len: usize,
    signature_header: Text,
    diagnosis_out: Out<antom_diagnosis>,
    error_out: Out<antom_error>,
) -> antom_status {
    call(error_out, || {
        let slot = diagnosis_out.required("diagnosis_out")?;
        let client = required(client, "client")?;
        let sender = match from_merchant {
            0 => Sender::Antom,
            1 => Sender::Merchant,
            _ => return Err(invalid("from_merchant", "it must be 0 or 1")),
        };
        let received = Received {
            method: method.required("method")?,
            path: path.required("path")?,
            client_id: client_id.required("client_id")?,
            time: time.required("time")?,
            signature: signature_header.required("signature_header")?,
            body: body.or_empty(body_len, "body")?,
            meant: None,
        };
        slot.fill(
            client
                .run(|client| client.diagnose(&received, sender))?
                .into(),
        );
        Ok(())
    })
}

/// A name for programs, for example "path_sandbox". NULL if it does verify.
#[unsafe(no_mangle)]
pub extern "C" fn antom_diagnosis_cause(diagnosis: Option<&antom_diagnosis>) -> *const c_char {
    optional_text(diagnosis, |diagnosis| diagnosis.cause.as_deref())
}

/// What happened, in one line for people; "" if it does verify.
#[unsafe(no_mangle)]
pub extern "C" fn antom_diagnosis_what(diagnosis: Option<&antom_diagnosis>) -> *const c_char {
    text(diagnosis, |diagnosis| &diagnosis.what)
}

/// What to do about it; "" as above.
#[unsafe(no_mangle)]
pub extern "C" fn antom_diagnosis_fix(diagnosis: Option<&antom_diagnosis>) -> *const c_char {
    text(diagnosis, |diagnosis| &diagnosis.fix)
}

/// The text that the signature was checked over: compare it with what was
/// signed. It holds the body. Wiped by _free.
#[unsafe(no_mangle)]
pub extern "C" fn antom_diagnosis_string_to_sign(
    diagnosis: Option<&antom_diagnosis>,
) -> *const c_char {
    bytes(diagnosis, |diagnosis| &diagnosis.string_to_sign)
}

/// Its length in bytes, without the NUL byte.
#[unsafe(no_mangle)]
pub extern "C" fn antom_diagnosis_string_to_sign_len(diagnosis: Option<&antom_diagnosis>) -> usize {
    number(diagnosis, |diagnosis| diagnosis.string_to_sign_len)
}

/// Frees the diagnosis.
#[unsafe(no_mangle)]
pub extern "C" fn antom_diagnosis_free(diagnosis: Option<Box<antom_diagnosis>>) {
    free(diagnosis);
}
