//! What a call costs: each of its steps, and the whole over TLS on a kept connection.
//!
//! The limit is one RSA signature and one verification. The last lines compare: CPU time of a signature with the
//! same by aws-lc-rs alone, of a whole call on the calling thread, of which how much is not RSA, and OpenSSL's figures of
//! the same minute where it is installed.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use antom_core::signature::{Content, GeneratedKey, KeyInput, SignatureHeader, Signer, SigningKey};
use antom_core::{Client, CreateVaultingSession, bench};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use cpu_time::ThreadTime;
use criterion::{Criterion, criterion_group, criterion_main};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sha2::{Digest, Sha256};

const CLIENT: &str = "SANDBOX_5X00000000000000";
const PATH: &str = "/ams/sandbox/api/v1/vaults/createVaultingSession";
const TIME: &str = "2026-08-17T12:00:00+08:00";
const REQUEST: &str = r#"{"paymentMethodType":"CARD","vaultingRequestId":"c9bf9e57-1685-4c89-bafb-ff5af830be8a","vaultingNotificationUrl":"https://shop.example/notify","redirectUrl":"https://shop.example/return"}"#;
const ANSWER: &str = r#"{"result":{"resultCode":"SUCCESS","resultMessage":"success.","resultStatus":"S"},"vaultingSessionData":"UNvjVWnWPXJA4BgW+vfjsQj7PbOraafHY19X+6EqMz6Kvvmsdk+akdLvoShW5avHX8e8J15P8uNVEf/PcCMyXg==&&SG&&111","vaultingSessionExpiryTime":"2026-08-17T13:00:00+08:00","vaultingSessionId":"UNvjVWnWPXJA4BgW+vfjsQj7PbOraafHY19X+6EqMz6Ikyj9FPVUOpv+DjiIZqMe"}"#;

fn request() -> CreateVaultingSession {
    CreateVaultingSession {
        payment_method_type: "CARD".into(),
        vaulting_notification_url: Some("https://shop.example/notify".into()),
        redirect_url: Some("https://shop.example/return".into()),
        ..CreateVaultingSession::default()
    }
}

fn content(time: &'static str, body: &'static str) -> Content<'static> {
    Content {
        method: "POST",
        path: PATH,
        client_id: CLIENT,
        time,
        body: body.as_bytes(),
    }
}

/// Serves one signed answer to every request, over TLS, until the process ends.
fn serve(antom: &SigningKey) -> (String, String) {
    let signature = content(TIME, ANSWER).sign(antom).expect("the key signs");
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nclient-id: {CLIENT}\r\nresponse-time: {TIME}\r\nsignature: {}\r\ncontent-length: {}\r\n\r\n{ANSWER}",
        SignatureHeader::write(&signature, "1"),
        ANSWER.len()
    );
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a certificate and its key");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let endpoint = format!("https://{}", listener.local_addr().expect("an address"));
    let config = Arc::new(config);
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let (config, answer) = (config.clone(), answer.clone());
            thread::spawn(move || answer_all(config, socket, answer.as_bytes()));
        }
    });
    (endpoint, made.cert.pem())
}

fn answer_all(config: Arc<ServerConfig>, socket: TcpStream, answer: &[u8]) -> Option<()> {
    socket.set_nodelay(true).ok()?;
    let connection = ServerConnection::new(config).ok()?;
    let mut stream = BufReader::new(StreamOwned::new(connection, socket));
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        stream.read_exact(&mut vec![0; length]).ok()?;
        stream.get_mut().write_all(answer).ok()?;
        stream.get_mut().flush().ok()?;
    }
}

/// CPU time of this thread for one run of each: the median of many rounds, in which they take turns so that whatever
/// else the machine does meets all of them.
fn cpu<const N: usize>(all: [&dyn Fn(); N]) -> [Duration; N] {
    const ROUNDS: usize = 41;
    const RUNS: u32 = 50;
    let mut rounds = [[Duration::ZERO; ROUNDS]; N];
    for round in 0..ROUNDS {
        for (run, times) in all.iter().zip(&mut rounds) {
            let begin = ThreadTime::now();
            (0..RUNS).for_each(|_| run());
            times[round] = begin.elapsed() / RUNS;
        }
    }
    rounds.map(|mut times| {
        times.sort_unstable();
        times[ROUNDS / 2]
    })
}

fn benches(criterion: &mut Criterion) {
    let merchant = SigningKey::generate();
    let antom = SigningKey::generate().signing_key;
    let public = antom.verifying_key();
    let (endpoint, ca) = serve(&antom);
    let GeneratedKey {
        signing_key,
        private_pem,
    } = merchant;
    let client = Client::builder(CLIENT)
        .private_key(KeyInput::text(private_pem.expose()))
        .antom_public_key(KeyInput::text(public.to_pem()))
        .endpoint(endpoint)
        .ca_certificate(ca)
        .build()
        .expect("the settings are right");

    let bytes = content("1755403200123", REQUEST).to_bytes();
    let digest = Sha256::digest(&bytes).into();
    let answered = content(TIME, ANSWER).to_bytes();
    let signature = content(TIME, ANSWER).sign(&antom).expect("the key signs");
    let answer = bench::Answer::new(&antom, CLIENT, PATH, TIME, ANSWER);
    let der = rsa::RsaPrivateKey::from_pkcs8_pem(private_pem.expose())
        .and_then(|key| key.to_pkcs8_der())
        .expect("the key is PKCS#8");
    let bare = RsaKeyPair::from_pkcs8(der.as_bytes()).expect("aws-lc-rs reads it");
    let sign_bare = || {
        let mut signature = vec![0; bare.public_modulus_len()];
        bare.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            &bytes,
            &mut signature,
        )
        .expect("aws-lc-rs signs");
        signature
    };
    let sign = || signing_key.sign(&bytes, &digest).expect("the key signs");
    let verify = || assert!(public.verify(&answered, &signature));
    let call = || {
        client
            .create_vaulting_session(&request())
            .expect("the server answers")
    };

    criterion.bench_function("string to sign", |b| {
        b.iter(|| black_box(content("1755403200123", REQUEST)).to_bytes());
    });
    criterion.bench_function("sign", |b| b.iter(sign));
    criterion.bench_function("sign, aws-lc-rs bare", |b| b.iter(sign_bare));
    criterion.bench_function("verify", |b| b.iter(verify));
    criterion.bench_function("trust", |b| b.iter(|| assert!(answer.is_trusted())));
    criterion.bench_function("parse", |b| b.iter(|| assert!(answer.parses())));
    criterion.bench_function("call", |b| b.iter(call));

    let [whole, ours, bare, verified] = cpu([
        &|| drop(black_box(call())),
        &|| drop(black_box(sign())),
        &|| drop(black_box(sign_bare())),
        &verify,
    ]);
    println!(
        "CPU time of a signature: {ours:?}; by aws-lc-rs bare: {bare:?}; ratio: {:.3}",
        ours.as_secs_f64() / bare.as_secs_f64()
    );
    println!(
        "CPU time of a call: {whole:?}; RSA: {:?}; all the rest: {:?}",
        bare + verified,
        whole.saturating_sub(bare + verified)
    );
    match Command::new("openssl")
        .args(["speed", "-seconds", "2", "rsa2048"])
        .output()
    {
        Ok(output) => println!("{}", String::from_utf8_lossy(&output.stdout).trim()),
        Err(_) => println!("openssl is not installed: nothing to compare with"),
    }
}

criterion_group!(group, benches);
criterion_main!(group);
