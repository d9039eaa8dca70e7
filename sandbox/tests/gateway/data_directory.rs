//! Keys and certificates on disk: made once, kept, private, and gone when they were temporary.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use antom_core::CreateVaultingSession;
use antom_sandbox::{Sandbox, Settings, StartError};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::{BODY, Running};

fn kept_in(directory: &Path) -> Settings {
    Settings {
        data: Some(directory.to_owned()),
        ..Settings::default()
    }
}

#[test]
fn a_kept_directory_serves_again_after_a_restart() {
    let parent = TempDir::new().unwrap();
    let directory = parent.path().join("new").join("data");
    let read_all = || {
        let mut files: Vec<_> = fs::read_dir(&directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    };
    let first = Running::with(kept_in(&directory));
    assert_eq!(first.send_body(BODY).code(), "SUCCESS");
    drop(first);
    let files = read_all();

    let second = Running::with(kept_in(&directory));
    assert_eq!(files, read_all());
    // The authority of the first start vouches for the server of the second.
    let request = CreateVaultingSession {
        payment_method_type: "CARD".into(),
        ..Default::default()
    };
    let client = second.client().build().unwrap();
    client.create_vaulting_session(&request).unwrap();
}

#[test]
fn a_directory_is_for_one_sandbox_at_a_time() {
    let directory = TempDir::new().unwrap();
    let first = Running::with(kept_in(directory.path()));
    let start = || {
        let runtime = Runtime::new().unwrap();
        let settings = Settings {
            http: "127.0.0.1:0".parse().unwrap(),
            https: "127.0.0.1:0".parse().unwrap(),
            ..kept_in(directory.path())
        };
        let started = runtime.block_on(Sandbox::start(settings));
        started.map(|sandbox| runtime.block_on(sandbox.stop()))
    };
    let error = start().unwrap_err();
    assert!(matches!(error, StartError::InUse(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains(directory.path().to_str().unwrap()), "{text}");
    assert!(text.contains("another directory with --data"), "{text}");
    drop(first);
    start().unwrap();
}

#[test]
fn private_keys_are_readable_by_their_owner_only() {
    let parent = TempDir::new().unwrap();
    let directory = parent.path().join("data");
    let _running = Running::with(kept_in(&directory));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    let mut private = 0;
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        if text.contains("PRIVATE KEY") {
            private += 1;
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        } else if path.ends_with("journal.jsonl") {
            // It will hold session data and signatures.
            assert_eq!(mode(&path), 0o600);
        } else {
            assert_eq!(mode(&path), 0o644, "{}", path.display());
        }
    }
    assert_eq!(private, 3, "the merchant's, the gateway's, the authority's");
}

#[test]
fn a_temporary_directory_is_private_and_removed_at_the_end() {
    let runtime = Runtime::new().unwrap();
    let settings = Settings {
        http: "127.0.0.1:0".parse().unwrap(),
        https: "127.0.0.1:0".parse().unwrap(),
        ..Settings::default()
    };
    let sandbox = runtime.block_on(Sandbox::start(settings)).unwrap();
    let key = sandbox.files().merchant_private_key();
    let directory = key.parent().unwrap().to_owned();
    let mode = fs::metadata(&directory).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    runtime.block_on(sandbox.stop());
    assert!(!directory.exists());
}

#[test]
fn a_lost_authority_is_made_anew_and_a_lost_public_half_restored() {
    let directory = TempDir::new().unwrap();
    let ca = directory.path().join("ca.pem");
    let public = directory.path().join("merchant_public.pem");
    drop(Running::with(kept_in(directory.path())));
    let before = (fs::read(&ca).unwrap(), fs::read(&public).unwrap());
    fs::write(&ca, "damaged").unwrap();
    fs::remove_file(&public).unwrap();
    drop(Running::with(kept_in(directory.path())));
    assert_ne!(fs::read(&ca).unwrap(), before.0);
    assert_eq!(fs::read(&public).unwrap(), before.1);
}

#[test]
fn what_cannot_be_used_is_named() {
    let directory = TempDir::new().unwrap();
    let start = |data: &Path| {
        let settings = Settings {
            http: "127.0.0.1:0".parse().unwrap(),
            https: "127.0.0.1:0".parse().unwrap(),
            ..kept_in(data)
        };
        let runtime = Runtime::new().unwrap();
        runtime.block_on(Sandbox::start(settings)).err().unwrap()
    };
    let key = directory.path().join("merchant_private.pem");
    fs::write(&key, "damaged").unwrap();
    let error = start(directory.path());
    assert!(matches!(error, StartError::Key { .. }), "{error}");
    assert!(error.to_string().contains(key.to_str().unwrap()), "{error}");
    assert_eq!(fs::read(&key).unwrap(), b"damaged", "never overwritten");

    let error = start(&key);
    assert!(matches!(error, StartError::File { .. }), "{error}");
    assert!(error.to_string().contains(key.to_str().unwrap()), "{error}");
}
