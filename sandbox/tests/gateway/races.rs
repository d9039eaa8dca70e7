//! What happens to a vaulting from several sides at once, over real sockets: it ends once, in one way, and a reset leaves
//! nothing of it.

use std::thread;
use std::time::{Duration, Instant};

use antom_sandbox::Settings;
use serde_json::{Value, json};

use crate::support::Running;

const CARD: &str = r#"{"card": "4054695723100768"}"#;
const ROUNDS: usize = 10;

fn create(running: &Running, request_id: &str) {
    let body = json!({"paymentMethodType": "CARD", "vaultingRequestId": request_id});
    assert_eq!(running.send_body(&body.to_string()).code(), "SUCCESS");
}

/// Whether the card was taken.
fn complete(running: &Running, request_id: &str) -> bool {
    let line = format!("POST sessions/{request_id}/complete");
    let answer = running.control(&line, CARD);
    assert!(
        [200, 404, 409].contains(&answer.status),
        "{}",
        answer.text()
    );
    answer.status == 200
}

fn list(running: &Running, name: &str) -> Vec<Value> {
    let answer = running.control(&format!("GET {name}"), "");
    answer.json()[name].as_array().unwrap().clone()
}

/// The request ids of all notifications, in order, when there are so many.
fn notified(running: &Running, count: usize) -> Vec<String> {
    let begin = Instant::now();
    loop {
        let notifications = list(running, "notifications");
        if notifications.len() >= count || begin.elapsed() > Duration::from_secs(20) {
            let id = |shown: &Value| shown["request_id"].as_str().unwrap().to_owned();
            let mut ids: Vec<_> = notifications.iter().map(id).collect();
            ids.sort();
            return ids;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_card_that_comes_several_times_at_once_is_taken_once() {
    let running = Running::start();
    let ids: Vec<_> = (0..ROUNDS).map(|round| format!("race-{round}")).collect();
    for id in &ids {
        create(&running, id);
        let taken = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| complete(&running, id)))
                .collect();
            let taken = threads.into_iter().map(|thread| thread.join().unwrap());
            taken.filter(|taken| *taken).count()
        });
        assert_eq!(taken, 1);
    }
    assert_eq!(notified(&running, ROUNDS), ids);
}

#[test]
fn a_card_that_comes_while_the_time_runs_out_ends_a_vaulting_in_one_way() {
    let running = Running::with(Settings {
        session_lifetime: Duration::from_mins(1),
        ..Settings::default()
    });
    let ids: Vec<_> = (0..ROUNDS).map(|round| format!("race-{round}")).collect();
    for id in &ids {
        create(&running, id);
        let taken = thread::scope(|scope| {
            scope.spawn(|| running.control("POST clock", r#"{"advance": "60s"}"#));
            scope.spawn(|| complete(&running, id)).join().unwrap()
        });
        let body = json!({"vaultingRequestId": id}).to_string();
        let answer = running.call("/v1/vaults/inquireVaulting", &body);
        let expected = if taken { "SUCCESS" } else { "FAIL" };
        assert_eq!(answer.json()["vaultingStatus"], expected);
    }
    assert_eq!(notified(&running, ROUNDS), ids);
}

#[test]
fn a_reset_leaves_no_notification_of_a_vaulting_that_it_forgets() {
    let running = Running::start();
    for round in 0..ROUNDS {
        let before: Vec<_> = (0..4)
            .map(|place| format!("before-{round}-{place}"))
            .collect();
        for id in &before {
            create(&running, id);
        }
        thread::scope(|scope| {
            for id in &before {
                scope.spawn(|| complete(&running, id));
            }
            scope.spawn(|| running.control("POST reset", ""));
        });
        for place in 0..4 {
            create(&running, &format!("after-{round}-{place}"));
        }
        let sessions = list(&running, "sessions");
        for shown in list(&running, "notifications") {
            let is_its = |session: &&Value| session["number"] == shown["vaulting"];
            let session = sessions.iter().find(is_its).unwrap();
            assert_eq!(session["vaulting_request_id"], shown["request_id"]);
        }
    }
}
