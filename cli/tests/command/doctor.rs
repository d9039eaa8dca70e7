//! `antom doctor`: the three forms of a saved message, what is wrong with it, and what is shown of it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use antom_core::Secret;
use antom_core::signature::{Content, GeneratedKey, KeyInput, SignatureHeader, SigningKey};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Sandbox, antom, json, stderr, stdout};

const BODY: &str = r#"{"paymentMethodType":"CARD","vaultingRequestId":"7","redirectUrl":"https://shop.example/é"}"#;

/// Keys as files, and where messages are saved.
struct Desk {
    directory: TempDir,
    merchant: GeneratedKey,
    antom: GeneratedKey,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            directory: TempDir::new().unwrap(),
            merchant: SigningKey::generate(),
            antom: SigningKey::generate(),
        };
        desk.save("merchant.pem", desk.merchant.private_pem.expose());
        let public = desk.antom.signing_key.verifying_key();
        desk.save("antom.pem", public.to_pem());
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn save(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The command with both keys in its environment.
    fn doctor(&self, arguments: &[&str]) -> Command {
        let mut command = antom(&["doctor"]);
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env("ANTOM_PRIVATE_KEY_PATH", self.path("merchant.pem"))
            .env("ANTOM_PUBLIC_KEY_PATH", self.path("antom.pem"));
        command
    }

    fn examine(&self, message: impl AsRef<[u8]>, more: &[&str]) -> Output {
        let file = self.save("message", message);
        self.doctor(&[&[file.as_str()], more].concat())
            .output()
            .unwrap()
    }

    /// The cause's id, or `verifies`, held against the exit code.
    #[track_caller]
    fn cause(&self, message: impl AsRef<[u8]>, more: &[&str]) -> String {
        let output = self.examine(message, &[&["--json"], more].concat());
        let report = json(&output);
        let verifies = report["verifies"].as_bool().expect("a report");
        assert_eq!(output.status.code(), Some(i32::from(!verifies)));
        assert_eq!(report["cause"].is_null(), verifies);
        let id = report["cause"]["id"].as_str();
        id.unwrap_or("verifies").to_owned()
    }
}

/// What a signature covers.
#[derive(Clone)]
struct Message {
    path: String,
    client_id: String,
    time: String,
    body: Vec<u8>,
}

impl Message {
    fn new() -> Self {
        Self {
            path: "/ams/sandbox/api/v1/vaults/createVaultingSession".into(),
            client_id: "SANDBOX_5X00000000000000".into(),
            time: "1755403200123".into(),
            body: BODY.into(),
        }
    }

    fn with_body(body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::new()
        }
    }

    fn sign(&self, key: &GeneratedKey) -> Vec<u8> {
        let content = Content {
            method: "POST",
            path: &self.path,
            client_id: &self.client_id,
            time: &self.time,
            body: &self.body,
        };
        content.sign(&key.signing_key).unwrap()
    }

    fn header(&self, key: &GeneratedKey) -> String {
        SignatureHeader::write(&self.sign(key), "1")
    }

    fn headers(&self, signature: &str) -> [(&'static str, String); 4] {
        [
            ("Content-Type", "application/json; charset=UTF-8".to_owned()),
            ("client-id", self.client_id.clone()),
            ("request-time", self.time.clone()),
            ("Signature", signature.to_owned()),
        ]
    }

    fn raw(&self, signature: &str) -> Vec<u8> {
        let headers = self.headers(signature);
        let lines = headers.map(|(name, value)| format!("{name}: {value}\r\n"));
        let (path, length) = (&self.path, self.body.len());
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: h\r\n{}Content-Length: {length}\r\n\r\n",
            lines.concat()
        );
        [head.as_bytes(), &self.body].concat()
    }

    /// As Chrome copies it.
    fn curl(&self, signature: &str) -> Vec<u8> {
        let body = std::str::from_utf8(&self.body).unwrap();
        let body: String = body
            .encode_utf16()
            .map(|unit| match char::from_u32(unit.into()) {
                Some(c @ (' '..='&' | '('..='[' | ']'..='~')) => c.to_string(),
                _ => format!("\\u{unit:04x}"),
            })
            .collect();
        let lines = self
            .headers(signature)
            .map(|(name, value)| format!(" \\\n  -H '{name}: {value}'"));
        let path = &self.path;
        format!(
            "curl 'https://gateway.example{path}'{} \\\n  --data-raw $'{body}' \\\n  --compressed\n",
            lines.concat()
        )
        .into_bytes()
    }

    fn har(&self, signature: &str) -> Vec<u8> {
        let headers = self.headers(signature);
        let headers = headers.map(|(name, value)| json!({"name": name, "value": value}));
        let text = std::str::from_utf8(&self.body).unwrap();
        let request = json!({
            "method": "POST", "url": format!("https://gateway.example{}", self.path), "headers": headers,
            "postData": {"mimeType": "application/json", "text": text}, "bodySize": self.body.len(),
        });
        let other =
            json!({"method": "GET", "url": "https://gateway.example/favicon.ico", "headers": []});
        json!({"log": {"entries": [{"request": request}, {"request": other}]}})
            .to_string()
            .into_bytes()
    }
}

