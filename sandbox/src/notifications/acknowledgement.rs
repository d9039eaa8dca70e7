//! Whether an answer is the acknowledgement that Antom wants, and if not, why not and what to do. No sockets.

use crate::mask::mask_secrets;
use antom_core::ack;
use serde_json::Value;

use super::sender::{Received, SendError};

/// What is said of an attempt that went as it should.
pub(super) const ACKNOWLEDGED: &str = "acknowledged";

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) acknowledged: bool,
    /// A sentence: what happened, and what to do if it is not acknowledged.
    pub(super) text: String,
}

impl Outcome {
    pub(super) fn not_sent(why: &str) -> Self {
        Self {
            acknowledged: false,
            text: why.to_owned(),
        }
    }

    /// The other way round, where the notification was wrong on purpose: then a refusal is right.
    pub(super) fn of_forgery(self, wrong: Option<&str>) -> Self {
        let text = match wrong {
            None => return self,
            Some(wrong) if self.acknowledged => format!(
                "acknowledged, although {wrong} (on purpose): your server must check that before it acknowledges"
            ),
            Some(wrong) => format!("{} ({wrong}, on purpose: a refusal is right)", self.text),
        };
        Self { text, ..self }
    }
}

/// Judges an attempt.
pub(super) fn judge(attempt: &Result<Received, SendError>) -> Outcome {
    let judged = match attempt {
        Err(error) => Err(error.to_string()),
        Ok(answer) => judge_answer(answer.status, &answer.body),
    };
    match judged {
        Ok(()) => Outcome {
            acknowledged: true,
            text: ACKNOWLEDGED.to_owned(),
        },
        Err(text) => Outcome {
            acknowledged: false,
            text,
        },
    }
}

fn judge_answer(status: u16, body: &[u8]) -> Result<(), String> {
    if status == 200 {
        return judge_body(body).map_err(|problem| {
            format!(
                "HTTP 200 but the body is not the acknowledgement: {problem}; answer exactly {}",
                String::from_utf8_lossy(ack().body)
            )
        });
    }
    let advice = match status {
        201..=299 => "Antom takes only 200 for an acknowledgement",
        300..=399 => "a redirect, which Antom does not follow: register the URL that it leads to",
        401 | 403 => {
            "something refused it: if it is a login or a check for cross-site requests, exempt this path from it; \
             if it is your check of the signature, antom doctor says why"
        }
        404 => "there is nothing at this path: correct the notification URL or the route",
        405 => "the path takes no POST: add a route for it",
        415 => "your server does not take application/json at this path",
        400..=499 => "your server refused it: its own log should say why",
        500..=599 => "your server failed: its own log should say why",
        _ => "no status that a server should send last",
    };
    Err(format!("HTTP {status} instead of 200: {advice}"))
}

fn judge_body(body: &[u8]) -> Result<(), String> {
    if body.is_empty() {
        return Err("it is empty".to_owned());
    }
    let answer: Value = serde_json::from_slice(body).map_err(|_| "it is not JSON".to_owned())?;
    let members = answer.as_object().ok_or("it is not a JSON object")?;
    let result = members
        .get("result")
        .ok_or("it has no result")?
        .as_object()
        .ok_or("its result is not an object")?;
    for (name, wanted) in [
        ("resultStatus", "S"),
        ("resultCode", "SUCCESS"),
        ("resultMessage", "success"),
    ] {
        match result.get(name) {
            Some(Value::String(text)) if text == wanted => {}
            Some(Value::String(text)) => {
                return Err(format!(
                    "{name} is \"{}\" and not \"{wanted}\"",
                    shown(text)
                ));
            }
            Some(_) => return Err(format!("{name} is not the text \"{wanted}\"")),
            None => return Err(format!("its result has no {name}")),
        }
    }
    if result.len() > 3 || members.len() > 1 {
        return Err("it has more members than the documented ones".to_owned());
    }
    Ok(())
}

/// Enough of a foreign text to recognise it.
fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let kept: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect();
    String::from_utf8_lossy(&mask_secrets(kept.as_bytes())).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(status: u16, body: &str) -> String {
        judge_answer(status, body.as_bytes()).unwrap_err()
    }

    #[test]
    fn the_acknowledgement_counts_however_it_is_written() {
        for body in [
            str::from_utf8(ack().body).unwrap(),
            "{ \"result\" : {\"resultMessage\":\"success\",\n\"resultStatus\":\"\\u0053\",\"resultCode\":\"SUCCESS\"}}\n",
        ] {
            judge_answer(200, body.as_bytes()).unwrap();
        }
    }

    #[test]
    fn what_is_wrong_with_the_body_is_said() {
        for (body, reason) in [
            ("", "it is empty"),
            ("OK", "it is not JSON"),
            ("\u{feff}{}", "it is not JSON"),
            ("\"success\"", "it is not a JSON object"),
            ("{}", "it has no result"),
            (r#"{"result":"success"}"#, "its result is not an object"),
            (
                r#"{"result":{"resultCode":"SUCCESS"}}"#,
                "its result has no resultStatus",
            ),
            (
                r#"{"result":{"resultCode":"SUCCESS","resultStatus":"F","resultMessage":"success"}}"#,
                r#"resultStatus is "F" and not "S""#,
            ),
            (
                r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"Success"}}"#,
                r#"resultMessage is "Success" and not "success""#,
            ),
            (
                r#"{"result":{"resultCode":0,"resultStatus":"S","resultMessage":"success"}}"#,
                r#"resultCode is not the text "SUCCESS""#,
            ),
            (
                r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"},"a":1}"#,
                "more members",
            ),
        ] {
            let problem = problem(200, body);
            assert!(
                problem.starts_with("HTTP 200 but the body is not the acknowledgement: "),
                "{problem}"
            );
            assert!(problem.contains(reason), "{body}: {problem}");
            assert!(
                problem.ends_with(r#""resultMessage":"success"}}"#),
                "{problem}"
            );
        }
    }

    #[test]
    fn what_a_foreign_text_says_is_cut_and_masked() {
        let body = format!(
            r#"{{"result":{{"resultStatus":"4054695723100768\n\u001b[31m{}"}}}}"#,
            "x".repeat(1000)
        );
        let problem = problem(200, &body);
        assert!(problem.contains("************0768[31mxxx"), "{problem}");
        assert!(problem.len() < 300, "{problem}");
    }

    #[test]
    fn every_other_status_comes_with_advice() {
        for (status, advice) in [
            (201, "only 200"),
            (204, "only 200"),
            (302, "does not follow"),
            (401, "exempt this path"),
            (404, "nothing at this path"),
            (405, "no POST"),
            (422, "its own log"),
            (500, "your server failed"),
        ] {
            let problem = problem(status, str::from_utf8(ack().body).unwrap());
            assert!(problem.starts_with(&format!("HTTP {status} instead of 200: ")));
            assert!(problem.contains(advice), "{problem}");
        }
    }
}
