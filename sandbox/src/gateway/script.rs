//! Answers that a test has set for an API, in place of the sandbox's own. Requests are still verified, and these
//! answers are signed like any other.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use antom_core::ResultStatus;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::incoming::{Incoming, is_api_path};
use crate::world::World;

/// How many answers can be set at a time.
const MOST_ANSWERS: usize = 100;
/// How large the body of one may be, in bytes.
const LARGEST_BODY: usize = 64 * 1024;
/// The longest `resultCode`, in characters.
const LONGEST_CODE: usize = 64;

/// The answers that were set, in their order.
#[derive(Default)]
pub(crate) struct Script(Mutex<VecDeque<ScriptedAnswer>>);

/// An answer that was set.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ScriptedAnswer {
    /// Within the API, for example `/v1/payments/pay`.
    path: String,
    body: Map<String, Value>,
    /// How many more times it is given.
    times: u32,
    #[serde(skip)]
    code: String,
    #[serde(skip)]
    status: ResultStatus,
}

/// Why an answer cannot be set.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScriptProblem {
    #[error(
        "path is not the path of an API: give it from the version on, for example /v1/payments/pay"
    )]
    Path,
    #[error(
        "body.result needs resultStatus S, F or U, and a resultCode of at most 64 characters; without result, it is S SUCCESS"
    )]
    Result,
    #[error("times must be at least 1")]
    Times,
    #[error("body is larger than 64 KiB")]
    TooLarge,
    #[error("100 answers are set already: DELETE /__sandbox/answers removes them")]
    TooMany,
}

impl ScriptedAnswer {
    pub(crate) fn new(
        path: String,
        mut body: Map<String, Value>,
        times: u32,
    ) -> Result<Self, ScriptProblem> {
        if !is_api_path(&path) {
            return Err(ScriptProblem::Path);
        }
        if times == 0 {
            return Err(ScriptProblem::Times);
        }
        let result = body.entry("result").or_insert_with(
            || json!({"resultCode": "SUCCESS", "resultMessage": "success.", "resultStatus": "S"}),
        );
        let status = match result["resultStatus"].as_str() {
            Some("S") => ResultStatus::Success,
            Some("F") => ResultStatus::Failed,
            Some("U") => ResultStatus::Unknown,
            _ => return Err(ScriptProblem::Result),
        };
        let code = result["resultCode"]
            .as_str()
            .filter(|code| (1..=LONGEST_CODE).contains(&code.chars().count()))
            .ok_or(ScriptProblem::Result)?
            .to_owned();
        let answer = Self {
            path,
            body,
            times,
            code,
            status,
        };
        if answer.bytes().len() > LARGEST_BODY {
            return Err(ScriptProblem::TooLarge);
        }
        Ok(answer)
    }

    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.body).expect("JSON always serialises")
    }
}

impl Script {
    pub(crate) fn add(&self, answer: ScriptedAnswer) -> Result<(), ScriptProblem> {
        let mut answers = self.answers();
        if answers.len() >= MOST_ANSWERS {
            return Err(ScriptProblem::TooMany);
        }
        answers.push_back(answer);
        Ok(())
    }

    /// Those that are still to be given, in their order.
    pub(crate) fn list(&self) -> Vec<ScriptedAnswer> {
        self.answers().iter().cloned().collect()
    }

    /// Removes all, and says how many there were.
    pub(crate) fn clear(&self) -> usize {
        let mut answers = self.answers();
        let number = answers.len();
        answers.clear();
        number
    }

    /// The next answer for this path, which is then given once less.
    fn take(&self, path: &str) -> Option<ScriptedAnswer> {
        let mut answers = self.answers();
        let place = answers.iter().position(|answer| answer.path == path)?;
        answers[place].times -= 1;
        if answers[place].times == 0 {
            answers.remove(place)
        } else {
            Some(answers[place].clone())
        }
    }

    fn answers(&self) -> MutexGuard<'_, VecDeque<ScriptedAnswer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// The answer that was set for this request, if there is one.
    pub(super) fn scripted_answer(&self, request: &Incoming) -> Option<Answer> {
        let (_, path) = request.api_path()?;
        let answer = self.script.take(path)?;
        let body = answer.bytes();
        Some(Answer::scripted(answer.code, answer.status, body).with_remark(Some("a set answer")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(path: &str, body: Value, times: u32) -> Result<ScriptedAnswer, ScriptProblem> {
        let Value::Object(body) = body else {
            panic!("{body} is no object")
        };
        ScriptedAnswer::new(path.into(), body, times)
    }

    #[test]
    fn answers_are_given_in_their_order_and_as_often_as_set() {
        let script = Script::default();
        for (path, number, times) in [("/v1/a", 1, 2), ("/v1/b", 2, 1), ("/v1/a", 3, 1)] {
            let answer = answer(path, json!({ "number": number }), times).unwrap();
            script.add(answer).unwrap();
        }
        let take = |path| {
            script
                .take(path)
                .map(|answer| answer.body["number"].clone())
        };
        let taken: Vec<_> = (0..4).map(|_| take("/v1/a")).collect();
        assert_eq!(
            taken,
            [Some(json!(1)), Some(json!(1)), Some(json!(3)), None]
        );
        assert_eq!(script.list().len(), 1);
        assert_eq!((script.clear(), script.clear()), (1, 0));
    }

    #[test]
    fn what_cannot_be_an_answer_is_refused() {
        let problem = |path, body, times| answer(path, body, times).unwrap_err();
        assert_eq!(problem("payments/pay", json!({}), 1), ScriptProblem::Path);
        assert_eq!(problem("/v1/a", json!({}), 0), ScriptProblem::Times);
        for result in [
            json!("S"),
            json!({"resultStatus": "Q", "resultCode": "X"}),
            json!({"resultStatus": "S"}),
            json!({"resultStatus": "S", "resultCode": "x".repeat(65)}),
        ] {
            let body = json!({ "result": result });
            assert_eq!(problem("/v1/a", body, 1), ScriptProblem::Result);
        }
        let large = json!({"x": "x".repeat(LARGEST_BODY)});
        assert_eq!(problem("/v1/a", large, 1), ScriptProblem::TooLarge);
    }

    #[test]
    fn only_so_many_answers_are_kept() {
        let script = Script::default();
        let add = || script.add(answer("/v1/a", json!({}), 1).unwrap());
        for _ in 0..MOST_ANSWERS {
            add().unwrap();
        }
        assert_eq!(add(), Err(ScriptProblem::TooMany));
    }
}
