//! A client in a forked child: in a program of its own, so that no other test runs while it forks.
#![cfg(unix)]

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use antom_core::signature::KeyInput;
use antom_core::{Client, CreateVaultingSession, Error};
use antom_test_gateway::TestGateway;
use fork::{Fork, fork, waitpid};

/// Enough to meet a thread in the middle of a signature: one fork in three does.
const CHILDREN: u64 = 30;

fn client(gateway: &TestGateway) -> Client {
    let setting = |name: &str| gateway.ready().settings[name].as_str().unwrap();
    Client::builder(setting("client_id"))
        .private_key(KeyInput::path(setting("private_key_path")))
        .antom_public_key(KeyInput::path(setting("antom_public_key_path")))
        .endpoint(setting("endpoint"))
        .ca_certificate_path(setting("ca_certificate_path"))
        .max_retries(0)
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

fn create(client: &Client, id: String) -> Result<(), Error> {
    let request = CreateVaultingSession {
        payment_method_type: "CARD".into(),
        vaulting_request_id: Some(id),
        ..Default::default()
    };
    client.create_vaulting_session(&request).map(drop)
}

/// Forks, lets the child call, and gives its wait status: 0 where the call succeeded.
fn call_in_a_child(client: &Client, number: u64) -> i32 {
    match fork().unwrap() {
        Fork::Child => process::exit(match create(client, format!("child {number}")) {
            Ok(()) => 0,
            Err(error) => error.kind().number(),
        }),
        Fork::Parent(child) => waitpid(child).unwrap(),
    }
}

#[test]
fn a_child_that_is_forked_while_other_threads_sign_makes_calls_of_its_own() {
    let gateway = TestGateway::start().unwrap();
    let client = client(&gateway);
    create(&client, "before".to_owned()).unwrap();
    let done = AtomicBool::new(false);
    let statuses: Vec<i32> = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    client.sign("POST", "/", "0", b"{}").unwrap();
                }
            });
        }
        let statuses = (0..CHILDREN)
            .map(|number| call_in_a_child(&client, number))
            .collect();
        done.store(true, Ordering::Relaxed);
        statuses
    });
    assert!(statuses.iter().all(|status| *status == 0), "{statuses:?}");
    // Each child opened its own connection, and left the parent's alone.
    create(&client, "after".to_owned()).unwrap();
    assert_eq!(gateway.connections(), 1 + CHILDREN);
}
