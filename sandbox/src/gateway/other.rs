//! Every API that the sandbox does not know: its requests are verified, and a stub says that all is well.

use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::{Answer, Refusal, WireResult};
use super::incoming::Incoming;

const REMARK: &str =
    "a stub: the sandbox does not know this API; POST /__sandbox/answers sets another answer";

#[derive(Serialize)]
struct Envelope {
    result: WireResult,
}

/// S SUCCESS for any JSON object.
pub(super) fn answer(request: &Incoming) -> Result<Answer, Refusal> {
    serde_json::from_slice::<Map<String, Value>>(request.body()).map_err(|problem| {
        let (line, column) = (problem.line(), problem.column());
        let reason = format!("the body is not a JSON object (line {line}, column {column})");
        Refusal::signed("PARAM_ILLEGAL", reason)
    })?;
    let envelope = Envelope {
        result: WireResult::of("SUCCESS"),
    };
    let body = serde_json::to_vec(&envelope).expect("text always serialises");
    Ok(Answer::signed("SUCCESS", body).with_remark(Some(REMARK)))
}
