//! What a client keeps over many calls: its connections, its answers, and the right to be closed.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::io::{self, Read as _, Write as _};
#[cfg(target_os = "linux")]
use std::net::Ipv4Addr;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use antom_core::{Client, Error, ErrorKind, Repeat, VaultingSession};
use antom_test_gateway::TestGateway;
use serde_json::json;
use socket2::SockRef;
#[cfg(target_os = "linux")]
use socket2::{Domain, Socket, Type};

use crate::support::{self, CREATE, Server, answers, create};

/// A case of `failures.json` to which the gateway never answers.
const SILENT: &str = "silence_leaves_the_outcome_unknown";

fn start() -> (TestGateway, Client) {
    let gateway = TestGateway::start().unwrap();
    let client = support::client(&gateway, &json!({}));
    (gateway, client)
}

#[test]
fn calls_one_after_the_other_share_one_connection() {
    let (gateway, client) = start();
    for number in 0..20 {
        create(&client, Some(&format!("call {number}"))).unwrap();
    }
    assert_eq!(gateway.connections(), 1);
}

/// What waits on a connection, below TLS or above it, must not become the answer to the next call.
#[test]
fn a_surplus_answer_is_not_taken_for_the_next_one() {
    let (gateway, client) = start();
    for length in (100..8000).step_by(700) {
        let (first, second) = (format!("first {length}"), format!("second {length}"));
        let body = json!({
            "result": {"resultStatus": "S", "resultCode": "SUCCESS"},
            "vaultingSessionData": "x".repeat(length),
            "vaultingSessionId": first,
            "vaultingSessionExpiryTime": "2026-08-17T13:00:00+08:00",
        });
        let script = json!({"fault": "surplus", "body": body.to_string()});
        gateway.add(CREATE, &first, answers(script));
        assert_eq!(create(&client, Some(&first)).unwrap().id, first);
        let id = create(&client, Some(&second)).unwrap().id;
        assert!(id.contains(&second), "{length}: {id}");
    }
}

#[test]
fn a_failed_answer_costs_no_connection() {
    let (gateway, client) = start();
    for id in [
        "a_signed_failure_is_an_api_error",
        "unsigned_success_is_refused",
    ] {
        create(&client, Some(id)).unwrap_err();
    }
    create(&client, None).unwrap();
    assert_eq!(gateway.connections(), 1);
}

#[test]
fn a_connection_is_not_used_again_after_half_an_answer() {
    let (gateway, client) = start();
    let error = create(&client, Some("an_answer_of_two_mebibytes_is_refused")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UntrustedResponse);
    let session = create(&client, Some("the next one")).unwrap();
    assert_eq!(session.data.expose(), "DATA+/the next one==&&SG&&111");
    assert_eq!(gateway.connections(), 2);
}

#[test]
fn a_connection_that_ended_its_tls_is_not_used_again() {
    let (gateway, client) = start();
    gateway.add(CREATE, "last", answers(json!({"fault": "goodbye"})));
    for _ in 0..2 {
        create(&client, Some("last")).unwrap();
        create(&client.with_max_retries(0), None).unwrap();
    }
    assert_eq!(gateway.connections(), 3);
}

#[test]
fn thirty_two_threads_share_one_client_and_get_their_own_answers() {
    let (gateway, client) = start();
    thread::scope(|scope| {
        for number in 0..32 {
            let client = &client;
            scope.spawn(move || {
                for call in 0..100 {
                    let id = format!("thread {number}, call {call}");
                    let session = create(client, Some(&id)).unwrap();
                    assert_eq!(session.request_id, id);
                    assert_eq!(session.data.expose(), &format!("DATA+/{id}==&&SG&&111"));
                }
            });
        }
    });
    let connections = gateway.connections();
    assert!((1..=32).contains(&connections), "{connections} connections");
}

