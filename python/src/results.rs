//! Rust values to Python values: each answer becomes the frozen class of `antom.types` that is named after it. Decides
//! nothing.

use antom_core::api::objects::{AcquirerInfo, Card, CustomizedInfo, NextStep, Wallet};
use antom_core::{ResponseTime, VaultingNotification, VaultingOutcome, VaultingSession};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyDelta, PyDict, PyTzInfo};
use time::OffsetDateTime;

type Object<'py> = Bound<'py, PyAny>;

/// Makes an object of a class in `antom.types` from its members.
macro_rules! make {
    ($py:expr, $class:literal, $members:expr) => {{
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        CLASS
            .import($py, "antom.types", $class)?
            .call((), Some(&$members))
    }};
}

/// A member of an enumeration in `antom.types`, whatever the text.
macro_rules! open_enum {
    ($py:expr, $class:literal, $text:expr) => {{
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        CLASS.import($py, "antom.types", $class)?.call1(($text,))
    }};
}

/// Sets members that are named as in the core, and are text or absent.
macro_rules! texts {
    ($py:expr, $members:expr, $from:expr, [$($name:ident),+ $(,)?]) => {
        $($members.set_item(intern!($py, stringify!($name)), $from.$name.as_deref())?;)+
    };
}

/// `antom.VaultingSession`.
pub(crate) fn session<'py>(py: Python<'py>, session: &VaultingSession) -> PyResult<Object<'py>> {
    let members = PyDict::new(py);
    members.set_item(intern!(py, "request_id"), &session.request_id)?;
    members.set_item(intern!(py, "id"), &session.id)?;
    members.set_item(intern!(py, "data"), session.data.expose())?;
    members.set_item(intern!(py, "expires_at"), moment(py, session.expires_at)?)?;
    members.set_item(intern!(py, "normal_url"), session.normal_url.as_deref())?;
    members.set_item(intern!(py, "raw"), session.raw.expose())?;
    set_response_time(&members, &session.response_time)?;
    make!(py, "VaultingSession", members)
}

/// `antom.VaultingNotification`.
pub(crate) fn notification<'py>(
    py: Python<'py>,
    event: &VaultingNotification,
) -> PyResult<Object<'py>> {
    let members = vaulting(py, &event.request_id, &event.outcome, event.raw.0.expose())?;
    members.set_item(intern!(py, "replay_key"), event.replay_key())?;
    members.set_item(intern!(py, "metadata"), event.metadata.as_deref())?;
    let created_at = event.created_at.map(|time| moment(py, time)).transpose()?;
    members.set_item(intern!(py, "created_at"), created_at)?;
    let acquirer = event.acquirer_info.as_ref();
    members.set_item(
        intern!(py, "acquirer"),
        acquirer.map(|info| acquirer_info(py, info)).transpose()?,
    )?;
    let customized = event.customized_info.as_ref();
    members.set_item(
        intern!(py, "customized_info"),
        customized
            .map(|info| customized_info(py, info))
            .transpose()?,
    )?;
    make!(py, "VaultingNotification", members)
}

/// `antom.VaultingNotification` of something that is no vaulting.
pub(crate) fn unrelated<'py>(py: Python<'py>, raw: &str) -> PyResult<Object<'py>> {
    let members = bare(py, "", "UNRELATED", raw)?;
    for name in [
        intern!(py, "created_at"),
        intern!(py, "acquirer"),
        intern!(py, "customized_info"),
    ] {
        members.set_item(name, py.None())?;
    }
    members.set_item(intern!(py, "replay_key"), "")?;
    make!(py, "VaultingNotification", members)
}

/// The members of `antom.Vaulting`.
fn vaulting<'py>(
    py: Python<'py>,
    request_id: &str,
    outcome: &VaultingOutcome,
    raw: &str,
) -> PyResult<Bound<'py, PyDict>> {
    match outcome {
        VaultingOutcome::Succeeded(detail) => {
            let members = bare(py, request_id, "SUCCESS", raw)?;
            let method = detail.payment_method_type.as_deref();
            members.set_item(intern!(py, "payment_method_type"), method)?;
            if let Some(given) = &detail.card {
                members.set_item(intern!(py, "card"), card(py, given)?)?;
            }
            if let Some(given) = &detail.wallet {
                members.set_item(intern!(py, "wallet"), wallet(py, given)?)?;
            }
            Ok(members)
        }
        VaultingOutcome::Failed(failure) => {
            let members = bare(py, request_id, "FAIL", raw)?;
            members.set_item(intern!(py, "code"), &failure.code)?;
            members.set_item(intern!(py, "message"), failure.message.as_deref())?;
            Ok(members)
        }
        VaultingOutcome::Processing(next) => {
            let members = bare(py, request_id, "PROCESSING", raw)?;
            members.set_item(intern!(py, "next_step"), next_step(py, next)?)?;
            Ok(members)
        }
        VaultingOutcome::Unrecognised(status) => bare(py, request_id, status, raw),
        _ => bare(py, request_id, "", raw),
    }
}

