//! Rust values to Python values: each answer becomes the frozen class of `antom.types` that is named after it. Decides
//! nothing.

use antom_core::api::objects::{AcquirerInfo, Card, CustomizedInfo, NextStep, Wallet};
use antom_core::api::vault_payment_method::PaymentMethodVaulting;
use antom_core::doctor::Diagnosis;
use antom_core::{
    AttemptEnded, CallBegan, CallEnded, ErrorKind, ResponseTime, Secret, VaultingInquiry,
    VaultingNotification, VaultingOutcome, VaultingSession, VerifiedAnswer,
};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDateTime, PyDelta, PyDict, PyTzInfo};
use std::time::Duration;
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

/// `antom.Vaulting`, from an inquiry.
pub(crate) fn inquiry<'py>(py: Python<'py>, inquiry: &VaultingInquiry) -> PyResult<Object<'py>> {
    let members = vaulting(
        py,
        &inquiry.request_id,
        &inquiry.outcome,
        inquiry.raw.expose(),
    )?;
    members.set_item(intern!(py, "metadata"), inquiry.metadata.as_deref())?;
    set_response_time(&members, &inquiry.response_time)?;
    make!(py, "Vaulting", members)
}

/// `antom.Vaulting`, from vaultPaymentMethod.
pub(crate) fn vaulted<'py>(
    py: Python<'py>,
    vaulted: &PaymentMethodVaulting,
) -> PyResult<Object<'py>> {
    let members = vaulting(
        py,
        &vaulted.request_id,
        &vaulted.outcome,
        vaulted.raw.expose(),
    )?;
    set_response_time(&members, &vaulted.response_time)?;
    make!(py, "Vaulting", members)
}

/// `antom.Answer`.
pub(crate) fn answer<'py>(py: Python<'py>, answer: &VerifiedAnswer) -> PyResult<Object<'py>> {
    let members = PyDict::new(py);
    members.set_item(intern!(py, "raw"), answer.json.expose())?;
    set_response_time(&members, &answer.response_time)?;
    make!(py, "Answer", members)
}

/// `antom.Diagnosis`.
pub(crate) fn diagnosis<'py>(py: Python<'py>, diagnosis: &Diagnosis) -> PyResult<Object<'py>> {
    let members = PyDict::new(py);
    let cause = diagnosis.cause.as_ref();
    members.set_item(intern!(py, "cause"), cause.map(|cause| cause.id))?;
    members.set_item(intern!(py, "what"), cause.map(|cause| &*cause.what))?;
    members.set_item(intern!(py, "fix"), cause.map(|cause| cause.fix))?;
    let string_to_sign = PyBytes::new(py, &diagnosis.string_to_sign);
    members.set_item(intern!(py, "string_to_sign"), string_to_sign)?;
    make!(py, "Diagnosis", members)
}

/// `antom.CallBegan`.
pub(crate) fn call_began<'py>(py: Python<'py>, call: &CallBegan<'_>) -> PyResult<Object<'py>> {
    let members = event(py, call.path, call.request_id)?;
    members.set_item(intern!(py, "body_bytes"), call.body_bytes)?;
    make!(py, "CallBegan", members)
}

/// `antom.AttemptEnded`.
pub(crate) fn attempt_ended<'py>(
    py: Python<'py>,
    attempt: &AttemptEnded<'_>,
) -> PyResult<Object<'py>> {
    let members = event(py, attempt.path, attempt.request_id)?;
    members.set_item(intern!(py, "number"), attempt.number)?;
    members.set_item(intern!(py, "sign"), span(py, attempt.sign)?)?;
    let connect = attempt.connect.map(|time| span(py, time)).transpose()?;
    members.set_item(intern!(py, "connect"), connect)?;
    members.set_item(intern!(py, "exchange"), span(py, attempt.exchange)?)?;
    members.set_item(intern!(py, "verify"), span(py, attempt.verify)?)?;
    members.set_item(intern!(py, "answer_bytes"), attempt.answer_bytes)?;
    members.set_item(intern!(py, "http_status"), attempt.http_status)?;
    members.set_item(intern!(py, "result_code"), attempt.result_code.as_deref())?;
    members.set_item(intern!(py, "error"), kind(py, attempt.error)?)?;
    let skew = attempt.clock_skew.map(time::Duration::seconds);
    let skew = skew.map(|skew| signed_span(py, skew)).transpose()?;
    members.set_item(intern!(py, "clock_skew"), skew)?;
    make!(py, "AttemptEnded", members)
}

