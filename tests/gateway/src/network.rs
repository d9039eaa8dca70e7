//! Listening sockets, their connections and the threads that serve them, all of which end with the gateway.

use std::io::{self, IoSlice, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};

/// A TCP connection that [`Network::close`] can end from another thread.
#[derive(Clone)]
pub(crate) struct Tcp(Arc<TcpStream>);

impl Tcp {
    /// The connection will end with RST instead of FIN, once the last owner lets go of it.
    fn reset(&self) {
        let _ = SockRef::from(&*self.0).set_linger(Some(Duration::ZERO));
    }

    pub(crate) fn finish_writing(&self) {
        let _ = self.0.shutdown(Shutdown::Write);
    }

    /// Reads until the other side ends the connection.
    pub(crate) fn hold(&mut self) {
        let _ = io::copy(self, &mut io::sink());
    }
}

impl Read for Tcp {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

impl Write for Tcp {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.0).write(bytes)
    }

    /// Several TLS records leave in one go.
    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self.0).write_vectored(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A connection with or without TLS.
pub(crate) enum Connection {
    Plain(Tcp),
    Tls(Box<StreamOwned<ServerConnection, Tcp>>),
}

impl Connection {
    pub(crate) fn new(tcp: Tcp, tls: Option<&Arc<ServerConfig>>) -> io::Result<Self> {
        let Some(config) = tls else {
            return Ok(Self::Plain(tcp));
        };
        let session = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        Ok(Self::Tls(Box::new(StreamOwned::new(session, tcp))))
    }

    /// Ends the connection as a well-behaved server does.
    pub(crate) fn close(self) {
        if let Self::Tls(mut stream) = self {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    }

    /// Reads until the other side ends the connection.
    pub(crate) fn hold(self) {
        match self {
            Self::Plain(mut tcp) => tcp.hold(),
            Self::Tls(mut stream) => stream.sock.hold(),
        }
    }

    /// Ends the connection with RST.
    pub(crate) fn reset(self) {
        match self {
            Self::Plain(tcp) => tcp.reset(),
            Self::Tls(stream) => stream.sock.reset(),
        }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Connection {
    /// Writes the same twice so that it leaves together, under TLS in records of their own; at most 32 KiB.
    pub(crate) fn write_twice(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.write_all(&[bytes, bytes].concat()),
            Self::Tls(stream) => {
                stream.conn.writer().write_all(bytes)?;
                stream.conn.writer().write_all(bytes)?;
                stream.flush()
            }
        }
    }

    /// Writes this and the end of TLS so that they leave together, and leaves the TCP connection open.
    pub(crate) fn write_and_say_goodbye(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.write_all(bytes),
            Self::Tls(stream) => {
                stream.conn.writer().write_all(bytes)?;
                stream.conn.send_close_notify();
                stream.flush()
            }
        }
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// Every listening socket of a gateway.
#[derive(Default)]
pub(crate) struct Network {
    closing: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<Weak<TcpStream>>>>,
    listeners: Vec<(SocketAddr, JoinHandle<()>)>,
}

impl Network {
    /// Listens on a free port of 127.0.0.1 and serves every connection in a thread of its own.
    pub(crate) fn listen(
        &mut self,
        serve: impl Fn(Tcp) + Clone + Send + 'static,
    ) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let closing = Arc::clone(&self.closing);
        let open = Arc::clone(&self.open);
        let accepting = thread::spawn(move || {
            let mut serving: Vec<JoinHandle<()>> = Vec::new();
            for stream in listener.incoming() {
                if closing.load(Ordering::Acquire) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let _ = stream.set_nodelay(true);
                let tcp = Tcp(Arc::new(stream));
                remember(&open, &tcp);
                let serve = serve.clone();
                serving.retain(|thread| !thread.is_finished());
                serving.push(thread::spawn(move || serve(tcp)));
            }
            for thread in serving {
                let _ = thread.join();
            }
        });
        self.listeners.push((address, accepting));
        Ok(address)
    }

    /// Connects to another socket of the gateway.
    pub(crate) fn connector(
        &self,
    ) -> impl Fn(SocketAddr) -> io::Result<Tcp> + Clone + Send + 'static {
        let open = Arc::clone(&self.open);
        move |address| {
            let tcp = Tcp(Arc::new(TcpStream::connect(address)?));
            remember(&open, &tcp);
            Ok(tcp)
        }
    }

    /// Ends every connection and waits for every thread.
    pub(crate) fn close(&mut self) {
        self.closing.store(true, Ordering::Release);
        for (address, _) in &self.listeners {
            // Wakes the thread that accepts.
            let _ = TcpStream::connect(address);
        }
        for (_, accepting) in self.listeners.drain(..) {
            while !accepting.is_finished() {
                for stream in lock(&self.open).iter().filter_map(Weak::upgrade) {
                    let _ = stream.shutdown(Shutdown::Both);
                }
                thread::sleep(Duration::from_millis(1));
            }
            let _ = accepting.join();
        }
    }
}

fn remember(open: &Mutex<Vec<Weak<TcpStream>>>, tcp: &Tcp) {
    let mut open = lock(open);
    open.retain(|stream| stream.strong_count() > 0);
    open.push(Arc::downgrade(&tcp.0));
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A port of 127.0.0.1 that is taken and never listened on, so that every connection to it is refused.
pub(crate) struct DownPort(Socket);

impl DownPort {
    pub(crate) fn new() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SockAddr::from(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))))?;
        Ok(Self(socket))
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        let address = self.0.local_addr()?;
        address
            .as_socket()
            .ok_or_else(|| io::Error::other("a socket without an address"))
    }
}