/// The members of `antom.Vaulting`, those that only some outcomes have absent.
fn bare<'py>(
    py: Python<'py>,
    request_id: &str,
    outcome: &str,
    raw: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let members = PyDict::new(py);
    members.set_item(intern!(py, "request_id"), request_id)?;
    members.set_item(intern!(py, "outcome"), open_enum!(py, "Outcome", outcome)?)?;
    members.set_item(intern!(py, "raw"), raw)?;
    for name in [
        intern!(py, "code"),
        intern!(py, "message"),
        intern!(py, "payment_method_type"),
        intern!(py, "card"),
        intern!(py, "wallet"),
        intern!(py, "next_step"),
        intern!(py, "metadata"),
    ] {
        members.set_item(name, py.None())?;
    }
    Ok(members)
}

fn card<'py>(py: Python<'py>, card: &Card) -> PyResult<Object<'py>> {
    let members = PyDict::new(py);
    let token = card.card_token.as_ref().map(|token| token.expose());
    members.set_item(intern!(py, "token"), token)?;
    texts!(
        py,
        members,
        card,
        [
            masked_card_no,
            last_four,
            bin,
            fingerprint,
            brand,
            expiry_month,
            expiry_year,
            issuing_country,
            issuer_name,
            network_transaction_id,
            avs_result_raw,
            cvv_result_raw,
        ]
    );
    let funding = match &card.funding {
        Some(funding) => Some(open_enum!(py, "Funding", funding)?),
        None => None,
    };
    members.set_item(intern!(py, "funding"), funding)?;
    make!(py, "Card", members)
}

fn wallet<'py>(py: Python<'py>, wallet: &Wallet) -> PyResult<Object<'py>> {
    let members = PyDict::new(py);
    let token = wallet.token.as_ref().map(|token| token.expose());
    members.set_item(intern!(py, "token"), token)?;
    texts!(py, members, wallet, [token_expiry_time]);
    make!(py, "Wallet", members)
}

/// None where the buyer has nowhere to go.
fn next_step<'py>(py: Python<'py>, next: &NextStep) -> PyResult<Option<Object<'py>>> {
    if [&next.normal_url, &next.scheme_url, &next.applink_url]
        .into_iter()
        .all(Option::is_none)
    {
        return Ok(None);
    }
    let members = PyDict::new(py);
    texts!(py, members, next, [normal_url, scheme_url, applink_url]);
    make!(py, "NextStep", members).map(Some)
}

fn acquirer_info<'py>(py: Python<'py>, info: &AcquirerInfo) -> PyResult<Object<'py>> {
    let members = PyDict::new(py);
    texts!(
        py,
        members,
        info,
        [
            acquirer_name,
            reference_request_id,
            acquirer_transaction_id,
            acquirer_merchant_id,
            acquirer_result_code,
            acquirer_result_message,
            acquirer_merchant_name,
            acquirer_reason_description,
            ptsp_transaction_id,
        ]
    );
    let token = info.acquirer_card_token.as_ref();
    members.set_item(
        intern!(py, "acquirer_card_token"),
        token.map(|token| token.expose()),
    )?;
    make!(py, "AcquirerInfo", members)
}

fn customized_info<'py>(py: Python<'py>, info: &CustomizedInfo) -> PyResult<Object<'py>> {
    let members = PyDict::new(py);
    texts!(
        py,
        members,
        info,
        [
            customized_field1,
            customized_field2,
            customized_field3,
            customized_field4,
            customized_field5,
        ]
    );
    make!(py, "CustomizedInfo", members)
}

/// When Antom answered, and the skew of the clocks.
fn set_response_time(members: &Bound<'_, PyDict>, time: &ResponseTime) -> PyResult<()> {
    let py = members.py();
    let answered_at = time.time().map(|time| moment(py, time)).transpose()?;
    members.set_item(intern!(py, "response_time"), answered_at)?;
    let skew = time.clock_skew().map(|skew| {
        let days = skew.whole_days();
        let rest = skew - time::Duration::days(days);
        // A time of the years 1 to 9999 is fewer days away than i32 can say, and a rest is within a day.
        let days = i32::try_from(days).unwrap_or_default();
        let seconds = i32::try_from(rest.whole_seconds()).unwrap_or_default();
        PyDelta::new(py, days, seconds, rest.subsec_microseconds(), true)
    });
    members.set_item(intern!(py, "clock_skew"), skew.transpose()?)
}

/// An aware `datetime` with the offset that Antom wrote.
fn moment(py: Python<'_>, time: OffsetDateTime) -> PyResult<Bound<'_, PyDateTime>> {
    let offset = PyDelta::new(py, 0, time.offset().whole_seconds(), 0, true)?;
    PyDateTime::new(
        py,
        time.year(),
        time.month().into(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.microsecond(),
        Some(&PyTzInfo::fixed_offset(py, offset)?),
    )
}
