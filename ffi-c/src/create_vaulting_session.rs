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

/// The request of createVaultingSession. Set all of it to zero, then
/// struct_size, then what you have: NULL means that a field is left out. Limits
/// are in Unicode characters.
// Members are only added at the end, and each starts on a multiple of eight bytes: the four bytes of padding
// after the last one are not zeroed by every caller, so that no later member may lie in them.
#[repr(C)]
pub struct antom_create_vaulting_session_request {
    /// sizeof(antom_create_vaulting_session_request).
    pub struct_size: usize,
    /// The payment method, for example "CARD". Required, at most 64. With
    /// ANTOM_PRODUCT_AMS only "CARD".
    pub payment_method_type: Text,
    /// Your unique id of this vaulting, at most 64. It makes it harmless to
    /// send a request again. Default: the library makes a UUID.
    pub vaulting_request_id: Text,
    /// Where Antom posts the outcome: a URL, at most 2048. Required with
    /// ANTOM_PRODUCT_AMS. Default: the URL set in Antom's Dashboard.
    pub vaulting_notification_url: Text,
    /// Where the buyer goes afterwards: a URL, at most 2048.
    pub redirect_url: Text,
    /// Text for the acquirer, by Antom's documentation a JSON object with
    /// texts, which is not checked here; at most 2048. Only ANTOM_PRODUCT_APO.
    pub pass_through_metadata: Text,
    /// Your region, two capital letters, for example "SG". Only
    /// ANTOM_PRODUCT_AMS.
    pub merchant_region: Text,
    /// Whether to ask for 3-D Secure: -1 no, 0 left out, 1 yes. Only
    /// ANTOM_PRODUCT_AMS.
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
            raw: Zeroizing::new(c_string(session.raw.expose())),
        }
    }
}

/// Creates a session: sends the request signed, and verifies the signature of
/// the answer before it is read. It is harmless to call it again with the same
/// vaulting_request_id: Antom returns the same result for it.
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

/// The vaulting_request_id of the request: keep it, notifications name it. ""
/// for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_request_id(
    session: Option<&antom_vaulting_session>,
) -> *const c_char {
    text(session, |session| &session.request_id)
}

/// vaultingSessionId, at most 64 characters. It may hold '+' and '/': escape it
/// in a URL. "" for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_id(
    session: Option<&antom_vaulting_session>,
) -> *const c_char {
    text(session, |session| &session.id)
}

/// vaultingSessionData, a secret: give it unchanged to Antom's SDK in the
/// browser, to nobody else, and not to a log. "" for NULL. Wiped by _free.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_data(
    session: Option<&antom_vaulting_session>,
) -> *const c_char {
    text(session, |session| &session.data)
}

/// The length of the data in bytes, without the NUL byte. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_data_len(
    session: Option<&antom_vaulting_session>,
) -> usize {
    number(session, |session| session.data.as_bytes().len())
}

/// When the session expires, as RFC 3339 text, for example
/// "2026-08-17T13:00:00+08:00". "" for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_expires_at(
    session: Option<&antom_vaulting_session>,
) -> *const c_char {
    text(session, |session| &session.expires_at)
}

/// A page of Antom's that collects the card. NULL if the product has none, or
/// for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_normal_url(
    session: Option<&antom_vaulting_session>,
) -> *const c_char {
    optional_text(session, |session| session.normal_url.as_deref())
}

/// The whole verified answer as JSON, for members that have no function here.
/// It holds the data, so it is a secret too. "" for NULL. Wiped by _free.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_raw(
    session: Option<&antom_vaulting_session>,
) -> *const c_char {
    text(session, |session| &session.raw)
}

/// The length of the JSON in bytes, without the NUL byte. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_raw_len(
    session: Option<&antom_vaulting_session>,
) -> usize {
    number(session, |session| session.raw.as_bytes().len())
}

/// Frees the session and wipes its secrets. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_session_free(session: Option<Box<antom_vaulting_session>>) {
    free(session);
}
