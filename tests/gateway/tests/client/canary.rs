//! Everything that a program might print of a call, and a search of it for what nobody may see.

use std::error::Error as _;
use std::fmt::{Debug, Write as _};
use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use antom_core::signature::{KeyRing, SigningKey};
use antom_core::{
    AttemptEnded, CallBegan, CallEnded, Error, InquireVaulting, NotificationVerifier, Observer,
    Repeat, TestNotification, TracingObserver,
};
use antom_test_gateway::{CANARY_TOKEN, Case, TestGateway, load_cases};
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::apis::{CARD_NUMBER, DATE_OF_BIRTH, INQUIRE, OTHER, SECURITY_CODE, VAULT, card};
use crate::cases::{is_for_rust, request};
use crate::support::{self, answers, create, result};

/// Every session's data begins with it.
const SESSION_DATA: &str = "DATA+/";

/// The secrets of answers and notifications.
const CARD_TOKEN: &str = "CANARY-CARD-TOKEN==";
const PERSONAL_NUMBER: &str = "CANARY-CPF";
const PROOF: &str = "CANARY-CAVV";

/// Keeps what is printed. As an observer it keeps every event, and lets `TracingObserver` write it; as a subscriber of
/// tracing it keeps that too, on every level.
#[derive(Clone, Default)]
pub(crate) struct Canary(Arc<Mutex<String>>);

impl Canary {
    fn print(&self, text: &dyn Debug) {
        let mut printed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(printed, "{text:?} {text:#?}");
    }

    /// An outcome in every form in which it can be printed.
    pub(crate) fn print_outcome<T: Debug>(&self, outcome: &Result<T, Error>) {
        self.print(outcome);
        let Err(error) = outcome else { return };
        let texts = (error.to_string(), error.message(), error.advice());
        self.print(&(texts, error.violations(), error.result()));
        let mut source = error.source();
        while let Some(cause) = source {
            self.print(&(cause.to_string(), cause));
            source = cause.source();
        }
    }

    /// Which of the secrets were printed, and anything like a signature.
    pub(crate) fn betrayed(&self, secrets: &[String]) -> Vec<String> {
        let printed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<_> = secrets
            .iter()
            .filter(|secret| printed.contains(secret.as_str()))
            .map(|secret| format!("a secret is printed: {secret:.12}…"))
            .collect();
        if let Some(run) = longest_base64(&printed).filter(|run| run.len() >= 100) {
            found.push(format!("something like a signature is printed: {run:.12}…"));
        }
        found
    }
}

impl Observer for Canary {
    fn begin(&self, call: &CallBegan<'_>) {
        self.print(call);
        TracingObserver.begin(call);
    }

    fn attempt(&self, attempt: &AttemptEnded<'_>) {
        self.print(attempt);
        TracingObserver.attempt(attempt);
    }

    fn end(&self, call: &CallEnded<'_>) {
        self.print(call);
        TracingObserver.end(call);
    }
}

impl Subscriber for Canary {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.print(span);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.print(values);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Fields(self));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Fields<'a>(&'a Canary);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.print(&format_args!("{}={value:?}", field.name()));
    }
}

/// Text that nothing may print: of the settings, of the gateway's own, of every card and of every session.
pub(crate) fn secrets(gateway: &TestGateway, settings: &Map<String, Value>) -> Vec<String> {
    let own_key = gateway.ready().settings["private_key_path"].as_str();
    let own_key = own_key.and_then(|path| fs::read_to_string(path).ok());
    let given = [
        "private_key",
        "private_key_base64",
        "passphrase",
        "agent_token",
    ]
    .into_iter()
    .filter_map(|name| settings.get(name)?.as_str());
    // A key in pieces, because line breaks may have changed.
    let mut secrets: Vec<String> = given
        .chain(own_key.as_deref())
        .flat_map(|secret| secret.split(|c: char| c.is_whitespace() || c == '\\'))
        .filter(|piece| piece.len() >= 16 && !piece.starts_with("/etc/"))
        .map(|piece| piece[..16].to_owned())
        .collect();
    assert!(secrets.len() > 20, "the merchant's key was not read");
    let recognisable = [
        "proxy-password-for-tests",
        CARD_NUMBER,
        SECURITY_CODE,
        DATE_OF_BIRTH,
        SESSION_DATA,
        CARD_TOKEN,
        PERSONAL_NUMBER,
        PROOF,
        CANARY_TOKEN,
    ];
    secrets.extend(recognisable.map(str::to_owned));
    secrets
}

