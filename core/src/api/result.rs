//! The `result` member of every answer, and what Antom advises for each result code.

use std::fmt;

use serde::Deserialize;

use crate::error::one_line;

/// `resultStatus`: how the call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResultStatus {
    /// `S`: the call succeeded.
    Success,
    /// `F`: the call failed; sending it again gives the same answer.
    Failed,
    /// `U`: not known; Antom asks to call again.
    Unknown,
}

impl ResultStatus {
    /// The letter on the wire.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Success => "S",
            Self::Failed => "F",
            Self::Unknown => "U",
        }
    }

    fn from_letter(letter: &str) -> Option<Self> {
        [Self::Success, Self::Failed, Self::Unknown]
            .into_iter()
            .find(|status| status.letter() == letter)
    }
}

impl fmt::Display for ResultStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letter())
    }
}

/// The `result` of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiResult {
    /// `resultStatus`.
    pub status: ResultStatus,
    /// `resultCode`, at most 64 characters. New codes appear; do not expect a closed list.
    pub code: String,
    /// `resultMessage`, for people. Do not match on it.
    pub message: Option<String>,
}

impl ApiResult {
    /// Antom's advice for the result code, or for the status where the code is not in the table.
    pub fn advice(&self) -> &'static str {
        if let Some(known) = RESULT_CODES
            .iter()
            .find(|known| known.code == self.code && known.status == self.status)
        {
            return known.advice;
        }
        match self.status {
            ResultStatus::Success => "",
            ResultStatus::Failed => {
                "Do not send it again as it is: look the result code up in Antom's documentation."
            }
            ResultStatus::Unknown => "Call again with the same vaultingRequestId.",
        }
    }
}

/// Reads the `result` member of a body, if it has a well-formed one.
pub(crate) fn parse_result(body: &[u8]) -> Option<ApiResult> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(rename = "resultStatus")]
        status: String,
        #[serde(rename = "resultCode")]
        code: String,
        #[serde(rename = "resultMessage")]
        message: Option<String>,
    }
    #[derive(Deserialize)]
    struct Envelope {
        result: Wire,
    }
    let Envelope { result } = serde_json::from_slice(body).ok()?;
    Some(ApiResult {
        status: ResultStatus::from_letter(&result.status)?,
        code: one_line(&result.code),
        message: result.message.as_deref().map(one_line),
    })
}

/// A result code that Antom documents.
#[derive(Debug)]
pub struct ResultCode {
    /// `resultCode`.
    pub code: &'static str,
    /// The `resultStatus` it comes with.
    pub status: ResultStatus,
    /// The documented `resultMessage`.
    pub message: &'static str,
    /// What to do.
    pub advice: &'static str,
}

macro_rules! result_codes {
    ($($code:literal $status:ident $message:literal => $advice:literal;)+) => {
        /// The documented result codes: those of the vaulting APIs, then those common to every API.
        pub const RESULT_CODES: &[ResultCode] = &[$(ResultCode {
            code: $code, status: ResultStatus::$status, message: $message, advice: $advice,
        },)+];
    };
}

