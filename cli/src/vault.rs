//! `antom vault`: one call of Antom's vaulting API, or the buyer's part in the sandbox.

mod complete;
mod inquire;

use std::collections::BTreeMap;
use std::env;

use antom_core::{CreateVaultingSession, VaultingSession, metadata_text};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::output::{Failure, block, print, print_json};
use crate::settings::ClientArguments;

const AFTER_HELP: &str = "\
An agent token is read from ANTOM_AGENT_TOKEN.
Exit codes: 0 a session was created, 1 an error of the table in docs/errors.md, 2 the command line is not usable or a setting is missing.";

const AFTER_LONG_HELP: &str = "\
Examples:
  antom vault create --notification-url https://shop.example/notify --redirect-url https://shop.example/return
  antom vault create --request-id order-7 --json
      With the same id Antom gives the same session again.
  antom vault create --product ams --merchant-region SG --3ds true

An agent token is read from ANTOM_AGENT_TOKEN, other settings from the variables in brackets; a flag wins.

Exit codes: 0 a session was created, 1 an error of the table in docs/errors.md, 2 the command line is not usable or a setting is missing.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Create a vaulting session, with which the front-end SDK collects a card.
    #[command(after_help = AFTER_HELP, after_long_help = AFTER_LONG_HELP)]
    Create(Box<CreateArguments>),
    /// Ask what became of a vaulting.
    #[command(after_help = inquire::AFTER_HELP, after_long_help = inquire::AFTER_LONG_HELP)]
    Inquire(Box<inquire::Arguments>),
    /// Enter a test card in a session of the local sandbox, as its buyer.
    #[command(after_help = complete::AFTER_HELP)]
    Complete(complete::Arguments),
}

#[derive(Args)]
pub(crate) struct CreateArguments {
    /// Payment method to vault, at most 64 characters
    #[arg(long, value_name = "NAME", default_value = "CARD")]
    payment_method_type: String,

    /// Unique id of this vaulting, at most 64 characters [default: a new UUID]
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,

    /// Where Antom posts the outcome, at most 2048 characters [default: none]
    #[arg(long, value_name = "URL")]
    notification_url: Option<String>,

    /// Where the buyer goes afterwards, at most 2048 characters [default: none]
    #[arg(long, value_name = "URL")]
    redirect_url: Option<String>,

    /// Key and value for the acquirer, can be repeated; only with the product apo [default: none]
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    metadata: Vec<(String, String)>,

    /// Merchant's region, for example SG; only with the product ams [default: none]
    #[arg(long, value_name = "REGION")]
    merchant_region: Option<String>,

    /// Whether to ask for 3-D Secure; only with the product ams [default: Antom decides]
    #[arg(long = "3ds", value_name = "true|false")]
    three_ds: Option<bool>,

    /// Print one line of JSON, session data included
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    client: ClientArguments,
}

impl Command {
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Create(arguments) => arguments.json,
            Self::Inquire(arguments) => arguments.json,
            Self::Complete(arguments) => arguments.json,
        }
    }
}

pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(arguments) => create(*arguments),
        Command::Inquire(arguments) => inquire::run(*arguments),
        Command::Complete(arguments) => complete::run(&arguments),
    }
}

fn create(arguments: CreateArguments) -> Result<(), Failure> {
    let metadata: BTreeMap<String, String> = arguments.metadata.into_iter().collect();
    let request = CreateVaultingSession {
        payment_method_type: arguments.payment_method_type,
        vaulting_request_id: arguments.request_id,
        vaulting_notification_url: arguments.notification_url,
        redirect_url: arguments.redirect_url,
        pass_through_metadata: (!metadata.is_empty()).then(|| metadata_text(&metadata)),
        merchant_region: arguments.merchant_region,
        is_3ds_authentication: arguments.three_ds,
    };
    let session = arguments
        .client
        .client()?
        .create_vaulting_session(&request)?;
    if arguments.json {
        print_json(&SessionJson::of(&session))?;
    } else {
        let mut lines = describe(&session);
        if session.normal_url.is_none() && arguments.client.is_local() {
            lines.extend(checkout_url(&session).map(|url| ("checkout", url)));
        }
        print(&block(&lines))?;
    }
    Ok(())
}

/// The page of the local sandbox where a buyer enters the card, if its address is set.
fn checkout_url(session: &VaultingSession) -> Option<String> {
    env::var_os("ANTOM_SANDBOX")?;
    let sandbox = complete::sandbox_address(None).ok()?;
    let id = complete::path_segment(&session.id);
    Some(format!("{sandbox}/checkout?vaultingSessionId={id}"))
}

/// For eyes on a terminal: enough of the session data to recognise it, not enough to use it.
fn describe(session: &VaultingSession) -> Vec<(&'static str, String)> {
    const SHOWN: usize = 12;
    let data = session.data.expose();
    let start: String = data.chars().take(SHOWN).collect();
    let mut lines = vec![
        ("request id", session.request_id.clone()),
        ("session id", session.id.clone()),
        (
            "data",
            format!(
                "{start}… ({} characters; --json prints them all)",
                data.chars().count()
            ),
        ),
        ("expires at", session.expires_at_text()),
    ];
    lines.extend(session.normal_url.clone().map(|url| ("normal url", url)));
    lines
}

#[derive(Serialize)]
struct SessionJson<'s> {
    request_id: &'s str,
    id: &'s str,
    data: &'s str,
    expires_at: String,
    normal_url: Option<&'s str>,
}

impl<'s> SessionJson<'s> {
    fn of(session: &'s VaultingSession) -> Self {
        Self {
            request_id: &session.request_id,
            id: &session.id,
            data: session.data.expose(),
            expires_at: session.expires_at_text(),
            normal_url: session.normal_url.as_deref(),
        }
    }
}

fn key_and_value(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE"),
    }
}