/// The longest run of characters of base64 or percent-encoded base64.
fn longest_base64(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '=' | '%'))
        .max_by_key(|run| run.len())
}

#[test]
fn no_failure_prints_a_key_a_token_a_card_or_session_data() {
    let gateway = TestGateway::start().unwrap();
    let files = load_cases().unwrap();
    let failing = |case: &&Case| case.expect["kind"] != "Session" && is_for_rust(case);
    thread::scope(|scope| {
        for file in files.values() {
            let cases: Vec<&Case> = file.cases.iter().filter(failing).collect();
            assert!(!cases.is_empty());
            let gateway = &gateway;
            scope.spawn(move || cases.into_iter().for_each(|case| search(gateway, case)));
        }
    });
}

/// Lets a case fail with secrets wherever there is room for one, also as the vaulting of a card.
fn search(gateway: &TestGateway, case: &Case) {
    let mut settings = case.settings.clone();
    let token = settings.entry("agent_token").or_insert(CANARY_TOKEN.into());
    let is_canary = *token == CANARY_TOKEN;
    let canary = Canary::default();
    let client = support::builder(gateway, &settings).observer(canary.clone());
    let client = client.build();
    canary.print_outcome(&client);
    if let Ok(client) = client {
        let _tracing = tracing::subscriber::set_default(canary.clone());
        let created = client.create_vaulting_session(&request(case));
        // None of the answers is a good one to this.
        gateway.add(VAULT, &case.name, case.answers.clone());
        let vaulted = client.vault_payment_method(card(Some(&case.name)));
        gateway.add(INQUIRE, &case.name, case.answers.clone());
        let asked = client.inquire_vaulting(&InquireVaulting {
            vaulting_request_id: case.name.clone(),
            ..InquireVaulting::default()
        });
        canary.print_outcome(&created);
        canary.print_outcome(&vaulted);
        canary.print_outcome(&asked);
        assert!(created.is_err() && vaulted.is_err(), "{}", case.name);
        let code = created.as_ref().err().and_then(Error::result_code);
        let is_accepted = code != Some("TEST_AGENT_TOKEN");
        assert!(is_accepted || !is_canary, "{}", case.name);
    }
    let betrayed = canary.betrayed(&secrets(gateway, &settings));
    assert!(betrayed.is_empty(), "{}: {betrayed:?}", case.name);
}

/// A card of an answer with a secret wherever it may hold one.
fn secret_card() -> Value {
    json!({
        "cardToken": CARD_TOKEN, "cardNo": CARD_NUMBER, "cpf": PERSONAL_NUMBER, "businessNo": PERSONAL_NUMBER,
        "dateOfBirth": DATE_OF_BIRTH, "mpiData": {"cavv": PROOF},
    })
}

#[test]
fn no_success_prints_a_token_a_card_or_session_data() {
    let gateway = TestGateway::start().unwrap();
    let canary = Canary::default();
    let _tracing = tracing::subscriber::set_default(canary.clone());
    let client = support::builder(&gateway, &Map::new()).observer(canary.clone());
    let client = client.build().unwrap();
    let detail = json!({"card": secret_card(), "wallet": {"token": CARD_TOKEN, "accountNo": PERSONAL_NUMBER}});
    let members = json!({"vaultingStatus": "SUCCESS", "paymentMethodDetail": detail});
    for (path, id) in [(VAULT, "vault"), (INQUIRE, "ask"), (OTHER, "")] {
        gateway.add(path, id, answers(result("S", "SUCCESS", members.clone())));
    }
    let created = create(&client, Some("create"));
    let vaulted = client.vault_payment_method(card(Some("vault")));
    let asked = client.recover("ask");
    let called = client.call(OTHER, "{}", Repeat::Harmless);
    assert!(created.is_ok() && vaulted.is_ok() && asked.is_ok() && called.is_ok());
    canary.print_outcome(&created);
    canary.print_outcome(&vaulted);
    canary.print_outcome(&asked);
    canary.print_outcome(&called);
    canary.print(&(card(None), client));

    let written = canary.0.lock().unwrap().clone();
    for event in ["call begins", "attempt ended", "call succeeded"] {
        assert!(written.contains(event), "tracing was not told: {event}");
    }
    let betrayed = canary.betrayed(&secrets(&gateway, &Map::new()));
    assert!(betrayed.is_empty(), "{betrayed:?}");
}

