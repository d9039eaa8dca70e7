//! A tiny CONNECT proxy. Whatever host is asked for, it connects to the gateway.

use std::io::{self, BufReader, Write};
use std::net::SocketAddr;
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::http::Request;
use crate::network::Tcp;

/// User name and password of the proxy that wants them.
pub(crate) const USER: &str = "proxy-user";
pub(crate) const PASSWORD: &str = "proxy-password-for-tests";

/// What a proxy does with a CONNECT.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// Lets everybody through.
    Open,
    /// Lets through who gives the password.
    WithPassword,
    /// Lets nobody through.
    Refusing,
}

/// Serves one connection.
pub(crate) fn serve(
    mut client: Tcp,
    manner: Manner,
    gateway: SocketAddr,
    connect: &impl Fn(SocketAddr) -> io::Result<Tcp>,
) -> io::Result<()> {
    let Some(request) = Request::read(&mut BufReader::new(client.clone()))? else {
        return Ok(());
    };
    let password = format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"))
    );
    let is_let_through = match manner {
        Manner::Open => !request.has_header("proxy-authorization"),
        Manner::WithPassword => request.header("proxy-authorization") == Some(&password),
        Manner::Refusing => false,
    };
    // Nothing of the call itself may reach the proxy.
    let is_clean = !request.has_header("signature") && request.body.is_empty();
    if request.method != "CONNECT" || !is_let_through || !is_clean {
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    }
    let upstream = connect(gateway)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (from_client, to_upstream) = (client.clone(), upstream.clone());
    let upwards = thread::spawn(move || pump(from_client, to_upstream));
    pump(upstream, client);
    let _ = upwards.join();
    Ok(())
}

fn pump(mut from: Tcp, mut to: Tcp) {
    let _ = io::copy(&mut from, &mut to);
    to.finish_writing();
}
