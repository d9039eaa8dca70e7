//! The functions in `include/antom.h`, in `abi/symbols.txt` and in the shared library are the same, and the
//! library is linked as `build.rs` says.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn header_and_list_name_the_same_functions() {
    assert_eq!(
        in_header(),
        in_list(),
        "left: include/antom.h, right: ffi-c/abi/symbols.txt"
    );
}

#[test]
fn every_function_is_tested_with_wrong_arguments() {
    let tests = read("../tests/c/arguments.c");
    for name in in_header() {
        let called = tests.contains(&format!("{name}(")) || tests.contains(&format!("{name}}}"));
        assert!(called, "{name} is not in tests/c/arguments.c");
    }
}

#[test]
fn library_exports_exactly_what_the_header_declares() {
    let output = run(Command::new("nm")
        .args(["--dynamic", "--defined-only", "--format=posix"])
        .arg(library()));
    let exported: BTreeSet<String> = output
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect();
    assert_eq!(
        exported,
        in_header(),
        "left: the shared library, right: include/antom.h"
    );
}

#[test]
fn library_has_its_name_and_stays_loaded() {
    let dynamic = readelf("--dynamic");
    let soname = format!(
        "Library soname: [libantom.so.{}]",
        env!("ANTOM_ABI_VERSION")
    );
    for expected in [soname.as_str(), "NODELETE", "BIND_NOW"] {
        assert!(dynamic.contains(expected), "no {expected} in:\n{dynamic}");
    }
    assert!(
        !dynamic.contains("RUNPATH") && !dynamic.contains("RPATH"),
        "{dynamic}"
    );
}

#[test]
fn library_needs_the_c_library_only() {
    let dynamic = readelf("--dynamic");
    // The loader stands for the thread-local variables that it keeps. The C library has more than one file.
    let known = [
        "libc.so.",
        "libgcc_s.so.",
        "ld-linux",
        "libm.so.",
        "libpthread.so.",
        "libdl.so.",
    ];
    for line in dynamic.lines().filter(|line| line.contains("(NEEDED)")) {
        assert!(known.iter().any(|name| line.contains(name)), "{line}");
    }
}

#[test]
fn no_memory_is_executable_and_writable() {
    let segments = readelf("--segments");
    let stack = segments
        .lines()
        .find(|line| line.contains("GNU_STACK"))
        .expect("the library says what it needs of the stack");
    assert!(stack.contains(" RW ") && !stack.contains("RWE"), "{stack}");
    assert!(segments.contains("GNU_RELRO"), "{segments}");
    assert!(!segments.contains(" RWE "), "{segments}");
    let dynamic = readelf("--dynamic");
    assert!(
        !dynamic.contains("TEXTREL"),
        "code is never written to:\n{dynamic}"
    );
}

/// The names before the parameters of every declaration.
fn in_header() -> BTreeSet<String> {
    let header = read("../include/antom.h");
    let code = header.split("/*").filter_map(|part| part.split_once("*/"));
    code.flat_map(|(_, code)| code.match_indices('(').map(|(at, _)| &code[..at]))
        .filter_map(|before| before.rsplit([' ', '*', '\n']).next())
        // A type of functions has a bracket after its name.
        .filter(|name| name.starts_with("antom_") && !name.ends_with(')'))
        .map(str::to_owned)
        .collect()
}

fn in_list() -> BTreeSet<String> {
    let list = read("abi/symbols.txt");
    let lines: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    let names: BTreeSet<String> = lines
        .iter()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words.len(), 3, "name, ABI version, release: {line}");
            words[0].to_owned()
        })
        .collect();
    assert_eq!(names.len(), lines.len(), "a name stands in the list twice");
    names
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

fn readelf(what: &str) -> String {
    run(Command::new("readelf")
        .args(["--wide", what])
        .arg(library()))
}

/// The shared library of the profile that this test was built with. Cargo does not build it for a test.
fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let profile = match folder.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    run(Command::new(env!("CARGO"))
        .args(["build", "--quiet", "-p", "antom-ffi", "--profile", profile])
        .arg("--target-dir")
        .arg(folder.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR")));
    folder.join("libantom.so")
}

fn run(command: &mut Command) -> String {
    let output = command
        .env("LC_ALL", "C")
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