#[test]
fn no_notification_prints_a_token_good_or_bad() {
    let gateway = TestGateway::start().unwrap();
    let canary = Canary::default();
    let antom = SigningKey::generate().signing_key;
    let verifier = NotificationVerifier::new("5X", KeyRing::new(antom.verifying_key()));
    let detail = json!({"card": secret_card()});
    let good = json!({
        "result": {"resultStatus": "S", "resultCode": "SUCCESS"}, "vaultingRequestId": "1",
        "paymentMethodDetail": detail, "acquirerInfo": {"acquirerCardToken": CARD_TOKEN},
    });
    let mut wrong_type = good.clone();
    wrong_type["paymentMethodDetail"] = json!(CARD_TOKEN);
    let mut double = good.to_string();
    double.insert_str(
        1,
        &format!("\"metadata\":\"{CARD_TOKEN}\",\"metadata\":\"{CARD_TOKEN}\","),
    );
    let other = json!({"notifyType": "OTHER", "token": CARD_TOKEN});
    for body in [
        good.to_string(),
        wrong_type.to_string(),
        double,
        other.to_string(),
        CARD_TOKEN.to_owned(),
    ] {
        let it = TestNotification::with_body(body).sign(&antom, "5X", "/notify");
        // Right, for another path, altered, and with a damaged signature.
        canary.print_outcome(&verifier.verify("POST", "/notify", &it.headers, &it.body));
        canary.print_outcome(&verifier.verify("POST", "/other", &it.headers, &it.body));
        let altered = [it.body.as_slice(), b" "].concat();
        canary.print_outcome(&verifier.verify("POST", "/notify", &it.headers, &altered));
        let damaged = it
            .headers
            .iter()
            .map(|(name, value)| (name, value.replace('%', "")));
        let damaged: Vec<_> = damaged.collect();
        canary.print_outcome(&verifier.verify("POST", "/notify", &damaged, &it.body));
    }
    let betrayed = canary.betrayed(&secrets(&gateway, &Map::new()));
    assert!(betrayed.is_empty(), "{betrayed:?}");
}

#[test]
fn nothing_that_the_tests_write_to_the_terminal_betrays_a_secret() {
    let gateway = TestGateway::start().unwrap();
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--skip", "canary::", "--nocapture", "--test-threads=4"])
        .output()
        .unwrap();
    let canary = Canary::default();
    for stream in [&run.stdout, &run.stderr] {
        canary.print(&String::from_utf8_lossy(stream));
    }
    assert!(run.status.success(), "the tests fail");
    assert!(canary.0.lock().unwrap().contains("cases were run"));
    let betrayed = canary.betrayed(&secrets(&gateway, &Map::new()));
    assert!(betrayed.is_empty(), "{betrayed:?}");
}

#[test]
fn the_canary_finds_what_is_printed() {
    let gateway = TestGateway::start().unwrap();
    let secrets = secrets(&gateway, &Map::new());
    for secret in [&secrets[0], SESSION_DATA, CARD_NUMBER, &"A".repeat(100)] {
        let canary = Canary::default();
        assert!(canary.betrayed(&secrets).is_empty());
        canary.print(&format!("before {secret} after"));
        assert_eq!(canary.betrayed(&secrets).len(), 1, "{secret}");
        let canary = Canary::default();
        tracing::subscriber::with_default(canary.clone(), || {
            tracing::trace!(field = secret, "a message");
        });
        assert_eq!(canary.betrayed(&secrets).len(), 1, "{secret}");
    }
}
