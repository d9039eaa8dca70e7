//! Attempts after the first: when they begin, what they send, and which of them decides. `retries.json` has what every
//! language must show.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use antom_core::signature::{KeyInput, Signer, SigningKey};
use antom_core::{AttemptEnded, Client, Error, ErrorKind, Observer};
use antom_test_gateway::TestGateway;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::support::{self, CREATE, Server, answers, builder, client, create, result, unavailable};

fn after(seconds: impl Into<String>) -> Value {
    let headers = json!({"retry-after": seconds.into()});
    json!({"status": 503, "sign": "none", "body": "", "headers": headers})
}

/// What a call with two retries comes to when the gateway gives these answers, and how long it took.
fn outcome(gateway: &TestGateway, id: &str, script: Value) -> (Result<(), Error>, Duration) {
    gateway.add(CREATE, id, answers(script));
    let client = client(gateway, &json!({"max_retries": 2, "timeout_ms": 5000}));
    let begin = Instant::now();
    let outcome = create(&client, Some(id)).map(drop);
    (outcome, begin.elapsed())
}

#[test]
fn every_attempt_is_signed_again_and_sends_the_same_body() {
    let gateway = TestGateway::start().unwrap();
    // The gateway would answer F to an attempt that is not signed again.
    outcome(
        &gateway,
        "thrice",
        json!([unavailable(), unavailable(), {}]),
    )
    .0
    .unwrap();
    let attempts = gateway.attempts("thrice");
    assert_eq!(attempts.len(), 3);
    for pair in attempts.windows(2) {
        assert_eq!(pair[0].body, pair[1].body);
        assert!(pair[0].time <= pair[1].time);
    }
    assert!(attempts[0].time < attempts[2].time);
}

#[test]
fn a_connection_is_kept_for_the_next_attempt_unless_it_failed() {
    let gateway = TestGateway::start().unwrap();
    let reset = json!({"fault": "reset_before"});
    outcome(&gateway, "kept", json!([unavailable(), reset, {}]))
        .0
        .unwrap();
    let [first, second, third] = &gateway.attempts("kept")[..] else {
        panic!("not three attempts");
    };
    assert_eq!(first.connection, second.connection);
    assert_ne!(second.connection, third.connection);
}

#[test]
fn retry_after_in_seconds_is_waited_for() {
    let gateway = TestGateway::start().unwrap();
    outcome(&gateway, "later", json!([after("1"), {}]))
        .0
        .unwrap();
    let attempts = gateway.attempts("later");
    let pause = attempts[1].arrived.duration_since(attempts[0].arrived);
    assert!(pause.unwrap() >= Duration::from_secs(1));
}

#[test]
fn retry_after_may_be_a_date() {
    let gateway = TestGateway::start().unwrap();
    let past = after("Wed, 21 Oct 2015 07:28:00 GMT");
    outcome(&gateway, "past", json!([past, {}])).0.unwrap();
    let future = after("Tue, 21 Oct 2098 07:28:00 GMT");
    let (future, took) = outcome(&gateway, "future", future);
    assert_eq!(future.unwrap_err().attempts(), 1);
    assert!(took < Duration::from_secs(1), "it took {took:?}");
}

#[test]
fn retry_after_as_a_date_is_waited_for() {
    let gateway = TestGateway::start().unwrap();
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    // A date has whole seconds.
    let until = (OffsetDateTime::now_utc() + Duration::from_secs(2)).truncate_to_second();
    let date = until.format(format).unwrap();
    outcome(&gateway, "dated", json!([after(date), {}]))
        .0
        .unwrap();
    let second = OffsetDateTime::from(gateway.attempts("dated")[1].arrived);
    assert!(second >= until, "{second} is before {until}");
}

#[test]
fn retry_after_that_cannot_be_read_is_ignored() {
    let gateway = TestGateway::start().unwrap();
    for (id, value) in [("word", "soon"), ("negative", "-1")] {
        outcome(&gateway, id, json!([after(value), {}])).0.unwrap();
    }
}

