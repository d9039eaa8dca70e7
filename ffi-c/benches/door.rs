//! What the C door adds to a call: the same calls through the shared library and through antom-core, in turns.
//!
//! The signer is a constant and the connection is plain HTTP on this machine, because RSA and TLS would hide what is
//! measured. What a call costs in all is in core/benches/call.rs.

use std::ffi::{CString, c_char, c_int, c_void};
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::ptr;
use std::thread;
use std::time::Duration;

use antom_core::signature::{Content, KeyInput, SignatureHeader, SigningKey};
use antom_core::{Client, CreateVaultingSession};
use cpu_time::ThreadTime;

const CLIENT: &str = "SANDBOX_5X00000000000000";
const PATH: &str = "/ams/sandbox/api/v1/vaults/createVaultingSession";
const TIME: &str = "2026-08-17T12:00:00+08:00";
const ANSWER: &str = r#"{"result":{"resultCode":"SUCCESS","resultMessage":"success.","resultStatus":"S"},"vaultingSessionData":"UNvjVWnWPXJA4BgW+vfjsQj7PbOraafHY19X+6EqMz6Kvvmsdk+akdLvoShW5avHX8e8J15P8uNVEf/PcCMyXg==&&SG&&111","vaultingSessionExpiryTime":"2026-08-17T13:00:00+08:00","vaultingSessionId":"UNvjVWnWPXJA4BgW+vfjsQj7PbOraafHY19X+6EqMz6Ikyj9FPVUOpv+DjiIZqMe"}"#;
const BODY: &str =
    r#"{"paymentMethodType":"CARD","vaultingRequestId":"c9bf9e57-1685-4c89-bafb-ff5af830be8a"}"#;
const NOTIFICATION_URL: &str = "https://shop.example/notify";
const REDIRECT_URL: &str = "https://shop.example/return";
const SIGNATURE: [u8; 256] = [7; 256];

type Handle = *mut c_void;
type Text = *const c_char;

/// As in antom.h.
#[repr(C)]
struct Request {
    struct_size: usize,
    payment_method_type: Text,
    vaulting_request_id: Text,
    vaulting_notification_url: Text,
    redirect_url: Text,
    pass_through_metadata: Text,
    merchant_region: Text,
    is_3ds_authentication: i32,
}

unsafe extern "C" {
    fn dlopen(path: Text, flags: c_int) -> Handle;
    fn dlsym(library: Handle, name: Text) -> Handle;
}
const RTLD_NOW: c_int = 2;

/// Cargo does not build the shared library for a benchmark.
fn library() -> PathBuf {
    let bench = std::env::current_exe().expect("the path of this program");
    let folder = bench
        .ancestors()
        .nth(2)
        .expect("deps is in the profile's folder");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "-p", "antom-ffi", "--target-dir"])
        .arg(folder.parent().expect("the target folder"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "libantom is not built"
    );
    folder.join("libantom.so")
}

/// Declares functions of the library, which are looked up by their names.
macro_rules! functions {
    ($($name:ident: fn($($parameter:ty),*) $(-> $result:ty)?;)*) => {
        struct Antom { $($name: unsafe extern "C" fn($($parameter),*) $(-> $result)?,)* }

        impl Antom {
            fn load(path: &Path) -> Self {
                let path = c_text(path.to_str().expect("a path in UTF-8"));
                // SAFETY: the path is a text, and the library's constructors need nothing from us.
                let library = unsafe { dlopen(path.as_ptr(), RTLD_NOW) };
                assert!(!library.is_null(), "{path:?} cannot be loaded");
                Self { $($name: {
                    let name = c_text(stringify!($name));
                    // SAFETY: the name is a text.
                    let found = unsafe { dlsym(library, name.as_ptr()) };
                    assert!(!found.is_null(), "{name:?} is not in the library");
                    // SAFETY: a function of this name has this type in antom.h.
                    unsafe { std::mem::transmute::<Handle, unsafe extern "C" fn($($parameter),*) $(-> $result)?>(found) }
                },)* }
            }
        }
    };
}

functions! {
    antom_options_new: fn() -> Handle;
    antom_options_set_client_id: fn(Handle, Text) -> i32;
    antom_options_set_endpoint: fn(Handle, Text) -> i32;
    antom_options_set_antom_public_key: fn(Handle, Text, usize) -> i32;
    antom_options_set_signer: fn(Handle, SignFn, Handle) -> i32;
    antom_client_new: fn(Handle, *mut Handle, *mut Handle) -> i32;
    antom_client_sign: fn(Handle, Text, Text, Text, Text, usize, *mut Handle, *mut Handle) -> i32;
    antom_signature_header: fn(Handle) -> Text;
    antom_signature_free: fn(Handle);
    antom_client_create_vaulting_session: fn(Handle, *const Request, *mut Handle, *mut Handle) -> i32;
    antom_vaulting_session_data: fn(Handle) -> Text;
    antom_vaulting_session_free: fn(Handle);
}

type SignFn = unsafe extern "C" fn(Handle, Text, usize, *const u8, *mut u8, usize) -> usize;

unsafe extern "C" fn constant(
    _: Handle,
    _: Text,
    _: usize,
    _: *const u8,
    to: *mut u8,
    size: usize,
) -> usize {
    assert!(size >= SIGNATURE.len());
    // SAFETY: antom.h says that there is room for size bytes.
    unsafe { ptr::copy_nonoverlapping(SIGNATURE.as_ptr(), to, SIGNATURE.len()) };
    SIGNATURE.len()
}

