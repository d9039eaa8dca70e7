//! The control API: clock, sessions, settings, reset, and what it refuses.

use std::fs;
use std::path::Path;

use antom_sandbox::Settings;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::{BODY, Running, control_request, get};

const CARD: &str = r#"{"card":"4054695723100768"}"#;

fn session(id: &str) -> String {
    format!(
        r#"{{"paymentMethodType":"CARD","vaultingRequestId":"{id}","redirectUrl":"https://shop.example/r"}}"#
    )
}

#[test]
fn the_clock_is_moved_for_answers_and_sessions_alike() {
    let running = Running::start();
    let now =
        |answer: &Value| OffsetDateTime::parse(answer["now"].as_str().unwrap(), &Rfc3339).unwrap();
    let start = now(&running.control("GET clock", "").json());
    for advance in ["15h", "PT15H"] {
        running.control("POST clock", &json!({ "advance": advance }).to_string());
    }
    let later = running.control("GET clock", "").json();
    assert_eq!(later["ahead"], "1d6h");
    assert!((now(&later) - start).whole_hours() >= 30);
    let answer = running.send_body(BODY);
    let response_time = json!({"now": answer.header("response-time").unwrap()});
    assert!((now(&response_time) - start).whole_hours() >= 30);

    let back = running.control("DELETE clock", "").json();
    assert_eq!(back["ahead"], "0s");
    for wrong in [
        r#"{"advance":"soon"}"#,
        r#"{"advance":"40000d"}"#,
        "{}",
        "x",
        r#"{"by":"1h"}"#,
    ] {
        let answer = running.control("POST clock", wrong);
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(answer.json()["error"].is_string());
    }
}

#[test]
fn a_session_is_found_by_each_of_its_names() {
    let running = Running::start();
    let made = running.send_body(&session("order 7/é")).json();
    let id = made["vaultingSessionId"].as_str().unwrap();
    let escaped = id
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    for name in ["1", &escaped, "order%207%2F%C3%A9"] {
        let shown = running.control(&format!("GET sessions/{name}"), "").json();
        assert_eq!(shown["number"], 1, "{name}");
        assert_eq!(shown["vaulting_session_id"], id);
        assert_eq!(shown["status"], "PROCESSING");
        assert_eq!(shown["redirect_url"], "https://shop.example/r");
    }
    let list = running.control("GET sessions", "").json();
    assert_eq!(list["sessions"][0]["vaulting_request_id"], "order 7/é");
    let data = made["vaultingSessionData"].as_str().unwrap();
    assert!(
        !list.to_string().contains(data),
        "the session's data is never shown"
    );
    for missing in [
        "GET sessions/2",
        "POST sessions/x/complete",
        "POST sessions/0/cancel",
    ] {
        assert_eq!(running.control(missing, CARD).status, 404, "{missing}");
    }
}

