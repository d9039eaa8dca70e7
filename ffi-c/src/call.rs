//! Any other API of Antom: JSON in, verified JSON out.

use std::ffi::{CString, c_char};

use antom_core::{Repeat, VerifiedAnswer};
use zeroize::Zeroizing;

use crate::boundary::{Bytes, Out, Text, c_string, call, free, invalid, number, required, text};
use crate::client::antom_client;
use crate::error::{antom_error, antom_status};

/// A verified answer of Antom.
pub struct antom_answer {
    json: Zeroizing<CString>,
    response_time: CString,
}

impl From<VerifiedAnswer> for antom_answer {
    fn from(answer: VerifiedAnswer) -> Self {
        Self {
            json: Zeroizing::new(c_string(answer.json.expose())),
            response_time: c_string(answer.response_time.text()),
        }
    }
}

/// Calls another API: signed, retried, verified and judged like every call.
/// path is the live path, for example "/ams/api/v1/vaults/fetchNonce", also in
/// test mode. json is sent byte for byte. repeatable: 1 if the same request
/// twice acts only once, so that it may be tried again after it was sent.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn antom_client_call(
    client: Option<&antom_client>,
    path: Text,
    json: Bytes,
    json_len: usize,
    repeatable: i32,
    answer_out: Out<antom_answer>,
    error_out: Out<antom_error>,
) -> antom_status {
    call(error_out, || {
        let slot = answer_out.required("answer_out")?;
        let client = required(client, "client")?;
        let path = path.required("path")?;
        let json = json.utf8(json_len, "json")?;
        let repeat = match repeatable {
            0 => Repeat::OnlyIfNotSent,
            1 => Repeat::Harmless,
            _ => return Err(invalid("repeatable", "it must be 0 or 1")),
        };
        slot.fill(client.run(|client| client.call(path, json, repeat))?.into());
        Ok(())
    })
}

/// The verified JSON, whose resultStatus is "S". Wiped by _free.
#[unsafe(no_mangle)]
pub extern "C" fn antom_answer_json(answer: Option<&antom_answer>) -> *const c_char {
    text(answer, |answer| &answer.json)
}

/// Its length in bytes, without the NUL byte.
#[unsafe(no_mangle)]
pub extern "C" fn antom_answer_json_len(answer: Option<&antom_answer>) -> usize {
    number(answer, |answer| answer.json.as_bytes().len())
}

/// When Antom answered: ISO 8601.
#[unsafe(no_mangle)]
pub extern "C" fn antom_answer_response_time(answer: Option<&antom_answer>) -> *const c_char {
    text(answer, |answer| &answer.response_time)
}

/// Frees the answer and wipes it.
#[unsafe(no_mangle)]
pub extern "C" fn antom_answer_free(answer: Option<Box<antom_answer>>) {
    free(answer);
}
