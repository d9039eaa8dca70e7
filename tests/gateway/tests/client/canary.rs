//! Everything that a program might print of a call, and a search of it for what nobody may see.

use std::error::Error as _;
use std::fmt::{Debug, Write as _};
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use antom_core::{AttemptEnded, CallBegan, CallEnded, Error, Observer};
use antom_test_gateway::{CANARY_TOKEN, Case, TestGateway, load_cases};
use serde_json::{Map, Value};

use crate::apis::{CARD_NUMBER, DATE_OF_BIRTH, SECURITY_CODE, VAULT, card};
use crate::cases::{is_for_rust, request};
use crate::support;

/// Every session's data begins with it.
const SESSION_DATA: &str = "DATA+/";

/// Keeps what is printed. As an observer it keeps every event.
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
    }

    fn attempt(&self, attempt: &AttemptEnded<'_>) {
        self.print(attempt);
    }

    fn end(&self, call: &CallEnded<'_>) {
        self.print(call);
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
        let created = client.create_vaulting_session(&request(case));
        // None of the answers is a good one to this.
        gateway.add(VAULT, &case.name, case.answers.clone());
        let vaulted = client.vault_payment_method(card(Some(&case.name)));
        canary.print_outcome(&created);
        canary.print_outcome(&vaulted);
        assert!(created.is_err() && vaulted.is_err(), "{}", case.name);
        let code = created.as_ref().err().and_then(Error::result_code);
        let is_accepted = code != Some("TEST_AGENT_TOKEN");
        assert!(is_accepted || !is_canary, "{}", case.name);
    }
    let betrayed = canary.betrayed(&secrets(gateway, &settings));
    assert!(betrayed.is_empty(), "{}: {betrayed:?}", case.name);
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
    }
}
