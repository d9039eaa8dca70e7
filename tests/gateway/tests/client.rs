//! What a client keeps over many calls: its connections, its answers, and the right to be closed.

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use antom_core::{Client, CreateVaultingSession, Error, ErrorKind, VaultingSession};
use antom_test_gateway::TestGateway;
use serde_json::Map;

/// A case of `failures.json` to which the gateway never answers.
const SILENT: &str = "silence_leaves_the_outcome_unknown";
/// A case of `trust.json` after whose good answer the gateway closes the connection without a word.
const CLOSED_AFTERWARDS: &str = "an_answer_before_the_connection_closes_is_read";

fn start() -> (TestGateway, Client) {
    let gateway = TestGateway::start().unwrap();
    let client = support::client(&gateway, &Map::new()).unwrap();
    (gateway, client)
}

fn create(client: &Client, id: Option<&str>) -> Result<VaultingSession, Error> {
    client.create_vaulting_session(&CreateVaultingSession {
        payment_method_type: "CARD".into(),
        vaulting_request_id: id.map(str::to_owned),
        ..Default::default()
    })
}

#[test]
fn calls_one_after_the_other_share_one_connection() {
    let (gateway, client) = start();
    for number in 0..20 {
        create(&client, Some(&format!("call {number}"))).unwrap();
    }
    assert_eq!(gateway.connections(), 1);
}

#[test]
fn a_connection_that_the_gateway_closed_is_not_used_again() {
    let (gateway, client) = start();
    create(&client, Some(CLOSED_AFTERWARDS)).unwrap();
    thread::sleep(Duration::from_millis(100));
    create(&client, Some("the next one")).unwrap();
    assert_eq!(gateway.connections(), 2);
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
fn eight_threads_share_one_client_and_get_their_own_answers() {
    let (gateway, client) = start();
    thread::scope(|scope| {
        for number in 0..8 {
            let client = &client;
            scope.spawn(move || {
                for call in 0..20 {
                    let id = format!("thread {number}, call {call}");
                    let session = create(client, Some(&id)).unwrap();
                    assert_eq!(session.request_id, id);
                    assert_eq!(session.data.expose(), &format!("DATA+/{id}==&&SG&&111"));
                }
            });
        }
    });
    let connections = gateway.connections();
    assert!(
        (1..=8).contains(&connections),
        "{connections} connections for 8 threads"
    );
}

#[test]
fn an_id_that_is_left_out_is_a_new_uuid_each_time() {
    let (_gateway, client) = start();
    let request = CreateVaultingSession {
        payment_method_type: "CARD".into(),
        ..Default::default()
    };
    let ids: HashSet<String> = (0..5)
        .map(|_| client.create_vaulting_session(&request).unwrap().request_id)
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
    let down = Map::from_iter([("endpoint".to_owned(), "@down".into())]);
    let client = support::client(&gateway, &down).unwrap();
    let error = create(&client, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent);
    assert_eq!(error.request_id().map(str::len), Some(36));
}

#[test]
fn close_ends_a_call_that_waits() {
    let (_gateway, client) = start();
    let client = Arc::new(client);
    let waiting = {
        let client = Arc::clone(&client);
        thread::spawn(move || create(&client, Some(SILENT)))
    };
    thread::sleep(Duration::from_millis(500));
    assert!(!waiting.is_finished(), "the gateway is not silent");
    let closed = Instant::now();
    client.close();
    let error = waiting.join().unwrap().unwrap_err();
    assert!(
        closed.elapsed() < Duration::from_secs(1),
        "it took {:?}",
        closed.elapsed()
    );
    // The request had left: closing does not make it unsent.
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert!(error.message().contains("the client was closed"), "{error}");
    assert_eq!(error.request_id(), Some(SILENT));
}

#[test]
fn close_ends_a_handshake_that_waits() {
    let gateway = TestGateway::start().unwrap();
    let stalled = Map::from_iter([("endpoint".to_owned(), "@stalled".into())]);
    let client = Arc::new(support::client(&gateway, &stalled).unwrap());
    let waiting = {
        let client = Arc::clone(&client);
        thread::spawn(move || create(&client, None))
    };
    thread::sleep(Duration::from_millis(300));
    let closed = Instant::now();
    client.close();
    let error = waiting.join().unwrap().unwrap_err();
    assert!(
        closed.elapsed() < Duration::from_secs(1),
        "it took {:?}",
        closed.elapsed()
    );
    assert_eq!(error.kind(), ErrorKind::Closed);
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
