//! Posts one message to one URL, once: bounded in time and in what it reads, without following redirects.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::destination::{Allowed, Destination};
use super::message::Signed;

/// How long the name lookup, the connection and the TLS handshake may take together.
const CONNECT: Duration = Duration::from_secs(5);
/// How long all of it may take.
const TOTAL: Duration = Duration::from_secs(10);
/// The largest head and the largest body of an answer, in bytes.
const LARGEST: usize = 64 * 1024;

/// Sends to destinations that are allowed.
pub(super) struct Sender {
    allowed: Allowed,
    /// A certificate authority to trust beside the platform's.
    ca_certificate: Option<PathBuf>,
    /// Made when it is first needed: reading the platform's authorities takes its time.
    tls: OnceCell<TlsConnector>,
    limits: Limits,
}

#[derive(Clone, Copy)]
struct Limits {
    connect: Duration,
    total: Duration,
}

/// An answer, whatever it says.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum SendError {
    /// It was not sent, for this reason.
    NotSent(String),
    NameUnknown(String),
    Connect(SocketAddr, io::ErrorKind),
    ConnectTimeout,
    Tls(io::Error),
    /// There was something, but no answer.
    Broken(hyper::Error),
    TooLarge,
    Timeout,
}

impl fmt::Display for SendError {
    /// What happened and what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(why) => f.write_str(why),
            Self::NameUnknown(host) => write!(
                f,
                "the name {host} leads nowhere: correct the notification URL, or the hosts file of this machine"
            ),
            Self::Connect(address, io::ErrorKind::ConnectionRefused) => write!(
                f,
                "connection refused: nothing listens on {address}; start your server, or correct the port"
            ),
            Self::Connect(address, kind) => write!(
                f,
                "cannot connect to {address}: {kind}; correct the notification URL, or open the way"
            ),
            Self::ConnectTimeout => f.write_str(
                "no connection within 5 s: is the host right, and does a firewall drop what comes?",
            ),
            Self::Tls(error) => write!(f, "TLS failed: {}", tls_advice(error)),
            Self::Broken(error) if error.is_parse() => f.write_str(
                "the answer is not HTTP: if your server speaks https there, the URL must begin with https://",
            ),
            Self::Broken(_) => f.write_str(
                "the connection ended before the answer was complete: did your server crash? its own log should say",
            ),
            Self::TooLarge => {
                f.write_str("the answer is larger than 64 kB: answer with the acknowledgement only")
            }
            Self::Timeout => f.write_str(
                "no complete answer within 10 s: acknowledge first, and do what takes long afterwards",
            ),
        }
    }
}

fn tls_advice(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|e| e.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "the certificate is from an authority that this machine does not trust; SSL_CERT_FILE can name a file \
             with yours"
                .to_owned()
        }
        Some(rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => "the certificate is for another name than the one in the notification URL".to_owned(),
        Some(rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => "the certificate has expired: renew it".to_owned(),
        Some(rustls::Error::InvalidMessage(_)) => {
            "the server does not speak TLS there: the URL may have to begin with http://".to_owned()
        }
        Some(other) => format!("{other}; correct the certificate or the TLS settings of your server"),
        None => "the connection ended during the handshake; your server's own log should say why".to_owned(),
    }
}

impl Sender {
    pub(super) fn new(allowed: Allowed, ca_certificate: Option<PathBuf>) -> Self {
        Self {
            allowed,
            ca_certificate,
            tls: OnceCell::new(),
            limits: Limits {
                connect: CONNECT,
                total: TOTAL,
            },
        }
    }

    /// Sends a message and reads the answer.
    pub(super) async fn send(
        &self,
        destination: &Destination,
        message: &Signed,
    ) -> Result<Received, SendError> {
        let name = (destination.host(), destination.port());
        match timeout(self.limits.connect, lookup_host(name)).await {
            Ok(Ok(resolved)) => self.send_to(resolved, destination, message).await,
            // Where the name leads is of no interest if it may not be sent to anyhow.
            _ if !self.allowed.names(destination.host()) => {
                Err(SendError::NotSent(self.allowed.refusal(destination)))
            }
            Ok(Err(_)) => Err(SendError::NameUnknown(destination.host().to_owned())),
            Err(_) => Err(SendError::ConnectTimeout),
        }
    }

