//! What can be set about a sandbox, and why one cannot start.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::Span;
use crate::clock;
use crate::exchange::Exchange;
use crate::faults::{FaultRule, MOST_RULES};
use crate::notifications::NotificationSettings;
use crate::token::Token;

/// The client id of the sandbox's merchant: the example of Antom's documentation.
pub const DEFAULT_CLIENT_ID: &str = "SANDBOX_5X00000000000000";

/// The settings of a [`Sandbox`](crate::Sandbox).
pub struct Settings {
    /// Where to listen for http: a loopback address, unless [`listen_anywhere`](Self::listen_anywhere) is set; port 0
    /// takes a free port. Default: `127.0.0.1:8080`.
    pub http: SocketAddr,
    /// Where to listen for https, likewise. Default: `127.0.0.1:8443`.
    pub https: SocketAddr,
    /// Where keys, certificates and the journal are kept, but no sessions; for one sandbox at a time. Default: a temporary directory, removed when the sandbox stops.
    pub data: Option<PathBuf>,
    /// The merchant's client id. It is known with and without `SANDBOX_` in front, so that test and live mode can
    /// both be tried. Default: [`DEFAULT_CLIENT_ID`].
    pub client_id: String,
    /// How long a vaulting session lives, in whole seconds, at most 100 years. Default: 1 h.
    pub session_lifetime: Duration,
    /// How many sessions are remembered; the oldest go first. Default: 10,000.
    pub most_sessions: usize,
    /// How many signed requests a second are answered before `REQUEST_TRAFFIC_EXCEED_LIMIT`. Default: any number.
    pub rate_limit: Option<NonZeroU32>,
    /// Whether a `vaultingRequestId` that comes again with other fields gets the stored answer and not
    /// `REPEAT_REQ_INCONSISTENT`. Default: no.
    pub accept_changed_repeats: bool,
    /// Where notifications go, and how often.
    pub notifications: NotificationSettings,
    /// Makes ids, tokens and chances the same in every run: for tests that compare, and for nothing else, because
    /// whoever knows it can guess them. Default: different ones every time.
    pub seed: Option<u64>,
    /// Lets the sandbox listen on addresses that other machines can reach. Whoever comes from another machine must
    /// know this token: see [`Token`]. Only Antom's own paths go without it, because there the merchant's signature
    /// says who is asking. Default: loopback addresses only.
    pub listen_anywhere: Option<Token>,
    /// Further names under which the sandbox may be addressed, without a port. A request that names another host is
    /// refused, because a web page can make its own name lead to this machine. The certificate for https has these names
    /// too: for a name that a kept authority was not made for, a new authority is made, which clients must trust anew.
    /// Default: none; `localhost`, `127.0.0.1` and `[::1]` always are.
    pub host_names: Vec<String>,
    /// The `agent-token` that every request must have, or else `INVALID_AGENT_TOKEN`. Default: it is not looked at.
    pub agent_token: Option<Token>,
    /// The `agent-token` that is answered `EXPIRED_AGENT_TOKEN`. Default: none.
    pub expired_agent_token: Option<Token>,
    /// Which requests meet which faults, in this order, at most 100. Default: none does.
    pub faults: Vec<FaultRule>,
    /// Called after every request and every attempt to notify, on the thread that saw to it. Default: nothing happens.
    pub on_exchange: Box<dyn Fn(&Exchange) + Send + Sync>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            http: (Ipv4Addr::LOCALHOST, 8080).into(),
            https: (Ipv4Addr::LOCALHOST, 8443).into(),
            data: None,
            client_id: DEFAULT_CLIENT_ID.to_owned(),
            session_lifetime: Duration::from_hours(1),
            most_sessions: 10_000,
            rate_limit: None,
            accept_changed_repeats: false,
            notifications: NotificationSettings::default(),
            seed: None,
            listen_anywhere: None,
            host_names: Vec::new(),
            agent_token: None,
            expired_agent_token: None,
            faults: Vec::new(),
            on_exchange: Box::new(|_| ()),
        }
    }
}

