//! Clients that outlive their handles: one for each set of settings in a process, so that a host that makes and
//! frees a client for every task, as PHP does, keeps its connections.

use std::sync::{Arc, Mutex, PoisonError};

use antom_core::{Client, Error};

use crate::client::Health;
use crate::options::antom_options;

/// How many are kept; the one that was asked for longest ago goes first, and lives on in the handles that use it.
const MOST: usize = 64;

struct Kept {
    settings: [u8; 32],
    client: Client,
    health: Arc<Health>,
}

/// The last used in front.
static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// A client with these options: a new one, or, where they say so, the one that others with the same options use.
pub(crate) fn client(options: &antom_options) -> Result<(Client, Arc<Health>), Error> {
    if !options.is_shared()? {
        return Ok((options.builder().build()?, Arc::default()));
    }
    let settings = options.digest();
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.retain(|kept| kept.health.is_good());
    let found = kept.iter().position(|kept| kept.settings == settings);
    let entry = match found {
        Some(place) => kept.remove(place),
        None => Kept {
            settings,
            client: options.builder().build()?,
            health: Arc::default(),
        },
    };
    let given = (entry.client.clone(), entry.health.clone());
    kept.insert(0, entry);
    kept.truncate(MOST);
    Ok(given)
}