#[test]
fn retry_after_of_more_seconds_than_can_be_counted_is_not_waited_for() {
    let gateway = TestGateway::start().unwrap();
    let (huge, took) = outcome(&gateway, "huge", after("99999999999999999999999"));
    assert_eq!(huge.unwrap_err().attempts(), 1);
    assert!(took < Duration::from_secs(1), "it took {took:?}");
}

#[test]
fn the_deadline_is_one_for_all_attempts_and_waits() {
    let gateway = TestGateway::start().unwrap();
    gateway.add(
        CREATE,
        "slow",
        answers(json!([after("1"), {"fault": "silence"}])),
    );
    let client = client(&gateway, &json!({"max_retries": 2, "timeout_ms": 1500}));
    let begin = Instant::now();
    let error = create(&client, Some("slow")).unwrap_err();
    let took = begin.elapsed();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::OutcomeUnknown, 2)
    );
    assert!(error.message().contains("timeout"), "{error}");
    assert!((1400..2200).contains(&took.as_millis()), "it took {took:?}");
}

#[test]
fn a_certain_answer_after_an_uncertain_one_decides() {
    let gateway = TestGateway::start().unwrap();
    let refused = result("F", "PROCESS_FAIL", json!({}));
    let unsigned = json!({"sign": "none"});
    for (id, last, kind) in [
        ("refused", refused, ErrorKind::Api),
        ("unsigned", unsigned, ErrorKind::UntrustedResponse),
    ] {
        let (outcome, _) = outcome(&gateway, id, json!([unavailable(), last, {}]));
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (kind, 2), "{error}");
    }
}

#[test]
fn an_outcome_stays_unknown_when_the_gateway_goes_down_afterwards() {
    let gateway = TestGateway::start().unwrap();
    let mut last_words = unavailable();
    last_words["headers"] = json!({"connection": "close"});
    gateway.add(CREATE, "last words", answers(last_words));
    let endpoint = format!("https://{}", Server::start_once(&gateway));
    let client = client(&gateway, &json!({"endpoint": endpoint, "max_retries": 2}));
    let error = create(&client, Some("last words")).unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::OutcomeUnknown, 3)
    );
    assert!(error.is_retryable());
    for part in [
        "an earlier attempt may have been processed",
        "nothing listens",
    ] {
        assert!(error.message().contains(part), "{error}");
    }
    assert_eq!(gateway.attempts("last words").len(), 1);
}

#[test]
fn an_outcome_stays_unknown_when_the_next_attempt_cannot_be_signed() {
    let gateway = TestGateway::start().unwrap();
    gateway.add(CREATE, "unsigned", answers(unavailable()));
    let path = gateway.ready().settings["private_key_path"].as_str();
    let key = SigningKey::load(&KeyInput::path(path.unwrap())).unwrap();
    let signatures = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&signatures);
    let signer = move |content: &[u8], sha256: &[u8; 32]| match count.fetch_add(1, Relaxed) {
        0 => key.sign(content, sha256),
        _ => Err("the HSM went away".into()),
    };
    let settings = json!({"max_retries": 2});
    let builder = builder(&gateway, settings.as_object().unwrap()).signer(signer);
    let client = builder.build().unwrap();
    signatures.store(0, Relaxed);
    let error = create(&client, Some("unsigned")).unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::OutcomeUnknown, 1),
        "{error}"
    );
}

#[test]
fn nothing_was_sent_is_tried_again_until_it_is() {
    let gateway = TestGateway::start().unwrap();
    let address = support::address_of(&gateway);
    let server = Server::start(move |number, stream| match number {
        0 | 1 => support::reset(stream),
        _ => support::relay(stream, address),
    });
    let endpoint = format!("https://{}", server.address);
    let client = client(&gateway, &json!({"endpoint": endpoint, "max_retries": 2}));
    create(&client, Some("third time lucky")).unwrap();
    assert_eq!(server.connections(), 3);
    assert_eq!(gateway.attempts("third time lucky").len(), 1);
}

