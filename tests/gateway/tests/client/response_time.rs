//! The time of an answer: how far its clock is from ours, and how far it may be.

use std::time::Duration;

use antom_core::{ErrorKind, InquireVaulting, Repeat, ResponseTime};
use antom_test_gateway::TestGateway;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::apis::{INQUIRE, OTHER, VAULT, card};
use crate::support::{CREATE, answers, builder, client, create, result};

/// The time so many seconds from now, as Antom writes it.
fn from_now(seconds: i64) -> String {
    let time = OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    time.replace_nanosecond(0)
        .unwrap()
        .format(&Rfc3339)
        .unwrap()
}

fn at(time: &str, mut answer: Value) -> Value {
    answer["response_time"] = time.into();
    answer
}

fn assert_behind(time: &ResponseTime, text: &str) {
    assert_eq!(time.text(), text);
    let skew = time.clock_skew().unwrap().whole_seconds();
    assert!((-3603..=-3600).contains(&skew), "{skew}");
}

#[test]
fn every_result_says_when_antom_answered_and_how_far_its_clock_is_from_ours() {
    let gateway = TestGateway::start().unwrap();
    let client = client(&gateway, &json!({}));
    let time = from_now(-3600);
    gateway.add(CREATE, "create", answers(at(&time, json!({}))));
    let processing = result("S", "SUCCESS", json!({"vaultingStatus": "PROCESSING"}));
    gateway.add(INQUIRE, "ask", answers(at(&time, processing)));
    let token = json!({"paymentMethodDetail": {"card": {"cardToken": "TOKEN=="}}});
    gateway.add(
        VAULT,
        "vault",
        answers(at(&time, result("S", "SUCCESS", token))),
    );
    gateway.add(
        OTHER,
        "",
        answers(at(&time, result("S", "SUCCESS", json!({})))),
    );

    assert_behind(
        &create(&client, Some("create")).unwrap().response_time,
        &time,
    );
    let ask = InquireVaulting {
        vaulting_request_id: "ask".to_owned(),
        ..InquireVaulting::default()
    };
    assert_behind(&client.inquire_vaulting(&ask).unwrap().response_time, &time);
    let vaulting = client.vault_payment_method(card(Some("vault"))).unwrap();
    assert_behind(&vaulting.response_time, &time);
    let answer = client.call(OTHER, "{}", Repeat::Harmless).unwrap();
    assert_behind(&answer.response_time, &time);
}

#[test]
fn an_answer_of_any_time_is_good_unless_the_caller_says_otherwise() {
    let gateway = TestGateway::start().unwrap();
    let client = client(&gateway, &json!({}));
    for time in [
        from_now(-1_000_000),
        from_now(1_000_000),
        "yesterday".to_owned(),
    ] {
        let time = time.as_str();
        gateway.add(CREATE, time, answers(at(time, json!({}))));
        let session = create(&client, Some(time)).unwrap();
        assert_eq!(session.response_time.text(), time);
        assert_eq!(session.response_time.time().is_none(), time == "yesterday");
    }
}

#[test]
fn an_answer_that_is_out_of_time_is_refused_and_not_asked_for_again() {
    let gateway = TestGateway::start().unwrap();
    let settings = json!({"max_retries": 2});
    let client = builder(&gateway, settings.as_object().unwrap())
        .max_response_age(Duration::from_mins(5))
        .build()
        .unwrap();
    let refused = result("F", "PROCESS_FAIL", json!({}));
    let unavailable = json!({"status": 503, "body": ""});
    for (name, time, answer, said) in [
        ("old", from_now(-3600), json!({}), "s behind"),
        ("new", from_now(3600), json!({}), "s ahead of"),
        (
            "unreadable",
            "yesterday".to_owned(),
            json!({}),
            "not ISO 8601",
        ),
        ("an old failure", from_now(-3600), refused, "s behind"),
        ("an old excuse", from_now(-3600), unavailable, "s behind"),
    ] {
        gateway.add(CREATE, name, answers(at(&time, answer)));
        let error = create(&client, Some(name)).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::UntrustedResponse,
            "{name}: {error}"
        );
        assert!(error.message().contains(said), "{name}: {error}");
        assert!(!error.is_retryable(), "{name}");
        assert!(error.result().is_none(), "{name}");
        assert_eq!(gateway.attempts(name).len(), 1, "{name}");
    }
    for seconds in [-200, 0, 200] {
        let name = seconds.to_string();
        gateway.add(CREATE, &name, answers(at(&from_now(seconds), json!({}))));
        create(&client, Some(&name)).unwrap();
    }
}

#[test]
fn a_maximum_age_below_a_second_is_refused() {
    let gateway = TestGateway::start().unwrap();
    let build = |age| builder(&gateway, &Map::new()).max_response_age(age).build();
    let error = build(Duration::from_millis(999)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("at least 1 s"), "{error}");
    assert!(build(Duration::from_secs(1)).is_ok());
}