    /// Sends to the first of these addresses that takes a connection, if all of them are allowed.
    async fn send_to(
        &self,
        resolved: impl Iterator<Item = SocketAddr>,
        destination: &Destination,
        message: &Signed,
    ) -> Result<Received, SendError> {
        let addresses = self
            .allowed
            .check(destination, resolved)
            .map_err(SendError::NotSent)?;
        let all = async {
            let stream = timeout(self.limits.connect, connect(&addresses, destination))
                .await
                .map_err(|_| SendError::ConnectTimeout)??;
            let request = request(destination, message);
            if destination.is_https() {
                let stream = timeout(self.limits.connect, self.secure(stream, destination))
                    .await
                    .map_err(|_| SendError::ConnectTimeout)??;
                exchange(stream, request).await
            } else {
                exchange(stream, request).await
            }
        };
        timeout(self.limits.total, all)
            .await
            .map_err(|_| SendError::Timeout)?
    }

    async fn secure(
        &self,
        stream: TcpStream,
        destination: &Destination,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, SendError> {
        let connector = self
            .tls
            .get_or_try_init(|| connector(self.ca_certificate.clone()))
            .await?;
        let name = ServerName::try_from(destination.host().to_owned()).map_err(|_| {
            SendError::NotSent("not sent: its host cannot have a certificate".into())
        })?;
        let connecting = connector.connect(name, stream);
        connecting.await.map_err(SendError::Tls)
    }
}

async fn connect(
    addresses: &[SocketAddr],
    destination: &Destination,
) -> Result<TcpStream, SendError> {
    let mut failure = SendError::NameUnknown(destination.host().to_owned());
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = SendError::Connect(*address, error.kind()),
        }
    }
    Err(failure)
}

async fn connector(ca_certificate: Option<PathBuf>) -> Result<TlsConnector, SendError> {
    let read = tokio::task::spawn_blocking(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = ca_certificate {
            let own = CertificateDer::from_pem_file(&path).map_err(|_| {
                let path = path.display();
                SendError::NotSent(format!("not sent: cannot read the certificate in {path}"))
            })?;
            roots.add_parsable_certificates([own]);
        }
        Ok(roots)
    });
    let roots = read.await.expect("reading certificates does not panic")?;
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider knows the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn request(destination: &Destination, message: &Signed) -> Request<Full<Bytes>> {
    let mut request = Request::post(destination.path_and_query())
        .header("Host", destination.authority())
        .header(
            "User-Agent",
            concat!("antom-sandbox/", env!("CARGO_PKG_VERSION")),
        )
        .header("Connection", "close");
    for (name, value) in &message.headers {
        request = request.header(*name, value);
    }
    request
        .body(Full::new(message.body.clone()))
        .expect("the parts of a URL that was parsed, and plain ASCII, make a request")
}

/// Sends the request over a connection of its own.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: Request<Full<Bytes>>,
) -> Result<Received, SendError> {
    let (mut requests, connection) = http1::Builder::new()
        // As Antom's documentation writes them.
        .title_case_headers(true)
        .max_buf_size(LARGEST)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(SendError::Broken)?;
    let answer = async {
        let answer = requests.send_request(request).await;
        read(answer.map_err(SendError::Broken)?).await
    };
    // What a connection that has ended received is still read.
    let carried = async {
        let _ = connection.await;
        std::future::pending().await
    };
    tokio::select! {
        answer = answer => answer,
        never = carried => never,
    }
}