#[test]
fn an_id_that_is_left_out_is_a_new_uuid_each_time() {
    let (_gateway, client) = start();
    let ids: HashSet<String> = (0..5)
        .map(|_| create(&client, None).unwrap().request_id)
        .collect();
    assert_eq!(ids.len(), 5);
    for id in ids {
        let parts: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
    }
}

#[test]
fn an_error_names_the_id_that_the_client_made() {
    let (gateway, _) = start();
    let client = support::client(&gateway, &json!({"endpoint": "@down"}));
    let error = create(&client, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent);
    assert_eq!(error.request_id().map(str::len), Some(36));
}

/// How often a call is closed: the quickest of them counts, because the machine may be busy with other tests.
const ROUNDS: usize = 5;
const QUICK: Duration = Duration::from_millis(100);

/// Closes the client while `waiting` runs, and gives its error and how long it took to return.
fn close_while(
    client: &Client,
    waiting: thread::ScopedJoinHandle<'_, Result<VaultingSession, Error>>,
) -> (Error, Duration) {
    let begin = Instant::now();
    client.close();
    let error = waiting.join().unwrap().unwrap_err();
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(1), "it took {took:?}");
    (error, took)
}

#[test]
fn close_ends_a_call_that_waits() {
    let rounds = (0..ROUNDS).map(|_| {
        let (gateway, client) = start();
        let (error, took) = thread::scope(|scope| {
            let waiting = scope.spawn(|| create(&client, Some(SILENT)));
            gateway.wait_for_attempt(SILENT, 1);
            close_while(&client, waiting)
        });
        // The request had left: closing does not make it unsent.
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
        assert!(error.message().contains("the client was closed"), "{error}");
        assert_eq!(error.request_id(), Some(SILENT));
        took
    });
    let quickest = rounds.min().unwrap();
    assert!(quickest < QUICK, "it took {quickest:?}");
}

#[test]
fn close_ends_a_handshake_that_waits() {
    let gateway = TestGateway::start().unwrap();
    let rounds = (0..ROUNDS).map(|_| {
        let (begun, handshake) = mpsc::channel();
        let stalled = Server::start(move |_, mut stream| {
            let _ = stream.read(&mut [0]);
            let _ = begun.send(());
            support::hold(stream);
        });
        let endpoint = format!("https://{}", stalled.address);
        let client = support::client(&gateway, &json!({"endpoint": endpoint}));
        let (error, took) = thread::scope(|scope| {
            let waiting = scope.spawn(|| create(&client, None));
            handshake.recv().unwrap();
            close_while(&client, waiting)
        });
        assert_eq!(error.kind(), ErrorKind::Closed);
        took
    });
    let quickest = rounds.min().unwrap();
    assert!(quickest < QUICK, "it took {quickest:?}");
}

/// A port on which a connection neither opens nor fails: its listener's queue is full.
#[cfg(target_os = "linux")]
fn full_queue() -> (Socket, SocketAddr, Vec<Socket>) {
    let socket = || Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let listener = socket();
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let waiting = (0..4).map(|_| {
        let client = socket();
        client.set_nonblocking(true).unwrap();
        let _ = client.connect(&address.into());
        client
    });
    (listener, address, waiting.collect())
}

/// Connecting itself cannot be interrupted, but it has a limit, and nothing is sent afterwards.
#[test]
#[cfg(target_os = "linux")]
fn a_call_that_connects_while_the_client_is_closed_ends_with_the_connect_timeout_and_sends_nothing()
{
    let (_listener, address, _waiting) = full_queue();
    let gateway = TestGateway::start().unwrap();
    let settings = json!({"endpoint": format!("https://{address}"), "connect_timeout_ms": 600});
    let client = support::client(&gateway, &settings);
    let begin = Instant::now();
    let error = thread::scope(|scope| {
        let waiting = scope.spawn(|| create(&client, None));
        thread::sleep(Duration::from_millis(100));
        client.close();
        waiting.join().unwrap().unwrap_err()
    });
    assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    let took = begin.elapsed();
    assert!(took < Duration::from_millis(1500), "it took {took:?}");
}

