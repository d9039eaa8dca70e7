//! Hands what only cargo knows to `build_info()`. Changes nothing of the build.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name| env::var(name).expect("cargo sets it for every build script");
    let rustc = Command::new(variable("RUSTC")).arg("--version").output();
    let rustc = rustc.expect("cargo's own rustc runs").stdout;
    println!("cargo::rustc-env=ANTOM_TARGET={}", variable("TARGET"));
    println!("cargo::rustc-env=ANTOM_PROFILE={}", variable("PROFILE"));
    println!(
        "cargo::rustc-env=ANTOM_RUSTC={}",
        String::from_utf8_lossy(&rustc).trim()
    );
}
