//! From a failure of the network to one line that says what happened and what to do about it.

use std::fmt;
use std::io;

use rustls::{AlertDescription, CertificateError};
use ureq::Timeout;

use super::socket::NoThread;

/// Who is talked to: names for messages.
pub(crate) struct Peers {
    /// `host:port` of the gateway.
    pub(crate) gateway: String,
    /// `host:port` of the proxy, if there is one: without it, the gateway is the first that is reached.
    pub(crate) proxy: Option<String>,
}

/// The one whose connection is opened first, and the setting that names it.
struct FirstHop<'a>(&'a Peers);

impl fmt::Display for FirstHop<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.proxy {
            Some(proxy) => write!(f, "the proxy {proxy}"),
            None => f.write_str(&self.0.gateway),
        }
    }
}

impl Peers {
    fn setting(&self) -> &'static str {
        match self.proxy {
            Some(_) => "the setting proxy",
            None => "the endpoint",
        }
    }
}

/// Whether the same will happen again until somebody changes a setting, a certificate or a clock.
pub(crate) fn is_lasting(error: &ureq::Error) -> bool {
    tls_error(error).is_some_and(|error| {
        matches!(
            error,
            rustls::Error::InvalidCertificate(_)
                | rustls::Error::InvalidMessage(_)
                | rustls::Error::PeerIncompatible(_)
        )
    })
}

fn tls_error(error: &ureq::Error) -> Option<&rustls::Error> {
    match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref(),
        _ => None,
    }
}

/// What happened, and what to do about it.
pub(crate) fn cause(error: &ureq::Error, peers: &Peers) -> String {
    let (first, setting, gateway) = (FirstHop(peers), peers.setting(), &peers.gateway);
    if let Some(error) = tls_error(error) {
        return tls_cause(error, gateway);
    }
    match error {
        ureq::Error::HostNotFound => not_found(peers),
        ureq::Error::Timeout(Timeout::Resolve) => {
            format!("looking up {first} took too long: check this machine's DNS")
        }
        ureq::Error::Timeout(Timeout::Connect) => {
            format!("connecting to {first} took longer than the connect timeout: check {setting}")
        }
        ureq::Error::Timeout(_) => format!("{gateway} did not answer within the timeout"),
        ureq::Error::ConnectProxyFailed(_) => {
            format!(
                "{first} refused to connect to the gateway: the proxy refused, check its user name, password and rules"
            )
        }
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
            format!("{gateway} did not answer in HTTP: check the endpoint")
        }
        ureq::Error::Io(error) => io_cause(error, peers),
        ureq::Error::Other(error) if error.is::<NoThread>() => error.to_string(),
        other => format!("the connection to {first} failed ({other})"),
    }
}

fn not_found(peers: &Peers) -> String {
    let (first, setting) = (FirstHop(peers), peers.setting());
    format!("{first} was not found: check {setting} and this machine's DNS")
}

fn io_cause(error: &io::Error, peers: &Peers) -> String {
    // std has no kind for this, only its text.
    if error
        .to_string()
        .starts_with("failed to lookup address information")
    {
        return not_found(peers);
    }
    let (first, setting, gateway) = (FirstHop(peers), peers.setting(), &peers.gateway);
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            format!("nothing listens at {first}: check {setting}, and that it runs")
        }
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => format!("{gateway} closed the connection"),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            format!("{gateway} did not answer within the timeout")
        }
        _ => format!("the connection to {first} failed ({error})"),
    }
}

fn tls_cause(error: &rustls::Error, gateway: &str) -> String {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => format!(
            "the TLS certificate of {gateway} is not signed by a known authority, nor by the CA certificate in the settings if there is one: give the one that signed it"
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => format!(
            "the TLS certificate of {gateway} is for another name: check the host in the endpoint"
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => format!(
            "the TLS certificate of {gateway} has expired, or this machine's clock is wrong"
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => {
            format!("the TLS certificate of {gateway} is not valid yet: check this machine's clock")
        }
        rustls::Error::InvalidCertificate(reason) => {
            format!("the TLS certificate of {gateway} is not valid: {reason}")
        }
        rustls::Error::InvalidMessage(_) => {
            format!("{gateway} does not speak TLS: check the port and the scheme of the endpoint")
        }
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
        | rustls::Error::PeerIncompatible(_) => {
            format!("{gateway} and this library have no TLS version or cipher in common")
        }
        other => format!("TLS with {gateway} failed ({other})"),
    }
}
