//! The same `vaultingRequestId` again, how long a session lives, and how many are remembered.

use std::thread;
use std::time::Duration;

use antom_sandbox::Settings;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::{BODY, Draft, LIVE_PATH, Running};

#[test]
fn the_same_request_gets_the_same_session_with_a_new_signature() {
    let running = Running::start();
    let first = running.send_body(BODY);
    thread::sleep(Duration::from_millis(1100));
    let draft = Draft {
        time: "1685599999999",
        ..Draft::default()
    };
    let second = running.send(&draft.sign(&running.merchant));
    running.assert_signed(&second, &draft, "SUCCESS");
    assert_eq!(first.body, second.body);
    assert_ne!(
        first.header("response-time"),
        second.header("response-time")
    );
    assert_ne!(first.header("signature"), second.header("signature"));
    let last = running.exchanges().pop().unwrap();
    assert_eq!(
        last.verdict.to_string(),
        "SUCCESS (repeated: the stored answer)"
    );
}

#[test]
fn the_same_fields_written_differently_are_the_same_request() {
    let running = Running::start();
    let first = running.send_body(BODY);
    let again = running.send_body(
        r#"{ "vaultingRequestId": "1", "redirectUrl": null, "paymentMethodType": "CARD" }"#,
    );
    assert_eq!(first.body, again.body);
}

#[test]
fn other_fields_under_the_same_id_are_refused() {
    let running = Running::start();
    let first = running.send_body(BODY);
    let changed = r#"{"paymentMethodType":"CARD","vaultingRequestId":"1","redirectUrl":"https://shop.example/"}"#;
    let answer = running.send_body(changed);
    running.assert_signed(&answer, &Draft::default(), "REPEAT_REQ_INCONSISTENT");
    assert_eq!(answer.result_status(), "F");
    assert_eq!(running.send_body(BODY).body, first.body, "it is untouched");
}

#[test]
fn other_fields_get_the_stored_session_where_that_is_wanted() {
    let running = Running::with(Settings {
        accept_changed_repeats: true,
        ..Settings::default()
    });
    let first = running.send_body(BODY);
    let changed = r#"{"paymentMethodType":"PAYPAL","vaultingRequestId":"1"}"#;
    assert_eq!(running.send_body(changed).body, first.body);
}

#[test]
fn a_refused_request_does_not_use_up_its_id() {
    let running = Running::start();
    let broken = r#"{"paymentMethodType":"CARD","vaultingRequestId":"1","redirectUrl":"x"}"#;
    assert_eq!(running.send_body(broken).code(), "PARAM_ILLEGAL");
    assert_eq!(running.send_body(BODY).code(), "SUCCESS");
}

#[test]
fn test_and_live_mode_do_not_share_their_ids() {
    let running = Running::start();
    let live = Draft {
        path: LIVE_PATH,
        client_id: "5X00000000000000",
        ..Draft::default()
    };
    let one = running.send_body(BODY);
    let other = running.send(&live.sign(&running.merchant));
    running.assert_signed(&other, &live, "SUCCESS");
    assert_ne!(one.body, other.body);
}

#[test]
fn many_repeats_at_once_make_one_session() {
    let running = Running::start();
    let bodies: Vec<_> = thread::scope(|scope| {
        let calls: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| running.send_body(BODY).body))
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[test]
fn a_session_lives_for_an_hour_or_as_long_as_set() {
    for (lifetime, seconds) in [(None, 3600), (Some(Duration::from_secs(90)), 90)] {
        let mut settings = Settings::default();
        settings.session_lifetime = lifetime.unwrap_or(settings.session_lifetime);
        let session = Running::with(settings).send_body(BODY).json();
        let expiry = session["vaultingSessionExpiryTime"].as_str().unwrap();
        let expiry = OffsetDateTime::parse(expiry, &Rfc3339).unwrap();
        let left = (expiry - OffsetDateTime::now_utc()).whole_seconds();
        assert!((seconds - 15..=seconds).contains(&left), "{left}");
    }
}

#[test]
fn a_seed_makes_the_same_sessions_again() {
    let sessions = |seed| {
        let running = Running::with(Settings {
            seed,
            ..Settings::default()
        });
        let mut sessions: Vec<_> = (1..=3)
            .map(|id| {
                running
                    .send_body(&format!(
                        r#"{{"paymentMethodType":"CARD","vaultingRequestId":"{id}"}}"#
                    ))
                    .json()
            })
            .collect();
        for session in &mut sessions {
            let expiry = session.as_object_mut().unwrap();
            expiry.remove("vaultingSessionExpiryTime").unwrap();
        }
        sessions
    };
    let seven = sessions(Some(7));
    assert_eq!(seven, sessions(Some(7)));
    assert_ne!(seven, sessions(Some(8)));
    assert_ne!(sessions(None), sessions(None));
}

#[test]
fn only_so_many_sessions_are_remembered() {
    let running = Running::with(Settings {
        most_sessions: 2,
        ..Settings::default()
    });
    let send = |id: u32| {
        running
            .send_body(&format!(
                r#"{{"paymentMethodType":"CARD","vaultingRequestId":"{id}"}}"#
            ))
            .body
    };
    let (first, second) = (send(1), send(2));
    assert_eq!((send(1), send(2)), (first.clone(), second.clone()));
    let third = send(3);
    assert_eq!((send(2), send(3)), (second, third));
    assert_ne!(send(1), first, "the oldest was forgotten");
}
