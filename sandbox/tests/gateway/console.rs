//! The console: its pages, its live events, its journal, and what it hands out to copy.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use antom_sandbox::Settings;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Answer, BODY, Draft, Request, Running, TEST_PATH, get};

fn page(running: &Running, path: &str) -> String {
    let answer = running.send(&get(path));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    // Where a code may be broken.
    let html = answer.text().replace("<wbr>", "");
    assert!(html.contains("Local sandbox — not Antom"));
    html
}

fn journal(running: &Running, query: &str) -> Value {
    let answer = running.send(&get(&format!("/journal{query}")));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn numbers(journal: &Value) -> Vec<u64> {
    let entries = journal["entries"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| entry["number"].as_u64().unwrap())
        .collect()
}

fn post(path: &str, body: &str) -> Request {
    let mut request = get(path)
        .with_line(&format!("POST {path} HTTP/1.1"))
        .with("Content-Type", "application/x-www-form-urlencoded");
    request.body = body.into();
    request
}

fn send_unsigned(running: &Running) -> Answer {
    let request = Draft::default().sign(&running.merchant);
    running.send(&request.without("signature"))
}

/// Three calls: vaulting 1, a refusal, vaulting 2.
fn with_three_calls() -> Running {
    let running = Running::start();
    running.send_body(BODY);
    send_unsigned(&running);
    running.send_body(&BODY.replace('1', "second"));
    running
}

#[test]
fn an_empty_journal_tells_how_to_make_a_first_call() {
    let running = Running::start();
    let html = page(&running, "/");
    assert!(html.contains("Nothing has called yet"));
    let key = running.sandbox().files().merchant_private_key();
    let ca = running.sandbox().files().ca_certificate();
    for wanted in [
        &*running.sandbox().https_url(),
        key.to_str().unwrap(),
        ca.to_str().unwrap(),
        "Python",
        "PHP",
    ] {
        assert!(html.contains(wanted), "{wanted}");
    }
    assert!(!html.contains("PRIVATE KEY"));
}

#[test]
fn the_list_shows_the_newest_first_and_no_secrets() {
    let running = Running::start();
    let session = running.send_body(BODY).json();
    send_unsigned(&running);
    let html = page(&running, "/");
    let refused = html.find("href=\"/calls/2\"").unwrap();
    let created = html.find("href=\"/calls/1\"").unwrap();
    assert!(refused < created);
    assert!(html.contains("INVALID_SIGNATURE"));
    let list = running.send(&get("/journal")).text().to_owned();
    for text in [html, list] {
        let data = session["vaultingSessionData"].as_str().unwrap();
        assert!(!text.contains(data));
        assert!(!text.contains("algorithm="));
    }
}

#[test]
fn a_list_can_be_narrowed_by_its_address() {
    let running = with_three_calls();
    let card = "number=4054695723100768";
    let answer = running.send(&post("/vaultings/1/card", card));
    assert_eq!(answer.status, 303);
    // The notification goes out by itself.
    let until = Instant::now() + Duration::from_secs(20);
    while numbers(&journal(&running, "?kind=notification")) != [5] {
        assert!(Instant::now() < until, "no notification was sent");
        thread::sleep(Duration::from_millis(10));
    }
    for (query, expected) in [
        ("", vec![5, 4, 3, 2, 1]),
        ("?kind=call", vec![3, 2, 1]),
        ("?kind=vaulting", vec![4]),
        ("?kind=notification", vec![5]),
        ("?status=failed", vec![2]),
        ("?status=S", vec![3, 1]),
        ("?search=SECOND", vec![3]),
        ("?q=SECOND", vec![3]),
        ("?search=invalid_signature", vec![2]),
        ("?search=createVaulting&status=F", vec![2]),
        ("?limit=2", vec![5, 4]),
        ("?limit=2&before=3", vec![2, 1]),
    ] {
        let found = journal(&running, query);
        assert_eq!(numbers(&found), expected, "{query}");
        let html = page(&running, &format!("/{query}"));
        assert_eq!(
            html.matches("<li class=\"entry\"").count(),
            expected.len(),
            "{query}"
        );
    }
    assert_eq!(journal(&running, "?limit=2")["next"], 4);
    assert_eq!(journal(&running, "?limit=2&before=3")["next"], Value::Null);
    for query in ["?kind=x", "?status=x", "?limit=0", "?before=x"] {
        let answer = running.send(&get(&format!("/journal{query}")));
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.json()["error"].is_string());
        assert_eq!(running.send(&get(&format!("/{query}"))).status, 400);
    }
}

