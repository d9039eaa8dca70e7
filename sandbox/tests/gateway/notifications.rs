//! The inbox, the control API of notifications, and samples, over real sockets.

use antom_core::signature::{KeyInput, SigningKey};
use antom_sandbox::{
    DEFAULT_CLIENT_ID, NotificationSettings, Sample, SampleVerdict, Sandbox, Settings, StartError,
};
use serde_json::{Value, json};

use crate::support::{Answer, BODY, Request, Running};

const INBOX: &str = "/__sandbox/inbox";
const NOTIFICATIONS: &str = "/__sandbox/notifications";

fn request(running: &Running, line: &str, body: &str) -> Answer {
    running.send(&plain(line, body))
}

fn plain(line: &str, body: &str) -> Request {
    let request = Request {
        line: format!("{line} HTTP/1.1"),
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
    };
    request.with("Host", "127.0.0.1")
}

fn inbox(running: &Running) -> Vec<Value> {
    let answer = request(running, &format!("GET {INBOX}"), "");
    assert_eq!(answer.status, 200);
    answer.json()["inbox"].as_array().unwrap().clone()
}

fn send(running: &Running, change: impl FnOnce(&mut Sample)) -> SampleVerdict {
    let files = running.sandbox().files();
    let key = SigningKey::load(&KeyInput::path(files.antom_private_key())).unwrap();
    let mut sample = Sample {
        url: format!("{}{INBOX}/shop?a=%20", running.sandbox().https_url()),
        client_id: DEFAULT_CLIENT_ID.to_owned(),
        request_id: "order-7".to_owned(),
        is_failure: false,
        allowed_hosts: Vec::new(),
        ca_certificate: Some(files.ca_certificate()),
    };
    change(&mut sample);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(sample.send(&key)).unwrap()
}

#[test]
fn the_inbox_verifies_acknowledges_and_keeps_what_comes() {
    let running = Running::start();
    let http = running.sandbox().http_url();
    for (change, what) in [
        (None, "order-7: the card was vaulted"),
        (
            Some(format!("{http}{INBOX}")),
            "order-7: failed: DO_NOT_HONOR",
        ),
    ] {
        let verdict = send(&running, |sample| {
            sample.is_failure = change.is_some();
            sample.url = change.unwrap_or_else(|| sample.url.clone());
        });
        assert!(verdict.acknowledged, "{}", verdict.outcome);
        assert_eq!(verdict.http_status, Some(200));
        let newest = &inbox(&running)[0];
        assert_eq!(newest["what"], what);
        assert_eq!(newest["acknowledged"], true);
    }
    assert_eq!(inbox(&running)[1]["path"], "/__sandbox/inbox/shop?a=%20");
}

#[test]
fn the_inbox_refuses_what_is_not_signed_for_it_and_keeps_a_hundred() {
    let running = Running::start();
    let live = |sample: &mut Sample| "5X00000000000000".clone_into(&mut sample.client_id);
    assert!(
        send(&running, live).acknowledged,
        "the live client id is the merchant's, too"
    );
    let other = |sample: &mut Sample| "SANDBOX_OTHER".clone_into(&mut sample.client_id);
    let verdict = send(&running, other);
    assert!(
        verdict.outcome.starts_with("HTTP 401"),
        "{}",
        verdict.outcome
    );
    assert!(
        inbox(&running)[0]["what"]
            .as_str()
            .unwrap()
            .contains("another client id")
    );
    for _ in 0..100 {
        let answer = request(&running, &format!("POST {INBOX}"), "{}");
        assert_eq!(answer.status, 401);
        assert!(
            answer.json()["error"]
                .as_str()
                .unwrap()
                .contains("no client-id header")
        );
    }
    let kept = inbox(&running);
    assert_eq!(kept.len(), 100);
    assert!(kept.iter().all(|letter| letter["acknowledged"] == false));
    let large = request(
        &running,
        &format!("POST {INBOX}"),
        &"x".repeat(64 * 1024 + 1),
    );
    assert_eq!(large.status, 413);
}

#[test]
fn a_sample_explains_certificates_hosts_and_servers_that_are_none() {
    let running = Running::start();
    let https = running.sandbox().https_url();
    for (url, has_ca, reason) in [
        (
            format!("{https}{INBOX}"),
            false,
            "an authority that this machine does not trust",
        ),
        (
            https.replace("https", "http"),
            true,
            "must begin with https://",
        ),
        (format!("{https}/nowhere"), true, "HTTP 404"),
        (
            "https://203.0.113.7/notify".to_owned(),
            true,
            "allow it with --allow 203.0.113.7",
        ),
    ] {
        let verdict = send(&running, |sample| {
            sample.url = url;
            sample.ca_certificate = sample.ca_certificate.take().filter(|_| has_ca);
        });
        assert!(!verdict.acknowledged);
        assert!(verdict.outcome.contains(reason), "{}", verdict.outcome);
    }
}

