//! libantom: the C interface of `antom-core`, as the header `include/antom.h` describes it.
//!
//! The modules stand in the order of the header, which a test generates from them. All pointers pass through
//! [`boundary`]; nothing else here is unsafe. No logic of the client is here: it is in `antom-core`.

#![allow(
    non_camel_case_types,
    reason = "types that the header declares have C names"
)]

#[cfg(panic = "abort")]
compile_error!(
    "libantom must be built with panic = \"unwind\": a bug in it must become an error, not the end of the program"
);

pub mod boundary;

// In the order of the header.
pub mod version;

pub mod error;

pub mod observer;

pub mod options;

pub mod client;

pub mod create_vaulting_session;

pub mod vaulting;

pub mod notification;

pub mod call;

pub mod signature;

pub mod doctor;

mod shared;

/// antom.h promises that these may be used from more than one thread.
const _: fn() = || {
    fn is_for_any_thread<T: Send + Sync>() {}
    is_for_any_thread::<client::antom_client>();
    is_for_any_thread::<error::antom_error>();
    is_for_any_thread::<vaulting::antom_vaulting>();
    is_for_any_thread::<call::antom_answer>();
    is_for_any_thread::<doctor::antom_diagnosis>();
    is_for_any_thread::<notification::antom_replay_guard>();
};

#[cfg(test)]
mod panics;
