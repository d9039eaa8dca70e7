//! The real `antom` command: what it prints, where, and how it exits.

mod complete;
mod keys;
mod sandbox;
mod support;
mod vault;
