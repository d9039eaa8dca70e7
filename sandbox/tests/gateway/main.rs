//! The sandbox on real sockets: through hand-made requests, byte by byte, and through libantom's own client.

mod checkout;
mod client;
mod console;
mod data_directory;
mod log;
mod pages;
mod repeats;
mod safety;
mod support;
mod table;
mod vendor_styles;