#[test]
fn switches_are_read_and_changed() {
    let running = Running::start();
    let path = format!("{NOTIFICATIONS}/settings");
    let defaults = json!({
        "profile": "sandbox", "duplicate": false, "delay": "0s", "drop": 0,
        "corrupt_body": false, "wrong_key": false, "wrong_client_id": false,
        "before_the_answer": false,
    });
    let change = |body: &str| request(&running, &format!("PATCH {path}"), body);
    assert_eq!(
        request(&running, &format!("GET {path}"), "").json(),
        defaults
    );
    let changed = change(r#"{"profile": "production", "drop": 2}"#);
    assert_eq!(changed.status, 200);
    assert_eq!(
        (&changed.json()["profile"], &changed.json()["drop"]),
        (&json!("production"), &json!(2))
    );
    for (body, reason) in [
        ("{", "EOF"),
        (r#"{"profile": "real"}"#, "must be sandbox or production"),
        (r#"{"delay": 5}"#, "text in double quotes"),
        (r#"{"delay": "5"}"#, "not a duration: write it like 90s"),
        (r#"{"dropped": 1}"#, "there is no member \"dropped\""),
        (r#"{"drop": 9, "delay": "7d1s"}"#, "a week at most"),
    ] {
        let answer = change(body);
        assert_eq!(answer.status, 400, "{body}");
        assert!(
            answer.json()["error"].as_str().unwrap().contains(reason),
            "{body}"
        );
    }
    assert_eq!(
        request(&running, &format!("GET {path}"), "").json(),
        changed.json()
    );
    for (name, value) in [
        ("Origin", "https://evil.example"),
        ("Sec-Fetch-Site", "cross-site"),
    ] {
        let request = plain(&format!("PATCH {path}"), r#"{"drop": 9}"#).with(name, value);
        assert_eq!(running.send(&request).status, 403, "{name}");
    }
    let own = plain(&format!("PATCH {path}"), "{}").with("Origin", "http://127.0.0.1");
    assert_eq!(running.send(&own).status, 200);
}

#[test]
fn what_cannot_be_sent_by_hand_is_explained() {
    let running = Running::start();
    running.send_body(BODY);
    for (line, body, status) in [
        (format!("POST {NOTIFICATIONS}"), r#"{"vaulting": "1"}"#, 400),
        (format!("POST {NOTIFICATIONS}"), r#"{"vaulting": 2}"#, 404),
        (format!("POST {NOTIFICATIONS}"), r#"{"vaulting": 1}"#, 409),
        (format!("POST {NOTIFICATIONS}/1/resend"), "", 404),
        (format!("POST {NOTIFICATIONS}/x/resend"), "", 404),
    ] {
        let answer = request(&running, &line, body);
        assert_eq!(answer.status, status, "{line} {body}");
        assert!(answer.json()["error"].is_string());
    }
    let listed = request(&running, &format!("GET {NOTIFICATIONS}"), "");
    assert_eq!(listed.json(), json!({"notifications": []}));
}

#[test]
fn hosts_and_urls_that_cannot_be_used_are_named_at_the_start() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (allowed, url) in [
        (Some("https://shop.example"), None),
        (None, Some("shop.example")),
    ] {
        let settings = Settings {
            notifications: NotificationSettings {
                allowed_hosts: allowed.map(str::to_owned).into_iter().collect(),
                dashboard_url: url.map(str::to_owned),
                ..NotificationSettings::default()
            },
            ..Settings::default()
        };
        let error = runtime.block_on(Sandbox::start(settings)).err().unwrap();
        assert!(matches!(error, StartError::Notifications(_)), "{error}");
    }
}

/// Waits until the sandbox has made so many attempts, and returns the newest notification.
fn after_attempts(running: &Running, count: u64) -> Value {
    for _ in 0..200 {
        let listed = running.control("GET notifications", "").json();
        let newest = listed["notifications"][0].clone();
        if newest["attempts"] == count && newest["state"] != "sending" {
            return newest;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("{count} attempts were not made");
}

#[test]
fn a_completed_session_is_notified_of_resent_and_forgotten_by_a_reset() {
    let running = Running::start();
    running.send_body(BODY);
    running.control("POST sessions/1/complete", r#"{"card":"4054695723100768"}"#);
    let notification = after_attempts(&running, 1);
    assert_eq!(notification["state"], "acknowledged");
    assert_eq!(
        (&notification["vaulting"], &notification["request_id"]),
        (&json!(1), &json!("1"))
    );
    assert_eq!(
        running.control("POST notifications/1/resend", "").status,
        200
    );
    after_attempts(&running, 2);
    let again = running.control("POST notifications", r#"{"vaulting": 1}"#);
    assert_eq!(again.json(), json!({"number": 2}));
    after_attempts(&running, 1);
    let kept = inbox(&running);
    assert_eq!(kept.len(), 3);
    assert!(
        kept.iter()
            .all(|letter| letter["what"] == "1: the card was vaulted")
    );
    running.control("POST reset", "");
    assert!(inbox(&running).is_empty());
    let listed = running.control("GET notifications", "").json();
    assert_eq!(listed, json!({"notifications": []}));
}

#[test]
fn vault_payment_method_notifies_before_it_answers_if_it_is_told_to() {
    let running = Running::start();
    running.control(
        "PATCH notifications/settings",
        r#"{"before_the_answer": true}"#,
    );
    let body = json!({
        "vaultingRequestId": "1",
        "vaultingNotificationUrl": format!("{}{INBOX}", running.sandbox().https_url()),
        "redirectUrl": "https://shop.example/r",
        "paymentMethodDetail": {"paymentMethodType": "CARD", "card": {
            "cardNo": "4054695723100768", "cvv": "987", "expiryMonth": "02", "expiryYear": "29"}},
        "env": {"terminalType": "WEB"},
        "metadata": "mine",
    });
    let answer = running.call("/v1/vaults/vaultPaymentMethod", &body.to_string());
    assert_eq!(answer.code(), "SUCCESS", "{}", answer.message());
    let kept = inbox(&running);
    assert_eq!(kept.len(), 1);
    let notified: Value = serde_json::from_str(kept[0]["body"].as_str().unwrap()).unwrap();
    assert_eq!(notified["metadata"], "mine");
    assert_eq!(
        notified["paymentMethodDetail"],
        answer.json()["paymentMethodDetail"]
    );
}
