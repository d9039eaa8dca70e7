//! What an observer is told, in the order in which it happens.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use antom_core::{AttemptEnded, CallBegan, CallEnded, ErrorKind, Observer};
use antom_test_gateway::TestGateway;
use serde_json::json;

use crate::support::{CREATE, answers, builder, create, result, unavailable};

/// Writes a line for each event.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<String>>);

impl Notes {
    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn line(&self, line: &str) {
        let _ = writeln!(self.0.lock().unwrap(), "{line}");
    }
}

fn name(error: Option<ErrorKind>) -> &'static str {
    error.map_or("ok", ErrorKind::name)
}

impl Observer for Notes {
    fn begin(&self, call: &CallBegan<'_>) {
        assert_eq!(call.path, CREATE.replace("/ams/api", "/ams/sandbox/api"));
        assert!(call.body_bytes > 0);
        self.line(&format!("begin {}", call.request_id.unwrap()));
    }

    fn attempt(&self, attempt: &AttemptEnded<'_>) {
        assert!(!attempt.sign.is_zero());
        assert!(!attempt.exchange.is_zero());
        let connection = match attempt.connect {
            Some(time) if time < attempt.exchange => "opened",
            Some(_) => "opened too slowly",
            None if attempt.is_reused() => "reused",
            None => "not opened",
        };
        let connect = attempt.connect.unwrap_or_default();
        let on_it = connection != "not opened";
        assert_eq!(attempt.wait() + connect == attempt.exchange, on_it);
        assert_eq!(attempt.wait().is_zero(), !on_it);
        assert_eq!(attempt.verify.is_zero(), attempt.http_status.is_none());
        assert_eq!(
            attempt.answer_bytes.is_none(),
            attempt.http_status.is_none()
        );
        // Only an answer that was verified says what time it is there.
        let is_authentic = attempt.clock_skew.is_some();
        assert!(
            attempt
                .clock_skew
                .is_none_or(|skew| (-2..=1).contains(&skew))
        );
        let status = attempt
            .http_status
            .map_or("no status".to_owned(), |status| status.to_string());
        let code = attempt.result_code.as_deref().unwrap_or("no code");
        let error = name(attempt.error);
        let number = attempt.number;
        let authentic = if is_authentic {
            "authentic"
        } else {
            "not authentic"
        };
        self.line(&format!(
            "{number}: {error}, {status}, {code}, {connection}, {authentic}"
        ));
    }

    fn end(&self, call: &CallEnded<'_>) {
        assert!(!call.duration.is_zero());
        self.line(&format!(
            "end after {}: {}",
            call.attempts,
            name(call.error)
        ));
    }
}

#[test]
fn each_attempt_is_told_and_a_kept_connection_shows() {
    let gateway = TestGateway::start().unwrap();
    let unknown = result("U", "UNKNOWN_EXCEPTION", json!({}));
    gateway.add(
        CREATE,
        "retried",
        answers(json!([unavailable(), unknown, {}])),
    );
    let refused = result("F", "PROCESS_FAIL", json!({}));
    gateway.add(CREATE, "refused", answers(refused));
    gateway.add(CREATE, "reset", answers(json!({"fault": "reset_before"})));
    let notes = Notes::default();
    let settings = json!({"max_retries": 2});
    let client = builder(&gateway, settings.as_object().unwrap())
        .observer(notes.clone())
        .build()
        .unwrap();

    create(&client, Some("retried")).unwrap();
    let expected = "begin retried\n\
        1: OutcomeUnknown, 503, no code, opened, not authentic\n\
        2: Api, 200, UNKNOWN_EXCEPTION, reused, authentic\n\
        3: ok, 200, no code, reused, authentic\n\
        end after 3: ok\n";
    assert_eq!(notes.take(), expected);

    create(&client, Some("refused")).unwrap_err();
    let expected = "begin refused\n\
        1: Api, 200, PROCESS_FAIL, reused, authentic\n\
        end after 1: Api\n";
    assert_eq!(notes.take(), expected);

    create(&client.with_max_retries(1), Some("reset")).unwrap_err();
    let expected = "begin reset\n\
        1: OutcomeUnknown, no status, no code, reused, not authentic\n\
        2: OutcomeUnknown, no status, no code, opened, not authentic\n\
        end after 2: OutcomeUnknown\n";
    assert_eq!(notes.take(), expected);
}

#[test]
fn a_request_that_breaks_the_rules_is_no_call() {
    let gateway = TestGateway::start().unwrap();
    let notes = Notes::default();
    let client = builder(&gateway, &serde_json::Map::new()).observer(notes.clone());
    create(&client.build().unwrap(), Some(&"x".repeat(65))).unwrap_err();
    assert_eq!(notes.take(), "");
}

#[test]
fn an_attempt_that_opened_no_connection_says_so() {
    let gateway = TestGateway::start().unwrap();
    let notes = Notes::default();
    let settings = json!({"endpoint": "@down"});
    let client = builder(&gateway, settings.as_object().unwrap()).observer(notes.clone());
    create(&client.build().unwrap(), Some("down")).unwrap_err();
    let expected = "begin down\n\
        1: NotSent, no status, no code, not opened, not authentic\n\
        end after 1: NotSent\n";
    assert_eq!(notes.take(), expected);
}
