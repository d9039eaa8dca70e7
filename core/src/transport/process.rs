//! One value per process, so that a forked child never touches what its parent uses.
//!
//! A pooled TLS connection that is inherited over `fork()` would be written to by two processes with the same
//! keys and counters. Each process therefore gets its own agent, in a chain of slots keyed by process id. The
//! read path takes no lock: a lock may be held by a thread that does not exist in the child.

use std::process;
use std::sync::OnceLock;

pub(crate) struct PerProcess<T> {
    first: Slot<T>,
    make: Box<dyn Fn() -> T + Send + Sync>,
}

struct Slot<T> {
    pid: u32,
    value: T,
    next: OnceLock<Box<Slot<T>>>,
}

impl<T> PerProcess<T> {
    pub(crate) fn new(make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self {
            first: Slot::here(&make),
            make: Box::new(make),
        }
    }

    /// The value of the calling process.
    pub(crate) fn get(&self) -> &T {
        let pid = process::id();
        let mut slot = &self.first;
        while slot.pid != pid {
            slot = slot.next.get_or_init(|| Box::new(Slot::here(&self.make)));
        }
        &slot.value
    }
}

impl<T> Slot<T> {
    fn here(make: &impl Fn() -> T) -> Self {
        Self {
            pid: process::id(),
            value: make(),
            next: OnceLock::new(),
        }
    }
}