thread_local! {
    static QUESTIONS: Cell<u32> = const { Cell::new(0) };
}

fn never() -> bool {
    QUESTIONS.set(QUESTIONS.get() + 1);
    false
}

fn at_once() -> bool {
    true
}

/// The error of a call that is interrupted at the first question, and that this was soon.
fn interrupted(client: &Client, id: Option<&str>) -> Error {
    let begin = Instant::now();
    let error = create(&client.with_interrupt(at_once), id).unwrap_err();
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(2), "it took {took:?}");
    assert_eq!(error.attempts(), 1, "{error}");
    error
}

#[test]
fn a_call_that_waits_for_its_answer_can_be_interrupted_and_may_have_been_processed() {
    let (_gateway, client) = start();
    let client = client.with_max_retries(2);
    let error = interrupted(&client, Some(SILENT));
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert!(error.is_retryable());
    assert!(
        error.message().contains("the call was interrupted"),
        "{error}"
    );
    create(&client, Some("the next")).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn a_call_that_connects_can_be_interrupted_and_sends_nothing() {
    let (_listener, address, _waiting) = full_queue();
    let gateway = TestGateway::start().unwrap();
    let settings = json!({"endpoint": format!("https://{address}"), "max_retries": 2});
    let error = interrupted(&support::client(&gateway, &settings), None);
    assert_eq!(error.kind(), ErrorKind::NotSent);
    assert!(error.is_retryable());
    assert!(
        error
            .message()
            .starts_with("the request was not sent: the call was interrupted"),
        "{error}"
    );
}

#[test]
fn a_call_that_waits_for_its_next_attempt_can_be_interrupted() {
    let (gateway, client) = start();
    let mut busy = support::unavailable();
    busy["headers"] = json!({"retry-after": "20"});
    gateway.add(CREATE, "busy", answers(busy));
    let error = interrupted(&client.with_max_retries(2), Some("busy"));
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(error.http_status(), Some(503));
}

/// More than the buffers of two sockets take.
const LARGE: usize = 8 * 1024 * 1024;

/// Passes a handshake on, if there is one, and then reads, but slowly.
fn slow_reader(gateway: SocketAddr) -> Server {
    Server::start(move |_, client| {
        let _ = SockRef::from(&client).set_recv_buffer_size(4096);
        let server = TcpStream::connect(gateway).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| io::copy(&mut &server, &mut &client));
            let _ = io::copy(&mut (&client).take(8192), &mut &server);
            while (&client).read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                thread::sleep(Duration::from_millis(20));
            }
            let _ = server.shutdown(Shutdown::Both);
        });
    })
}

