//! A client in a forked child: in a program of its own, so that no other test runs while it forks.
#![cfg(unix)]

use std::collections::HashSet;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use antom_core::signature::KeyInput;
use antom_core::{Client, CreateVaultingSession, Error};
use antom_test_gateway::TestGateway;
use fork::{Fork, fork, waitpid};

/// Enough to meet a thread in the middle of a signature: one fork in three does.
const CHILDREN: u64 = 30;

/// Forking is for one test at a time: a child inherits the locks that other threads hold.
static ALONE: Mutex<()> = Mutex::new(());

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

/// Forks, lets the child run this, and gives its wait status: 0 where it succeeded.
fn in_a_child(run: impl FnOnce() -> Result<(), Error>) -> i32 {
    match fork().unwrap() {
        Fork::Child => process::exit(match run() {
            Ok(()) => 0,
            Err(error) => error.kind().number(),
        }),
        Fork::Parent(child) => waitpid(child).unwrap(),
    }
}

#[test]
fn parent_child_and_grandchild_call_on_connections_of_their_own() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let gateway = TestGateway::start().unwrap();
    let client = client(&gateway);
    let call = |id: &str| create(&client, id.to_owned());
    // Its connection is idle when the child inherits it.
    call("parent").unwrap();
    let status = in_a_child(|| {
        call("child")?;
        let status = in_a_child(|| call("grandchild").and_then(|()| call("grandchild again")));
        assert_eq!(status, 0);
        call("child again")
    });
    assert_eq!(status, 0);
    call("parent again").unwrap();
    let connection = |id: &str| match &gateway.attempts(id)[..] {
        [attempt] => attempt.connection,
        attempts => panic!("{id}: {} attempts", attempts.len()),
    };
    let processes = ["parent", "child", "grandchild"].map(|process| {
        // Each keeps the connection that it has opened.
        assert_eq!(connection(process), connection(&format!("{process} again")));
        connection(process)
    });
    assert_eq!(HashSet::from(processes).len(), 3);
    assert_eq!(gateway.connections(), 3);
}

#[test]
fn a_child_that_is_forked_while_other_threads_sign_makes_calls_of_its_own() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
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
            .map(|number| in_a_child(|| create(&client, format!("child {number}"))))
            .collect();
        done.store(true, Ordering::Relaxed);
        statuses
    });
    assert!(statuses.iter().all(|status| *status == 0), "{statuses:?}");
    // Each child opened its own connection, and left the parent's alone.
    create(&client, "after".to_owned()).unwrap();
    assert_eq!(gateway.connections(), 1 + CHILDREN);
}
