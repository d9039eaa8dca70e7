//! Creates a vaulting session with the settings that `antom sandbox` prints. Run it with
//! `cargo run -p antom-core --example create_session`.

use std::env;
use std::process::ExitCode;

use antom_core::signature::KeyInput;
use antom_core::{Client, CreateVaultingSession, Error, VaultingSession};

fn setting(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn create_session() -> Result<VaultingSession, Error> {
    let mut client = Client::builder(setting("ANTOM_CLIENT_ID"))
        .private_key(KeyInput::path(setting("ANTOM_PRIVATE_KEY_PATH")))
        .antom_public_key(KeyInput::path(setting("ANTOM_PUBLIC_KEY_PATH")))
        .endpoint(setting("ANTOM_ENDPOINT"));
    // The sandbox has a certificate authority of its own; Antom needs none.
    if let Ok(path) = env::var("ANTOM_CA_CERTIFICATE_PATH") {
        client = client.ca_certificate_path(path);
    }
    client
        .build()?
        .create_vaulting_session(&CreateVaultingSession {
            payment_method_type: "CARD".into(),
            vaulting_notification_url: Some("https://shop.example/notify".into()),
            redirect_url: Some("https://shop.example/return".into()),
            ..Default::default()
        })
}

fn main() -> ExitCode {
    match create_session() {
        Ok(session) => {
            println!("request id  {}", session.request_id);
            println!("session id  {}", session.id);
            println!("expires at  {}", session.expires_at_text());
            // The data goes to your page, and to nobody else.
            println!("data        {} bytes", session.data.expose().len());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}\n{}", error.advice());
            ExitCode::FAILURE
        }
    }
}