/// The error of a call with a large body to a slow reader, without and with TLS, and how long it took at best.
fn write_slowly(limit: Duration, interrupt: fn() -> bool) -> [(Error, Duration); 2] {
    let gateway = TestGateway::start().unwrap();
    let json = format!(r#"{{"metadata":"{}"}}"#, "x".repeat(LARGE));
    let slow_call = |scheme: &str, to: &str| {
        let slow = slow_reader(to.rsplit('/').next().unwrap().parse().unwrap());
        let endpoint = format!("{scheme}://{}", slow.address);
        let client = support::client(&gateway, &json!({"endpoint": endpoint}))
            .with_timeout(limit)
            .with_interrupt(interrupt);
        let calls = (0..3).map(|_| {
            QUESTIONS.set(0);
            let begin = Instant::now();
            let error = client.call(CREATE, &json, Repeat::Harmless).unwrap_err();
            (error, begin.elapsed())
        });
        calls.min_by_key(|(_, took)| *took).unwrap()
    };
    let with_tls = gateway.ready().settings["endpoint"].as_str().unwrap();
    [
        slow_call("http", &gateway.ready().values["http"]),
        slow_call("https", with_tls),
    ]
}

/// A timeout of the socket alone begins anew with each part that the reader takes.
#[test]
fn a_slow_reader_does_not_hold_a_call_beyond_the_timeout() {
    let limit = Duration::from_secs(1);
    for (error, took) in write_slowly(limit, never) {
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        assert!(
            error
                .message()
                .contains("did not answer within the timeout"),
            "{error}"
        );
        assert!(limit <= took && took < limit * 3 / 2, "it took {took:?}");
    }
}

fn the_first_time() -> bool {
    QUESTIONS.set(QUESTIONS.get() + 1);
    QUESTIONS.get() == 1
}

/// TLS hides a write that failed, and would go on.
#[test]
fn a_call_that_is_being_sent_can_be_interrupted_and_one_yes_is_enough() {
    for (error, took) in write_slowly(Duration::from_secs(10), the_first_time) {
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        assert!(
            error.message().contains("the call was interrupted"),
            "{error}"
        );
        assert!(took < Duration::from_secs(1), "it took {took:?}");
    }
}

#[test]
fn a_call_whose_answer_comes_byte_by_byte_can_be_interrupted() {
    let gateway = TestGateway::start().unwrap();
    let slow = Server::start(|_, mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx-slow: ");
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(10));
        }
    });
    let endpoint = format!("http://{}", slow.address);
    let error = interrupted(
        &support::client(&gateway, &json!({"endpoint": endpoint})),
        None,
    );
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
}

thread_local! {
    static ANOTHER: RefCell<Option<Client>> = const { RefCell::new(None) };
}

fn after_another_call() -> bool {
    let another = ANOTHER.with_borrow(|client| create(client.as_ref().unwrap(), None));
    assert_eq!(another.unwrap_err().kind(), ErrorKind::NotSent);
    false
}

/// As a signal handler may.
#[test]
fn whoever_is_asked_may_make_a_call_and_the_first_one_still_knows_that_it_was_sent() {
    let (gateway, client) = start();
    let settings = json!({"endpoint": "https://127.0.0.1:1", "max_retries": 0});
    ANOTHER.set(Some(support::client(&gateway, &settings)));
    let client = client
        .with_timeout(Duration::from_millis(400))
        .with_interrupt(after_another_call);
    let error = create(&client, Some(SILENT)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
}

#[test]
fn a_call_that_nobody_interrupts_takes_the_time_that_it_has() {
    let (_gateway, client) = start();
    let limit = Duration::from_millis(400);
    let begin = Instant::now();
    let client = client.with_timeout(limit).with_interrupt(never);
    let error = create(&client, Some(SILENT)).unwrap_err();
    let took = begin.elapsed();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert!(
        error
            .message()
            .contains("did not answer within the timeout"),
        "{error}"
    );
    assert!(limit <= took && took < limit * 4, "it took {took:?}");
    // Every 50 ms.
    assert!((3..=9).contains(&QUESTIONS.get()), "{}", QUESTIONS.get());
}

#[test]
fn a_closed_client_stays_closed() {
    let (gateway, client) = start();
    create(&client, None).unwrap();
    client.close();
    client.close();
    let error = create(&client, Some("too late")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert_eq!(error.request_id(), Some("too late"));
    assert_eq!(gateway.connections(), 1);
}

#[test]
fn a_client_prints_none_of_its_settings() {
    let (_gateway, client) = start();
    assert_eq!(format!("{client:?}"), "Client { .. }");
}

#[test]
fn a_session_prints_neither_its_data_nor_the_whole_answer() {
    let (_gateway, client) = start();
    let session = create(&client, Some("secret")).unwrap();
    let printed = format!("{session:?} {session:#?}");
    assert!(printed.contains("secret"), "{printed}");
    assert!(!printed.contains("DATA+/"), "{printed}");
}
