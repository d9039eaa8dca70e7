//! The sandbox on real sockets: through hand-made requests, byte by byte, and through libantom's own client.

mod card_data;
mod checkout;
mod client;
mod console;
mod control;
mod data_directory;
mod direct_vaulting;
mod faults;
mod inquiries;
mod log;
mod notifications;
mod other_machines;
mod pages;
mod races;
mod repeats;
mod safety;
mod stubs;
mod support;
mod table;
mod vendor_styles;