/// `antom.CallEnded`.
pub(crate) fn call_ended<'py>(py: Python<'py>, call: &CallEnded<'_>) -> PyResult<Object<'py>> {
    let members = event(py, call.path, call.request_id)?;
    members.set_item(intern!(py, "attempts"), call.attempts)?;
    members.set_item(intern!(py, "duration"), span(py, call.duration)?)?;
    members.set_item(intern!(py, "error"), kind(py, call.error)?)?;
    make!(py, "CallEnded", members)
}

/// What every event has.
fn event<'py>(
    py: Python<'py>,
    path: &str,
    request_id: Option<&str>,
) -> PyResult<Bound<'py, PyDict>> {
    let members = PyDict::new(py);
    members.set_item(intern!(py, "path"), path)?;
    members.set_item(intern!(py, "request_id"), request_id)?;
    Ok(members)
}

/// A member of `antom.ErrorKind`.
fn kind(py: Python<'_>, kind: Option<ErrorKind>) -> PyResult<Option<Object<'_>>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.import(py, "antom.errors", "ErrorKind")?;
    kind.map(|kind| class.call1((kind.number(),))).transpose()
}

fn span(py: Python<'_>, time: Duration) -> PyResult<Bound<'_, PyDelta>> {
    signed_span(py, time.try_into().unwrap_or(time::Duration::MAX))
}

/// What no `timedelta` can be becomes the longest there is.
fn signed_span(py: Python<'_>, time: time::Duration) -> PyResult<Bound<'_, PyDelta>> {
    const MOST_DAYS: i64 = 999_999_999;
    let days = time.whole_days().clamp(-MOST_DAYS, MOST_DAYS);
    let within_a_day = time - time::Duration::days(time.whole_days());
    PyDelta::new(
        py,
        i32::try_from(days).unwrap_or_default(),
        i32::try_from(within_a_day.whole_seconds()).unwrap_or_default(),
        within_a_day.subsec_microseconds(),
        true,
    )
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
    let token = card.card_token.as_ref().map(Secret::expose);
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
    let token = wallet.token.as_ref().map(Secret::expose);
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
        token.map(Secret::expose),
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
    let skew = time.clock_skew().map(|skew| signed_span(py, skew));
    members.set_item(intern!(py, "clock_skew"), skew.transpose()?)
}

/// An aware `datetime` with the offset that Antom wrote.
fn moment(py: Python<'_>, time: OffsetDateTime) -> PyResult<Bound<'_, PyDateTime>> {
    PyDateTime::new(
        py,
        time.year(),
        time.month().into(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.microsecond(),
        Some(&zone(py, time.offset().whole_seconds())?),
    )
}

/// The time zone with this offset, in seconds. Antom uses one or two, and making one costs more than a lookup.
fn zone(py: Python<'_>, offset: i32) -> PyResult<Bound<'_, PyTzInfo>> {
    const MOST: usize = 64;
    static ZONES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let zones = ZONES.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
    if let Some(known) = zones.get_item(offset)? {
        return Ok(known.cast_into()?);
    }
    let zone = PyTzInfo::fixed_offset(py, PyDelta::new(py, 0, offset, 0, true)?)?;
    if zones.len() < MOST {
        zones.set_item(offset, &zone)?;
    }
    Ok(zone)
}
