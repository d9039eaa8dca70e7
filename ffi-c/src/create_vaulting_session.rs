//! createVaultingSession: the request, the call and the session.

use std::ffi::{CString, c_char};

use antom_core::{CreateVaultingSession, Error, VaultingSession};
use zeroize::Zeroizing;

use crate::boundary::{
    Growing, Out, Struct, Text, c_string, call, free, invalid, number, optional_text, required,
    text,
};
use crate::client::antom_client;
use crate::error::{antom_error, antom_status};
use crate::vaulting::clock_skew_s;

/// The request of createVaultingSession. Set all of it to zero, then
/// struct_size, then what you have: NULL means that a field is left out. Limits
/// are in Unicode characters.
// Members are only added at the end, and each starts on a multiple of eight bytes: the four bytes of padding
// after the last one are not zeroed by every caller, so that no later member may lie in them.
#[repr(C)]
pub struct antom_create_vaulting_session_request {
    /// sizeof(antom_create_vaulting_session_request).
    pub struct_size: usize,
    /// For example "CARD"; with ANTOM_PRODUCT_AMS only that. At most 64.
    pub payment_method_type: Text,
    /// Your unique id of this vaulting, at most 64, with which it may be sent
    /// again. Default: the library makes a UUID.
    pub vaulting_request_id: Text,
    /// Where Antom posts the outcome: a URL, at most 2048. Required with
    /// ANTOM_PRODUCT_AMS. Default: the URL set in Antom's Dashboard.
    pub vaulting_notification_url: Text,
    /// Where the buyer goes afterwards: a URL, at most 2048.
    pub redirect_url: Text,
    /// A JSON object of texts for the acquirer, not checked here; at most 2048.
    /// Only ANTOM_PRODUCT_APO.
    pub pass_through_metadata: Text,
    /// Two capital letters, for example "SG". Only ANTOM_PRODUCT_AMS.
    pub merchant_region: Text,
    /// 3-D Secure: -1 no, 0 left out, 1 yes. Only ANTOM_PRODUCT_AMS.
    pub is_3ds_authentication: i32,
}

// SAFETY: it is repr(C), begins with its size, holds pointers and numbers only, and is aligned like its size.
unsafe impl Growing for antom_create_vaulting_session_request {
    const NAME: &str = "antom_create_vaulting_session_request";
}

impl antom_create_vaulting_session_request {
    fn to_core(&self) -> Result<CreateVaultingSession, Error> {
        Ok(CreateVaultingSession {
            payment_method_type: self
                .payment_method_type
                .copied("request->payment_method_type")?
                .unwrap_or_default(),
            vaulting_request_id: self
                .vaulting_request_id
                .copied("request->vaulting_request_id")?,
            vaulting_notification_url: self
                .vaulting_notification_url
                .copied("request->vaulting_notification_url")?,
            redirect_url: self.redirect_url.copied("request->redirect_url")?,
            pass_through_metadata: self
                .pass_through_metadata
                .copied("request->pass_through_metadata")?,
            merchant_region: self.merchant_region.copied("request->merchant_region")?,
            is_3ds_authentication: match self.is_3ds_authentication {
                0 => None,
                1 => Some(true),
                -1 => Some(false),
                _ => {
                    return Err(invalid(
                        "request->is_3ds_authentication",
                        "it must be -1, 0 or 1",
                    ));
                }
            },
        })
    }
}

/// A session with which the page in the browser collects the card.
pub struct antom_vaulting_session {
    request_id: CString,
    id: CString,
    data: Zeroizing<CString>,
    expires_at: CString,
    normal_url: Option<CString>,
    response_time: CString,
    clock_skew_s: i64,
    raw: Zeroizing<CString>,
}

impl From<VaultingSession> for antom_vaulting_session {
    fn from(session: VaultingSession) -> Self {
        Self {
            request_id: c_string(&session.request_id),
            id: c_string(&session.id),
            data: Zeroizing::new(c_string(session.data.expose())),
            expires_at: c_string(&session.expires_at_text()),
            normal_url: session.normal_url.as_deref().map(c_string),
            response_time: c_string(session.response_time.text()),
            clock_skew_s: clock_skew_s(&session.response_time),
            raw: Zeroizing::new(c_string(session.raw.expose())),
        }
    }
}

/// Creates a session with the fields of request. It is harmless to call it
/// again with the same vaulting_request_id: Antom returns the same result.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn antom_client_create_vaulting_session(
    client: Option<&antom_client>,
    request: Struct<antom_create_vaulting_session_request>,
    session_out: Out<antom_vaulting_session>,
    error_out: Out<antom_error>,
) -> antom_status {
    call(error_out, || {
        let slot = session_out.required("session_out")?;
        let client = required(client, "client")?;
        let request = request.read("request")?.to_core()?;
        slot.fill(
            client
                .run(|client| client.create_vaulting_session(&request))?
                .into(),
        );
        Ok(())
    })
}

/// The vaulting_request_id: keep it, notifications name it.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_request_id(
    session: Option<&antom_vaulting_session>,
) -> *const c_char {
    text(session, |session| &session.request_id)
}

/// vaultingSessionId, at most 64 characters. It may hold '+' and '/': escape it
/// in a URL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_id(
    session: Option<&antom_vaulting_session>,
) -> *const c_char {
    text(session, |session| &session.id)
}

/// vaultingSessionData, a secret: give it unchanged to Antom's SDK in the
/// browser, to nobody else, and not to a log. Wiped by _free.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_data(
    session: Option<&antom_vaulting_session>,
) -> *const c_char {
    text(session, |session| &session.data)
}

/// Its length in bytes, without the NUL byte.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_data_len(
    session: Option<&antom_vaulting_session>,
) -> usize {
    number(session, |session| session.data.as_bytes().len())
}

/// When it expires: RFC 3339, for example "2026-08-17T13:00:00+08:00".
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_expires_at(
    session: Option<&antom_vaulting_session>,
) -> *const c_char {
    text(session, |session| &session.expires_at)
}

/// A page of Antom's that collects the card. NULL if the product has none.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_normal_url(
    session: Option<&antom_vaulting_session>,
) -> *const c_char {
    optional_text(session, |session| session.normal_url.as_deref())
}

/// When Antom answered, as it wrote it: ISO 8601.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_response_time(
    session: Option<&antom_vaulting_session>,
) -> *const c_char {
    text(session, |session| &session.response_time)
}

/// By how many seconds Antom's clock was ahead then; 0 if unknown.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_clock_skew_s(
    session: Option<&antom_vaulting_session>,
) -> i64 {
    number(session, |session| session.clock_skew_s)
}

/// The whole verified answer as JSON, a secret too. Wiped by _free.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_raw(
    session: Option<&antom_vaulting_session>,
) -> *const c_char {
    text(session, |session| &session.raw)
}

/// Its length in bytes, without the NUL byte.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_raw_len(
    session: Option<&antom_vaulting_session>,
) -> usize {
    number(session, |session| session.raw.as_bytes().len())
}

/// Frees the session and wipes its secrets.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_free(session: Option<Box<antom_vaulting_session>>) {
    free(session);
}
