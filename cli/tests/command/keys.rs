//! `antom keys`: what it writes, what it never overwrites, and what it says about a file.

use std::fs;
use std::path::Path;

use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{antom, json, stderr, stdout};

fn generate(directory: &Path, more: &[&str]) -> std::process::Output {
    antom(&["keys", "generate", "--out", directory.to_str().unwrap()])
        .args(more)
        .output()
        .unwrap()
}

fn inspect(file: &Path) -> Value {
    let output = antom(&["keys", "inspect", "--json", file.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    json(&output)
}

#[test]
fn a_new_pair_is_private_and_never_overwritten() {
    let parent = TempDir::new().unwrap();
    let directory = parent.path().join("keys");
    let output = generate(&directory, &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let made = json(&output);
    let private = directory.join("merchant_private.pem");
    let public = directory.join("merchant_public.pem");
    assert_eq!(made["private_key_path"], private.to_str().unwrap());
    assert_eq!(made["public_key_path"], public.to_str().unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let permissions = fs::metadata(&private).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600);
    }
    let pem = fs::read_to_string(&public).unwrap();
    let bare: String = pem.lines().filter(|line| !line.contains("---")).collect();
    assert_eq!(made["public_key"], bare);

    let before = fs::read(&private).unwrap();
    for present in [&private, &public] {
        let output = generate(&directory, &[]);
        assert_eq!(output.status.code(), Some(1));
        let message = stderr(&output);
        assert!(message.contains("--force"), "{message}");
        assert!(message.contains(present.to_str().unwrap()), "{message}");
        if present == &private {
            fs::rename(&private, directory.join("kept")).unwrap();
        }
    }
    fs::rename(directory.join("kept"), &private).unwrap();
    assert_eq!(fs::read(&private).unwrap(), before);

    let output = generate(&directory, &["--force"]);
    assert_eq!(output.status.code(), Some(0));
    assert_ne!(fs::read(&private).unwrap(), before);
    let text = stdout(&output);
    let pem = fs::read_to_string(&public).unwrap();
    let bare: String = pem.lines().filter(|line| !line.contains("---")).collect();
    assert!(text.contains(&bare), "{text}");
    assert!(!text.contains("PRIVATE KEY"), "{text}");
}

#[test]
fn both_halves_have_the_same_fingerprint() {
    let directory = TempDir::new().unwrap();
    let made = json(&generate(directory.path(), &["--json"]));
    let private = inspect(&directory.path().join("merchant_private.pem"));
    let public = inspect(&directory.path().join("merchant_public.pem"));
    assert_eq!(private["kind"], "private");
    assert_eq!(private["form"], "PKCS#8");
    assert_eq!(public["kind"], "public");
    assert_eq!(public["form"], "SPKI");
    for key in [&private, &public] {
        assert_eq!(key["bits"], 2048);
        assert_eq!(key["fingerprint"], made["fingerprint"]);
        assert_eq!(key["public_key"], made["public_key"]);
    }
}

#[test]
fn other_forms_are_recognised() {
    let directory = TempDir::new().unwrap();
    generate(directory.path(), &[]);
    let pem = fs::read_to_string(directory.path().join("merchant_private.pem")).unwrap();
    let key = RsaPrivateKey::from_pkcs8_pem(&pem).unwrap();
    let file = directory.path().join("key");

    fs::write(&file, key.to_pkcs1_der().unwrap().as_bytes()).unwrap();
    assert_eq!(inspect(&file)["form"], "PKCS#1");

    let encrypted = key
        .to_pkcs8_encrypted_pem(&mut rsa::rand_core::OsRng, "pässword", LineEnding::LF)
        .unwrap();
    fs::write(&file, encrypted.as_bytes()).unwrap();
    let passphrase = directory.path().join("passphrase");
    fs::write(&passphrase, "pässword\n").unwrap();
    let inspect_with = |passphrase: Option<&Path>| {
        let mut command = antom(&["keys", "inspect", file.to_str().unwrap()]);
        if let Some(path) = passphrase {
            command.arg("--passphrase-file").arg(path);
        }
        command.output().unwrap()
    };
    let output = inspect_with(Some(&passphrase));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("form         encrypted PKCS#8\n"));
    assert!(!stdout(&output).contains("pässword"));

    let output = inspect_with(None);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("encrypted"), "{}", stderr(&output));
    fs::write(&passphrase, "wrong").unwrap();
    let output = inspect_with(Some(&passphrase));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the passphrase is wrong"));
}

#[test]
fn what_is_no_usable_key_is_described() {
    const EC: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEkTsB6kTFkYSSHoHYBIBSbTvNbGkN\nBZtLgzGZb8KCsUTCM8CKbDO1QbZd4xX3ytZ7XcLpQzh6yM6GBF8ZGfiSgg==\n-----END PUBLIC KEY-----\n";
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("key");
    for (content, looks_like) in [
        (EC, "EC key"),
        ("", "empty"),
        ("hello, world", "neither PEM nor base64"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA", "no END line"),
    ] {
        fs::write(&file, content).unwrap();
        let output = antom(&["keys", "inspect", "--json", file.to_str().unwrap()])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let error = &json(&output)["error"];
        assert_eq!(error["kind"], "Config");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(looks_like), "{message}");
    }
    let missing = directory.path().join("missing");
    let output = antom(&["keys", "inspect", missing.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot be opened"));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let output = generate(&file, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(file.to_str().unwrap()));
}
