//! The last layer above a socket or TLS: lets bytes through as they are, unless a script is armed; then it plays that
//! in place of the next answer. HTTP itself is done above.

use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Duration, Sleep, sleep};
use tokio_rustls::server::TlsStream;

use super::script::{End, Script, Step};

/// What ends the head of an answer.
const END_OF_HEAD: &[u8; 4] = b"\r\n\r\n";

/// A connection, as a request that came over it sees it.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) peer: IpAddr,
    armed: Arc<Mutex<Option<Script>>>,
}

impl Connection {
    pub(crate) fn new(peer: IpAddr) -> Self {
        Self {
            peer: peer.to_canonical(),
            armed: Arc::default(),
        }
    }

    /// Plays this in place of the next answer, which must have no body: its end is then easily found. Answers before
    /// it have left by then, but for a client that sends more requests without reading what it gets.
    pub(super) fn arm(&self, script: Script) {
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = Some(script);
    }

    fn take(&self) -> Option<Script> {
        self.armed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// What has a TCP connection at its bottom.
pub(crate) trait OverTcp {
    fn tcp(&self) -> &TcpStream;
}

impl OverTcp for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl OverTcp for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// A stream on which faults can be played.
pub(crate) struct Wire<T> {
    stream: T,
    connection: Connection,
    playing: Option<Playing>,
    patience: Patience,
}

/// How long a client may take nothing of what is sent to it.
struct Patience {
    limit: Duration,
    /// Runs while nothing is taken.
    left: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    /// What came of a try to send, or an error when there was none for too long.
    fn with<T>(&mut self, cx: &mut Context<'_>, sent: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if sent.is_ready() {
            self.left = None;
            return sent;
        }
        let limit = self.limit;
        let left = self.left.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(left.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

struct Playing {
    script: Script,
    /// How much of [`END_OF_HEAD`] has been seen of the answer that is replaced.
    seen: usize,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Playing {
    fn has_swallowed(&self) -> bool {
        self.seen == END_OF_HEAD.len()
    }

    /// Takes the head of the answer that is replaced, and says how many bytes were of it.
    fn swallow(&mut self, bytes: &[u8]) -> usize {
        for (place, byte) in bytes.iter().enumerate() {
            self.seen = match (*byte == END_OF_HEAD[self.seen], *byte) {
                (true, _) => self.seen + 1,
                (false, b'\r') => 1,
                (false, _) => 0,
            };
            if self.has_swallowed() {
                return place + 1;
            }
        }
        bytes.len()
    }
}

impl<T: AsyncWrite + OverTcp + Unpin> Wire<T> {
    /// A client that takes nothing for as long as `patience` is given up.
    pub(crate) fn new(stream: T, connection: Connection, patience: Duration) -> Self {
        Self {
            stream,
            connection,
            playing: None,
            patience: Patience {
                limit: patience,
                left: None,
            },
        }
    }

    /// Ready with what is played, or nothing, when bytes may be taken.
    fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<&mut Playing>>> {
        ready!(self.poll_play(cx))?;
        if self.playing.is_none() {
            self.playing = self.connection.take().map(|script| Playing {
                script,
                seen: 0,
                pause: None,
            });
        }
        Poll::Ready(Ok(self.playing.as_mut()))
    }

    /// Plays what there is to play. An error ends the connection: whoever drives it drops it.
    fn poll_play(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(playing) = self
            .playing
            .as_mut()
            .filter(|playing| playing.has_swallowed())
        else {
            return Poll::Ready(Ok(()));
        };
        let (stream, patience) = (&mut self.stream, &mut self.patience);
        loop {
            if let Some(pause) = &mut playing.pause {
                ready!(pause.as_mut().poll(cx));
                playing.pause = None;
            }
            match playing.script.steps.front_mut() {
                None => break,
                Some(Step::Wait(duration)) => playing.pause = Some(Box::pin(sleep(*duration))),
                Some(Step::Send(bytes)) => {
                    while !bytes.is_empty() {
                        let sent = Pin::new(&mut *stream).poll_write(cx, bytes);
                        let sent = ready!(patience.with(cx, sent))?;
                        if sent == 0 {
                            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                        }
                        let _ = bytes.split_to(sent);
                    }
                    let sent = Pin::new(&mut *stream).poll_flush(cx);
                    ready!(patience.with(cx, sent))?;
                }
            }
            playing.script.steps.pop_front();
        }
        match playing.script.end {
            End::Keep => {
                self.playing = None;
                return Poll::Ready(Ok(()));
            }
            End::Close => ready!(Pin::new(&mut *stream).poll_shutdown(cx))?,
            End::Reset => stream.tcp().set_zero_linger()?,
        }
        Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Wire<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + OverTcp + Unpin> AsyncWrite for Wire<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        if let Some(playing) = ready!(wire.poll_take(cx))? {
            return Poll::Ready(Ok(playing.swallow(bytes)));
        }
        let sent = Pin::new(&mut wire.stream).poll_write(cx, bytes);
        wire.patience.with(cx, sent)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        if let Some(playing) = ready!(wire.poll_take(cx))? {
            let first = slices.iter().find(|slice| !slice.is_empty());
            return Poll::Ready(Ok(first.map_or(0, |slice| playing.swallow(slice))));
        }
        let sent = Pin::new(&mut wire.stream).poll_write_vectored(cx, slices);
        wire.patience.with(cx, sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        ready!(wire.poll_play(cx))?;
        let sent = Pin::new(&mut wire.stream).poll_flush(cx);
        wire.patience.with(cx, sent)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        ready!(wire.poll_play(cx))?;
        Pin::new(&mut wire.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = TcpStream::connect(address).await.unwrap();
        let (stream, peer) = listener.accept().await.unwrap();
        let patience = Duration::from_millis(20);
        let mut wire = Wire::new(stream, Connection::new(peer.ip()), patience);
        let endless = async { while wire.write_all(&[0; 8192]).await.is_ok() {} };
        // Fails when it is waited for; the socket's buffers take a while to fill.
        timeout(Duration::from_secs(10), endless).await.unwrap();
        let error = wire.write_all(&[0; 8192]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(client);
    }

    #[test]
    fn a_head_is_swallowed_in_any_pieces_and_nothing_after_it() {
        let head = b"HTTP/1.1 200 OK\r\r\ncontent-length: 0\r\n\r\n";
        for size in 1..=head.len() + 4 {
            let bytes = [head.as_slice(), b"next"].concat();
            let mut playing = Playing {
                script: Script {
                    steps: [].into(),
                    end: End::Keep,
                },
                seen: 0,
                pause: None,
            };
            let mut swallowed = 0;
            for piece in bytes.chunks(size) {
                if !playing.has_swallowed() {
                    swallowed += playing.swallow(piece);
                }
            }
            assert_eq!(swallowed, head.len(), "in pieces of {size}");
        }
    }
}
