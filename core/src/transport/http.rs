//! HTTP/1.1: ureq on rustls with aws-lc-rs, over sockets of our own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use ureq::config::{AutoHeaderValue, Config};
use ureq::http::uri::Authority;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector};
use ureq::{Agent, Proxy};
use url::Url;

use super::explain::{Peers, cause, is_lasting};
use super::process::PerProcess;
use super::progress::{PROGRESS, Progress, Witness};
use super::socket::{Dialler, LookedUpLater};
use super::{
    Answer, BETWEEN_QUESTIONS, Body, CLOSED, Failure, LARGEST_BODY, Outgoing, Stage, Transport,
};
use crate::config::Endpoint;
use crate::error::Error;
use crate::secret::Secret;

/// Idle connections that are kept for the next calls: one a thread is used, and more than this are rare.
const IDLE_CONNECTIONS: usize = 32;

pub(crate) struct HttpSettings {
    pub(crate) endpoint: Endpoint,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) trust: Trust,
    pub(crate) proxy: Option<Secret<String>>,
}

/// The certificate authorities that may vouch for the gateway.
pub(crate) struct Trust(Vec<Certificate<'static>>);

impl Trust {
    /// The platform's store, or Mozilla's where the platform has none, and a CA of the caller's.
    pub(crate) fn platform_and(custom: Option<&[u8]>) -> Result<Self, Error> {
        let mut roots: Vec<_> = rustls_native_certs::load_native_certs()
            .certs
            .iter()
            .map(|der| Certificate::from_der(der).to_owned())
            .collect();
        if roots.is_empty() {
            roots.extend(
                webpki_root_certs::TLS_SERVER_ROOT_CERTS
                    .iter()
                    .map(|der| Certificate::from_der(der).to_owned()),
            );
        }
        if let Some(pem) = custom {
            let own: Vec<_> = parse_pem(pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if own.is_empty() {
                return Err(Error::config(
                    "CA certificate: there is no PEM certificate in it (-----BEGIN CERTIFICATE-----)",
                ));
            }
            let mut check = RootCertStore::empty();
            for certificate in &own {
                check
                    .add(CertificateDer::from(certificate.der()))
                    .map_err(|_| {
                        Error::config("CA certificate: it is damaged, or not an X.509 certificate")
                    })?;
            }
            roots.extend(own);
        }
        Ok(Self(roots))
    }
}

pub(crate) struct HttpTransport {
    endpoint: Endpoint,
    peers: Peers,
    connect_timeout: Duration,
    timeout: Duration,
    agent: PerProcess<Agent>,
    closed: AtomicBool,
}

impl HttpTransport {
    pub(crate) fn new(settings: HttpSettings) -> Result<Self, Error> {
        let proxy = settings
            .proxy
            .map(|url| {
                if settings.endpoint.is_https {
                    parse_proxy(url.expose())
                } else {
                    Err(Error::config(
                        "proxy: with an http endpoint, which is on this machine, it would see requests in the clear; leave it out",
                    ))
                }
            })
            .transpose()?;
        let peers = Peers {
            gateway: settings.endpoint.authority.clone(),
            proxy: proxy
                .as_ref()
                .map(|proxy| format!("{}:{}", proxy.host(), proxy.port())),
        };
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(settings.trust.0)))
            .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
            .build();
        let config = Agent::config_builder()
            .https_only(settings.endpoint.is_https)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .tls_config(tls)
            .timeout_connect(Some(settings.connect_timeout))
            .timeout_global(Some(settings.timeout))
            .max_idle_connections(IDLE_CONNECTIONS)
            .max_idle_connections_per_host(IDLE_CONNECTIONS)
            .user_agent(concat!("libantom/", env!("CARGO_PKG_VERSION")))
            .accept_encoding(AutoHeaderValue::None)
            .build();
        let authority: Authority = settings
            .endpoint
            .authority
            .parse()
            .map_err(|_| Error::config("endpoint: its host is not valid"))?;
        Ok(Self {
            peers,
            connect_timeout: settings.connect_timeout,
            timeout: settings.timeout,
            endpoint: settings.endpoint,
            agent: PerProcess::new(move || agent(config.clone(), authority.clone())),
            closed: AtomicBool::new(false),
        })
    }

    fn exchange(&self, request: &Outgoing<'_>) -> Result<Answer, ureq::Error> {
        let url = format!("{}{}", self.endpoint.origin, request.path);
        let mut builder = self.agent.get().post(url);
        if request.timeout.is_some() {
            builder = builder.config().timeout_global(request.timeout).build();
        }
        for (name, value) in request.headers {
            builder = builder.header(*name, *value);
        }
        let mut response = builder.send(request.body)?;
        let body = match response
            .body_mut()
            .with_config()
            .limit(LARGEST_BODY)
            .read_to_vec()
        {
            Ok(bytes) => Body::Complete(bytes),
            Err(ureq::Error::BodyExceedsLimit(_)) => Body::TooLarge,
            Err(error) => return Err(error),
        };
        Ok(Answer {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body,
            connect: PROGRESS.get().and_then(|progress| progress.connect),
        })
    }

    fn failure(&self, error: ureq::Error) -> Failure {
        let closed = self.closed.load(Ordering::Acquire);
        let progress = PROGRESS.get();
        let request_left = progress.is_some_and(|progress| progress.request_left);
        let is_interrupted = progress.is_some_and(|progress| progress.is_interrupted);
        let (stage, message) = match (request_left, closed) {
            (is_sent, _) if is_interrupted => (
                Stage::Interrupted { is_sent },
                if is_sent {
                    unanswered(INTERRUPTED)
                } else {
                    format!("the request was not sent: {INTERRUPTED}")
                },
            ),
            (false, true) => (Stage::Closed, CLOSED.to_owned()),
            (true, true) => (Stage::Sent, unanswered(CLOSED)),
            (false, false) => (
                Stage::NotSent,
                format!("the request was not sent: {}", cause(&error, &self.peers)),
            ),
            (true, false) => (Stage::Sent, unanswered(&cause(&error, &self.peers))),
        };
        Failure {
            stage,
            message,
            is_lasting: is_lasting(&error),
            source: error,
            connect: progress.and_then(|progress| progress.connect),
        }
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: &Outgoing<'_>) -> Result<Answer, Failure> {
        let begun = Instant::now();
        PROGRESS.set(Some(Progress {
            begun,
            connect_deadline: begun + self.connect_timeout,
            deadline: begun + request.timeout.unwrap_or(self.timeout),
            connect: None,
            request_left: false,
            interrupt: request.interrupt,
            next_question: begun + BETWEEN_QUESTIONS,
            is_interrupted: false,
        }));
        if self.closed.load(Ordering::Acquire) {
            return Err(self.failure(ureq::Error::ConnectionFailed));
        }
        self.exchange(request).map_err(|error| self.failure(error))
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.agent.get().clone().shutdown();
    }
}

/// Errors never repeat the URL: it may hold a password.
fn parse_proxy(text: &str) -> Result<Proxy, Error> {
    let problem = |problem: &str| {
        Error::config(format!(
            "proxy: {problem}; expected for example http://proxy.example:3128, with / # ? @ : in a password percent-encoded"
        ))
    };
    let url = Url::parse(text).map_err(|_| problem("it is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(problem(
            "its scheme is not http or https, or it names no host",
        ));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(problem(
            "it holds more than scheme, user, password, host and port",
        ));
    }
    Proxy::new(text).map_err(|_| problem("it is not a proxy's URL"))
}

/// ureq's own chain, with sockets of ours and one link more above TLS.
fn agent(config: Config, authority: Authority) -> Agent {
    let connector =
        ().chain(ConnectProxyConnector::default())
            .chain(Dialler)
            .chain(RustlsConnector::default())
            .chain(Witness { authority });
    Agent::with_parts(config, connector, LookedUpLater)
}

const INTERRUPTED: &str = "the call was interrupted";

fn unanswered(cause: &str) -> String {
    format!("no complete answer came, and the request may have been processed: {cause}")
}
