//! What the tests share: a client from the settings of a case.

use std::time::Duration;

use antom_core::signature::KeyInput;
use antom_core::{Client, Error, Product, Region};
use antom_test_gateway::TestGateway;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

/// Settings of which each is another form of the same.
const FORMS: &[&[&str]] = &[
    &["private_key", "private_key_base64", "private_key_path"],
    &[
        "antom_public_key",
        "antom_public_key_base64",
        "antom_public_key_path",
    ],
    &["ca_certificate", "ca_certificate_path"],
    &["endpoint", "region"],
];

/// A client from the gateway's settings with `overrides` on top.
pub(crate) fn client(
    gateway: &TestGateway,
    overrides: &Map<String, Value>,
) -> Result<Client, Error> {
    let settings = Settings::new(gateway, overrides);
    let mut builder = Client::builder(settings.text("client_id").unwrap_or_default());
    if let Some(mut key) = settings.key("private_key") {
        if let Some(passphrase) = settings.text("passphrase") {
            key = key.with_passphrase(passphrase);
        }
        builder = builder.private_key(key);
    }
    if let Some(key) = settings.key("antom_public_key") {
        builder = builder.antom_public_key(key);
    }
    if let Some(endpoint) = settings.text("endpoint") {
        builder = builder.endpoint(endpoint);
    }
    if let Some(name) = settings.text("region") {
        let region = Region::ALL.iter().find(|region| region.name() == name);
        builder = builder.region(*region.expect("a region's name"));
    }
    if let Some(pem) = settings.text("ca_certificate") {
        builder = builder.ca_certificate(pem);
    }
    if let Some(path) = settings.text("ca_certificate_path") {
        builder = builder.ca_certificate_path(path);
    }
    if let Some(url) = settings.text("proxy") {
        builder = builder.proxy(url);
    }
    match settings.text("product") {
        Some("ams") => builder = builder.product(Product::Ams),
        Some("apo") => builder = builder.product(Product::Apo),
        Some(other) => panic!("there is no product {other}"),
        None => {}
    }
    if let Some(version) = settings.text("key_version") {
        builder = builder.key_version(version);
    }
    if let Some(token) = settings.text("agent_token") {
        builder = builder.agent_token(token);
    }
    if let Some(timeout) = settings.milliseconds("connect_timeout_ms") {
        builder = builder.connect_timeout(timeout);
    }
    if let Some(timeout) = settings.milliseconds("timeout_ms") {
        builder = builder.timeout(timeout);
    }
    if let Some(retries) = settings.number("max_retries") {
        builder = builder.max_retries(retries.try_into().expect("a small number"));
    }
    builder.build()
}

struct Settings(Map<String, Value>);

impl Settings {
    fn new(gateway: &TestGateway, overrides: &Map<String, Value>) -> Self {
        let ready = gateway.ready();
        let mut settings: Map<String, Value> = ready
            .settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        for (name, value) in overrides {
            for forms in FORMS.iter().filter(|forms| forms.contains(&name.as_str())) {
                for form in *forms {
                    settings.remove(*form);
                }
            }
            let value = match value.as_str().and_then(|text| text.strip_prefix('@')) {
                Some(named) => ready.values[named].as_str().into(),
                None => value.clone(),
            };
            settings.insert(name.clone(), value);
        }
        settings.retain(|_, value| !value.is_null());
        Self(settings)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.as_str().expect("a text"))
    }

    fn milliseconds(&self, name: &str) -> Option<Duration> {
        self.number(name).map(Duration::from_millis)
    }

    fn number(&self, name: &str) -> Option<u64> {
        Some(self.0.get(name)?.as_u64().expect("a number"))
    }

    fn key(&self, name: &str) -> Option<KeyInput> {
        if let Some(text) = self.text(name) {
            return Some(KeyInput::text(text));
        }
        if let Some(base64) = self.text(&format!("{name}_base64")) {
            return Some(KeyInput::bytes(
                BASE64_STANDARD.decode(base64).expect("base64"),
            ));
        }
        self.text(&format!("{name}_path")).map(KeyInput::path)
    }
}
