//! The real `antom` command: what it prints, where, and how it exits.

mod call;
mod complete;
mod doctor;
mod help;
mod inquire;
mod keys;
mod notify;
mod sandbox;
mod support;
mod vault;
