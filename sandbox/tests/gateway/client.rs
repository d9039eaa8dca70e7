//! Through libantom's own client: what the sandbox says is what the client trusts.

use antom_core::signature::{KeyInput, SigningKey};
use antom_core::{Client, CreateVaultingSession, ErrorKind, Product, ResultStatus};

use crate::support::Running;

fn request(id: &str) -> CreateVaultingSession {
    CreateVaultingSession {
        payment_method_type: "CARD".into(),
        vaulting_request_id: Some(id.into()),
        vaulting_notification_url: Some("https://shop.example/notify".into()),
        ..Default::default()
    }
}

#[test]
fn a_session_over_https_and_http_by_every_name() {
    let running = Running::start();
    let port = |url: String| url.rsplit_once(':').unwrap().1.to_owned();
    let https = port(running.sandbox().https_url());
    let http = port(running.sandbox().http_url());
    for endpoint in [
        format!("https://127.0.0.1:{https}"),
        format!("https://localhost:{https}"),
        format!("http://127.0.0.1:{http}"),
        format!("http://localhost:{http}"),
    ] {
        let client = running.client().endpoint(&endpoint).build().unwrap();
        let session = client.create_vaulting_session(&request(&endpoint)).unwrap();
        assert_eq!(session.request_id, endpoint);
        assert!(session.data.expose().contains("&&SG&&"));
        assert_eq!(session.id.len(), 64);
        assert_eq!(session.normal_url, None);
    }
}

#[test]
fn an_ipv6_address_works_where_the_machine_has_one() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let settings = antom_sandbox::Settings {
        http: "[::1]:0".parse().unwrap(),
        https: "[::1]:0".parse().unwrap(),
        ..antom_sandbox::Settings::default()
    };
    let sandbox = runtime
        .block_on(antom_sandbox::Sandbox::start(settings))
        .unwrap();
    let files = sandbox.files();
    let client = Client::builder(sandbox.client_id())
        .private_key(KeyInput::path(files.merchant_private_key()))
        .antom_public_key(KeyInput::path(files.antom_public_key()))
        .ca_certificate_path(files.ca_certificate())
        .endpoint(sandbox.https_url())
        .build()
        .unwrap();
    client.create_vaulting_session(&request("1")).unwrap();
    runtime.block_on(sandbox.stop());
}

#[test]
fn the_authority_is_needed_for_https() {
    let running = Running::start();
    let files = running.sandbox().files();
    let client = Client::builder(running.sandbox().client_id())
        .private_key(KeyInput::path(files.merchant_private_key()))
        .antom_public_key(KeyInput::path(files.antom_public_key()))
        .endpoint(running.sandbox().https_url())
        .build()
        .unwrap();
    let error = client.create_vaulting_session(&request("1")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent, "{error}");
}

#[test]
fn live_mode_works_with_the_live_client_id() {
    let running = Running::start();
    let files = running.sandbox().files();
    let client = Client::builder("5X00000000000000")
        .private_key(KeyInput::path(files.merchant_private_key()))
        .antom_public_key(KeyInput::path(files.antom_public_key()))
        .endpoint(running.sandbox().http_url())
        .product(Product::Ams)
        .build()
        .unwrap();
    let mut request = request("1");
    request.merchant_region = Some("SG".into());
    request.is_3ds_authentication = Some(true);
    let session = client.create_vaulting_session(&request).unwrap();
    assert!(session.normal_url.is_some());
}

#[test]
fn refusals_reach_the_caller_as_they_are_meant() {
    let running = Running::start();
    let client = running.client().build().unwrap();
    client.create_vaulting_session(&request("1")).unwrap();

    let mut changed = request("1");
    changed.redirect_url = Some("https://shop.example/return".into());
    let error = client.create_vaulting_session(&changed).unwrap_err();
    assert_eq!(error.result_code(), Some("REPEAT_REQ_INCONSISTENT"));
    assert!(error.is_authenticated() && !error.is_retryable());

    let other = SigningKey::generate();
    let client = running
        .client()
        .private_key(KeyInput::text(other.private_pem.expose().as_str()))
        .build()
        .unwrap();
    let error = client.create_vaulting_session(&request("2")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert_eq!(error.result().unwrap().status, ResultStatus::Failed);
    assert_eq!(error.result_code(), Some("INVALID_SIGNATURE"));
    assert!(!error.is_authenticated());
    assert!(error.message().contains("another key"), "{error}");

    let client = running.client().key_version("2").build().unwrap();
    let error = client.create_vaulting_session(&request("3")).unwrap_err();
    assert_eq!(error.result_code(), Some("KEY_NOT_FOUND"));
}
