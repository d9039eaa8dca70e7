//! Tests with a signer that panics, called as a C program calls: through the exported symbols.
//!
//! `antom-core` takes any signer, so that the panic comes from a parameter. The shipped library needs no switch
//! for this and has none.

use std::ffi::{CStr, CString, c_char, c_void};
use std::panic::panic_any;
use std::process::Command;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use antom_core::Client;
use antom_core::signature::{KeyInput, Signer, SignerError, SigningKey};

use crate::client::antom_client;

const SECRET: &str = "the-secret-in-the-panic";
const INTERNAL: i32 = 99;

mod c {
    //! What antom.h declares, as far as these tests need it.
    use super::{c_char, c_void};
    unsafe extern "C" {
        pub(super) fn antom_client_sign(
            client: *const c_void,
            method: *const c_char,
            path: *const c_char,
            time: *const c_char,
            body: *const c_char,
            body_len: usize,
            signature_out: *mut *mut c_void,
            error_out: *mut *mut c_void,
        ) -> i32;
        pub(super) fn antom_client_free(client: *mut c_void);
        pub(super) fn antom_error_message(error: *const c_void) -> *const c_char;
        pub(super) fn antom_error_kind(error: *const c_void) -> i32;
        pub(super) fn antom_error_free(error: *mut c_void);
    }
}

struct Broken(fn());

impl Signer for Broken {
    fn sign(&self, _content: &[u8], _sha256: &[u8; 32]) -> Result<Vec<u8>, SignerError> {
        (self.0)();
        Err("it did not panic".into())
    }
}

/// A client as antom_client_new gives it, with a signer that runs `body`.
fn client(body: fn()) -> *mut antom_client {
    client_with(Broken(body))
}

fn client_with(signer: impl Signer + 'static) -> *mut antom_client {
    let key = SigningKey::generate().signing_key.verifying_key();
    let client = Client::builder("SANDBOX_5X00000000000000")
        .signer(signer)
        .antom_public_key(KeyInput::text(key.to_pem()))
        .endpoint("http://127.0.0.1:1")
        .build()
        .unwrap();
    Box::into_raw(Box::new(antom_client::new(client, Arc::default())))
}

/// The status and the message of a call.
fn sign(client: *const antom_client) -> (i32, CString) {
    let mut signature = null_mut();
    let mut error = null_mut();
    // SAFETY: the client is not freed, the texts end with NUL, and both variables are there.
    unsafe {
        let status = c::antom_client_sign(
            client.cast(),
            c"POST".as_ptr(),
            c"/".as_ptr(),
            c"1".as_ptr(),
            null(),
            0,
            &raw mut signature,
            &raw mut error,
        );
        assert!(signature.is_null());
        assert_eq!(c::antom_error_kind(error), status);
        let message = CStr::from_ptr(c::antom_error_message(error)).to_owned();
        c::antom_error_free(error);
        (status, message)
    }
}

fn free(client: *mut antom_client) {
    // SAFETY: it came from `client_with` and is not used later.
    unsafe { c::antom_client_free(client.cast()) };
}

#[test]
fn a_panic_becomes_a_place_without_its_text() {
    let client = client(|| panic!("{SECRET}"));
    let (status, message) = sign(client);
    let message = message.to_str().unwrap();
    assert_eq!(status, INTERNAL);
    assert!(
        message.starts_with("internal error at ffi-c/src/panics.rs:"),
        "{message}"
    );
    assert!(!message.contains(SECRET));
    free(client);
}

#[test]
fn a_client_in_which_a_panic_happened_is_not_used_again() {
    static PANICS: AtomicBool = AtomicBool::new(true);
    let client = client(|| assert!(!PANICS.load(Ordering::Relaxed)));
    assert_eq!(sign(client).0, INTERNAL);
    PANICS.store(false, Ordering::Relaxed);
    let (status, message) = sign(client);
    assert_eq!(status, INTERNAL);
    assert!(message.to_str().unwrap().contains("create a new one"));
    free(client);
}

#[test]
fn a_panic_while_freeing_stays_inside() {
    struct Trap;
    impl Signer for Trap {
        fn sign(&self, _: &[u8], _: &[u8; 32]) -> Result<Vec<u8>, SignerError> {
            Err("not used".into())
        }
    }
    impl Drop for Trap {
        fn drop(&mut self) {
            panic!("{SECRET}");
        }
    }
    free(client_with(Trap));
}

#[test]
fn a_panic_whose_payload_panics_stays_inside() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("{SECRET}");
        }
    }
    let client = client(|| panic_any(Bomb));
    assert_eq!(sign(client).0, INTERNAL);
    free(client);
}

/// Runs as a program of its own, see the next test.
#[test]
fn panics_inside_and_outside() {
    let client = client(|| panic!("{SECRET}"));
    sign(client);
    free(client);
    let outside = std::thread::spawn(|| panic!("outside the library"));
    assert!(outside.join().is_err());
}

#[test]
fn only_panics_outside_the_library_are_printed() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "panics::panics_inside_and_outside",
            "--nocapture",
        ])
        .output()
        .unwrap();
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("1 passed"), "{printed}");
    assert!(printed.contains("outside the library"), "{printed}");
    assert!(!printed.contains(SECRET), "{printed}");
    assert_eq!(printed.matches("panicked at").count(), 1, "{printed}");
}