fn c_text(text: &str) -> CString {
    CString::new(text).expect("no NUL byte")
}

/// Serves one signed answer to every request until the process ends.
fn serve(antom: &SigningKey) -> String {
    let content = Content {
        method: "POST",
        path: PATH,
        client_id: CLIENT,
        time: TIME,
        body: ANSWER.as_bytes(),
    };
    let signature = content.sign(antom).expect("the key signs");
    let answer = format!(
        "HTTP/1.1 200 OK\r\nclient-id: {CLIENT}\r\nresponse-time: {TIME}\r\nsignature: {}\r\ncontent-length: {}\r\n\r\n{ANSWER}",
        SignatureHeader::write(&signature, "1"),
        ANSWER.len()
    );
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || answer_all(socket, answer.as_bytes()));
        }
    });
    endpoint
}

fn answer_all(socket: TcpStream, answer: &[u8]) -> Option<()> {
    socket.set_nodelay(true).ok()?;
    let mut stream = BufReader::new(socket);
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
    }
}

/// CPU time of this thread for one run of each: the median of many rounds, in which they take turns.
fn cpu(door: &dyn Fn(), core: &dyn Fn()) -> [Duration; 2] {
    const ROUNDS: usize = 201;
    const RUNS: u32 = 50;
    let mut rounds = [[Duration::ZERO; ROUNDS]; 2];
    for round in 0..ROUNDS {
        for (run, times) in [door, core].iter().zip(&mut rounds) {
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

fn report(name: &str, [door, core]: [Duration; 2]) {
    println!(
        "{name}: {door:?} through the C door, {core:?} in core, difference {:.2} us",
        (door.as_secs_f64() - core.as_secs_f64()) * 1e6
    );
}

/// The same client through the door.
fn door_client(antom: &Antom, endpoint: &str, public_key: &str) -> Handle {
    let (id, endpoint, key) = (c_text(CLIENT), c_text(endpoint), c_text(public_key));
    let mut client = ptr::null_mut();
    // SAFETY: as antom.h says, with handles of its own and texts that outlive the calls.
    let status = unsafe {
        let options = (antom.antom_options_new)();
        (antom.antom_options_set_client_id)(options, id.as_ptr());
        (antom.antom_options_set_endpoint)(options, endpoint.as_ptr());
        (antom.antom_options_set_antom_public_key)(options, key.as_ptr(), key.as_bytes().len());
        (antom.antom_options_set_signer)(options, constant, ptr::null_mut());
        (antom.antom_client_new)(options, &raw mut client, ptr::null_mut())
    };
    assert_eq!(status, 0, "a client of the shared library");
    client
}

fn main() {
    let key = SigningKey::generate().signing_key;
    let (endpoint, public_key) = (serve(&key), key.verifying_key());
    let core = Client::builder(CLIENT)
        .signer(|_: &[u8], _: &[u8; 32]| Ok(SIGNATURE.to_vec()))
        .antom_public_key(KeyInput::text(public_key.to_pem()))
        .endpoint(endpoint.clone())
        .build()
        .expect("the settings are right");
    let antom = Antom::load(&library());
    let client = door_client(&antom, &endpoint, public_key.to_pem());

    let (method, path, time, body) = (
        c_text("POST"),
        c_text(PATH),
        c_text("1755403200123"),
        c_text(BODY),
    );
    let sign = || {
        let mut signature = ptr::null_mut();
        // SAFETY: as antom.h says.
        unsafe {
            let status = (antom.antom_client_sign)(
                client,
                method.as_ptr(),
                path.as_ptr(),
                time.as_ptr(),
                body.as_ptr(),
                BODY.len(),
                &raw mut signature,
                ptr::null_mut(),
            );
            assert_eq!(status, 0);
            black_box((antom.antom_signature_header)(signature));
            (antom.antom_signature_free)(signature);
        }
    };
    let core_sign = || {
        let signature = core.sign("POST", PATH, "1755403200123", BODY.as_bytes());
        black_box(signature.expect("the signer signs"));
    };

    let (kind, notify, redirect) = (
        c_text("CARD"),
        c_text(NOTIFICATION_URL),
        c_text(REDIRECT_URL),
    );
    let request = Request {
        struct_size: size_of::<Request>(),
        payment_method_type: kind.as_ptr(),
        vaulting_request_id: ptr::null(),
        vaulting_notification_url: notify.as_ptr(),
        redirect_url: redirect.as_ptr(),
        pass_through_metadata: ptr::null(),
        merchant_region: ptr::null(),
        is_3ds_authentication: 0,
    };
    let create = || {
        let mut session = ptr::null_mut();
        // SAFETY: as antom.h says.
        unsafe {
            let status = (antom.antom_client_create_vaulting_session)(
                client,
                &raw const request,
                &raw mut session,
                ptr::null_mut(),
            );
            assert_eq!(status, 0);
            black_box((antom.antom_vaulting_session_data)(session));
            (antom.antom_vaulting_session_free)(session);
        }
    };
    let core_create = || {
        let request = CreateVaultingSession {
            payment_method_type: "CARD".into(),
            vaulting_notification_url: Some(NOTIFICATION_URL.into()),
            redirect_url: Some(REDIRECT_URL.into()),
            ..CreateVaultingSession::default()
        };
        let session = core
            .create_vaulting_session(&request)
            .expect("the server answers");
        black_box(session.data.expose());
    };

    report("sign", cpu(&sign, &core_sign));
    report("createVaultingSession", cpu(&create, &core_create));
}
