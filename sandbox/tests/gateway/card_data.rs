//! Card numbers that come where none belong: whatever shows or keeps them must hide them.

use std::fs;

use antom_sandbox::Settings;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Draft, Running, TEST_PATH, get};

/// A test card, one that is none, and a mistyped one.
const NUMBERS: [&str; 3] = ["4054695723100768", "5555555555554444", "4111111111111112"];

fn in_groups(number: &str, separator: &str) -> String {
    [&number[..4], &number[4..8], &number[8..12], &number[12..]].join(separator)
}

/// Every way to write the number, and what must not be seen of it.
fn written(number: &str) -> Vec<String> {
    let ways = ["", " ", "-", "+", "%20", "."];
    ways.iter().map(|way| in_groups(number, way)).collect()
}

fn assert_hidden(text: &str, what: &str) {
    for number in NUMBERS {
        for way in written(number) {
            assert!(!text.contains(&way), "{what} shows {way}");
        }
    }
}

#[test]
fn a_card_number_is_hidden_wherever_it_comes() {
    let directory = TempDir::new().unwrap();
    let settings = Settings {
        data: Some(directory.path().to_owned()),
        ..Settings::default()
    };
    let running = Running::with(settings);
    for number in NUMBERS {
        for way in written(number) {
            let inline = way.replace(' ', "_");
            let path = format!("{TEST_PATH}?card={inline}");
            let body = json!({
                "paymentMethodType": "CARD",
                "vaultingRequestId": way,
                "redirectUrl": format!("https://shop.example/{inline}"),
                "vaultingNotificationUrl": format!("http://127.0.0.1:1/?{inline}"),
                "order": {"note": way},
            });
            let draft = Draft {
                path: &path,
                body: &body.to_string(),
                ..Draft::default()
            };
            let request = draft.sign(&running.merchant);
            running.send(&request.clone().with("x-note", &way));
            running.send(&request.clone().replace("client-id", &way));
            running.send(&request.clone().with("x-sandbox-fault", &way));
            running.send(&get(&format!("/{inline}")));
            let line = format!("POST /ams/api/v1/{inline} HTTP/1.1");
            running.send(&request.with_line(&line));
        }
    }
    for target in [
        "/",
        "/journal",
        "/journal/export.har",
        "/calls/1",
        "/__sandbox/sessions",
        "/__sandbox/notifications",
    ] {
        let answer = running.send(&get(target));
        assert_eq!(answer.status, 200, "{target}");
        assert_hidden(answer.text(), target);
    }
    // It offers the test cards, but shows no URL with one.
    let page = running.send(&get("/vaultings/1"));
    assert!(page.text().contains("shop.example/************0768"));
    assert!(!page.text().contains("shop.example/4054"));
    for exchange in running.exchanges() {
        assert_hidden(&exchange.to_string(), "a line of the log");
        assert_hidden(&exchange.to_json(), "a line of the log");
    }
    drop(running);
    let journal = fs::read_to_string(directory.path().join("journal.jsonl")).unwrap();
    assert!(journal.contains("************0768"));
    assert_hidden(&journal, "journal.jsonl");
}

#[test]
fn what_the_control_api_refuses_it_does_not_repeat() {
    let running = Running::start();
    for number in NUMBERS {
        for (line, body) in [
            ("POST faults", json!({"fault": number})),
            ("POST faults", json!({"fault": "http-503", "times": number})),
            ("POST faults", json!({ number: 1 })),
            ("PATCH notifications/settings", json!({ number: 1 })),
            ("PATCH notifications/settings", json!({"drop": number})),
            ("PATCH settings", json!({"session_lifetime": number})),
            ("POST clock", json!({"advance": number})),
            ("POST answers", json!({"path": number})),
            ("POST sessions/1/complete", json!({"card": number})),
        ] {
            let answer = running.control(line, &body.to_string());
            assert!((400..500).contains(&answer.status), "{line}");
            assert_hidden(answer.text(), line);
        }
    }
}
