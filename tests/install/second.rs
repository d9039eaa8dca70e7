//! Another Rust library in one program with libantom: has Rust's runtime once more, and unwinds.

/// What a panic in this library left behind: 1 if it was caught here.
#[unsafe(no_mangle)]
pub extern "C" fn second_catches_a_panic() -> i32 {
    std::panic::set_hook(Box::new(|_| {}));
    i32::from(std::panic::catch_unwind(|| panic!("on purpose")).is_err())
}
