//! Sockets: listens for http and https on loopback, carries HTTP/1.1 to the gateway, and ends cleanly.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::middleware::from_fn;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::clock::Clock;
use crate::faults::{Connection, OverTcp, Wire};
use crate::identity::{Files, Hold, Identity};
use crate::journal::Journal;
use crate::notifications::{self, Notifications};
use crate::paste::{ClientSettings, Paste};
use crate::safety::{Routes, guard};
use crate::settings::{Settings, StartError};
use crate::token::Token;
use crate::world::{Foundation, World};
use crate::{checkout, console, control, faults, gateway, pages};

/// How long a client may take for a handshake, for the head of a request, between two requests, and to take any part of
/// an answer.
const PATIENCE: Duration = Duration::from_mins(1);
/// How many connections are open at a time on each of the two addresses; more wait until one ends.
const MOST_CONNECTIONS: usize = 512;
/// How long running requests may take when the sandbox stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// A running sandbox.
pub struct Sandbox {
    client_id: String,
    token: Option<Token>,
    files: Files,
    addresses: Addresses,
    world: Arc<World>,
    stop: watch::Sender<()>,
    tasks: [JoinHandle<()>; 3],
    /// Ends vaultings in time.
    expiry: JoinHandle<()>,
    /// Given up last, when nothing uses its files any more.
    _hold: Hold,
}

/// Where programs on this machine reach it.
struct Addresses {
    http: SocketAddr,
    https: SocketAddr,
}

impl Sandbox {
    /// Makes what is missing, then listens. When this returns, requests are answered.
    ///
    /// # Errors
    /// [`StartError`], with what to do.
    ///
    /// # Panics
    /// Outside a Tokio runtime, or if the operating system gives no random numbers.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        settings.check()?;
        let http = listen("http", settings.http).await?;
        let https = listen("https", settings.https).await?;
        let (data, host_names) = (settings.data.clone(), settings.host_names.clone());
        let (identity, journal) = tokio::task::spawn_blocking(move || {
            let identity = Identity::open(data, &host_names)?;
            let journal = open_journal(&identity)?;
            Ok::<_, StartError>((identity, journal))
        })
        .await
        .expect("making keys and reading the journal does not panic")?;
        let client_id = settings.client_id.clone();
        let token = settings.listen_anywhere.clone();
        let addresses = Addresses {
            http: for_browsers(address(&http)?),
            https: for_browsers(address(&https)?),
        };
        let browser_url = format!("http://{}", addresses.http);
        let notifications = Notifications::new(
            &settings.notifications,
            identity.files.ca_certificate(),
            format!("{browser_url}/__sandbox/inbox"),
            &[addresses.http.port(), addresses.https.port()],
        );
        let (world, ended) = World::new(
            settings,
            Foundation {
                merchant: identity.merchant,
                key: identity.gateway,
                files: identity.files.clone(),
                browser_url,
                https_url: format!("https://{}", addresses.https),
                journal,
                notifications,
            },
        );
        let router = gateway::routes()
            .layer(from_fn(pages::not_found))
            .merge(console::routes())
            .merge(pages::routes())
            .merge(checkout::routes())
            .merge(notifications::routes())
            .merge(control::routes())
            .merge(faults::routes())
            .with_state(world.clone());
        let house = House {
            world: world.clone(),
            routes: TowerToHyperService::new(router),
        };
        let (stop, stopped) = watch::channel(());
        let tls = TlsAcceptor::from(identity.tls);
        Ok(Self {
            client_id,
            token,
            files: identity.files,
            addresses,
            world: world.clone(),
            tasks: [
                tokio::spawn(notifications::deliver(
                    world.clone(),
                    ended,
                    stopped.clone(),
                )),
                tokio::spawn(accept(http, None, house.clone(), stopped.clone())),
                tokio::spawn(accept(https, Some(tls), house, stopped)),
            ],
            expiry: tokio::spawn(async move { world.close_overdue_vaultings().await }),
            stop,
            _hold: identity.hold,
        })
    }

    /// The merchant's client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// What other machines must know, if they may come at all.
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// Keys and certificates, for the settings of a client.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The settings of a client, as text to paste into each language.
    pub fn pastes(&self) -> Vec<Paste> {
        ClientSettings::new(&self.client_id, &self.files, &self.https_url())
            .pastes(&self.http_url())
    }

    /// For example `http://127.0.0.1:8080`, with the real port.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.addresses.http)
    }

    /// For example `https://127.0.0.1:8443`, with the real port.
    pub fn https_url(&self) -> String {
        format!("https://{}", self.addresses.https)
    }

    /// Takes no more requests, waits a little for those that are running, and removes a temporary directory.
    pub async fn stop(self) {
        // Otherwise pages that listen would be waited for.
        self.world.journal.end_news();
        self.stop.send_replace(());
        self.expiry.abort();
        for task in self.tasks {
            // A panic was reported where it happened.
            let _ = task.await;
        }
        let world = self.world;
        let closing = tokio::task::spawn_blocking(move || world.journal.close());
        // A panic was reported where it happened.
        let _ = closing.await;
    }
}

/// In memory for a sandbox whose directory is removed at its end.
fn open_journal(identity: &Identity) -> Result<Journal, StartError> {
    if matches!(identity.hold, Hold::Temporary { .. }) {
        return Ok(Journal::new());
    }
    let path = identity.files.journal();
    Journal::open(&path, Clock::new().now()).map_err(|source| StartError::File { path, source })
}

async fn listen(scheme: &'static str, address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::Busy { scheme, address },
            _ => StartError::Listen { address, source },
        })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|source| StartError::Listen {
        address: (Ipv4Addr::LOCALHOST, 0).into(),
        source,
    })
}

/// Where a browser on this machine finds what listens on this address.
fn for_browsers(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// What every request needs.
#[derive(Clone)]
struct House {
    world: Arc<World>,
    routes: Routes,
}

/// Accepts connections until the sandbox stops, then waits for those that are open.
async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    house: House,
    mut stopped: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => match accepted {
                Ok((stream, peer)) => {
                    let peer = Connection::new(peer.ip());
                    let (tls, house, stopped) = (tls.clone(), house.clone(), stopped.clone());
                    connections.spawn(connection(stream, peer, tls, house, stopped));
                }
                // Too many open files, for example: others may close theirs.
                Err(_) => sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    drop(listener);
    let all_closed = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(FAREWELL, all_closed).await;
    connections.shutdown().await;
}

async fn connection(
    stream: TcpStream,
    peer: Connection,
    tls: Option<TlsAcceptor>,
    house: House,
    stopped: watch::Receiver<()>,
) {
    // Answers are small: sent at once, not when more has come together.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve(stream, peer, house, stopped).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(PATIENCE, tls.accept(stream)).await {
                serve(stream, peer, house, stopped).await;
            }
        }
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + OverTcp + Unpin,
    peer: Connection,
    house: House,
    mut stopped: watch::Receiver<()>,
) {
    let stream = Wire::new(stream, peer.clone(), PATIENCE);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer.clone());
        let House { world, routes } = house.clone();
        async { Ok::<_, Infallible>(guard(world, routes, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // A connection that breaks is the client's affair: there is nobody left to tell.
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
