//! How fast createVaultingSession is answered, against the two RSA operations that each call needs, measured in the
//! same run; and whether memory stays flat. Ends with status 1 where a limit is missed.
//!
//! Both rates are for each second of processor time, with several connections kept busy: a rate of the sandbox, not of
//! the client beside it (docs/decisions.md). `make bench-sandbox` runs it; it takes about a minute.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use antom_core::signature::{Content, KeyInput, SignatureHeader, SigningKey};
use antom_sandbox::{DEFAULT_CLIENT_ID, Sandbox, Settings};
use cpu_time::{ProcessTime, ThreadTime};

const PATH: &str = "/ams/sandbox/api/v1/vaults/createVaultingSession";
const TIME: &str = "1685599933871";

/// Calls and RSA operations are measured in turns, so that both see the same machine.
const ROUNDS: usize = 15;
const CALLS_PER_ROUND: u32 = 800;
/// Each has one call at a time under way.
const CONNECTIONS: usize = 8;
/// The least share of the rate that the RSA operations allow.
const LEAST_SHARE: f64 = 0.85;

const CALLS_BEFORE: u32 = 10_000;
const CALLS_IN_ALL: u32 = 100_000;
/// How much the process may grow between these two, in KiB.
const MOST_GROWTH_KIB: u64 = 8 * 1024;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let settings = Settings {
        http: ([127, 0, 0, 1], 0).into(),
        https: ([127, 0, 0, 1], 0).into(),
        ..Settings::default()
    };
    let sandbox = runtime
        .block_on(Sandbox::start(settings))
        .expect("the sandbox starts");
    let key = KeyInput::path(sandbox.files().merchant_private_key());
    let key = SigningKey::load(&key).expect("the merchant's key is readable");
    let url = sandbox.http_url();
    let connect = || Connection::to(url.trim_start_matches("http://"));
    let mut connections: Vec<_> = (0..CONNECTIONS).map(|_| connect()).collect();
    let is_fast = measure_speed(&mut connections, &key);
    let is_flat = measure_memory(&mut connections[0], key);
    drop(connections);
    runtime.block_on(sandbox.stop());
    if is_fast && is_flat {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn measure_speed(connections: &mut [Connection], key: &SigningKey) -> bool {
    let mut shares = Vec::new();
    let mut next_id = 0..;
    for round in 0..=ROUNDS {
        let requests: Vec<_> = next_id
            .by_ref()
            .take(CALLS_PER_ROUND as usize)
            .map(|id: u32| signed_request(key, &format!("speed-{id}")))
            .collect();
        let calls = rate(calls(connections, &requests));
        let rsa = rate(rsa_operations(key));
        // The first round warms up.
        if round > 0 {
            println!(
                "{calls:7.1} calls/s   {rsa:7.1} RSA pairs/s   {:5.1} %",
                100.0 * calls / rsa
            );
            shares.push(calls / rsa);
        }
    }
    shares.sort_by(f64::total_cmp);
    let median = shares[ROUNDS / 2];
    println!(
        "createVaultingSession reaches {:.1} % (median) of what its RSA operations allow; at least {:.0} % are wanted",
        100.0 * median,
        100.0 * LEAST_SHARE
    );
    median >= LEAST_SHARE
}

fn rate(used: Duration) -> f64 {
    f64::from(CALLS_PER_ROUND) / used.as_secs_f64()
}

/// The processor time that the sandbox takes for these: all that the process takes, on every thread, without what the
/// client does on this one.
fn calls(connections: &mut [Connection], requests: &[Vec<u8>]) -> Duration {
    let (process, client) = (ProcessTime::now(), ThreadTime::now());
    for requests in requests.chunks(connections.len()) {
        for (connection, request) in connections.iter_mut().zip(requests) {
            connection.send(request);
        }
        for (connection, _) in connections.iter_mut().zip(requests) {
            connection.receive();
        }
    }
    process.elapsed().saturating_sub(client.elapsed())
}

/// One verification and one signature for each call of a round, with the same kind of key.
fn rsa_operations(key: &SigningKey) -> Duration {
    let body = body("rsa");
    let content = of_body(&body);
    let bytes = content.to_bytes();
    let signature = content.sign(key).expect("the key signs");
    let public = key.verifying_key();
    let begin = ThreadTime::now();
    for _ in 0..CALLS_PER_ROUND {
        assert!(public.verify(&bytes, &signature));
        content.sign(key).expect("the key signs");
    }
    begin.elapsed()
}

fn measure_memory(connection: &mut Connection, key: SigningKey) -> bool {
    let (requests, signed) = sync_channel(64);
    let preparing = thread::spawn(move || {
        for id in 0..CALLS_IN_ALL {
            let request = signed_request(&key, &format!("memory-{id}"));
            requests.send(request).expect("somebody wants it");
        }
    });
    let mut before = 0;
    for (call, request) in (1..).zip(signed) {
        connection.send(&request);
        connection.receive();
        if call == CALLS_BEFORE {
            before = resident_kib();
        }
    }
    preparing.join().expect("signing does not panic");
    let after = resident_kib();
    println!(
        "resident after {CALLS_BEFORE} calls: {before} KiB, after {CALLS_IN_ALL}: {after} KiB"
    );
    after.saturating_sub(before) <= MOST_GROWTH_KIB
}

/// From the kernel; only on Linux.
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("there is /proc");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|number| number.parse().ok())
        .expect("VmRSS is a number")
}

fn body(id: &str) -> String {
    format!(
        r#"{{"paymentMethodType":"CARD","vaultingRequestId":"{id}","vaultingNotificationUrl":"https://shop.example/notify","redirectUrl":"https://shop.example/return"}}"#
    )
}

fn of_body(body: &str) -> Content<'_> {
    Content {
        method: "POST",
        path: PATH,
        client_id: DEFAULT_CLIENT_ID,
        time: TIME,
        body: body.as_bytes(),
    }
}

fn signed_request(key: &SigningKey, id: &str) -> Vec<u8> {
    let body = body(id);
    let signature = of_body(&body).sign(key).expect("the key signs");
    let signature = SignatureHeader::write(&signature, "1");
    let length = body.len();
    format!(
        "POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json; charset=UTF-8\r\n\
         client-id: {DEFAULT_CLIENT_ID}\r\nrequest-time: {TIME}\r\nsignature: {signature}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

struct Connection(BufReader<TcpStream>);

impl Connection {
    fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the sandbox listens");
        stream.set_nodelay(true).expect("a socket has this option");
        Self(BufReader::new(stream))
    }

    fn send(&mut self, request: &[u8]) {
        self.0.get_mut().write_all(request).expect("it is taken");
    }

    fn receive(&mut self) {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).expect("there is an answer");
            if let Some(text) = line.strip_prefix("content-length: ") {
                length = text.trim().parse().expect("a length is a number");
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("the answer is whole");
        let success = br#""resultCode":"SUCCESS""#;
        let is_good = body.windows(success.len()).any(|part| part == success);
        assert!(is_good, "{}", String::from_utf8_lossy(&body));
    }
}