#[test]
fn a_refused_signature_shows_what_should_have_been_signed_byte_by_byte() {
    let running = Running::start();
    running.send_body(BODY);
    let mut request = Draft::default().sign(&running.merchant);
    request.body = BODY.replace(':', ": ").into_bytes();
    running.send(&request).assert_unsigned("INVALID_SIGNATURE");
    let other_key = antom_core::signature::SigningKey::generate().signing_key;
    let by_other_key = Draft::default().sign(&other_key);
    running
        .send(&by_other_key)
        .assert_unsigned("INVALID_SIGNATURE");
    assert!(
        !page(&running, "/calls/3").contains("--meant-body"),
        "no byte differs"
    );
    let good = page(&running, "/calls/1");
    assert!(good.contains("<details class=\"signed-text\">"));
    assert!(good.contains("id=\"request-pretty\" class=\"visually-hidden tab-1\" checked"));
    assert!(!good.contains("--meant-body"));
    let refused = page(&running, "/calls/2");
    assert_eq!(
        refused
            .matches("<details class=\"signed-text\" open>")
            .count(),
        1
    );
    assert!(refused.contains("id=\"request-raw\" class=\"visually-hidden tab-2\" checked"));
    let key = running.sandbox().files().merchant_public_key();
    let command = format!(
        "antom doctor call.curl --merchant-key '{}' --meant-body body.json",
        key.display()
    );
    assert_eq!(text_of(&refused, "compare"), command);
}

#[test]
fn what_a_fault_did_to_an_answer_is_not_shown_as_a_success() {
    let running = Running::start();
    let play = |fault: &str| {
        let request = Draft::default().sign(&running.merchant);
        running.send(&request.with("x-sandbox-fault", fault));
    };
    for (fault, verdict, tone) in [
        ("http-503", "HTTP 503 to the client", "wait"),
        ("http-503-before", "HTTP 503 to the client", "wait"),
        ("wrong-key", "SUCCESS, spoilt", "wait"),
        ("raw-signature,delay=0s", "SUCCESS", "good"),
        ("unsigned-unknown-before", "UNKNOWN_EXCEPTION", "wait"),
    ] {
        play(fault);
        let newest = &journal(&running, "?limit=1")["entries"][0];
        assert_eq!(
            (&newest["verdict"], &newest["tone"]),
            (&json!(verdict), &json!(tone)),
            "{fault}"
        );
    }
    let html = page(&running, "/calls/1");
    assert!(html.contains("HTTP 503, not signed"), "what the fault does");
    assert!(html.contains("but its client got another answer, on purpose"));
}

#[test]
fn a_notification_has_the_number_that_the_control_api_knows_it_by() {
    let running = Running::start();
    running.send_body(BODY);
    running.send(&post("/vaultings/1/card", "number=4054695723100768"));
    let until = Instant::now() + Duration::from_secs(20);
    let entry = loop {
        if let [number] = numbers(&journal(&running, "?kind=notification"))[..] {
            break number;
        }
        assert!(Instant::now() < until, "no notification was sent");
        thread::sleep(Duration::from_millis(10));
    };
    let listed = running.control("GET notifications", "").json();
    assert_eq!(listed["notifications"][0]["number"], 1);
    let html = page(&running, &format!("/notifications/{entry}"));
    assert!(
        html.contains(&format!("Notification 1 · Entry {entry} ·")),
        "{html}"
    );
}

