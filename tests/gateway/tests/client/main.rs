//! The Rust client over real sockets: against the test gateway, and against servers that lose connections.

mod apis;
mod canary;
mod cases;
mod lifecycle;
mod observer;
mod outcomes;
mod retries;
mod support;