async fn read(answer: hyper::Response<hyper::body::Incoming>) -> Result<Received, SendError> {
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, LARGEST).collect().await;
    let body = body.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return SendError::TooLarge;
        }
        match error.downcast::<hyper::Error>() {
            Ok(error) => SendError::Broken(*error),
            Err(_) => SendError::TooLarge,
        }
    })?;
    Ok(Received {
        status: head.status.as_u16(),
        headers: head.headers,
        body: body.to_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;

    fn sender() -> Sender {
        Sender {
            limits: Limits {
                connect: Duration::from_secs(5),
                total: Duration::from_millis(300),
            },
            ..Sender::new(Allowed::new(&[], "--allow-notify", &[]), None)
        }
    }

    fn message() -> Signed {
        Signed {
            headers: vec![("Signature", "s".to_owned())],
            body: Bytes::from_static(b"{}"),
        }
    }

    /// Answers one connection with these bytes, then closes it or, with `None`, keeps it open. Returns what came.
    async fn server(answer: Option<Vec<u8>>) -> (SocketAddr, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            match answer {
                // The client may have seen enough.
                Some(answer) => drop(stream.write_all(&answer).await),
                None => drop(stream.read(&mut [0]).await),
            }
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        (address, served)
    }

    async fn send(answer: Option<&[u8]>, scheme: &str) -> Result<Received, SendError> {
        let (address, _served) = server(answer.map(<[u8]>::to_vec)).await;
        let destination = Destination::parse(&format!("{scheme}://{address}/notify")).unwrap();
        sender().send(&destination, &message()).await
    }

    #[tokio::test]
    async fn the_connection_goes_to_the_address_that_was_checked() {
        let (address, served) = server(Some(
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".into(),
        ))
        .await;
        // A name that no resolver knows: a second look-up would fail.
        let url = format!("http://shop.invalid:{}/notify?a=%20", address.port());
        let destination = Destination::parse(&url).unwrap();
        let answer = sender()
            .send_to([address].into_iter(), &destination, &message())
            .await
            .unwrap();
        assert_eq!((answer.status, &answer.body[..]), (200, &b"ok"[..]));
        let request = served.await.unwrap();
        assert!(
            request.starts_with("POST /notify?a=%20 HTTP/1.1\r\n"),
            "{request}"
        );
        assert!(
            request.contains(&format!("Host: shop.invalid:{}\r\n", address.port())),
            "{request}"
        );
        assert!(request.contains("\r\nSignature: s\r\n"), "{request}");
    }

    #[tokio::test]
    async fn a_name_with_one_forbidden_address_is_not_connected_to_at_all() {
        let (address, served) = server(None).await;
        let url = format!("http://rebind.example:{}/", address.port());
        let destination = Destination::parse(&url).unwrap();
        let forbidden: SocketAddr = "10.0.0.1:80".parse().unwrap();
        for order in [[address, forbidden], [forbidden, address]] {
            let error = sender()
                .send_to(order.into_iter(), &destination, &message())
                .await
                .unwrap_err();
            assert!(
                error.to_string().contains("--allow-notify rebind.example"),
                "{error}"
            );
        }
        assert!(!served.is_finished());
        served.abort();
    }

    #[tokio::test]
    async fn what_goes_wrong_on_the_way_is_explained() {
        let huge = [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; LARGEST + 1]].concat();
        let long_head = [b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'x'; 4 * LARGEST]].concat();
        for (answer, scheme, reason) in [
            (None, "http", "no complete answer within 10 s"),
            (Some(&b""[..]), "http", "before the answer was complete"),
            (
                Some(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"),
                "http",
                "before the answer was complete",
            ),
            (Some(&huge), "http", "larger than 64 kB"),
            (Some(&long_head), "http", "not HTTP"),
            (
                Some(b"\x15\x03\x03\0\x02\x02\x16 no HTTP"),
                "http",
                "must begin with https://",
            ),
            (
                Some(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
                "https",
                "the server does not speak TLS there",
            ),
            (Some(b""), "https", "ended during the handshake"),
        ] {
            let error = send(answer, scheme).await.unwrap_err();
            assert!(error.to_string().contains(reason), "{scheme}: {error}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let destination = Destination::parse(&format!("http://{address}/")).unwrap();
        let error = sender().send(&destination, &message()).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&format!("nothing listens on {address}")),
            "{error}"
        );
        let destination = Destination::parse("http://shop.invalid/").unwrap();
        let error = sender().send(&destination, &message()).await.unwrap_err();
        assert!(
            error.to_string().contains("--allow-notify shop.invalid"),
            "{error}"
        );
        let allowed = Allowed::new(&["shop.invalid".to_owned()], "--allow-notify", &[]);
        let sender = Sender::new(allowed, None);
        let error = sender.send(&destination, &message()).await.unwrap_err();
        assert!(
            matches!(error, SendError::NameUnknown(_) | SendError::ConnectTimeout),
            "{error}"
        );
    }
}
