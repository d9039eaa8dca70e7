//! One file an API: what goes in, which rules it keeps, what comes out. No input or output happens here.

pub mod create_vaulting_session;
pub mod inquire_vaulting;
pub mod objects;
pub mod result;
pub mod rules;
#[cfg(feature = "card-data")]
pub mod vault_payment_method;

use serde::Serialize;

use crate::retry::Repeat;
use crate::trust::Signed;
use result::ApiResult;
use rules::{Product, Violation};

/// What the client needs to know of an API to call it.
pub(crate) trait Operation: Serialize {
    /// The path on the wire for a live client id.
    const PATH: &'static str;
    /// What a second, identical request would do.
    const REPEAT: Repeat;
    /// What a successful answer becomes.
    type Response;

    /// The `vaultingRequestId`: what makes a repeated call harmless.
    fn request_id(&self) -> &str;

    /// Every published rule that the request breaks.
    fn violations(&self, product: Product) -> Vec<Violation>;

    /// Whether an answer with F or U is not an error but an answer of its own kind.
    fn is_answer(_result: &ApiResult) -> bool {
        false
    }

    /// Reads a verified answer with `resultStatus` S, or one that [`is_answer`](Self::is_answer) names.
    fn parse(&self, signed: &Signed<'_>) -> Result<Self::Response, ParseError>;
}

/// Why a verified answer is not what the API documents. Holds no part of the answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ParseError(String);

impl ParseError {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }
}

impl From<serde_json::Error> for ParseError {
    /// Only the place and the kind of the problem: serde's own text may quote the answer.
    fn from(error: serde_json::Error) -> Self {
        use serde_json::error::Category;
        let what = match error.classify() {
            Category::Data => "a documented member is missing, double or of another type",
            Category::Syntax | Category::Eof | Category::Io => "it is not JSON",
        };
        Self(format!(
            "{what} (line {}, column {})",
            error.line(),
            error.column()
        ))
    }
}