result_codes! {
    "SUCCESS" Success "success." => "";
    "PARAM_ILLEGAL" Failed "The required parameters are not passed, or illegal parameters exist. For example, a non-numeric input, an invalid date, or the length and type of the parameter are wrong."
        => "Check and correct all request fields.";
    "PROCESS_FAIL" Failed "A general business failure occurred."
        => "Do not retry: contact Antom's support, human intervention is usually needed.";
    "UNKNOWN_EXCEPTION" Unknown "An API call has failed, which is caused by unknown reasons."
        => "Call again with the same vaultingRequestId; contact Antom's support if it stays.";
    "VAULTING_NOT_EXIST" Failed "The vaulting request ID does not exist."
        => "Check the vaultingRequestId.";
    "VERIFICATION_FAIL" Failed "The verification of the payment method information failed."
        => "Check the payment method's data and start again with a new vaultingRequestId.";
    "VERIFICATION_IN_PROCESS" Unknown "The verification of the payment method information is under process."
        => "Send the buyer to one of the URLs of the answer; if there is none, start again with a new vaultingRequestId.";
    "ACCESS_DENIED" Failed "Access is denied."
        => "Contact Antom's support.";
    "CLIENT_FORBIDDEN_ACCESS_API" Failed "The client is not authorized to use this API."
        => "Check with Antom that your contract covers this API.";
    "INVALID_ACCESS_TOKEN" Failed "The access token is invalid, expired or missing."
        => "Obtain a new access token.";
    "INVALID_API" Failed "The called API is invalid or not active."
        => "Check the API's name and that your contract covers it.";
    "API_INVALID" Failed "The called API is invalid or not active."
        => "Check the API's name and that your contract covers it.";
    "INVALID_CLIENT" Failed "The client is invalid."
        => "Check the client id, and that it belongs to this endpoint and mode (a test id begins with SANDBOX_).";
    "CLIENT_INVALID" Failed "The client ID is invalid. Alipay has restrictions on the client ID."
        => "Check the client id, and that it belongs to this endpoint and mode (a test id begins with SANDBOX_).";
    "INVALID_CLIENT_STATUS" Failed "The status of the client is abnormal."
        => "Contact Antom's support.";
    "UNKNOWN_CLIENT" Failed "The client is unknown."
        => "Check the client id, and that it belongs to this endpoint and mode (a test id begins with SANDBOX_).";
    "INVALID_SIGNATURE" Failed "The signature is not validated. The private key used to sign a request does not match the public key of Antom Dashboard."
        => "Check that the private key belongs to the public key in Antom's Dashboard for this client id and mode, and that the key is active.";
    "SIGNATURE_INVALID" Failed "The signature is not validated."
        => "Check that the private key belongs to the public key in Antom's Dashboard for this client id and mode, and that the key is active.";
    "KEY_NOT_FOUND" Failed "The private key or public key of Alipay or the merchant is not found."
        => "Upload your public key in Antom's Dashboard, and check the key version.";
    "MEDIA_TYPE_NOT_ACCEPTABLE" Failed "The server does not implement the media type that is acceptable to the client."
        => "Send Content-Type: application/json; charset=UTF-8.";
    "METHOD_NOT_SUPPORTED" Failed "The server does not implement the requested HTTP method. Only the POST method is supported."
        => "Send a POST request.";
    "NO_INTERFACE_DEF" Failed "API is not defined."
        => "Check the endpoint and the API's path.";
    "OAUTH_FAILED" Failed "The OAuth authorization failed."
        => "Authorize again.";
    "NO_PAY_OPTIONS" Failed "No payment method is available."
        => "Check with Antom which payment methods your contract covers.";
    "MERCHANT_NOT_REGISTERED" Failed "The merchant is not registered."
        => "Register the merchant with Antom.";
    "INVALID_CONTRACT" Failed "The contract is invalid."
        => "Contact Antom's support.";
    "REPEAT_REQ_INCONSISTENT" Failed "Repeated requests are inconsistent."
        => "This vaultingRequestId was used with other fields: use a new vaultingRequestId.";
    "RISK_REJECT" Failed "The request is rejected by risk control."
        => "Do not retry.";
    "SYSTEM_ERROR" Failed "A system error occurred."
        => "Do not retry: contact Antom's support.";
    "EXPIRED_AGENT_TOKEN" Failed "The agent token has expired."
        => "Obtain a new agent token in Antom's Dashboard.";
    "INVALID_AGENT_TOKEN" Failed "The agent token is invalid."
        => "Check the agent token in Antom's Dashboard.";
    "REQUEST_TRAFFIC_EXCEED_LIMIT" Unknown "The request traffic exceeds the limit."
        => "Call again later with the same vaultingRequestId, less often.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_stands_once_and_failures_have_advice() {
        let mut seen = HashSet::new();
        for known in RESULT_CODES {
            assert!(seen.insert(known.code), "{} stands twice", known.code);
            assert_eq!(
                known.advice.is_empty(),
                known.status == ResultStatus::Success,
                "{}",
                known.code
            );
        }
    }

    #[test]
    fn a_result_needs_status_and_code() {
        assert!(parse_result(br#"{"result":{"resultStatus":"F","resultCode":"X"}}"#).is_some());
        for body in [
            &br#"{"result":{"resultStatus":"Q","resultCode":"X"}}"#[..],
            br#"{"result":{"resultCode":"X"}}"#,
            br#"{"result":{"resultStatus":"F"}}"#,
            br#"{"result":{"resultStatus":"F","resultCode":"X"},"result":{"resultStatus":"S","resultCode":"X"}}"#,
            b"[]",
            b"",
        ] {
            assert!(parse_result(body).is_none(), "{}", String::from_utf8_lossy(body));
        }
    }
}