#[test]
fn a_refused_signature_is_explained_on_its_page() {
    let running = Running::start();
    let mut request = Draft::default().sign(&running.merchant);
    request.body.push(b'\n');
    running.send(&request).assert_unsigned("INVALID_SIGNATURE");
    let html = page(&running, "/calls/1");
    assert!(html.contains("What to do:"), "{html}");
    assert_eq!(html.matches("<li class=\"passed\">").count(), 6);
    assert_eq!(html.matches("<li class=\"failed\">").count(), 1);
    assert!(html.contains("the signature is valid"));
    let signed = text_of(&html, "request-signed");
    let expected = format!(
        "POST {TEST_PATH}\n{}.1685599933871.{BODY}\n",
        Draft::default().client_id
    );
    assert_eq!(signed, expected);
    let whole = running.send(&get("/journal/1")).json();
    assert_eq!(whole["kind"], "call");
    assert_eq!(whole["request"]["is_exact"], true);
}

#[test]
fn a_vaulting_is_completed_from_its_page() {
    let running = with_three_calls();
    let html = page(&running, "/vaultings/1");
    assert!(html.contains("Waiting for a card; expires in"), "{html}");
    assert!(html.contains("/checkout?vaultingSessionId="));
    let wrong = running.send(&post("/vaultings/1/card", "number=4111111111111111"));
    assert_eq!(wrong.status, 409);
    assert!(wrong.text().contains("not a test card"));
    let card = post("/vaultings/1/card", "number=4000000000000309");
    running.send(&card);
    assert!(page(&running, "/vaultings/1").contains("Cancel as the buyer"));
    running.send(&post("/vaultings/1/challenge", "code=123456"));
    let html = page(&running, "/vaultings/1");
    assert!(html.contains("SUCCESS") && html.contains("************0309"));
    assert!(!html.contains("4000000000000309"));
    assert!(html.contains("href=\"/calls/1\""));
    for path in [
        "/vaultings/3",
        "/vaultings/x",
        "/calls/99",
        "/calls/4",
        "/notifications/1",
    ] {
        assert_eq!(running.send(&get(path)).status, 404, "{path}");
    }
    assert_eq!(
        running.send(&post("/vaultings/9/card", "number=1")).status,
        404
    );
}

#[test]
fn a_call_can_be_sent_again_by_the_sandboxs_own_page_only() {
    let running = with_three_calls();
    let replay = post("/calls/1/replay", "");
    let foreign = replay.clone().with("Origin", "http://shop.example");
    assert_eq!(running.send(&foreign).status, 403);
    assert_eq!(
        journal(&running, "")["entries"].as_array().unwrap().len(),
        3
    );
    let answer = running.send(&replay);
    assert_eq!(answer.header("location"), Some("/calls/4"));
    let again = running.send(&get("/journal/4")).json();
    let first = running.send(&get("/journal/1")).json();
    assert_eq!(again["code"], "SUCCESS");
    assert_eq!(again["request"], first["request"]);
    // The stored answer of the same session, signed anew.
    assert_eq!(again["answer"]["body"], first["answer"]["body"]);
}

#[test]
fn a_call_that_was_not_kept_whole_is_not_sent_again() {
    let running = Running::start();
    let body = BODY.replace("\"1\"", "\"4054695723100768\"");
    running.send_body(&body);
    let html = page(&running, "/calls/1");
    assert!(!html.contains("4054695723100768"));
    assert!(html.contains("This call cannot be sent again"));
    let answer = running.send(&post("/calls/1/replay", ""));
    assert_eq!(answer.status, 409);
    assert_eq!(
        journal(&running, "")["entries"].as_array().unwrap().len(),
        1
    );
}

/// What a browser makes of the text in this element.
fn text_of(html: &str, id: &str) -> String {
    let (_, rest) = html.split_once(&format!("id=\"{id}\">")).unwrap();
    let mut text = rest.split_once("</code>").unwrap().0.to_owned();
    while let Some(at) = text.find("<span class=\"mark\"") {
        let end = at + text[at..].find("</span>").unwrap() + "</span>".len();
        text.replace_range(at..end, "");
    }
    assert!(!text.contains('<'), "{text}");
    for (reference, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#13;", "\r"),
        ("&amp;", "&"),
    ] {
        text = text.replace(reference, character);
    }
    text
}

