//! inquireVaulting: what became of a vaulting.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::objects::{NextStep, PaymentMethodDetail, object, text};
use super::rules::{self, Form, Presence, Product, Violation};
use super::{Operation, ParseError};
use crate::response_time::ResponseTime;
use crate::retry::Repeat;
use crate::secret::Secret;
use crate::trust::Signed;

/// The request of inquireVaulting. See <https://docs.antom.com/ac/ams/inquire_vaulting>.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InquireVaulting {
    /// The `vaultingRequestId` of the vaulting. Required, at most 64 characters.
    pub vaulting_request_id: String,
    /// `merchantAccountId`, at most 64 characters; only [`Product::Ams`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_account_id: Option<String>,
}

/// What Antom knows of a vaulting. That there is one says only that the inquiry succeeded; what became of the
/// vaulting is the [`outcome`](Self::outcome).
pub struct VaultingInquiry {
    /// The `vaultingRequestId` that was asked for.
    pub request_id: String,
    /// What became of the vaulting.
    pub outcome: VaultingOutcome,
    /// `metadata`: the merchant's own text, at most 2048 characters, if some was given.
    pub metadata: Option<String>,
    /// When Antom says that it answered, and how far its clock is from ours.
    pub response_time: ResponseTime,
    /// The whole verified answer as JSON. Holds the card token.
    pub raw: Secret<String>,
}

impl fmt::Debug for VaultingInquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultingInquiry")
            .field("request_id", &self.request_id)
            .field("outcome", &self.outcome)
            .field("response_time", &self.response_time)
            .finish_non_exhaustive()
    }
}

/// `vaultingStatus`, with what belongs to it.
#[derive(Debug)]
#[non_exhaustive]
pub enum VaultingOutcome {
    /// `SUCCESS`: the payment method is vaulted; its token is in here.
    Succeeded(Box<PaymentMethodDetail>),
    /// `FAIL`: it is not, and will not be under this `vaultingRequestId`.
    Failed(VaultingFailure),
    /// `PROCESSING`: not finished. The buyer may have to take another step.
    Processing(NextStep),
    /// A status that this version does not know. Treat it as not finished.
    Unrecognised(String),
}

/// Why a vaulting failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultingFailure {
    /// `vaultingResultCode`, for example `CARD_EXPIRED`; `PROCESS_FAIL` where Antom gave none. At most 64 characters.
    pub code: String,
    /// `vaultingResultMessage`, at most 256 characters, for people.
    pub message: Option<String>,
}

/// The fields of inquireVaulting.
pub const RULES: &[rules::FieldRule] = {
    use Presence::{NotInProduct, Optional, Required};
    &[
        rules::rule("vaultingRequestId", Form::Text, 64, Required, Required),
        rules::rule("merchantAccountId", Form::Text, 64, NotInProduct, Optional),
    ]
};

impl Operation for InquireVaulting {
    const PATH: &'static str = "/ams/api/v1/vaults/inquireVaulting";
    const REPEAT: Repeat = Repeat::Harmless;
    type Response = VaultingInquiry;

    fn request_id(&self) -> &str {
        &self.vaulting_request_id
    }

    fn violations(&self, product: Product) -> Vec<Violation> {
        rules::check(
            RULES,
            |rule| rule.presence(product),
            |field| match field {
                "vaultingRequestId" => Some(self.vaulting_request_id.as_str()),
                _ => self.merchant_account_id.as_deref(),
            },
        )
    }

    fn parse(&self, signed: &Signed<'_>) -> Result<VaultingInquiry, ParseError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            vaulting_request_id: Option<String>,
            vaulting_status: String,
            #[serde(default, deserialize_with = "object::deserialize")]
            payment_method_detail: Option<Box<PaymentMethodDetail>>,
            #[serde(default, deserialize_with = "text::deserialize")]
            vaulting_result_code: Option<String>,
            #[serde(default, deserialize_with = "text::deserialize")]
            vaulting_result_message: Option<String>,
            #[serde(default, deserialize_with = "text::deserialize")]
            metadata: Option<String>,
        }
        let verified = &signed.verified;
        let wire: Wire = verified.json()?;
        if wire
            .vaulting_request_id
            .is_some_and(|id| id != self.vaulting_request_id)
        {
            return Err(ParseError::new("it is about another vaultingRequestId"));
        }
        let outcome = match wire.vaulting_status.as_str() {
            "SUCCESS" => {
                VaultingOutcome::Succeeded(wire.payment_method_detail.ok_or_else(|| {
                    ParseError::new(
                        "vaultingStatus is SUCCESS, but there is no paymentMethodDetail",
                    )
                })?)
            }
            "FAIL" => VaultingOutcome::Failed(VaultingFailure {
                code: wire
                    .vaulting_result_code
                    .unwrap_or_else(|| "PROCESS_FAIL".to_owned()),
                message: wire.vaulting_result_message,
            }),
            "PROCESSING" => VaultingOutcome::Processing(verified.json()?),
            _ => VaultingOutcome::Unrecognised(wire.vaulting_status),
        };
        Ok(VaultingInquiry {
            request_id: self.vaulting_request_id.clone(),
            outcome,
            metadata: wire.metadata,
            response_time: signed.response_time.clone(),
            raw: verified.text()?,
        })
    }
}
