//! What can be set about a sandbox, and why one cannot start.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::exchange::Exchange;
use crate::notifications::NotificationSettings;

/// The client id of the sandbox's merchant: the example of Antom's documentation.
pub const DEFAULT_CLIENT_ID: &str = "SANDBOX_5X00000000000000";

/// The settings of a [`Sandbox`](crate::Sandbox).
pub struct Settings {
    /// Where to listen for http: a loopback address; port 0 takes a free port. Default: `127.0.0.1:8080`.
    pub http: SocketAddr,
    /// Where to listen for https, likewise. Default: `127.0.0.1:8443`.
    pub https: SocketAddr,
    /// Where keys and certificates are kept. Default: a temporary directory, removed when the sandbox stops.
    pub data: Option<PathBuf>,
    /// The merchant's client id. It is known with and without `SANDBOX_` in front, so that test and live mode can
    /// both be tried. Default: [`DEFAULT_CLIENT_ID`].
    pub client_id: String,
    /// How long a vaulting session lives, at most 100 years. Default: 1 h.
    pub session_lifetime: Duration,
    /// How many sessions are remembered; the oldest go first. Default: 100,000.
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
            most_sessions: 100_000,
            rate_limit: None,
            accept_changed_repeats: false,
            notifications: NotificationSettings::default(),
            seed: None,
            on_exchange: Box::new(|_| ()),
        }
    }
}

impl Settings {
    /// Checks what does not need the network or the disk.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        for address in [self.http, self.https] {
            // Of 127.0.0.0/8 only the first: the certificate and the check of the Host header know no other.
            if address.ip() != Ipv4Addr::LOCALHOST && address.ip() != Ipv6Addr::LOCALHOST {
                return Err(StartError::NotLoopback(address));
            }
        }
        let is_plain = self.client_id.chars().all(|c| c.is_ascii_graphic());
        if live_client_id(&self.client_id).is_empty() || !is_plain {
            return Err(StartError::ClientId);
        }
        self.notifications
            .check()
            .map_err(StartError::Notifications)
    }
}

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
        "{0} is not a loopback address: the sandbox answers only on this machine; use 127.0.0.1 or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// The client id cannot be a header.
    #[error("the client id must be visible ASCII characters without spaces")]
    ClientId,
    /// A host or a URL for notifications cannot be used.
    #[error("{0}")]
    Notifications(String),
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