/// Runs a command to its end, and gives what it printed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{text:?}");
    text.concat()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn what_is_copied_can_be_run_whatever_the_fields_hold() {
    let running = Running::start();
    let body = json!({
        "paymentMethodType": "CARD",
        "vaultingRequestId": "it's \"$HOME\" `id` \\ %s ??/ \u{202e}",
        "redirectUrl": "https://shop.example/a?b=c&d='e'",
        "merchantRegion": "SG",
        "is3DSAuthentication": false,
    });
    let body = serde_json::to_string_pretty(&body).unwrap();
    assert_eq!(running.send_body(&body).code(), "SUCCESS");
    let html = page(&running, "/calls/1");
    let directory = TempDir::new().unwrap();
    let file = |name: &str, id: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text_of(&html, &format!("snippet-text-{id}"))).unwrap();
        path
    };
    let curl = run(Command::new("sh").arg(file("again.sh", "curl")));
    let answer: Value = serde_json::from_str(&curl).unwrap();
    assert_eq!(answer["result"]["resultStatus"], "S", "{curl}");
    let compiled =
        "import sys; compile(open(sys.argv[1], encoding='utf-8').read(), sys.argv[1], 'exec')";
    run(Command::new("python3")
        .args(["-c", compiled])
        .arg(file("again.py", "python")));
    run(Command::new("php").arg("-l").arg(file("again.php", "php")));
    run(Command::new("cc")
        .args(["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(repository().join("include"))
        .arg(file("again.c", "c")));
    // The text of the field arrives in the programs.
    let printed = "import ast, sys; print([n.value for n in ast.walk(ast.parse(open(sys.argv[1], encoding='utf-8').read())) if isinstance(n, ast.Constant)])";
    let constants = run(Command::new("python3")
        .args(["-c", printed])
        .arg(directory.path().join("again.py")));
    assert!(
        constants.contains("$HOME") && constants.contains("u202e"),
        "{constants}"
    );
    // And each setting in its place.
    let files = running.sandbox().files();
    let key = files.merchant_private_key().display().to_string();
    let url = running.sandbox().https_url();
    for (id, endpoint, private_key) in [
        (
            "python",
            format!("endpoint=\"{url}\""),
            format!("private_key=pathlib.Path(\"{key}\")"),
        ),
        (
            "php",
            format!("'endpoint' => '{url}'"),
            format!("'private_key_path' => '{key}'"),
        ),
        (
            "c",
            format!("set_endpoint(options, \"{url}\")"),
            format!("private_key_path(options, \"{key}\")"),
        ),
    ] {
        let text = text_of(&html, &format!("snippet-text-{id}"));
        assert!(
            text.contains(&endpoint) && text.contains(&private_key),
            "{text}"
        );
    }
}

#[test]
fn every_api_can_be_copied_as_a_program_that_compiles() {
    let running = Running::start();
    running.call("/v1/vaults/inquireVaulting", r#"{"vaultingRequestId":"1"}"#);
    running.call("/v1/payments/pay", r#"{"a":"it's ??/"}"#);
    let directory = TempDir::new().unwrap();
    for (number, called) in [
        (
            1,
            [
                "client.inquire_vaulting(",
                "$client->inquireVaulting(",
                "antom_client_inquire_vaulting(",
            ],
        ),
        (
            2,
            [
                "client.call(\"/ams/api/v1/payments/pay\"",
                "$client->call('/ams/api/",
                "antom_client_call(",
            ],
        ),
    ] {
        let html = page(&running, &format!("/calls/{number}"));
        for (id, called) in ["python", "php", "c"].into_iter().zip(called) {
            let text = text_of(&html, &format!("snippet-text-{id}"));
            assert!(text.contains(called), "{text}");
            let path = directory.path().join(format!("{number}.{id}"));
            fs::write(&path, text).unwrap();
            match id {
                "python" => run(Command::new("python3").args(["-m", "py_compile"]).arg(path)),
                "php" => run(Command::new("php").arg("-l").arg(path)),
                _ => run(Command::new("cc")
                    .args(["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I"])
                    .arg(repository().join("include"))
                    .arg(path)),
            };
        }
    }
}

#[test]
fn a_har_file_has_the_calls_in_the_form_of_the_standard() {
    let running = with_three_calls();
    let answer = running.send(&get("/journal/export.har?status=S"));
    let har = answer.json();
    assert_eq!(har["log"]["version"], "1.2");
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    let first = &entries[0];
    assert_eq!(first["request"]["postData"]["text"], BODY);
    assert_eq!(first["request"]["bodySize"], BODY.len());
    assert_eq!(first["request"]["method"], "POST");
    let url = format!("{}{TEST_PATH}", running.sandbox().http_url());
    assert_eq!(first["request"]["url"], url);
    assert_eq!(first["response"]["status"], 200);
    assert!(
        first["startedDateTime"]
            .as_str()
            .unwrap()
            .ends_with("+08:00")
    );
    for member in ["cache", "timings", "time"] {
        assert!(!first[member].is_null(), "{member}");
    }
}

/// Server-sent events as they come over the wire, chunk sizes and all.
struct Listener {
    stream: TcpStream,
    heard: String,
}

impl Listener {
    fn new(running: &Running, target: &str, last_event_id: Option<&str>) -> Self {
        let mut stream = running.connect();
        let resume = last_event_id.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
        write!(
            stream,
            "GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{resume}\r\n"
        )
        .unwrap();
        Self {
            stream,
            heard: String::new(),
        }
    }

    /// Reads until this was heard.
    fn wait_for(&mut self, text: &str) -> &str {
        let mut bytes = [0; 4096];
        let until = Instant::now() + Duration::from_secs(20);
        while !self.heard.contains(text) {
            assert!(Instant::now() < until, "no {text} in: {}", self.heard);
            let length = self.stream.read(&mut bytes).unwrap();
            assert!(length > 0, "it ended: {}", self.heard);
            self.heard
                .push_str(str::from_utf8(&bytes[..length]).unwrap());
        }
        &self.heard
    }

    fn ids(&self) -> Vec<u64> {
        let ids = self
            .heard
            .lines()
            .filter_map(|line| line.strip_prefix("id: "));
        ids.map(|id| id.trim().parse().unwrap()).collect()
    }
}

#[test]
fn whoever_listens_hears_entries_in_order_and_goes_on_where_it_stopped() {
    let running = Running::start();
    let mut live = Listener::new(&running, "/events?kind=call", None);
    live.wait_for("event: clock");
    running.send_body(BODY);
    // One that waits for 3-D Secure, so that no notification comes between.
    running.send(&post("/vaultings/1/card", "number=4000000000000309"));
    send_unsigned(&running);
    let heard = live.wait_for("\"number\":3,").to_owned();
    assert!(heard.contains("content-type: text/event-stream"));
    assert_eq!(live.ids(), [1, 3], "the vaulting was not asked for");
    assert!(!heard.contains("vaultingSessionData") && !heard.contains("algorithm="));

    let mut resumed = Listener::new(&running, "/events?after=0", Some("1"));
    resumed.wait_for("\"number\":3,");
    assert!(
        resumed.ids().starts_with(&[2, 3]),
        "nothing twice, nothing left out"
    );
    let mut from_another_life = Listener::new(&running, "/events", Some("99"));
    from_another_life.wait_for("event: reset");
}

#[test]
fn who_stops_listening_makes_room_at_once() {
    let running = Running::start();
    let listen = || {
        let mut listener = Listener::new(&running, "/events", None);
        listener.wait_for("\r\n\r\n");
        let is_heard = listener.heard.starts_with("HTTP/1.1 200");
        is_heard.then_some(listener)
    };
    let all: Vec<_> = (0..64).map(|_| listen().unwrap()).collect();
    assert!(listen().is_none(), "there is room for 64");
    drop(all);
    let started = Instant::now();
    while listen().is_none() {
        assert!(started.elapsed() < Duration::from_secs(5));
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_page_that_is_closed_makes_room_for_another_at_once() {
    let running = Running::start();
    for _ in 0..3 {
        let mut pages: Vec<_> = (0..40)
            .map(|_| Listener::new(&running, "/events", None))
            .collect();
        for page in &mut pages {
            page.wait_for("event: clock");
        }
        drop(pages);
        // The sandbox hears of a closed connection a moment later.
        thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn listeners_do_not_hold_up_the_end() {
    let running = Running::start();
    let mut listener = Listener::new(&running, "/events", None);
    listener.wait_for("event: clock");
    let started = Instant::now();
    drop(running);
    // Open connections would be waited for 2 s.
    assert!(started.elapsed() < Duration::from_millis(1500));
    let mut rest = String::new();
    listener.stream.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "{rest}");
}

fn kept_in(directory: &Path) -> Settings {
    Settings {
        data: Some(directory.to_owned()),
        ..Settings::default()
    }
}

#[test]
fn the_journal_survives_a_restart_and_says_what_was_damaged() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("journal.jsonl");
    let first = Running::with(kept_in(directory.path()));
    first.send_body(BODY);
    send_unsigned(&first);
    drop(first);
    let mut text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 2);
    text.insert_str(text.find('\n').unwrap() + 1, "not an entry\n");
    fs::write(&file, text).unwrap();

    let second = Running::with(kept_in(directory.path()));
    let entries = journal(&second, "");
    assert_eq!(numbers(&entries), [3, 2, 1]);
    let said = entries["entries"][0]["title"].as_str().unwrap();
    assert_eq!(said, "1 damaged line of journal.jsonl left out");
    let html = page(&second, "/calls/1");
    assert!(html.contains("1, before the last start"));
    assert!(!html.contains("href=\"/vaultings/1\""));
    second.send_body(&BODY.replace('1', "x"));
    assert_eq!(numbers(&journal(&second, ""))[0], 4);
    drop(second);
    let third = Running::with(kept_in(directory.path()));
    assert_eq!(numbers(&journal(&third, "")), [4, 3, 2, 1]);
}

#[test]
fn nothing_from_the_wire_is_markup() {
    const BAD: &str = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>";
    let message = json!({"headers": [[BAD, BAD]], "body": BAD, "is_exact": true});
    let json_body = json!({"headers": [["content-type", BAD]], "body": json!({BAD: BAD}).to_string(), "is_exact": true});
    let call = json!({
        "number": 1, "time": "2026-08-17T12:00:00+08:00", "kind": "call",
        "method": BAD, "target": format!("/ams/{BAD}"), "client_id": BAD, "request_id": BAD, "vaulting": 1,
        "code": BAD, "status": "F", "reason": BAD, "doctor": {"id": BAD, "what": BAD, "fix": BAD}, "fault": BAD,
        "checks": [{"name": BAD, "passed": false}], "signed": false, "request": message, "answer": json_body,
        "http_status": 200, "duration_micros": 1000,
    });
    let step = json!({
        "number": 2, "time": "2026-08-17T12:00:00+08:00", "kind": "vaulting",
        "vaulting": 1, "request_id": BAD, "what": BAD, "status": BAD,
    });
    let delivery = json!({
        "number": 3, "time": "2026-08-17T12:00:00+08:00", "kind": "notification",
        "vaulting": 1, "request_id": BAD, "url": format!("http://127.0.0.1/{BAD}"), "attempt": 2,
        "acknowledged": false, "outcome": BAD, "next": "2026-08-17T12:02:00+08:00",
        "request": json_body, "answer": message, "http_status": 500, "duration_micros": 2000,
    });
    let control = json!({
        "number": 4, "time": "2026-08-17T12:00:00+08:00", "kind": "control", "what": BAD,
    });
    let directory = TempDir::new().unwrap();
    let lines: String = [call, step, delivery, control]
        .map(|entry| format!("{entry}\n"))
        .concat();
    fs::write(directory.path().join("journal.jsonl"), lines).unwrap();
    let running = Running::with(kept_in(directory.path()));
    let search = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27";
    for path in [
        "/",
        "/calls/1",
        "/notifications/3",
        &format!("/?search={search}"),
        &format!("/?search={search}nothing"),
    ] {
        let html = page(&running, path);
        assert!(!html.contains("<script>alert"), "{path}");
        assert!(!html.contains("<img"), "{path}");
        assert!(!html.contains("\"'&<"), "{path}");
    }
    assert_eq!(numbers(&journal(&running, "")), [4, 3, 2, 1]);
    let html = page(&running, "/notifications/3");
    assert!(
        html.contains("2026-08-17T12:02:00+08:00"),
        "when it is sent again"
    );
    let mut listener = Listener::new(&running, "/events?after=0", None);
    let heard = listener.wait_for("\"number\":4,");
    assert_eq!(heard.matches("event: entry").count(), 4);
}