#[test]
fn the_list_holds_the_newest_hundred() {
    let running = Running::start();
    for id in 0..101 {
        running.send_body(&session(&format!("order {id}")));
    }
    let list = running.control("GET sessions", "").json();
    let sessions = list["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 100);
    assert_eq!(sessions[0]["number"], 101);
}

#[test]
fn a_buyer_is_played_through_3ds_in_one_step_or_in_two() {
    let running = Running::start();
    running.send_body(&session("a"));
    running.send_body(&session("b"));
    let both = r#"{"card":"4000000000000309","expiry":"02/29","security_code":"123","challenge_code":"123456"}"#;
    let done = running.control("POST sessions/a/complete", both).json();
    assert_eq!(done["progress"], "ended");
    assert_eq!(done["session"]["status"], "SUCCESS");

    let step = |body: &str| running.control("POST sessions/b/complete", body);
    let first = step(r#"{"card":"4000000000000309"}"#).json();
    assert_eq!(first["progress"], "challenge");
    assert!(
        first["session"]["page"]
            .as_str()
            .unwrap()
            .ends_with("challenge?vaulting=2")
    );
    assert_eq!(step("{}").status, 400, "it needs the code");
    assert_eq!(step(r#"{"challenge_code":"000000"}"#).status, 400);
    let last = step(r#"{"challenge_code":"123456"}"#).json();
    assert_eq!(last["session"]["result_code"], "SUCCESS");
    assert_eq!(step(CARD).status, 409);
    assert_eq!(step("{}").status, 409);
}

#[test]
fn what_the_buyer_types_wrong_is_named_and_no_number_comes_back() {
    let running = Running::start();
    running.send_body(&session("a"));
    for (body, named) in [
        ("{}", "give card"),
        (r#"{"card":"4111111111111111"}"#, "not a test card"),
        (r#"{"card":"4054695723100767"}"#, "wrong digit"),
        (
            r#"{"card":"4054695723100768","expiry":"13/29"}"#,
            "01 to 12",
        ),
        (r#"{"card":"4054695723100768","expiry":"0229"}"#, "02/29"),
        (
            r#"{"card":"4054695723100768","security_code":"99"}"#,
            "3 digits",
        ),
        (r#"{"cardNo":"4054695723100768"}"#, "there is no member"),
        (
            r#"{"card":4054695723100768}"#,
            "\"card\" must be text in double quotes",
        ),
    ] {
        let answer = running.control("POST sessions/a/complete", body);
        assert_eq!(answer.status, 400, "{body}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(named), "{error}");
        assert!(
            !error.contains("4054") && !error.contains("4111"),
            "{error}"
        );
    }
    assert_eq!(
        running.control("POST sessions/a/complete", CARD).status,
        200
    );
}

#[test]
fn a_buyer_may_give_up() {
    let running = Running::start();
    running.send_body(&session("a"));
    let cancelled = running.control("POST sessions/a/cancel", "").json();
    assert_eq!(cancelled["session"]["result_code"], "ORDER_IS_CLOSED");
    assert_eq!(
        cancelled["session"]["stage"],
        "failed: ORDER_IS_CLOSED, the buyer gave up"
    );
    running.send_body(&session("b"));
    running.control("POST clock", r#"{"advance":"1h"}"#);
    let expired = running.control("GET sessions/b", "").json();
    assert_eq!(
        expired["stage"],
        "failed: ORDER_IS_CLOSED, the session expired"
    );
    assert_eq!(running.control("POST sessions/a/cancel", "").status, 409);
}

#[test]
fn settings_are_changed_one_by_one() {
    let running = Running::start();
    let start =
        json!({"accept_changed_repeats": false, "session_lifetime": "1h", "rate_limit": null});
    assert_eq!(running.control("GET settings", "").json(), start);
    let changed = running.control(
        "PATCH settings",
        r#"{"session_lifetime":"90s","rate_limit":1}"#,
    );
    assert_eq!(
        changed.json(),
        json!({"accept_changed_repeats": false, "session_lifetime": "1m30s", "rate_limit": 1})
    );
    running.send_body(BODY);
    let limited = (0..10).any(|_| running.send_body(BODY).code() == "REQUEST_TRAFFIC_EXCEED_LIMIT");
    assert!(limited);
    running.control(
        "PATCH settings",
        r#"{"rate_limit":null,"accept_changed_repeats":true}"#,
    );
    assert_eq!(running.send_body(&session("1")).code(), "SUCCESS");
    for wrong in [
        r#"{"session_lifetime":"0s"}"#,
        r#"{"session_lifetime":"40000d"}"#,
        r#"{"session_lifetime":"1500ms"}"#,
        r#"{"session_lifetime":90}"#,
        r#"{"rate_limit":0}"#,
        r#"{"seed":1}"#,
    ] {
        assert_eq!(
            running.control("PATCH settings", wrong).status,
            400,
            "{wrong}"
        );
    }
    running.control("POST reset", "");
    assert_eq!(running.control("GET settings", "").json(), start);
}

#[test]
fn a_reset_makes_everything_as_it_was_and_begins_the_seed_again() {
    let running = Running::with(Settings {
        seed: Some(7),
        ..Settings::default()
    });
    let first = running.send_body(BODY).json();
    running.control("POST clock", r#"{"advance":"1d"}"#);
    running.control("POST answers", r#"{"path":"/v1/payments/pay"}"#);
    assert_eq!(running.control("POST reset", "").status, 200);
    assert_eq!(running.control("GET clock", "").json()["ahead"], "0s");
    assert_eq!(
        running.control("GET sessions", "").json(),
        json!({"sessions": []})
    );
    assert_eq!(
        running.control("GET answers", "").json(),
        json!({"answers": []})
    );
    let again = running.send_body(BODY).json();
    assert_eq!(again["vaultingSessionData"], first["vaultingSessionData"]);
    assert_eq!(running.control("GET sessions/1", "").json()["number"], 1);
}

#[test]
fn where_the_buyer_goes_is_told_as_it_is() {
    let running = Running::start();
    for (body, next) in [
        (session("a"), "the buyer goes to the redirectUrl"),
        (BODY.to_owned(), "there is no redirectUrl"),
    ] {
        let id = running.send_body(&body).json()["vaultingSessionId"].clone();
        let sessions = running.control("GET sessions", "").json();
        assert_eq!(sessions["sessions"][0]["vaulting_session_id"], id);
        let number = &sessions["sessions"][0]["number"];
        let done = running.control(&format!("POST sessions/{number}/complete"), CARD);
        let told = done.json()["what_next"].as_str().unwrap().to_owned();
        assert!(told.ends_with(next), "{told}");
    }
}

/// Requests like `GET /__sandbox/clock`, as the sandbox lists them.
fn listed(running: &Running) -> Vec<String> {
    let list = running.control("GET ", "").json();
    let endpoints = list["endpoints"].as_array().unwrap();
    endpoints
        .iter()
        .map(|endpoint| endpoint["request"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_programs_may_ask_for_is_listed_documented_and_served() {
    let running = Running::start();
    let listed = listed(&running);
    let page = include_str!("../../../docs/sandbox-control.md");
    for request in &listed {
        assert!(page.contains(&format!("`{request}`")), "{request}");
    }
    let documented = page.split('`').filter(|code| {
        ["GET /", "POST /", "PATCH /", "DELETE /"]
            .iter()
            .any(|start| code.starts_with(start))
    });
    for request in documented {
        assert!(listed.iter().any(|known| known == request), "{request}");
    }
    // Each path takes these methods and no others, as a refused one is told.
    let mut paths: Vec<&str> = listed
        .iter()
        .map(|request| request.split_once(' ').unwrap().1)
        .collect();
    paths.sort_unstable();
    paths.dedup();
    for path in &paths {
        let real = path.replace("{*name}", "shop");
        let request = get(&real).with_line(&format!("OPTIONS {real} HTTP/1.1"));
        let refused = running.send(&request);
        assert_eq!(refused.status, 405, "{path}");
        let error = refused.json()["error"].as_str().unwrap().to_owned();
        let mut allowed: Vec<&str> = error.rsplit_once(": ").unwrap().1.split(", ").collect();
        allowed.retain(|method| *method != "HEAD");
        let mut methods: Vec<&str> = listed
            .iter()
            .filter_map(|request| request.split_once(' '))
            .filter(|(_, listed)| listed == path)
            .map(|(method, _)| method)
            .collect();
        allowed.sort_unstable();
        methods.sort_unstable();
        assert_eq!(allowed, methods, "{path}");
    }
}

#[test]
fn every_route_for_programs_is_listed() {
    let listed = listed(&Running::start());
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = fs::read_to_string(path).unwrap();
            for rest in source.split(".route(").skip(1) {
                let rest = rest
                    .trim_start()
                    .strip_prefix('"')
                    .expect("routes are written out");
                let route = rest.split('"').next().unwrap();
                let is_for_programs = ["/__sandbox/", "/journal", "/events"]
                    .iter()
                    .any(|start| route.starts_with(start));
                if is_for_programs && route != "/__sandbox/{*rest}" {
                    found += 1;
                    let end = format!(" {route}");
                    assert!(
                        listed.iter().any(|request| request.ends_with(&end)),
                        "{route}"
                    );
                }
            }
        }
    }
    assert!(found > 15, "{found}");
}

#[test]
fn a_path_that_takes_another_method_says_which() {
    let running = Running::start();
    let answer = running.control("PUT clock", "");
    assert_eq!(answer.status, 405);
    let error = answer.json()["error"].as_str().unwrap().to_owned();
    assert!(
        error.contains("POST") && error.contains("DELETE"),
        "{error}"
    );
    assert!(answer.header("allow").is_some());
}

#[test]
fn the_sandbox_says_that_it_answers_and_what_it_does_not_know() {
    let running = Running::start();
    assert_eq!(running.control("GET health", "").json()["status"], "ok");
    let unknown = running.control("GET nothing/here", "");
    assert_eq!(unknown.status, 404);
    assert!(unknown.json()["error"].is_string());
}

#[test]
fn pages_of_other_origins_change_nothing() {
    let running = Running::start();
    let reset = control_request("POST reset", "");
    for (name, value) in [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
    ] {
        let answer = running.send(&reset.clone().with(name, value));
        assert_eq!(answer.status, 403, "{name}: {value}");
        assert!(answer.json()["error"].as_str().unwrap().contains("origin"));
    }
    let own = reset
        .with("Origin", "http://127.0.0.1")
        .with("Sec-Fetch-Site", "same-origin");
    assert_eq!(running.send(&own).status, 200);
    // Another host is refused before everything else, also here.
    let elsewhere = control_request("GET health", "").replace("host", "rebind.example");
    let answer = running.send(&elsewhere);
    assert_eq!(answer.status, 421);
    assert!(
        answer.json()["error"]
            .as_str()
            .unwrap()
            .contains("--host-name")
    );
    let last = running.exchanges().pop().unwrap();
    assert_eq!(last.verdict.code, "HOST_NOT_ALLOWED");
}

#[test]
fn every_answer_keeps_to_itself() {
    let running = Running::start();
    let answer = running.control("GET health", "");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
    let cors = |name: &str| name.starts_with("access-control");
    assert!(!answer.headers.iter().any(|(name, _)| cors(name)));
    // Antom's answers have no such headers, and so have ours none.
    assert_eq!(running.send_body(BODY).header("cache-control"), None);
}
