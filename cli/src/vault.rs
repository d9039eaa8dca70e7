//! `antom vault`: one call of Antom's vaulting API, or the buyer's part in the sandbox.

mod complete;

use std::collections::BTreeMap;

use antom_core::{CreateVaultingSession, VaultingSession, metadata_text};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::output::{Failure, block, print, print_json};
use crate::settings::ClientArguments;

const AFTER_HELP: &str = "\
An agent token is read from ANTOM_AGENT_TOKEN.
Exit codes: 0 a session was created, 1 an error of the table in docs/errors.md, 2 the command line is not usable or a setting is missing.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Create a vaulting session, with which the front-end SDK collects a card.
    #[command(after_help = AFTER_HELP)]
    Create(Box<CreateArguments>),
    /// Enter a test card in a session of the local sandbox, as its buyer.
    Complete(complete::Arguments),
}

#[derive(Args)]
pub(crate) struct CreateArguments {
    /// Payment method to vault
    #[arg(long, value_name = "NAME", default_value = "CARD")]
    payment_method_type: String,

    /// Unique id of this vaulting; left out, a UUID is made
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,

    /// Where Antom posts the outcome
    #[arg(long, value_name = "URL")]
    notification_url: Option<String>,

    /// Where the buyer goes afterwards
    #[arg(long, value_name = "URL")]
    redirect_url: Option<String>,

    /// Key and value for the acquirer, can be repeated; only with the product apo
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    metadata: Vec<(String, String)>,

    /// Merchant's region, for example SG; only with the product ams
    #[arg(long, value_name = "REGION")]
    merchant_region: Option<String>,

    /// Whether to ask for 3-D Secure; only with the product ams
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
            Self::Complete(arguments) => arguments.json,
        }
    }
}

pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(arguments) => create(*arguments),
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
        print(&block(&describe(&session)))?;
    }
    Ok(())
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
