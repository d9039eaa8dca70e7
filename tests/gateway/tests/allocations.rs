//! What a call allocates on an open connection: the same each time, and more only as the bodies are longer. The gateway
//! runs as a process of its own, so that only the client is counted.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use antom_core::signature::KeyInput;
use antom_core::{Client, Repeat};
use dhat::HeapStats;
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const CREATE: &str = "/ams/api/v1/vaults/createVaultingSession";

struct Gateway {
    process: Child,
    settings: Value,
}

impl Gateway {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_antom-test-gateway"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let ready = process.stdout.take().unwrap();
        BufReader::new(ready).read_line(&mut line).unwrap();
        let mut ready: Value = serde_json::from_str(&line).unwrap();
        Self {
            process,
            settings: ready["settings"].take(),
        }
    }

    fn client(&self) -> Client {
        let setting = |name: &str| self.settings[name].as_str().unwrap();
        Client::builder(setting("client_id"))
            .private_key(KeyInput::path(setting("private_key_path")))
            .antom_public_key(KeyInput::path(setting("antom_public_key_path")))
            .endpoint(setting("endpoint"))
            .ca_certificate_path(setting("ca_certificate_path"))
            .max_retries(0)
            .build()
            .unwrap()
    }
}

impl Drop for Gateway {
    /// It ends when its standard input does.
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

#[derive(Clone, Copy, Debug)]
struct Cost {
    blocks: u64,
    bytes: u64,
}

impl Cost {
    /// What a call costs whose request and answer both hold an id of this length.
    fn of_a_call(client: &Client, id_length: usize) -> Self {
        let id = "i".repeat(id_length);
        let body = json!({"paymentMethodType": "CARD", "vaultingRequestId": id}).to_string();
        let before = HeapStats::get();
        let answer = client.call(CREATE, &body, Repeat::Harmless).unwrap();
        assert!(answer.json.expose().len() > id_length);
        drop(answer);
        let after = HeapStats::get();
        Self {
            blocks: after.total_blocks - before.total_blocks,
            bytes: after.total_bytes - before.total_bytes,
        }
    }

    /// The median: the encoded length of a signature differs from call to call, and now and then a buffer doubles for it.
    fn typical(costs: &[Self]) -> Self {
        let median = |cost: fn(&Self) -> u64| {
            let mut sorted: Vec<u64> = costs.iter().map(cost).collect();
            sorted.sort_unstable();
            sorted[sorted.len() / 2]
        };
        Self {
            blocks: median(|cost| cost.blocks),
            bytes: median(|cost| cost.bytes),
        }
    }
}

/// A call makes copies of its bodies: to check, to sign, to send, to receive in a buffer that doubles, to verify, to
/// give out. Measured: 13 bytes for each byte that is in both bodies.
const COPIES: u64 = 16;

#[test]
fn a_call_allocates_the_same_each_time_and_more_only_for_longer_bodies() {
    let gateway = Gateway::start();
    let _profiler = dhat::Profiler::builder().testing().build();
    let client = gateway.client();
    let mut costs = Vec::with_capacity(1000);
    let call = |costs: &mut Vec<Cost>| costs.push(Cost::of_a_call(&client, 36));
    (0..10).for_each(|_| call(&mut costs));
    let held = HeapStats::get().curr_bytes;
    (10..1000).for_each(|_| call(&mut costs));
    let kept = HeapStats::get().curr_bytes.saturating_sub(held);
    let (early, late) = (Cost::typical(&costs[10..110]), Cost::typical(&costs[900..]));
    println!("calls 10 to 110: {early:?}, calls 900 to 1000: {late:?}, kept {kept} bytes");
    assert!(late.blocks <= early.blocks + 3, "{late:?} after {early:?}");
    assert!(late.bytes <= early.bytes + 500, "{late:?} after {early:?}");
    assert!(kept < 1024, "990 calls kept {kept} bytes");

    for length in [10_000, 20_000, 40_000, 60_000] {
        let cost = Cost::of_a_call(&client, length);
        println!("an id of {length}: {cost:?}");
        let most = early.bytes + COPIES * u64::try_from(length).unwrap();
        assert!(cost.bytes <= most, "{length}: {cost:?}");
        // Buffers double, so their number grows by one where the length doubles.
        assert!(cost.blocks <= early.blocks + 30, "{length}: {cost:?}");
    }
}
