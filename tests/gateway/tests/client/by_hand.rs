//! Signatures that the caller makes between two calls: what is asked for, and what each of them serves.

use antom_core::signature::{KeyInput, Signer, SigningKey};
use antom_core::{Client, Error, ErrorKind, InquireVaulting, Repeat};
use antom_test_gateway::TestGateway;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::apis::{CARD_NUMBER, INQUIRE, OTHER, VAULT, card};
use crate::support::{self, CREATE, Server, answers, builder, create, result, unavailable};

struct Merchant {
    client: Client,
    key: SigningKey,
}

impl Merchant {
    fn new(gateway: &TestGateway, settings: &Value) -> Self {
        let path = gateway.ready().settings["private_key_path"].as_str();
        let client = builder(gateway, settings.as_object().unwrap())
            .signatures_by_hand()
            .build();
        Self {
            client: client.unwrap(),
            key: SigningKey::load(&KeyInput::path(path.unwrap())).unwrap(),
        }
    }

    fn sign(&self, string_to_sign: &[u8]) -> Vec<u8> {
        let sha256 = Sha256::digest(string_to_sign).into();
        self.key.sign(string_to_sign, &sha256).unwrap()
    }

    /// The client with the signature that this error asks for.
    fn signed(&self, asked: &Error) -> Client {
        assert_eq!(
            (asked.kind(), asked.attempts(), asked.is_retryable()),
            (ErrorKind::Signing, 0, false),
            "{asked}"
        );
        let string_to_sign = asked.string_to_sign().unwrap();
        self.client
            .with_signature(string_to_sign, &self.sign(string_to_sign))
            .unwrap()
    }
}

#[test]
fn every_operation_can_be_signed_by_hand() {
    let gateway = TestGateway::start().unwrap();
    let merchant = Merchant::new(&gateway, &json!({}));

    let asked = create(&merchant.client, None).unwrap_err();
    let id = asked.request_id().unwrap();
    create(&merchant.signed(&asked), Some(id)).unwrap();

    let processing = json!({"vaultingStatus": "PROCESSING"});
    gateway.add(INQUIRE, id, answers(result("S", "SUCCESS", processing)));
    let inquiry = InquireVaulting {
        vaulting_request_id: id.to_owned(),
        ..InquireVaulting::default()
    };
    let asked = merchant.client.inquire_vaulting(&inquiry).unwrap_err();
    merchant.signed(&asked).inquire_vaulting(&inquiry).unwrap();
    let asked = merchant.client.recover(id).unwrap_err();
    merchant.signed(&asked).recover(id).unwrap();

    let body = json!({"vaultingRequestId": "nonce"}).to_string();
    gateway.add(OTHER, "nonce", answers(result("S", "SUCCESS", json!({}))));
    let call = |client: &Client| client.call(OTHER, &body, Repeat::Harmless);
    let asked = call(&merchant.client).unwrap_err();
    call(&merchant.signed(&asked)).unwrap();
}

#[test]
fn a_card_that_waits_for_a_signature_is_in_no_message() {
    let gateway = TestGateway::start().unwrap();
    let merchant = Merchant::new(&gateway, &json!({}));
    let token = json!({"paymentMethodDetail": {"card": {"cardToken": "TOKEN=="}}});
    gateway.add(VAULT, "card", answers(result("S", "SUCCESS", token)));
    let vault = |client: &Client| client.vault_payment_method(card(Some("card")));
    let asked = vault(&merchant.client).unwrap_err();
    assert!(!format!("{asked} {asked:?}").contains(CARD_NUMBER));
    vault(&merchant.signed(&asked)).unwrap();
}

#[test]
fn a_signature_made_by_hand_serves_one_request() {
    let gateway = TestGateway::start().unwrap();
    let merchant = Merchant::new(&gateway, &json!({}));
    let asked = create(&merchant.client, Some("one")).unwrap_err();
    let error = create(&merchant.signed(&asked), Some("two")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Signing, "{error}");
    assert!(error.message().contains("for another request"), "{error}");
    assert!(gateway.attempts("two").is_empty());
    let asked = asked.string_to_sign().unwrap();
    let injected = String::from_utf8_lossy(asked).replacen(".1", ".1\r\nx: 1", 1);
    for (string, signature) in [
        (&b""[..], &b"x"[..]),
        (b"POST /\n", b"x"),
        (b"POST /\nanother client.1.{}", b"x"),
        (injected.as_bytes(), b"x"),
        (asked, b""),
        (asked, &[0; 2049]),
    ] {
        let error = merchant.client.with_signature(string, signature);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn what_was_sent_with_a_signature_made_by_hand_is_not_sent_again() {
    let gateway = TestGateway::start().unwrap();
    let address = support::address_of(&gateway);
    let server = Server::start(move |number, stream| match number {
        0 => support::reset(stream),
        _ => support::relay(stream, address),
    });
    let endpoint = format!("https://{}", server.address);
    let merchant = Merchant::new(&gateway, &json!({"endpoint": endpoint, "max_retries": 2}));
    gateway.add(CREATE, "unavailable", answers(unavailable()));
    let asked = create(&merchant.client, Some("unavailable")).unwrap_err();
    let error = create(&merchant.signed(&asked), Some("unavailable")).unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), error.is_retryable()),
        (ErrorKind::OutcomeUnknown, 2, true),
        "{error}"
    );
    assert_eq!(gateway.attempts("unavailable").len(), 1);
}
