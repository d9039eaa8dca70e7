//! What became of a vaulting: an inquiry, a recovery, and the object that notifications are read into as well.

use std::ffi::{CString, c_char};

use antom_core::api::objects::{Card, PaymentMethodDetail};
use antom_core::{InquireVaulting, Recovery, Secret, VaultingOutcome};
use zeroize::Zeroizing;

use crate::boundary::{Out, Text, c_string, call, free, number, optional_text, required, text};
use crate::client::antom_client;
use crate::error::{antom_error, antom_status};

/// What became of a vaulting. Treat a number that you do not know, and
/// ANTOM_OUTCOME_UNRECOGNISED, as not finished.
#[repr(C)]
pub enum antom_outcome {
    /// Not finished. The buyer may have to go to next_url.
    ANTOM_OUTCOME_PROCESSING = 0,
    /// Vaulted: there is a card_token.
    ANTOM_OUTCOME_SUCCEEDED = 1,
    /// Not vaulted, and never will be under this vaulting_request_id.
    ANTOM_OUTCOME_FAILED = 2,
    /// Antom answered a status that this version does not know.
    ANTOM_OUTCOME_UNRECOGNISED = 3,
    /// Antom never got the request: send it again with the same id.
    ANTOM_OUTCOME_NEVER_ARRIVED = 4,
    /// The notification is about something else: see raw.
    ANTOM_OUTCOME_UNRELATED = 5,
}

/// What Antom says of a vaulting. It never changes, and may be read from any
/// thread.
pub struct antom_vaulting {
    status: i32,
    request_id: CString,
    code: Option<CString>,
    message: Option<CString>,
    card_token: Option<Zeroizing<CString>>,
    card_brand: Option<CString>,
    card_last_four: Option<CString>,
    card_expiry_month: Option<CString>,
    card_expiry_year: Option<CString>,
    next_url: Option<CString>,
    replay_key: CString,
    raw: Zeroizing<CString>,
}

impl antom_vaulting {
    /// With nothing but its status and its id.
    fn bare(status: antom_outcome, request_id: &str) -> Self {
        Self {
            status: status as i32,
            request_id: c_string(request_id),
            code: None,
            message: None,
            card_token: None,
            card_brand: None,
            card_last_four: None,
            card_expiry_month: None,
            card_expiry_year: None,
            next_url: None,
            replay_key: CString::default(),
            raw: Zeroizing::default(),
        }
    }

    /// Verified JSON that is not about a vaulting.
    pub(crate) fn unrelated(raw: &Secret<String>) -> Self {
        Self {
            raw: secret(raw),
            ..Self::bare(antom_outcome::ANTOM_OUTCOME_UNRELATED, "")
        }
    }

    pub(crate) fn new(request_id: &str, outcome: &VaultingOutcome, raw: &Secret<String>) -> Self {
        use antom_outcome as Status;
        let vaulting = match outcome {
            VaultingOutcome::Succeeded(detail) => Self {
                code: Some(c"SUCCESS".to_owned()),
                ..Self::succeeded(request_id, detail)
            },
            VaultingOutcome::Failed(failure) => Self {
                code: Some(c_string(&failure.code)),
                message: failure.message.as_deref().map(c_string),
                ..Self::bare(Status::ANTOM_OUTCOME_FAILED, request_id)
            },
            VaultingOutcome::Processing(next) => {
                let url = [&next.normal_url, &next.scheme_url, &next.applink_url];
                let url = url.into_iter().flatten().next();
                Self {
                    next_url: url.map(|url| c_string(url)),
                    ..Self::bare(Status::ANTOM_OUTCOME_PROCESSING, request_id)
                }
            }
            VaultingOutcome::Unrecognised(status) => Self {
                code: Some(c_string(status)),
                ..Self::bare(Status::ANTOM_OUTCOME_UNRECOGNISED, request_id)
            },
            _ => Self::bare(Status::ANTOM_OUTCOME_UNRECOGNISED, request_id),
        };
        Self {
            raw: secret(raw),
            ..vaulting
        }
    }

    /// What [`antom_replay_guard`](crate::notification::antom_replay_guard) knows it by.
    pub(crate) fn with_replay_key(self, key: &str) -> Self {
        Self {
            replay_key: c_string(key),
            ..self
        }
    }

    pub(crate) fn replay_key(&self) -> &CString {
        &self.replay_key
    }

    fn succeeded(request_id: &str, detail: &PaymentMethodDetail) -> Self {
        let of_card = |member: fn(&Card) -> Option<&String>| {
            let text = detail.card.as_ref().and_then(member);
            text.map(|text| c_string(text))
        };
        let card = detail.card.as_ref();
        let wallet = detail.wallet.as_ref();
        let token = card.and_then(|card| card.card_token.as_ref());
        let token = token.or_else(|| wallet?.token.as_ref());
        Self {
            card_token: token.map(secret),
            card_brand: of_card(|card| card.brand.as_ref()),
            card_last_four: of_card(|card| card.last_four.as_ref()),
            card_expiry_month: of_card(|card| card.expiry_month.as_ref()),
            card_expiry_year: of_card(|card| card.expiry_year.as_ref()),
            ..Self::bare(antom_outcome::ANTOM_OUTCOME_SUCCEEDED, request_id)
        }
    }
}

