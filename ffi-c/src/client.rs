//! A client, and the rule that one in which a bug showed itself is not used again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use antom_core::{Client, Error};

use crate::boundary::{Bytes, Out, Text, answer, call, free, invalid, required};
use crate::error::{antom_error, antom_status};
use crate::options::antom_options;
use crate::shared;

/// Calls Antom's API. It never changes, keeps its connections open, and serves
/// any number of threads at the same time. Make one and keep it.
pub struct antom_client {
    client: Client,
    health: Arc<Health>,
}

/// What the clients that share their connections have in common beside them.
#[derive(Default)]
pub(crate) struct Health {
    /// Set by a panic in a call: what it left behind is not trusted any more.
    broken: AtomicBool,
    /// Set by antom_client_close.
    closed: AtomicBool,
}

impl Health {
    /// Whether new clients may still share it.
    pub(crate) fn is_good(&self) -> bool {
        !self.broken.load(Ordering::Acquire) && !self.closed.load(Ordering::Acquire)
    }
}

impl antom_client {
    pub(crate) fn new(client: Client, health: Arc<Health>) -> Self {
        Self { client, health }
    }

    /// Runs a call on the client.
    pub(crate) fn run<T>(
        &self,
        body: impl FnOnce(&Client) -> Result<T, Error>,
    ) -> Result<T, Error> {
        struct Watch<'a>(&'a AtomicBool);
        impl Drop for Watch<'_> {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    self.0.store(true, Ordering::Release);
                }
            }
        }
        if self.health.broken.load(Ordering::Acquire) {
            return Err(Error::internal(
                "an earlier call: this client cannot be used any more, create a new one",
            ));
        }
        let _watch = Watch(&self.health.broken);
        body(&self.client)
    }
}

/// Makes a client and checks every option. Opens no connection. The options are
/// only read: free them afterwards, or use them again.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn antom_client_new(
    options: Option<&antom_options>,
    client_out: Out<antom_client>,
    error_out: Out<antom_error>,
) -> antom_status {
    call(error_out, || {
        let slot = client_out.required("client_out")?;
        let options = required(options, "options")?;
        let (client, health) = shared::client(options)?;
        slot.fill(antom_client::new(client, health));
        Ok(())
    })
}

/// Makes a client that shares everything with this one, its connections too,
/// but has its own timeout_ms, 1 to 3600000, and max_retries for each call.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn antom_client_with_limits(
    client: Option<&antom_client>,
    timeout_ms: u32,
    max_retries: u32,
    client_out: Out<antom_client>,
    error_out: Out<antom_error>,
) -> antom_status {
    const LONGEST_MS: u32 = 3_600_000;
    call(error_out, || {
        let slot = client_out.required("client_out")?;
        let client = required(client, "client")?;
        if !(1..=LONGEST_MS).contains(&timeout_ms) {
            return Err(invalid("timeout_ms", "it must be 1 to 3600000"));
        }
        let limited = client
            .client
            .with_timeout(Duration::from_millis(timeout_ms.into()))
            .with_max_retries(max_retries);
        slot.fill(antom_client::new(limited, client.health.clone()));
        Ok(())
    })
}

/// For languages that C cannot call back. The signer is NULL; a call then fails
/// with ANTOM_ERR_SIGNING. string_to_sign is its antom_error_string_to_sign,
/// signature its signature, made as by antom_sign_fn. Repeat the call, with its
/// antom_error_request_id, on the client from here, which serves only that.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn antom_client_with_signature(
    client: Option<&antom_client>,
    string_to_sign: Text,
    signature: Bytes,
    signature_len: usize,
    client_out: Out<antom_client>,
    error_out: Out<antom_error>,
) -> antom_status {
    call(error_out, || {
        let slot = client_out.required("client_out")?;
        let client = required(client, "client")?;
        let string_to_sign = string_to_sign.required("string_to_sign")?;
        let signature = signature.required(signature_len, "signature")?;
        let signed = client
            .client
            .with_signature(string_to_sign.as_bytes(), signature)?;
        slot.fill(antom_client::new(signed, client.health.clone()));
        Ok(())
    })
}

/// Closes all connections, from any thread, also for clients that share them.
/// Calls that run, and later ones, fail with ANTOM_ERR_CLOSED, or with
/// ANTOM_ERR_OUTCOME_UNKNOWN if the request had left; one that looks up a name
/// or connects ends when that does. Free the client as well.
#[unsafe(no_mangle)]
pub extern "C" fn antom_client_close(client: Option<&antom_client>) {
    answer((), || {
        if let Some(client) = client {
            client.health.closed.store(true, Ordering::Release);
            client.client.close();
        }
    });
}

/// Frees the client, on which no call may be running. Its results stay.
#[unsafe(no_mangle)]
pub extern "C" fn antom_client_free(client: Option<Box<antom_client>>) {
    free(client);
}
