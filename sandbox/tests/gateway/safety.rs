//! What keeps the sandbox to this machine, and what keeps it alive.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use antom_core::CreateVaultingSession;
use antom_sandbox::{Sandbox, Settings, StartError};
use tokio::runtime::Runtime;

use crate::support::{BODY, Draft, Running, TEST_PATH};

fn start(settings: Settings) -> Result<Sandbox, StartError> {
    let runtime = Runtime::new().unwrap();
    let started = runtime.block_on(Sandbox::start(settings));
    runtime.shutdown_background();
    started
}

#[test]
fn it_listens_on_loopback_only() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let address: SocketAddr = address.parse().unwrap();
        let settings = Settings {
            http: address,
            ..Settings::default()
        };
        let error = start(settings).err().unwrap();
        assert!(matches!(error, StartError::NotLoopback(_)), "{error}");
        assert!(error.to_string().contains("only on this machine"));
    }
}

#[test]
fn a_busy_port_is_named() {
    let running = Running::start();
    let url = running.sandbox().http_url();
    let busy: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
    let settings = Settings {
        http: busy,
        https: "127.0.0.1:0".parse().unwrap(),
        ..Settings::default()
    };
    let message = start(settings).err().unwrap().to_string();
    assert!(
        message.contains(&format!("port {}", busy.port())),
        "{message}"
    );
    assert!(message.contains("--http 127.0.0.1:0"), "{message}");
}

#[test]
fn a_client_id_that_is_no_header_is_refused() {
    for client_id in ["", "SANDBOX_", "a b", "a\r\nb", "é"] {
        let settings = Settings {
            client_id: client_id.into(),
            http: "127.0.0.1:0".parse().unwrap(),
            https: "127.0.0.1:0".parse().unwrap(),
            ..Settings::default()
        };
        let error = start(settings).err().unwrap();
        assert!(matches!(error, StartError::ClientId), "{client_id:?}");
    }
}

#[test]
fn other_host_names_are_refused() {
    let running = Running::start();
    let draft = Draft::default();
    let request = draft.sign(&running.merchant);
    for good in ["localhost", "LOCALHOST:8080", "127.0.0.1:8443", "[::1]:1"] {
        let answer = running.send(&request.clone().replace("host", good));
        running.assert_signed(&answer, &draft, "SUCCESS");
    }
    for bad in ["rebind.example", "127.0.0.1.example:8080", "127.0.0.2"] {
        let answer = running.send(&request.clone().replace("host", bad));
        assert_eq!(answer.status, 421);
        answer.assert_unsigned("ACCESS_DENIED");
    }
    // The target's authority counts as well, and one name is not enough.
    let absolute = format!("POST http://rebind.example{TEST_PATH} HTTP/1.1");
    assert_eq!(
        running.send(&request.clone().with_line(&absolute)).status,
        421
    );
    assert_eq!(running.send(&request.clone().without("host")).status, 421);
    let two = request.with("Host", "rebind.example");
    assert_eq!(running.send(&two).status, 421);
}

#[test]
fn a_body_of_one_mebibyte_is_read_and_a_larger_one_refused() {
    let running = Running::start();
    let limit = 1024 * 1024;
    for (size, status) in [(limit, 200), (limit + 1, 413), (4 * limit, 413)] {
        let mut body = r#"{"paymentMethodType":"CARD","vaultingRequestId":"1","x":""#.to_owned();
        body.extend(std::iter::repeat_n('x', size - body.len() - 2));
        body += r#""}"#;
        let draft = Draft {
            body: &body,
            ..Draft::default()
        };
        let answer = running.send(&draft.sign(&running.merchant));
        assert_eq!(answer.status, status, "{size}");
        if status == 200 {
            running.assert_signed(&answer, &draft, "SUCCESS");
        } else {
            answer.assert_unsigned("PARAM_ILLEGAL");
        }
    }
}

#[test]
fn what_is_not_http_or_not_tls_disturbs_nobody() {
    let running = Running::start();
    let https = running.sandbox().https_url();
    let https = https.strip_prefix("https://").unwrap();
    for noise in [&b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], &[0; 64]] {
        let mut stream = TcpStream::connect(https).unwrap();
        stream.write_all(noise).unwrap();
        let _ = stream.read(&mut [0; 64]);
        let mut stream = running.connect();
        stream.write_all(&noise[1..]).unwrap();
        let _ = stream.read(&mut [0; 64]);
    }
    assert_eq!(running.send_body(BODY).code(), "SUCCESS");
}

#[test]
fn stopping_does_not_wait_for_idle_or_half_open_connections() {
    let running = Running::start();
    let https = running.sandbox().https_url();
    let _idle = running.connect();
    let _no_handshake = TcpStream::connect(https.strip_prefix("https://").unwrap()).unwrap();
    let mut half_sent = running.connect();
    half_sent.write_all(b"POST / HTTP/1.1\r\nHost: ").unwrap();
    // Connections are accepted in order: once these are answered, those above are open.
    assert_eq!(running.send_body(BODY).code(), "SUCCESS");
    let request = CreateVaultingSession {
        payment_method_type: "CARD".into(),
        ..Default::default()
    };
    let client = running.client().build().unwrap();
    client.create_vaulting_session(&request).unwrap();

    let begin = Instant::now();
    drop(running);
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_request_that_breaks_off_is_logged() {
    let running = Running::start();
    let request = Draft::default().sign(&running.merchant);
    let mut stream = running.connect();
    stream.write_all(&request.head()).unwrap();
    stream.write_all(&request.body[..10]).unwrap();
    stream.shutdown(Shutdown::Both).unwrap();
    let begin = Instant::now();
    while running.exchanges().is_empty() && begin.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let exchange = running
        .exchanges()
        .pop()
        .expect("one line for each request");
    assert_eq!(exchange.verdict.code, "UNKNOWN_EXCEPTION");
    assert_eq!(exchange.verdict.http_status, 408);
}