fn secret(text: &Secret<String>) -> Zeroizing<CString> {
    Zeroizing::new(c_string(text.expose()))
}

/// Asks what became of the vaulting with this vaulting_request_id, at most 64
/// characters. merchant_account_id is NULL, or with ANTOM_PRODUCT_AMS an id of
/// at most 64 characters. ANTOM_OK says only that Antom answered.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn antom_client_inquire_vaulting(
    client: Option<&antom_client>,
    vaulting_request_id: Text,
    merchant_account_id: Text,
    vaulting_out: Out<antom_vaulting>,
    error_out: Out<antom_error>,
) -> antom_status {
    call(error_out, || {
        let slot = vaulting_out.required("vaulting_out")?;
        let client = required(client, "client")?;
        let id = vaulting_request_id.required("vaulting_request_id")?;
        let request = InquireVaulting {
            vaulting_request_id: id.to_owned(),
            merchant_account_id: merchant_account_id.copied("merchant_account_id")?,
        };
        let inquiry = client.run(|client| client.inquire_vaulting(&request))?;
        slot.fill(antom_vaulting::new(
            &inquiry.request_id,
            &inquiry.outcome,
            &inquiry.raw,
        ));
        Ok(())
    })
}

/// After ANTOM_ERR_OUTCOME_UNKNOWN: what really happened under this
/// vaulting_request_id. As an inquiry, but for a request that never arrived
/// there is an answer too: ANTOM_OUTCOME_NEVER_ARRIVED.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn antom_client_recover(
    client: Option<&antom_client>,
    vaulting_request_id: Text,
    vaulting_out: Out<antom_vaulting>,
    error_out: Out<antom_error>,
) -> antom_status {
    call(error_out, || {
        let slot = vaulting_out.required("vaulting_out")?;
        let client = required(client, "client")?;
        let id = vaulting_request_id.required("vaulting_request_id")?;
        slot.fill(match client.run(|client| client.recover(id))? {
            Recovery::Known(inquiry) => {
                antom_vaulting::new(&inquiry.request_id, &inquiry.outcome, &inquiry.raw)
            }
            Recovery::NeverArrived => {
                antom_vaulting::bare(antom_outcome::ANTOM_OUTCOME_NEVER_ARRIVED, id)
            }
        });
        Ok(())
    })
}

/// What became of it: a value of enum antom_outcome. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_outcome(vaulting: Option<&antom_vaulting>) -> i32 {
    number(vaulting, |vaulting| vaulting.status)
}

/// The vaulting_request_id that began it. "" if there is none, or for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_request_id(vaulting: Option<&antom_vaulting>) -> *const c_char {
    text(vaulting, |vaulting| &vaulting.request_id)
}

/// Why it ended so, for example "CARD_EXPIRED". NULL if Antom did not say.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_code(vaulting: Option<&antom_vaulting>) -> *const c_char {
    optional_text(vaulting, |vaulting| vaulting.code.as_deref())
}

/// The same for people. NULL if Antom did not say.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_message(vaulting: Option<&antom_vaulting>) -> *const c_char {
    optional_text(vaulting, |vaulting| vaulting.message.as_deref())
}

/// The paymentMethodId of later payments, at most 2048 characters: a secret,
/// keep it like a password. NULL if there is none. Wiped by _free.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_card_token(vaulting: Option<&antom_vaulting>) -> *const c_char {
    optional_text(vaulting, |vaulting| {
        vaulting.card_token.as_ref().map(|token| token.as_c_str())
    })
}

/// For example "VISA". NULL if Antom did not say.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_card_brand(vaulting: Option<&antom_vaulting>) -> *const c_char {
    optional_text(vaulting, |vaulting| vaulting.card_brand.as_deref())
}

/// The last four digits of the card. NULL if Antom did not say.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_card_last_four(
    vaulting: Option<&antom_vaulting>,
) -> *const c_char {
    optional_text(vaulting, |vaulting| vaulting.card_last_four.as_deref())
}

/// Two digits. NULL if Antom did not say.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_card_expiry_month(
    vaulting: Option<&antom_vaulting>,
) -> *const c_char {
    optional_text(vaulting, |vaulting| vaulting.card_expiry_month.as_deref())
}

/// Two digits. NULL if Antom did not say.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_card_expiry_year(
    vaulting: Option<&antom_vaulting>,
) -> *const c_char {
    optional_text(vaulting, |vaulting| vaulting.card_expiry_year.as_deref())
}

/// Where the buyer must go to finish it. NULL if there is no such step.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_next_url(vaulting: Option<&antom_vaulting>) -> *const c_char {
    optional_text(vaulting, |vaulting| vaulting.next_url.as_deref())
}

/// The whole verified JSON, which holds the token: a secret. "" if there is
/// none, or for NULL. Wiped by _free.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_raw(vaulting: Option<&antom_vaulting>) -> *const c_char {
    text(vaulting, |vaulting| &vaulting.raw)
}

/// The length of the JSON in bytes, without the NUL byte. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_raw_len(vaulting: Option<&antom_vaulting>) -> usize {
    number(vaulting, |vaulting| vaulting.raw.as_bytes().len())
}

/// Frees the vaulting and wipes its secrets. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_free(vaulting: Option<Box<antom_vaulting>>) {
    free(vaulting);
}
