//! `antom sandbox`: starts the local gateway, prints the settings for it, and ends it when it is told to.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use antom_sandbox::{
    DEFAULT_CLIENT_ID, Exchange, FaultRule, NotASpan, NotAToken, NotificationSettings, Profile,
    Sandbox, Settings, Span, StartError, Token, session_lifetime,
};
use clap::{Args, Subcommand};
use serde::Serialize;
use tokio::sync::oneshot;

use crate::output::{Failure, print, print_json};

mod faults;
mod snippets;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// Where to listen for http; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = address)]
    http: SocketAddr,

    /// Where to listen for https; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443", value_parser = address)]
    https: SocketAddr,

    /// Keep keys, certificates and the journal there, but no sessions; for one sandbox at a time. Otherwise all of it
    /// is new at every start
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// The merchant's client id, known with and without SANDBOX_ in front
    #[arg(long, value_name = "ID", default_value = DEFAULT_CLIENT_ID)]
    client_id: String,

    /// How long a vaulting session lives
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = lifetime)]
    session_lifetime: Duration,

    /// Answer REQUEST_TRAFFIC_EXCEED_LIMIT beyond that many requests a second
    #[arg(long, value_name = "N")]
    rate_limit: Option<NonZeroU32>,

    /// Give a vaultingRequestId that comes again with other fields the stored answer,
    /// and not REPEAT_REQ_INCONSISTENT
    #[arg(long)]
    accept_changed_repeats: bool,

    /// Send a notification that is not acknowledged again: sandbox (never) or production
    /// (after 2 min, 10 min, 10 min, 1 h, 2 h, 6 h and 15 h)
    #[arg(long, value_name = "NAME", default_value = "sandbox")]
    profile: Profile,

    /// Host other than this machine that notifications may go to, can be repeated
    #[arg(long, value_name = "HOST")]
    allow_notify: Vec<String>,

    /// Where notifications go whose request names no URL, like the one set in Antom's Dashboard;
    /// otherwise to the sandbox's own inbox
    #[arg(long, value_name = "URL")]
    notify_url: Option<String>,

    /// Require this agent-token of every request, or else answer INVALID_AGENT_TOKEN
    #[arg(long, value_name = "TOKEN", value_parser = token)]
    agent_token: Option<Token>,

    /// Answer this agent-token with EXPIRED_AGENT_TOKEN
    #[arg(long, value_name = "TOKEN", value_parser = token)]
    expired_agent_token: Option<Token>,

    /// Make ids, tokens and chances the same in every run: for tests that compare
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// Answer also to this name in the Host header, with a certificate for it; may be given several times
    #[arg(long, value_name = "NAME")]
    host_name: Vec<String>,

    /// Allow addresses that other machines can reach, as in --http 0.0.0.0:8080;
    /// whoever comes from there must know a token
    #[arg(long)]
    listen_anywhere: bool,

    /// The token for other machines, 8 to 128 letters and digits; otherwise a random one
    #[arg(long, value_name = "TOKEN", value_parser = token, requires = "listen_anywhere")]
    token: Option<Token>,

    /// Answer like this and not as it should be; may be given more than once. RULE is
    /// FAULTS[*TIMES][%CHANCE][@PATH][#REQUEST_ID], for example http-503*2@createVaultingSession
    /// or delay=2s%10; `antom sandbox faults` lists every fault
    #[arg(long = "fault", value_name = "RULE")]
    faults: Vec<FaultRule>,

    /// End when standard input closes: for scripts, so that the sandbox does not outlive them
    #[arg(long)]
    until_stdin_closes: bool,

    /// Print the settings and the log as lines of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// List the faults that the sandbox can play on a client.
    Faults(faults::Arguments),
}

impl Arguments {
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            Some(Command::Faults(arguments)) => arguments.json,
            None => self.json,
        }
    }
}

pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    if let Some(Command::Faults(arguments)) = &arguments.command {
        return faults::run(arguments);
    }
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| Failure::Other(format!("cannot start threads: {e}")))?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    // Before anything is made on disk, so that an early signal still cleans up.
    let told_to_end = told_to_end(arguments.until_stdin_closes)
        .map_err(|e| Failure::Other(format!("cannot wait for signals: {e}")))?;
    let json = arguments.json;
    let is_kept = arguments.data.is_some();
    let sandbox = Sandbox::start(arguments.into_settings()).await?;
    let printed = if json {
        print_json(&Ready::of(&sandbox))
    } else {
        print(&snippets::welcome(&sandbox, is_kept))
    };
    if printed.is_ok() {
        told_to_end.await;
    }
    sandbox.stop().await;
    Ok(printed?)
}

impl Arguments {
    fn into_settings(self) -> Settings {
        let token = self.token.unwrap_or_else(Token::random);
        Settings {
            http: self.http,
            https: self.https,
            data: self.data,
            client_id: self.client_id,
            session_lifetime: self.session_lifetime,
            rate_limit: self.rate_limit,
            accept_changed_repeats: self.accept_changed_repeats,
            notifications: NotificationSettings {
                profile: self.profile,
                allowed_hosts: self.allow_notify,
                dashboard_url: self.notify_url,
            },
            seed: self.seed,
            agent_token: self.agent_token,
            expired_agent_token: self.expired_agent_token,
            host_names: self.host_name,
            listen_anywhere: self.listen_anywhere.then_some(token),
            faults: self.faults,
            on_exchange: if self.json {
                Box::new(|exchange: &Exchange| log(&exchange.to_json()))
            } else {
                Box::new(|exchange: &Exchange| log(&exchange.to_string()))
            },
            ..Settings::default()
        }
    }
}

/// A log that nobody reads any more is no reason to stop answering.
fn log(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

#[derive(Serialize)]
struct Ready<'s> {
    client_id: &'s str,
    private_key_path: PathBuf,
    antom_public_key_path: PathBuf,
    ca_certificate_path: PathBuf,
    https: String,
    http: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'s str>,
}

impl<'s> Ready<'s> {
    fn of(sandbox: &'s Sandbox) -> Self {
        let files = sandbox.files();
        Self {
            client_id: sandbox.client_id(),
            private_key_path: files.merchant_private_key(),
            antom_public_key_path: files.antom_public_key(),
            ca_certificate_path: files.ca_certificate(),
            https: sandbox.https_url(),
            http: sandbox.http_url(),
            token: sandbox.token().map(Token::expose),
        }
    }
}

/// Ready when the sandbox is to end.
fn told_to_end(until_stdin_closes: bool) -> io::Result<impl Future<Output = ()>> {
    let signal = signals()?;
    let (closed, stdin) = oneshot::channel::<()>();
    if until_stdin_closes {
        // Its own thread, because a read of standard input cannot be given up.
        thread::spawn(move || {
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            drop(closed);
        });
    }
    Ok(async move {
        tokio::select! {
            () = signal => {}
            _ = stdin, if until_stdin_closes => {}
        }
    })
}

#[cfg(unix)]
fn signals() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn signals() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::NotLoopback(_)
            | StartError::ClientId
            | StartError::HostName(_)
            | StartError::TooManyFaults
            | StartError::Notifications(_) => Self::Usage(error.to_string()),
            StartError::Busy { .. }
            | StartError::Listen { .. }
            | StartError::InUse(_)
            | StartError::File { .. }
            | StartError::Key { .. }
            | StartError::Certificate(_) => Self::Other(error.to_string()),
        }
    }
}

fn token(text: &str) -> Result<Token, NotAToken> {
    Token::new(text)
}

fn lifetime(text: &str) -> Result<Duration, String> {
    let span: Span = text.parse().map_err(|wrong: NotASpan| wrong.to_string())?;
    session_lifetime(span).map_err(Into::into)
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    if let Some(port) = text
        .strip_prefix("localhost:")
        .and_then(|port| port.parse().ok())
    {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    text.parse()
        .map_err(|_| "expected an address and a port, for example 127.0.0.1:8080 or [::1]:0")
}
