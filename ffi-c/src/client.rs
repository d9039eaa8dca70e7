//! A client, and the rule that one in which a bug showed itself is not used again.

use std::sync::atomic::{AtomicBool, Ordering};

use antom_core::{Client, Error};

use crate::boundary::{Out, answer, call, free, required};
use crate::error::{antom_error, antom_status};
use crate::options::antom_options;

/// Calls Antom's API. It never changes, keeps its connections open, and serves
/// any number of threads at the same time. Make one and keep it.
pub struct antom_client {
    client: Client,
    /// Set by a panic in a call: what it left behind is not trusted any more.
    broken: AtomicBool,
}

impl antom_client {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            broken: AtomicBool::new(false),
        }
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
        if self.broken.load(Ordering::Acquire) {
            return Err(Error::internal(
                "an earlier call: this client cannot be used any more, create a new one",
            ));
        }
        let _watch = Watch(&self.broken);
        body(&self.client)
    }
}

/// Makes a client and checks every option. Opens no connection. The options
/// are only read: free them afterwards, or use them again.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn antom_client_new(
    options: Option<&antom_options>,
    client_out: Out<antom_client>,
    error_out: Out<antom_error>,
) -> antom_status {
    call(error_out, || {
        let slot = client_out.required("client_out")?;
        let client = required(options, "options")?.builder().build()?;
        slot.fill(antom_client::new(client));
        Ok(())
    })
}

/// Closes all connections, from any thread. Calls that run now, and later ones,
/// fail with ANTOM_ERR_CLOSED, or with ANTOM_ERR_OUTCOME_UNKNOWN where the
/// request had left. The client must still be freed. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn antom_client_close(client: Option<&antom_client>) {
    answer((), || {
        if let Some(client) = client {
            client.client.close();
        }
    });
}

/// Frees the client. No call may be running on it. What came from it, sessions
/// and errors, stays valid. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn antom_client_free(client: Option<Box<antom_client>>) {
    free(client);
}
