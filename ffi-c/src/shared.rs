//! Clients that outlive their handles: one for each set of settings in a process, so that a host that makes and
//! frees a client for every task, as PHP does, keeps its connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    if let Some(kept) = in_front(&mut lock(), settings) {
        return Ok(kept);
    }
    // Not under the lock: it takes a while, and a child that is forked meanwhile would find the lock taken for ever.
    let client = options.builder().build()?;
    let mut kept = lock();
    // Another thread may have been quicker.
    if let Some(kept) = in_front(&mut kept, settings) {
        return Ok(kept);
    }
    let health = Arc::default();
    kept.insert(
        0,
        Kept {
            settings,
            client: client.clone(),
            health: Arc::clone(&health),
        },
    );
    kept.truncate(MOST);
    Ok((client, health))
}

fn lock() -> MutexGuard<'static, Vec<Kept>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The client with these settings, if there is one, now in front of the others.
fn in_front(kept: &mut Vec<Kept>, settings: [u8; 32]) -> Option<(Client, Arc<Health>)> {
    kept.retain(|kept| kept.health.is_good());
    let place = kept.iter().position(|kept| kept.settings == settings)?;
    kept[..=place].rotate_right(1);
    Some((kept[0].client.clone(), Arc::clone(&kept[0].health)))
}
