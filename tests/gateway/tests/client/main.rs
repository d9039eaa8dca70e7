//! The Rust client over real sockets: against the test gateway, and against servers that lose connections.

mod apis;
mod by_hand;
mod canary;
mod cases;
mod lifecycle;
mod objects;
mod observer;
mod outcomes;
mod response_time;
mod retries;
mod support;