#[test]
fn an_outage_is_not_answered_with_a_flood() {
    let gateway = TestGateway::start().unwrap();
    gateway.add(CREATE, "outage", answers(unavailable()));
    let client = client(&gateway, &json!({"max_retries": 1}));
    let attempts = || create(&client, Some("outage")).unwrap_err().attempts();
    assert_eq!((0..12).map(|_| attempts()).sum::<u32>(), 12 + 10);
    for _ in 0..10 {
        create(&client, None).unwrap();
    }
    assert_eq!(attempts() + attempts(), 2 + 1);
}

/// Closes the client as soon as its first attempt has failed.
#[derive(Clone, Default)]
struct ClosesInBetween(Arc<OnceLock<Client>>);

impl Observer for ClosesInBetween {
    fn attempt(&self, _: &AttemptEnded<'_>) {
        self.0.get().expect("a client").close();
    }
}

#[test]
fn a_client_that_is_closed_between_two_attempts_says_what_is_known() {
    let gateway = TestGateway::start().unwrap();
    gateway.add(CREATE, "closed", answers(unavailable()));
    let settings = |endpoint| json!({"endpoint": endpoint, "max_retries": 2});
    for (endpoint, kind) in [
        (
            &gateway.ready().settings["endpoint"],
            ErrorKind::OutcomeUnknown,
        ),
        (&json!("@down"), ErrorKind::Closed),
    ] {
        let closes = ClosesInBetween::default();
        let settings = settings(endpoint);
        let client = builder(&gateway, settings.as_object().unwrap()).observer(closes.clone());
        let client = closes.0.get_or_init(|| client.build().unwrap());
        let error = create(client, Some("closed")).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (kind, 1), "{error}");
    }
}

/// Says when an attempt has ended.
struct Tells(mpsc::SyncSender<()>);

impl Observer for Tells {
    fn attempt(&self, _: &AttemptEnded<'_>) {
        self.0.send(()).expect("the test listens");
    }
}

#[test]
fn close_ends_a_wait_between_two_attempts() {
    let gateway = TestGateway::start().unwrap();
    gateway.add(CREATE, "waiting", answers(after("20")));
    let settings = json!({"max_retries": 2});
    let (tells, ended) = mpsc::sync_channel(1);
    let client = builder(&gateway, settings.as_object().unwrap())
        .observer(Tells(tells))
        .build()
        .unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| create(&client, Some("waiting")));
        ended.recv().unwrap();
        let begin = Instant::now();
        client.close();
        let error = waiting.join().unwrap().unwrap_err();
        assert!(begin.elapsed() < Duration::from_secs(1));
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::OutcomeUnknown, 1)
        );
        assert_eq!(error.http_status(), Some(503));
    });
}

#[test]
fn a_copy_of_a_client_may_have_other_retries_and_another_timeout() {
    let gateway = TestGateway::start().unwrap();
    let client = client(&gateway, &json!({"max_retries": 2}));
    gateway.add(CREATE, "none", answers(json!([unavailable(), {}])));
    assert_eq!(
        create(&client.with_max_retries(0), Some("none"))
            .unwrap_err()
            .attempts(),
        1
    );
    gateway.add(CREATE, "some", answers(json!([unavailable(), {}])));
    create(&client, Some("some")).unwrap();
    gateway.add(CREATE, "short", answers(json!({"fault": "silence"})));
    let begin = Instant::now();
    create(
        &client.with_timeout(Duration::from_millis(300)),
        Some("short"),
    )
    .unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(1));
}

#[test]
fn signing_takes_its_time_out_of_the_same_deadline() {
    let gateway = TestGateway::start().unwrap();
    let settings = json!({"timeout_ms": 100});
    let client = builder(&gateway, settings.as_object().unwrap())
        .signer(|_: &[u8], _: &[u8; 32]| {
            thread::sleep(Duration::from_millis(150));
            Ok(vec![0; 256])
        })
        .build()
        .unwrap();
    let error = create(&client, Some("slow signer")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent, "{error}");
    assert!(gateway.attempts("slow signer").is_empty());
}
