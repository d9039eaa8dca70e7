//! Sockets: listens for http and https on loopback, carries HTTP/1.1 to the gateway, and ends cleanly.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::clock::Clock;
use crate::identity::{Files, Identity};
use crate::journal::Journal;
use crate::pages;
use crate::paste::{ClientSettings, Paste};
use crate::settings::{Settings, StartError};
use crate::world::World;
use crate::{checkout, console, gateway};

/// How long a client may take for a handshake, for the head of a request, and between two requests.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long running requests may take when the sandbox stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// A running sandbox.
pub struct Sandbox {
    client_id: String,
    files: Files,
    addresses: Addresses,
    world: Arc<World>,
    stop: watch::Sender<()>,
    listeners: [JoinHandle<()>; 2],
    /// Removed last, when nothing uses its files any more.
    _temporary: Option<TempDir>,
}

/// Where it really listens.
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
        let data = settings.data.clone();
        let (identity, journal) = tokio::task::spawn_blocking(|| {
            let identity = Identity::open(data)?;
            let journal = open_journal(&identity)?;
            Ok::<_, StartError>((identity, journal))
        })
        .await
        .expect("making keys and reading the journal does not panic")?;
        let client_id = settings.client_id.clone();
        let addresses = Addresses {
            http: address(&http)?,
            https: address(&https)?,
        };
        let (world, _ended) = World::new(
            settings,
            identity.merchant,
            identity.gateway,
            [
                format!("http://{}", addresses.http),
                format!("https://{}", addresses.https),
            ],
            identity.files.clone(),
            journal,
        );
        let router = gateway::routes()
            .layer(from_fn(pages::not_found_for_browsers))
            .merge(console::routes())
            .merge(pages::routes())
            .merge(checkout::routes())
            .with_state(world.clone());
        let (stop, stopped) = watch::channel(());
        let tls = TlsAcceptor::from(identity.tls);
        Ok(Self {
            client_id,
            files: identity.files,
            addresses,
            world,
            listeners: [
                tokio::spawn(accept(http, None, router.clone(), stopped.clone())),
                tokio::spawn(accept(https, Some(tls), router, stopped)),
            ],
            stop,
            _temporary: identity.temporary,
        })
    }

    /// The merchant's client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Keys and certificates, for the settings of a client.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The settings of a client, as text to paste into each language.
    pub fn pastes(&self) -> Vec<Paste> {
        ClientSettings::new(&self.client_id, &self.files, &self.https_url()).pastes()
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
        for listener in self.listeners {
            // A panic was reported where it happened.
            let _ = listener.await;
        }
        let world = self.world;
        let closing = tokio::task::spawn_blocking(move || world.journal.close());
        // A panic was reported where it happened.
        let _ = closing.await;
    }
}

/// In memory for a sandbox whose directory is removed at its end.
fn open_journal(identity: &Identity) -> Result<Journal, StartError> {
    if identity.temporary.is_some() {
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
        address: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
        source,
    })
}

/// Accepts connections until the sandbox stops, then waits for those that are open.
async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    mut stopped: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, tls.clone(), router.clone(), stopped.clone()));
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
    tls: Option<TlsAcceptor>,
    router: Router,
    stopped: watch::Receiver<()>,
) {
    // Answers are small: sent at once, not when more has come together.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve(stream, router, stopped).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(PATIENCE, tls.accept(stream)).await {
                serve(stream, router, stopped).await;
            }
        }
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    router: Router,
    mut stopped: watch::Receiver<()>,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
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
