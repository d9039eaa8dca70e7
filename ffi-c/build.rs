//! Linker settings of the shared library, and nothing else.

/// Part of the soname: changes only when programs must be compiled again. The same number as
/// `ANTOM_ABI_VERSION` in antom.h; tests/symbols.rs compares the two.
const ABI_VERSION: u32 = 1;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=ANTOM_ABI_VERSION={ABI_VERSION}");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }
    for argument in [
        &format!("-soname,libantom.so.{ABI_VERSION}"),
        // A host that loads and unloads the library for every task, as PHP does, keeps its connections.
        "-z,nodelete",
        // Addresses of functions are read-only before the first call.
        "-z,relro",
        "-z,now",
    ] {
        println!("cargo:rustc-cdylib-link-arg=-Wl,{argument}");
    }
}
