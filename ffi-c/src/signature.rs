//! Signatures of requests and answers that go another way than through this library.

use std::ffi::{CString, c_char};

use zeroize::Zeroizing;

use crate::boundary::{Bytes, Out, Text, c_string, call, free, required, text};
use crate::client::antom_client;
use crate::error::{antom_error, antom_status};

/// A signature that antom_client_sign made.
pub struct antom_signature {
    header: Zeroizing<CString>,
}

/// Signs a request that your program sends itself: method and path as they are
/// sent, "/ams/sandbox/api/..." in test mode; time is the request-time header,
/// in milliseconds since 1970; body is what you send, or NULL and 0.
#[must_use]
#[unsafe(no_mangle)]
#[allow(
    clippy::too_many_arguments,
    reason = "the parts of a request stand side by side in C"
)]
pub extern "C" fn antom_client_sign(
    client: Option<&antom_client>,
    method: Text,
    path: Text,
    time: Text,
    body: Bytes,
    body_len: usize,
    signature_out: Out<antom_signature>,
    error_out: Out<antom_error>,
) -> antom_status {
    call(error_out, || {
        let slot = signature_out.required("signature_out")?;
        let client = required(client, "client")?;
        let (method, path) = (method.required("method")?, path.required("path")?);
        let (time, body) = (time.required("time")?, body.or_empty(body_len, "body")?);
        let header = client.run(|client| client.sign(method, path, time, body))?;
        slot.fill(antom_signature {
            header: Zeroizing::new(c_string(&header)),
        });
        Ok(())
    })
}

/// The value of the signature header.
#[unsafe(no_mangle)]
pub extern "C" fn antom_signature_header(signature: Option<&antom_signature>) -> *const c_char {
    text(signature, |signature| &signature.header)
}

/// Frees the signature.
#[unsafe(no_mangle)]
pub extern "C" fn antom_signature_free(signature: Option<Box<antom_signature>>) {
    free(signature);
}

/// Checks an answer that your program received itself, to a request with this
/// method and path: signature_header is the value of its signature header, time
/// of its response-time header. ANTOM_OK: Antom's key signed exactly this body
/// for your client id. Otherwise ANTOM_ERR_UNTRUSTED_RESPONSE.
#[must_use]
#[unsafe(no_mangle)]
#[allow(
    clippy::too_many_arguments,
    reason = "the parts of an answer stand side by side in C"
)]
pub extern "C" fn antom_client_verify(
    client: Option<&antom_client>,
    method: Text,
    path: Text,
    time: Text,
    body: Bytes,
    body_len: usize,
    signature_header: Text,
    error_out: Out<antom_error>,
) -> antom_status {
    call(error_out, || {
        let client = required(client, "client")?;
        let (method, path) = (method.required("method")?, path.required("path")?);
        let (time, body) = (time.required("time")?, body.or_empty(body_len, "body")?);
        let signature = signature_header.required("signature_header")?;
        client.run(|client| client.verify(method, path, time, body, signature))
    })
}
