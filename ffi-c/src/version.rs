//! Which library was loaded.

use std::ffi::{CStr, c_char};

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("the version holds a NUL"),
    };

const ABI_VERSION: u32 = match u32::from_str_radix(env!("ANTOM_ABI_VERSION"), 10) {
    Ok(number) => number,
    Err(_) => panic!("build.rs gives a number"),
};

/// The ABI version of the loaded library. If it is not ANTOM_ABI_VERSION, the
/// library does not fit this header.
#[unsafe(no_mangle)]
pub extern "C" fn antom_abi_version() -> u32 {
    ABI_VERSION
}

/// The version of the loaded library, for example "0.1.0". Never freed.
#[unsafe(no_mangle)]
pub extern "C" fn antom_version() -> *const c_char {
    VERSION.as_ptr()
}
