//! The keys and certificates of a sandbox: made once, kept in one directory, renewed when they expire.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;

use antom_core::signature::{GeneratedKey, KeyInput, SigningKey, VerifyingKey};
use rustls::ServerConfig;
use tempfile::TempDir;

use crate::settings::StartError;

mod certificates;

/// How many threads look for new keys at a time.
const MOST_SEARCHES: usize = 4;

/// Where the files of a sandbox are.
#[derive(Clone, Debug)]
pub struct Files {
    directory: PathBuf,
}

impl Files {
    /// The files of a sandbox that keeps them in `directory`; they need not be there.
    pub fn kept_in(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// The merchant's private key, which a client signs with.
    pub fn merchant_private_key(&self) -> PathBuf {
        self.directory.join("merchant_private.pem")
    }

    /// The merchant's public key, which the sandbox verifies with.
    pub fn merchant_public_key(&self) -> PathBuf {
        self.directory.join("merchant_public.pem")
    }

    /// The public key that a client verifies answers with.
    pub fn antom_public_key(&self) -> PathBuf {
        self.directory.join("antom_public.pem")
    }

    /// The certificate authority that a client must trust for https.
    pub fn ca_certificate(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// What happened, one entry a line; only in a directory that is kept.
    pub(crate) fn journal(&self) -> PathBuf {
        self.directory.join("journal.jsonl")
    }

    /// The private key that a sandbox signs its answers and notifications with.
    pub fn antom_private_key(&self) -> PathBuf {
        self.directory.join("antom_private.pem")
    }

    fn ca_private_key(&self) -> PathBuf {
        self.directory.join("ca_private.pem")
    }
}

/// Who the sandbox is, and who its merchant is.
pub(crate) struct Identity {
    pub(crate) files: Files,
    /// Signs answers.
    pub(crate) gateway: SigningKey,
    /// Verifies requests.
    pub(crate) merchant: VerifyingKey,
    pub(crate) tls: Arc<ServerConfig>,
    pub(crate) hold: Hold,
}

/// Keeps other sandboxes out of a directory as long as it lives.
pub(crate) enum Hold {
    /// Removes the directory on drop.
    Temporary { _directory: TempDir },
    /// Lets another sandbox use it on drop.
    Kept { _lock: File },
}

impl Identity {
    /// Reads what is in `directory` and makes what is missing or expired; without a directory, makes everything in
    /// a temporary one. The certificates are for this machine's own names and `host_names`. Slow when keys must be made.
    pub(crate) fn open(
        directory: Option<PathBuf>,
        host_names: &[String],
    ) -> Result<Self, StartError> {
        let (directory, hold) = match directory {
            Some(directory) => kept_directory(&directory)?,
            None => temporary_directory()?,
        };
        let files = Files { directory };
        let private_keys = [files.merchant_private_key(), files.antom_private_key()];
        let is_complete = private_keys.iter().all(|path| path.exists());
        let mut new_keys = (!is_complete).then(search).into_iter().flatten();
        // While keys are searched for.
        let tls = certificates::server_config(&files, host_names)?;
        let merchant = key_pair(
            &files.merchant_private_key(),
            &files.merchant_public_key(),
            &mut new_keys,
        )?;
        let gateway = key_pair(
            &files.antom_private_key(),
            &files.antom_public_key(),
            &mut new_keys,
        )?;
        drop(new_keys);
        Ok(Self {
            merchant: merchant.verifying_key(),
            gateway,
            tls: Arc::new(tls),
            files,
            hold,
        })
    }
}

/// New key pairs, as soon as one is found: how long the search takes is a matter of luck, so several threads search,
/// and those that are not needed any more end with their next find.
fn search() -> impl Iterator<Item = GeneratedKey> {
    // Without a buffer: whoever has found one that nobody takes searches no further.
    let (found, keys) = mpsc::sync_channel(0);
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    for _ in 0..threads.clamp(1, MOST_SEARCHES) {
        let found = found.clone();
        thread::spawn(move || while found.send(SigningKey::generate()).is_ok() {});
    }
    keys.into_iter()
}

/// The key pair of these files; a new one if the private key is not there.
fn key_pair(
    private: &Path,
    public: &Path,
    new_keys: &mut impl Iterator<Item = GeneratedKey>,
) -> Result<SigningKey, StartError> {
    let key = if private.exists() {
        SigningKey::load(&KeyInput::path(private)).map_err(|error| StartError::Key {
            path: private.to_owned(),
            error,
        })?
    } else {
        let made = new_keys
            .next()
            .expect("a key is missing, so there is a search");
        write_private(private, made.private_pem.expose())?;
        made.signing_key
    };
    write_public(public, key.verifying_key().to_pem())?;
    Ok(key)
}

fn kept_directory(path: &Path) -> Result<(PathBuf, Hold), StartError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let directory = builder
        .create(path)
        // Absolute, so that the printed settings work from everywhere.
        .and_then(|()| path.canonicalize())
        .map_err(|e| file(path, e))?;
    let lock = lock(&directory)?;
    Ok((directory, Hold::Kept { _lock: lock }))
}

/// A lock that ends with this process at the latest.
fn lock(directory: &Path) -> Result<File, StartError> {
    let path = directory.join("in-use.lock");
    let opened = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let lock = opened.map_err(|e| file(&path, e))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(file(&path, error)),
    }
}

fn temporary_directory() -> Result<(PathBuf, Hold), StartError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("antom-sandbox-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let directory = builder
        .tempdir()
        .map_err(|e| file(&std::env::temp_dir(), e))?;
    let path = directory.path().to_owned();
    let hold = Hold::Temporary {
        _directory: directory,
    };
    Ok((path, hold))
}

fn write_private(path: &Path, pem: &str) -> Result<(), StartError> {
    replace(path, pem, 0o600)
}

fn write_public(path: &Path, pem: &str) -> Result<(), StartError> {
    if fs::read_to_string(path).is_ok_and(|present| present == pem) {
        return Ok(());
    }
    replace(path, pem, 0o644)
}

/// Writes a whole file or nothing, so that nobody ever reads half a key.
fn replace(path: &Path, text: &str, mode: u32) -> Result<(), StartError> {
    let write = || {
        let directory = path.parent().unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
        let mut new = builder.tempfile_in(directory)?;
        new.write_all(text.as_bytes())?;
        new.persist(path).map_err(|e| e.error)?;
        Ok(())
    };
    #[cfg(not(unix))]
    let _ = mode;
    write().map_err(|e| file(path, e))
}

fn file(path: &Path, source: io::Error) -> StartError {
    StartError::File {
        path: path.to_owned(),
        source,
    }
}
