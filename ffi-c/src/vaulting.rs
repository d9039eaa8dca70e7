//! What became of a vaulting: an inquiry, a recovery, and the object that notifications are read into as well.

use std::ffi::{CString, c_char};

use antom_core::api::objects::{Card, PaymentMethodDetail};
use antom_core::api::vault_payment_method::VaultPaymentMethod;
use antom_core::{
    InquireVaulting, Recovery, ResponseTime, Secret, VaultingInquiry, VaultingOutcome,
};
use zeroize::Zeroizing;

use crate::boundary::{
    Bytes, Out, Text, c_string, call, free, number, optional_text, required, text,
};
use crate::client::antom_client;
use crate::error::{antom_error, antom_status};

/// What became of a vaulting. Treat a number that you do not know as
/// ANTOM_OUTCOME_UNRECOGNISED: not finished.
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

/// What Antom says of a vaulting.
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
    response_time: CString,
    clock_skew_s: i64,
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
            response_time: CString::default(),
            clock_skew_s: 0,
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

    pub(crate) fn answered_at(self, time: &ResponseTime) -> Self {
        Self {
            response_time: c_string(time.text()),
            clock_skew_s: clock_skew_s(time),
            ..self
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

impl From<VaultingInquiry> for antom_vaulting {
    fn from(inquiry: VaultingInquiry) -> Self {
        Self::new(&inquiry.request_id, &inquiry.outcome, &inquiry.raw)
            .answered_at(&inquiry.response_time)
    }
}

/// By how many seconds Antom's clock is ahead; 0 where its time cannot be read.
pub(crate) fn clock_skew_s(time: &ResponseTime) -> i64 {
    match time.clock_skew() {
        Some(skew) => skew.whole_seconds(),
        None => 0,
    }
}

fn secret(text: &Secret<String>) -> Zeroizing<CString> {
    Zeroizing::new(c_string(text.expose()))
}

/// Asks what became of the vaulting with this vaulting_request_id.
/// merchant_account_id is NULL, or, only with ANTOM_PRODUCT_AMS, an id. Both at
/// most 64 characters. ANTOM_OK says only that Antom answered.
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
        slot.fill(
            client
                .run(|client| client.inquire_vaulting(&request))?
                .into(),
        );
        Ok(())
    })
}

/// After ANTOM_ERR_OUTCOME_UNKNOWN: an inquiry for this vaulting_request_id
/// that answers for a request that never arrived too, see antom_outcome.
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
            Recovery::Known(inquiry) => inquiry.into(),
            Recovery::NeverArrived => {
                antom_vaulting::bare(antom_outcome::ANTOM_OUTCOME_NEVER_ARRIVED, id)
            }
        });
        Ok(())
    })
}

/// Vaults a card whose number your server holds: it, its logs and its backups
/// come under PCI DSS, which a session avoids; never store the security code.
/// json is the request of vaultPaymentMethod with the members that Antom
/// documents; wipe it afterwards. It is never sent twice: after
/// ANTOM_ERR_OUTCOME_UNKNOWN see antom_client_recover.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn antom_client_vault_payment_method(
    client: Option<&antom_client>,
    json: Bytes,
    json_len: usize,
    vaulting_out: Out<antom_vaulting>,
    error_out: Out<antom_error>,
) -> antom_status {
    call(error_out, || {
        let slot = vaulting_out.required("vaulting_out")?;
        let client = required(client, "client")?;
        let json = json.utf8(json_len, "json")?;
        let request = VaultPaymentMethod::from_json(json)?;
        let vaulted = client.run(|client| client.vault_payment_method(request))?;
        slot.fill(
            antom_vaulting::new(&vaulted.request_id, &vaulted.outcome, &vaulted.raw)
                .answered_at(&vaulted.response_time),
        );
        Ok(())
    })
}

/// What became of it: a value of enum antom_outcome.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_outcome(vaulting: Option<&antom_vaulting>) -> i32 {
    number(vaulting, |vaulting| vaulting.status)
}

/// The vaulting_request_id that began it. "" if there is none.
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

/// The paymentMethodId of later payments, at most 2048 characters: keep it like
/// a password. NULL if there is none. Wiped by _free.
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

/// When Antom answered: ISO 8601. "" for a notification.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_response_time(vaulting: Option<&antom_vaulting>) -> *const c_char {
    text(vaulting, |vaulting| &vaulting.response_time)
}

/// By how many seconds Antom's clock was ahead then; 0 if unknown.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_clock_skew_s(vaulting: Option<&antom_vaulting>) -> i64 {
    number(vaulting, |vaulting| vaulting.clock_skew_s)
}

/// The whole verified JSON with the token: a secret. "" if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_raw(vaulting: Option<&antom_vaulting>) -> *const c_char {
    text(vaulting, |vaulting| &vaulting.raw)
}

/// Its length in bytes, without the NUL byte.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_raw_len(vaulting: Option<&antom_vaulting>) -> usize {
    number(vaulting, |vaulting| vaulting.raw.as_bytes().len())
}

/// Frees the vaulting and wipes its secrets.
#[unsafe(no_mangle)]
pub extern "C" fn antom_vaulting_free(vaulting: Option<Box<antom_vaulting>>) {
    free(vaulting);
}