#[test]
fn a_good_message_verifies_in_every_form() {
    let desk = Desk::new();
    let message = Message::new();
    let signature = message.header(&desk.merchant);
    for saved in [
        message.raw(&signature),
        message.curl(&signature),
        message.har(&signature),
    ] {
        let output = desk.examine(saved, &[]);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{text}{}", stderr(&output));
        assert!(text.contains("the signature verifies\n"), "{text}");
        assert!(
            text.contains("request, to be signed by the merchant\n"),
            "{text}"
        );
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn the_cause_is_named_in_every_form() {
    let desk = Desk::new();
    let stranger = SigningKey::generate();
    let right = Message::new();
    let spaced = BODY.replace("\":\"", "\": \"").replace("\",\"", "\", \"");
    let changed = |change: &dyn Fn(&mut Message)| {
        let mut message = Message::new();
        change(&mut message);
        message
    };
    let signed_otherwise = [
        (
            changed(&|m| m.path = m.path.replace("/sandbox", "")),
            "path_sandbox",
        ),
        (changed(&|m| m.time = "1755403200456".into()), "time_apart"),
        (
            changed(&|m| m.client_id = m.client_id.replace("SANDBOX_", "")),
            "client_id",
        ),
        (Message::with_body(spaced), "body_reserialised"),
        (
            Message::with_body(BODY.replace('é', "\\u00e9")),
            "body_reserialised",
        ),
        (Message::with_body(latin_1()), "body_encoding"),
        (Message::with_body(format!("{BODY}\n")), "joint_end"),
    ];
    let mut cases: Vec<(String, &str)> = signed_otherwise
        .iter()
        .map(|(signed, cause)| (signed.header(&desk.merchant), *cause))
        .collect();
    let good = right.header(&desk.merchant);
    let url_safe = BASE64_URL_SAFE.encode(right.sign(&desk.merchant));
    cases.extend([
        (right.header(&desk.antom), "other_key"),
        (right.header(&stranger), "unknown_key"),
        (
            format!("algorithm=RSA256,keyVersion=1,signature={url_safe}"),
            "base64url",
        ),
        (good.replace('%', "%25"), "encoded_twice"),
        (good.replace("RSA256", "RSA512"), "header_malformed"),
        (
            "algorithm=RSA256,keyVersion=1,signature=".to_owned(),
            "signature_missing",
        ),
        (good, "verifies"),
    ]);
    for (signature, cause) in cases {
        for saved in [
            right.raw(&signature),
            right.curl(&signature),
            right.har(&signature),
        ] {
            assert_eq!(desk.cause(saved, &[]), cause);
        }
    }
}

fn latin_1() -> Vec<u8> {
    BODY.chars().map(|c| u8::try_from(c).unwrap()).collect()
}

#[test]
fn bytes_that_are_no_text_and_line_ends_are_kept() {
    let desk = Desk::new();
    let message = Message::with_body(latin_1());
    let signature = Message::new().header(&desk.merchant);
    assert_eq!(desk.cause(message.raw(&signature), &[]), "body_encoding");
    let signature = message.header(&desk.merchant);
    assert_eq!(desk.cause(message.raw(&signature), &[]), "verifies");

    let windows = Message::with_body("{\r\n \"a\": 1\r\n}");
    let unix = Message::with_body("{\n \"a\": 1\n}");
    let signature = windows.header(&desk.merchant);
    for saved in [
        unix.raw(&signature),
        unix.curl(&signature),
        unix.har(&signature),
    ] {
        assert_eq!(desk.cause(saved, &[]), "body_crlf");
    }
    for saved in [
        windows.raw(&signature),
        windows.curl(&signature),
        windows.har(&signature),
    ] {
        assert_eq!(desk.cause(saved, &[]), "verifies");
    }
}

#[test]
fn a_body_may_be_in_a_file_that_curl_sends() {
    let desk = Desk::new();
    let message = Message::with_body("{\n\"a\":1}\n");
    let signature = message.header(&desk.merchant);
    let body = desk.save("body.json", &message.body);
    let command = |option: &str| {
        format!(
            "curl -sS -XPOST {option} @{body} -Hclient-id:{} -H 'request-time: {}' -H 'signature: {signature}' h{}",
            message.client_id, message.time, message.path
        )
    };
    assert_eq!(desk.cause(command("--data-binary"), &[]), "verifies");
    let output = desk.examine(command("-d"), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stdout(&output).contains("leaves the line ends"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn the_message_may_come_from_standard_input_and_keys_from_arguments() {
    let desk = Desk::new();
    let message = Message::new();
    let public = desk.merchant.signing_key.verifying_key();
    let public = desk.save(
        "public.der",
        BASE64_STANDARD.decode(bare(public.to_pem())).unwrap(),
    );
    let mut child = antom(&["doctor", "-", "--merchant-key", &public])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(&message.raw(&message.header(&desk.merchant)))
        .unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(!stdout(&output).contains("PRIVATE"));
}

fn bare(pem: &str) -> String {
    pem.lines().filter(|line| !line.contains("---")).collect()
}

/// An answer or a notification: who signs it, and what its time is called, differ.
fn answer(message: &Message, signature: &str) -> Vec<u8> {
    let request = String::from_utf8(message.raw(signature)).unwrap();
    let (_, rest) = request.split_once("\r\n").unwrap();
    format!(
        "HTTP/1.1 200 OK\r\n{}",
        rest.replace("request-time", "response-time")
    )
    .into_bytes()
}

#[test]
fn an_answer_is_checked_with_the_path_of_its_request() {
    let desk = Desk::new();
    let message = Message {
        time: "2025-08-17T12:00:00+08:00".into(),
        ..Message::with_body(r#"{"result":{"resultStatus":"S"}}"#)
    };
    let signature = message.header(&desk.antom);
    let saved = answer(&message, &signature);
    let output = desk.examine(&saved, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--path"), "{}", stderr(&output));
    assert_eq!(desk.cause(&saved, &["--path", &message.path]), "verifies");
    let live = message.path.replace("/sandbox", "");
    assert_eq!(desk.cause(&saved, &["--path", &live]), "path_sandbox");
    assert_eq!(
        desk.cause(&saved, &["--path", &message.path, "--method", "PUT"]),
        "other_content"
    );
    let unnamed = String::from_utf8(saved).unwrap();
    let unnamed = unnamed.replace("client-id", "x-client-id");
    let path = ["--path", &message.path];
    assert_eq!(desk.cause(&unnamed, &path), "client_id_missing");
    let with_id = [&path[..], &["--client-id", &message.client_id]].concat();
    assert_eq!(desk.cause(&unnamed, &with_id), "verifies");
}

#[test]
fn the_answer_in_a_har_file_is_checked_with_its_request() {
    let desk = Desk::new();
    let message = Message::with_body(r#"{"result":{"resultStatus":"S"}}"#);
    let mut har: Value = serde_json::from_slice(&message.har("-")).unwrap();
    har["log"]["entries"][0]["response"] = json!({
        "headers": [
            {"name": "response-time", "value": message.time},
            {"name": "signature", "value": message.header(&desk.antom)},
        ],
        "content": {"text": BASE64_STANDARD.encode(&message.body), "encoding": "base64"},
    });
    let har = har.to_string();
    assert_eq!(desk.cause(&har, &["--response"]), "verifies");
    assert_eq!(
        desk.cause(&har, &["--response", "--entry", "1"]),
        "verifies"
    );
    assert_eq!(desk.cause(&har, &[]), "header_malformed");
    for arguments in [
        &["--response", "--entry", "2"],
        &["--response", "--entry", "3"],
    ] {
        assert_eq!(desk.examine(&har, arguments).status.code(), Some(2));
    }
}

#[test]
fn a_real_answer_of_the_sandbox_verifies_until_a_byte_changes() {
    let sandbox = Sandbox::start(&[]);
    let settings = sandbox.settings();
    let text = |name: &str| settings[name].as_str().unwrap().to_owned();
    let key = KeyInput::path(text("private_key_path"));
    let merchant = GeneratedKey {
        signing_key: SigningKey::load(&key).unwrap(),
        private_pem: Secret::new(String::new()),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let message = Message {
        time: now.as_millis().to_string(),
        ..Message::new()
    };
    let request = String::from_utf8(message.raw(&message.header(&merchant))).unwrap();
    let request = request.replace("Host: h\r\n", "Host: 127.0.0.1\r\nConnection: close\r\n");
    let address = text("http").replace("http://", "");
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();

    let desk = Desk::new();
    let doctor = |saved: &[u8]| {
        let antom = text("antom_public_key_path");
        desk.cause(saved, &["--path", &message.path, "--antom-key", &antom])
    };
    assert_eq!(doctor(request.as_bytes()), "unknown_key");
    assert_eq!(doctor(&answer), "verifies");
    let changed = String::from_utf8(answer)
        .unwrap()
        .replace("SUCCESS", "SUCCESs");
    assert_eq!(doctor(changed.as_bytes()), "other_content");
}

#[test]
fn a_notification_is_expected_from_antom() {
    let desk = Desk::new();
    let message = Message {
        path: "/notify?shop=1".into(),
        ..Message::new()
    };
    let saved = message.raw(&message.header(&desk.antom));
    assert_eq!(desk.cause(&saved, &[]), "verifies");
    let report = json(&desk.examine(&saved, &["--json"]));
    assert_eq!(
        (&report["message"], &report["expected"]),
        (&"notification".into(), &"antom".into())
    );
    assert_eq!(desk.cause(&saved, &["--expect", "merchant"]), "other_key");
    let rewritten = String::from_utf8(saved)
        .unwrap()
        .replace("/notify?", "/internal/notify?");
    assert_eq!(desk.cause(&rewritten, &[]), "other_content");
    assert_eq!(
        desk.cause(&rewritten, &["--path", "/notify?shop=1"]),
        "verifies"
    );
}

#[test]
fn the_key_is_chosen_by_its_version() {
    let desk = Desk::new();
    let newer = SigningKey::generate();
    let newer_path = desk.save("newer.pem", newer.private_pem.expose());
    let older_path = desk.path("merchant.pem").to_str().unwrap().to_owned();
    let message = Message::new();
    let raw = |version: &str| {
        let signature = message.header(&newer);
        message.raw(&signature.replace("keyVersion=1,", version))
    };
    let one = format!("1={older_path}");
    let two = format!("2={newer_path}");
    let both = ["--merchant-key", &one, "--merchant-key", &two];
    assert_eq!(desk.cause(raw("keyVersion=2,"), &both), "verifies");
    assert_eq!(desk.cause(raw(""), &both), "verifies");
    assert_eq!(desk.cause(raw("keyVersion=1,"), &both), "other_key");
    assert_eq!(
        desk.cause(raw("keyVersion=3,"), &both),
        "key_version_unknown"
    );
    let unnamed = ["--merchant-key", &newer_path];
    assert_eq!(desk.cause(raw("keyVersion=3,"), &unnamed), "verifies");
}

#[test]
fn what_was_meant_shows_the_first_difference() {
    let desk = Desk::new();
    let meant = Message {
        path: "/ams/sandbox/api/v9/other".into(),
        ..Message::with_body("{\"a\":1}")
    };
    let saved = Message::with_body("{\"a\":2}").raw(&meant.header(&desk.merchant));
    let body = desk.save("meant.json", &meant.body);
    let arguments = ["--meant-body", &body, "--json"];
    let report = json(&desk.examine(&saved, &arguments));
    let difference = &report["first_difference"];
    assert_eq!(difference["part"], "body");
    assert!(difference["came"].as_str().unwrap().ends_with("{\"a\":2}"));
    assert!(difference["meant"].as_str().unwrap().ends_with("{\"a\":1}"));

    let arguments = ["--meant-body", &body, "--meant-path", &meant.path];
    let text = stdout(&desk.examine(&saved, &arguments));
    let byte = "POST /ams/sandbox/api/v".len();
    assert!(
        text.contains(&format!("byte {byte}, in the path\n")),
        "{text}"
    );

    let saved = Message::new().raw(
        &Message {
            time: "1".into(),
            ..Message::new()
        }
        .header(&desk.merchant),
    );
    assert_eq!(desk.cause(&saved, &[]), "other_content");
    assert_eq!(desk.cause(&saved, &["--meant-time", "1"]), "part_differs");
    let report = json(&desk.examine(&saved, &["--json", "--meant-client-id", "5Y"]));
    assert_eq!(report["first_difference"]["part"], "client id");
    let report = json(&desk.examine(&saved, &["--json", "--meant-path", &Message::new().path]));
    assert!(report["first_difference"].is_null());
}

#[test]
fn no_card_number_and_no_token_is_shown() {
    let desk = Desk::new();
    let body = concat!(
        r#"{"cardNo":"4054695723100768","cvv":"987","note":"pay 4111 1111 1111 1111","#,
        r#""vaultingSessionData":"SESSIONDATA","inner":"{\"cvv\":\"654\"}"}"#,
    );
    let message = Message::with_body(body);
    let signature = message.header(&desk.antom);
    let meant = desk.save(
        "meant.json",
        body.replace("0768", "0767").replace("987", "321"),
    );
    for more in [
        &[] as &[&str],
        &["--json"],
        &["--full"],
        &["--meant-body", &meant],
        &["--meant-body", &meant, "--json"],
    ] {
        for saved in [
            message.raw(&signature),
            message.curl(&signature),
            message.har(&signature),
        ] {
            let output = desk.examine(saved, more);
            let printed = stdout(&output) + &stderr(&output);
            assert!(printed.contains("cardNo"), "{printed}");
            for secret in [
                "40546957", "10076", "987", "321", "654", "4111 1", "SESSIOND",
            ] {
                let shown = printed.replace(&message.client_id, "");
                let shown: String = shown
                    .lines()
                    .filter(|line| !line.starts_with("key "))
                    .collect();
                let shown = match serde_json::from_str::<Value>(&shown) {
                    Ok(mut report) => {
                        report["keys"] = Value::Null;
                        report.to_string()
                    }
                    Err(_) => shown,
                };
                assert!(!shown.contains(secret), "{secret}: {shown}");
            }
        }
    }
}

#[test]
fn a_message_cannot_steer_the_terminal() {
    let desk = Desk::new();
    let message = Message {
        client_id: "5X\u{1b}[31m\u{202e}".into(),
        ..Message::with_body("{\"a\":\"\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}\r\n\"}")
    };
    let signature = message.header(&desk.antom);
    for saved in [message.curl(&signature), message.har(&signature)] {
        for more in [
            &[] as &[&str],
            &["--client-id", "x"],
            &["--meant-time", "\u{1b}1"],
        ] {
            let text = stdout(&desk.examine(&saved, more));
            assert!(
                text.contains("\\x1b]0;owned\\x07\\u{9b}2J\\u{202e}\\r\\n"),
                "{text}"
            );
            let steers = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
            assert!(!text.contains(steers), "{text:?}");
        }
    }
    let output = desk.examine("\u{1b}[2Jhello", &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!stderr(&output).contains('\u{1b}'));
}

#[test]
fn the_report_for_programs_has_every_member() {
    let desk = Desk::new();
    let message = Message::new();
    let signed = Message {
        path: message.path.replace("/sandbox", ""),
        ..Message::new()
    };
    let report = json(&desk.examine(message.raw(&signed.header(&desk.merchant)), &["--json"]));
    let members: Vec<_> = report.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        [
            "body_bytes",
            "cause",
            "client_id",
            "expected",
            "first_difference",
            "keys",
            "message",
            "method",
            "notes",
            "path",
            "string_to_sign",
            "time",
            "verifies"
        ]
    );
    assert_eq!(report["verifies"], false);
    assert_eq!(report["message"], "request");
    assert_eq!(report["expected"], "merchant");
    assert_eq!(report["cause"]["id"], "path_sandbox");
    assert!(
        report["cause"]["what"]
            .as_str()
            .unwrap()
            .contains("/sandbox")
    );
    assert!(
        report["cause"]["fix"]
            .as_str()
            .unwrap()
            .contains("SANDBOX_")
    );
    assert_eq!(report["method"], "POST");
    assert_eq!(report["path"], message.path.as_str());
    assert_eq!(report["client_id"], message.client_id.as_str());
    assert_eq!(report["time"], message.time.as_str());
    assert_eq!(report["body_bytes"], BODY.len());
    assert_eq!(report["keys"][0]["name"], "the merchant's key");
    let fingerprint = desk.merchant.signing_key.verifying_key().fingerprint();
    assert_eq!(report["keys"][0]["fingerprint"], fingerprint);
    let string = format!(
        "POST {}\\n{}.{}.{BODY}",
        message.path, message.client_id, message.time
    );
    assert_eq!(report["string_to_sign"]["text"], string);
    assert_eq!(report["string_to_sign"]["bytes"], string.len() - 1);
    assert_eq!(report["string_to_sign"]["shown_bytes"], string.len() - 1);
    assert_eq!(report["notes"], json!([]));
}

#[test]
fn a_long_string_to_sign_is_cut() {
    let desk = Desk::new();
    let message = Message::with_body(format!("{{\"a\":\"{}END\"}}", "b".repeat(3000)));
    let saved = message.raw(&message.header(&desk.merchant));
    let text = stdout(&desk.examine(&saved, &[]));
    assert!(
        text.contains("--full shows more than the first 2048"),
        "{text}"
    );
    assert!(!text.contains("bEND"));
    let text = stdout(&desk.examine(&saved, &["--full"]));
    assert!(text.contains("bEND\"}\n"), "{text}");
    let report = json(&desk.examine(&saved, &["--json"]));
    assert_eq!(report["string_to_sign"]["shown_bytes"], 2048);
}

#[test]
fn headers_that_are_missing_or_come_twice_are_a_diagnosis() {
    let desk = Desk::new();
    let message = Message::new();
    let saved = String::from_utf8(message.raw(&message.header(&desk.merchant))).unwrap();
    for (from, to, cause) in [
        ("Signature:", "X-Signature:", "signature_missing"),
        ("request-time:", "response-time:", "time_missing"),
        ("client-id:", "x:", "client_id_missing"),
        ("client-id:", "client-id: 5X\r\nClient-Id:", "header_double"),
        ("Signature:", "signature: x\r\nSignature:", "header_double"),
    ] {
        assert_eq!(desk.cause(saved.replace(from, to), &[]), cause, "{to}");
    }
}

#[test]
fn oddities_of_the_file_are_noted() {
    let desk = Desk::new();
    let message = Message::new();
    let saved = message.raw(&message.header(&desk.merchant));
    let with_newline = [&saved[..], b"\n"].concat();
    let output = desk.examine(&with_newline, &["--client-id", "5Y"]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    assert!(text.contains("  content-length says"), "{text}");
    assert!(text.contains("the settings say 5Y"), "{text}");
}

#[test]
fn the_own_key_in_the_place_of_antoms_is_noted() {
    let desk = Desk::new();
    let own = desk.path("merchant.pem");
    let message = Message::new();
    let saved = answer(&message, &message.header(&desk.antom));
    let arguments = [
        "--path",
        &message.path,
        "--antom-key",
        own.to_str().unwrap(),
    ];
    let output = desk.examine(saved, &arguments);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("unknown_key"), "{text}");
    assert!(
        text.contains("the merchant's key and Antom's key are the same key"),
        "{text}"
    );
}

#[test]
fn what_is_not_usable_is_a_matter_of_usage() {
    let desk = Desk::new();
    let message = Message::new();
    let raw = message.raw(&message.header(&desk.merchant));
    let missing = desk.path("missing");
    let missing = missing.to_str().unwrap();
    for (saved, arguments, named) in [
        (&raw[..], &["--format", "har"] as &[&str], "not a HAR file"),
        (&raw, &["--format", "curl"], "begin with curl"),
        (&raw, &["--format", "xml"], "xml"),
        (&raw, &["--entry", "1"], "HAR"),
        (&raw, &["--response"], "HAR"),
        (&raw, &["--merchant-key", missing], missing),
        (&raw, &["--merchant-key", "=x"], "VERSION=FILE"),
        (&raw, &["--meant-body", missing], missing),
        (&raw, &["--expect", "nobody"], "nobody"),
        (b"hello", &[], "neither an HTTP message"),
        (b"", &[], "neither an HTTP message"),
        (b"\xff\xfeP\0", &[], "UTF-16"),
        (b"POST / HTTP/1.1\r\n", &[], "blank line"),
        (b"curl https://h/$PATH", &[], "variable"),
        (b"{\"log\":{\"entries\":[]}}", &[], "--entry"),
    ] {
        let output = desk.examine(saved, arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{named}: {}",
            stdout(&output)
        );
        assert_eq!(stdout(&output), "");
        assert!(
            stderr(&output).contains(named),
            "{named}: {}",
            stderr(&output)
        );
    }
    let output = desk.doctor(&[missing]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains(missing));
    assert_eq!(desk.doctor(&[]).output().unwrap().status.code(), Some(2));

    let file = desk.save("message", &raw);
    let without_key = antom(&["doctor", &file, "--json"]).output().unwrap();
    assert_eq!(without_key.status.code(), Some(2));
    let message = json(&without_key)["error"]["message"].to_string();
    assert!(message.contains("--merchant-key") && message.contains("ANTOM_PRIVATE_KEY_PATH"));
    let wrong_key = desk.examine(&raw, &["--json", "--merchant-key", &file]);
    assert_eq!(wrong_key.status.code(), Some(2));
    assert_eq!(json(&wrong_key)["error"]["kind"], "Config");
}