impl Settings {
    /// Checks what does not need the network or the disk.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        for address in [self.http, self.https] {
            // Of 127.0.0.0/8 only the first: the certificate and the check of the Host header know no other.
            let is_loopback =
                address.ip() == Ipv4Addr::LOCALHOST || address.ip() == Ipv6Addr::LOCALHOST;
            if !is_loopback && self.listen_anywhere.is_none() {
                return Err(StartError::NotLoopback(address));
            }
        }
        if let Some(name) = self.host_names.iter().find(|name| !is_host_name(name)) {
            return Err(StartError::HostName(name.clone()));
        }
        let is_plain = self.client_id.chars().all(|c| c.is_ascii_graphic());
        if live_client_id(&self.client_id).is_empty() || !is_plain {
            return Err(StartError::ClientId);
        }
        if self.faults.len() > MOST_RULES {
            return Err(StartError::TooManyFaults);
        }
        self.notifications
            .check()
            .map_err(StartError::Notifications)
    }
}

fn is_host_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !name.is_empty() && name.bytes().all(is_plain)
}

/// The settings that can be changed while the sandbox runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tuning {
    pub(crate) accept_changed_repeats: bool,
    pub(crate) session_lifetime: Duration,
    pub(crate) rate_limit: Option<NonZeroU32>,
}

impl Tuning {
    /// As the sandbox was started.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            accept_changed_repeats: settings.accept_changed_repeats,
            // The sandbox's clock knows whole seconds.
            session_lifetime: Duration::from_secs(settings.session_lifetime.as_secs())
                .min(LONGEST_LIFETIME),
            rate_limit: settings.rate_limit,
        }
    }
}

/// Checks how long a vaulting session is to live: whole seconds, from one second to 100 years.
///
/// # Errors
///
/// When it is anything else: what it must be.
pub fn session_lifetime(Span(lifetime): Span) -> Result<Duration, &'static str> {
    if lifetime.is_zero() || lifetime.subsec_millis() > 0 || lifetime > LONGEST_LIFETIME {
        return Err("a session's lifetime is in whole seconds, from 1s to 100 years (36500d)");
    }
    Ok(lifetime)
}

/// So that the time of expiry always has four digits for its year.
pub(crate) const LONGEST_LIFETIME: Duration = clock::FURTHEST;

/// What begins a client id of Antom's test mode.
pub(crate) const TEST_PREFIX: &str = "SANDBOX_";

/// The client id without [`TEST_PREFIX`].
pub(crate) fn live_client_id(client_id: &str) -> &str {
    client_id.strip_prefix(TEST_PREFIX).unwrap_or(client_id)
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address that other machines could reach.
    #[error(
        "{0} is not a loopback address: the sandbox answers only on this machine; use 127.0.0.1 or [::1], or --listen-anywhere, which asks other machines for a token"
    )]
    NotLoopback(SocketAddr),
    /// The client id cannot be a header.
    #[error("the client id must be visible ASCII characters without spaces")]
    ClientId,
    /// A host or a URL for notifications cannot be used.
    #[error("{0}")]
    Notifications(String),
    /// A name that no Host header can have.
    #[error(
        "{0:?} is not a host name: give it without scheme, port and path, for example sandbox.test"
    )]
    HostName(String),
    /// More rules for faults than are kept.
    #[error("there are more than {MOST_RULES} rules for faults")]
    TooManyFaults,
    /// Another program listens there.
    #[error(
        "port {port} of {ip} is in use by another program; choose another one, for example --{scheme} {example} for any free port",
        port = .address.port(), ip = .address.ip(), example = SocketAddr::new(.address.ip(), 0)
    )]
    Busy {
        /// `http` or `https`.
        scheme: &'static str,
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// Listening failed otherwise.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file of the data directory cannot be read or written.
    #[error("cannot use {}: {source}", .path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another sandbox uses the data directory.
    #[error(
        "another sandbox uses {}: end it, or give this one another directory with --data", .0.display()
    )]
    InUse(PathBuf),
    /// A key of the data directory is not usable.
    #[error("{error}; remove {} to get a new key", .path.display())]
    Key {
        /// The key's file.
        path: PathBuf,
        /// What is wrong with it.
        error: antom_core::Error,
    },
    /// A certificate could not be made.
    #[error("cannot make the certificates: {0}")]
    Certificate(String),
}
