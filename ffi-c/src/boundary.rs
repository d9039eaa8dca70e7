//! The border with C: every pointer passes through here in both directions, and no panic does.
//!
//! The functions of the header take the types below as parameters. Each type carries what antom.h asks of the
//! caller, so that the functions themselves need no unsafe code:
//!
//! | in antom.h | here | what the caller promises |
//! |---|---|---|
//! | `const antom_x *` | `Option<&antom_x>` | NULL, or an object of that type that is not freed yet |
//! | `antom_x *` | `Option<&mut antom_x>` | also that no other thread uses it now |
//! | `antom_x *`, in `_free` | `Option<Box<antom_x>>` | also that nobody uses it later |
//! | `antom_x **` | [`Out`] | NULL, or a variable of that type |
//! | `const char *` | [`Text`] | NULL, or bytes up to a NUL byte |
//! | `const char *`, `size_t` | [`Bytes`] | NULL, or as many bytes as the next parameter says |
//! | `const` struct `*` | [`Struct`] | NULL, or as many bytes as its `struct_size` says |
//! | `const` struct `*`, `size_t` | [`Array`] | NULL, or as many structs as the next parameter says |
//! | function pointer, `void *` | `antom_sign_fn`, `antom_observe_fn` | NULL, or a function that any thread may call while the client lives |

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, c_char, c_void};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, Location, PanicHookInfo, catch_unwind};
use std::sync::Once;

use antom_core::Error;
use antom_core::signature::{LONGEST_SIGNATURE, Signer, SignerError};
use zeroize::Zeroizing;

use crate::error::{ANTOM_OK, antom_error, antom_status};

// ---- calls ------------------------------------------------------------------------------------------------

/// Runs a function of the header that can fail: its error goes to `error_out`, its kind to the caller.
pub(crate) fn call(
    error_out: Out<antom_error>,
    body: impl FnOnce() -> Result<(), Error>,
) -> antom_status {
    let error = match contain(body) {
        Ok(Ok(())) => return ANTOM_OK,
        Ok(Err(error)) => error,
        Err(place) => Error::internal(place),
    };
    let status = error.kind().number();
    // Should even this panic, the number still says what happened.
    let _ = contain(move || {
        if let Some(slot) = error_out.slot() {
            slot.fill(antom_error::from(&error));
        }
    });
    status
}

/// Runs a function of the header that cannot fail; `otherwise` is for the bug that makes it panic.
pub(crate) fn answer<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    contain(body).unwrap_or(otherwise)
}

/// Frees an object that came from [`Out`] or as a `Box`.
pub(crate) fn free<T>(object: Option<Box<T>>) {
    answer((), || drop(object));
}

/// The error for a NULL where there must be an object or a text.
pub(crate) fn required<T>(value: Option<T>, name: &str) -> Result<T, Error> {
    value.ok_or_else(|| invalid(name, "it is NULL"))
}

/// The error for a parameter: a mistake in the calling program.
pub(crate) fn invalid(name: &str, problem: &str) -> Error {
    Error::invalid_argument(format!("{name}: {problem}"))
}

// ---- panics -----------------------------------------------------------------------------------------------

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `body`; a panic in it becomes its place in the source. The panic's text is thrown away: it may quote
/// a secret.
fn contain<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| note(panic, &previous)));
    });
    let outside = INSIDE.replace(true);
    // Whatever a panic leaves half done is dropped with it, or refuses further use (see `client`).
    let result = catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(payload);
        }
        PLACE.try_with(RefCell::take).unwrap_or_default()
    });
    INSIDE.set(outside);
    result
}

/// The panic hook: within this library it prints nothing, elsewhere it does what was there before. (The shared
/// library has a hook of its own; a static one may share it with the Rust program that it is linked into.)
fn note(panic: &PanicHookInfo<'_>, previous: &dyn Fn(&PanicHookInfo<'_>)) {
    if INSIDE.get() {
        let place = panic.location().map(place).unwrap_or_default();
        // At the end of a thread its variables may be gone, and a panic in here would end the program.
        let _ = PLACE.try_with(|last| last.replace(place));
    } else {
        previous(panic);
    }
}

/// File and line without the folders of the machine that built this.
fn place(location: &Location<'_>) -> String {
    const FOLDERS: usize = 2;
    let file = location.file();
    let start = file
        .rmatch_indices(['/', '\\'])
        .nth(FOLDERS)
        .map_or(0, |(at, _)| at + 1);
    format!("{}:{}", &file[start..], location.line())
}

// ---- what comes in ----------------------------------------------------------------------------------------

/// Text that ends with a NUL byte, or NULL.
#[repr(transparent)]
pub struct Text(*const c_char);

impl Text {
    /// The text, or `None` for NULL.
    pub(crate) fn optional(&self, name: &str) -> Result<Option<&str>, Error> {
        if self.0.is_null() {
            return Ok(None);
        }
        // SAFETY: it is not NULL, and the caller promises a NUL byte at its end.
        let text = unsafe { CStr::from_ptr(self.0) };
        text.to_str()
            .map(Some)
            .map_err(|_| invalid(name, "it is not UTF-8"))
    }

    /// The text, which must not be NULL.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Error> {
        required(self.optional(name)?, name)
    }

    /// What is before the NUL byte, whether it is UTF-8 or not. It must not be NULL.
    pub(crate) fn bytes(&self, name: &str) -> Result<&[u8], Error> {
        if self.0.is_null() {
            return Err(invalid(name, "it is NULL"));
        }
        // SAFETY: it is not NULL, and the caller promises a NUL byte at its end.
        Ok(unsafe { CStr::from_ptr(self.0) }.to_bytes())
    }

    /// The text as a value of its own, or `None` for NULL.
    pub(crate) fn copied(&self, name: &str) -> Result<Option<String>, Error> {
        Ok(self.optional(name)?.map(str::to_owned))
    }
}

/// The start of bytes whose number is the next parameter, or NULL.
#[repr(transparent)]
pub struct Bytes(*const c_char);

impl Bytes {
    /// The bytes, which must not be NULL.
    pub(crate) fn required(&self, len: usize, name: &str) -> Result<&[u8], Error> {
        if self.0.is_null() {
            return Err(invalid(name, "it is NULL"));
        }
        if isize::try_from(len).is_err() {
            return Err(invalid(name, "its length is larger than the memory"));
        }
        // SAFETY: it is not NULL, the length is possible, and the caller promises that many bytes.
        Ok(unsafe { std::slice::from_raw_parts(self.0.cast(), len) })
    }

    /// The bytes, which must be UTF-8.
    pub(crate) fn utf8(&self, len: usize, name: &str) -> Result<&str, Error> {
        str::from_utf8(self.required(len, name)?).map_err(|_| invalid(name, "it is not UTF-8"))
    }

    /// The bytes; NULL is fine where there are none.
    pub(crate) fn or_empty(&self, len: usize, name: &str) -> Result<&[u8], Error> {
        if self.0.is_null() && len == 0 {
            return Ok(&[]);
        }
        self.required(len, name)
    }
}

/// A struct of the header that may grow: its first member is its size in the caller's version of the header.
///
/// # Safety
/// The type is `repr(C)`, begins with `struct_size: usize`, is aligned like a `usize`, and is valid when all
/// of its bytes are zero.
pub unsafe trait Growing {
    /// The name of the struct in the header.
    const NAME: &str;
}

/// A struct of the header that is read, or NULL.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Struct<T>(*const T);

impl<T: Growing> Struct<T> {
    /// No struct of this library will ever be larger; a size above it was never set.
    const LARGEST: usize = 4096;

    /// A copy, in which members that the caller's header does not have yet are zero.
    pub(crate) fn read(self, name: &str) -> Result<T, Error> {
        const { assert!(align_of::<T>() == align_of::<usize>()) };
        if self.0.is_null() {
            return Err(invalid(name, "it is NULL"));
        }
        let ours = size_of::<T>();
        let start: *const u8 = self.0.cast();
        // SAFETY: it is not NULL, and the caller promises the first member.
        let theirs: usize = unsafe { start.cast::<usize>().read_unaligned() };
        // A size between two members would cut a pointer in half.
        if theirs == 0 || theirs > Self::LARGEST || !theirs.is_multiple_of(align_of::<T>()) {
            return Err(invalid(
                &format!("{name}->struct_size"),
                &format!("it is {theirs}; set it to sizeof({})", T::NAME),
            ));
        }
        if theirs > ours {
            // SAFETY: the caller promises struct_size bytes.
            let unknown = unsafe { std::slice::from_raw_parts(start.add(ours), theirs - ours) };
            if unknown.iter().any(|byte| *byte != 0) {
                return Err(invalid(
                    name,
                    "it has a member that this version of libantom does not know; update the library",
                ));
            }
        }
        let mut value = MaybeUninit::<T>::zeroed();
        // SAFETY: both sides have that many bytes; `value` is valid with any members filled in, because the
        // caller promises that each is NULL or valid, and the rest is zero (see `Growing`).
        unsafe {
            std::ptr::copy_nonoverlapping(start, value.as_mut_ptr().cast(), theirs.min(ours));
            Ok(value.assume_init())
        }
    }
}

/// Structs of the header that never grow, one after the other, or NULL.
#[repr(transparent)]
pub struct Array<T>(*const T);

impl<T> Array<T> {
    /// The structs; NULL is fine where there are none.
    pub(crate) fn read(&self, count: usize, name: &str) -> Result<&[T], Error> {
        if count == 0 {
            return Ok(&[]);
        }
        if self.0.is_null() || !self.0.is_aligned() {
            return Err(invalid(
                name,
                "it is NULL, or not the address of such structs",
            ));
        }
        let fits = count.checked_mul(size_of::<T>()).map(isize::try_from);
        if !matches!(fits, Some(Ok(_))) {
            return Err(invalid(name, "their number is larger than the memory"));
        }
        // SAFETY: it is not NULL, aligned, the size is possible, and the caller promises that many structs.
        Ok(unsafe { std::slice::from_raw_parts(self.0, count) })
    }
}

// ---- callbacks --------------------------------------------------------------------------------------------

/// What a callback is given back. This library never looks at it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Context(*mut c_void);

// SAFETY: it is only handed to the caller's function, which the caller promises may run on any thread.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

/// The caller's function that signs, with its context.
#[derive(Clone, Copy)]
pub(crate) struct SignCallback {
    pub(crate) function:
        extern "C" fn(Context, *const c_char, usize, *const u8, *mut u8, usize) -> usize,
    pub(crate) context: Context,
}

impl Signer for SignCallback {
    fn sign(&self, content: &[u8], sha256: &[u8; 32]) -> Result<Vec<u8>, SignerError> {
        let mut signature = vec![0; LONGEST_SIGNATURE];
        let length = (self.function)(
            self.context,
            content.as_ptr().cast(),
            content.len(),
            sha256.as_ptr(),
            signature.as_mut_ptr(),
            signature.len(),
        );
        if length == 0 || length > signature.len() {
            return Err("the sign callback says that it failed".into());
        }
        signature.truncate(length);
        Ok(signature)
    }
}

// ---- what goes out ----------------------------------------------------------------------------------------

/// The caller's variable for a new object, or NULL.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Out<T>(*mut *mut T);

impl<T> Out<T> {
    /// For functions that have no such parameter.
    pub(crate) const NONE: Self = Self(std::ptr::null_mut());

    pub(crate) fn slot(self) -> Option<Slot<T>> {
        (!self.0.is_null()).then_some(Slot(self.0))
    }

    pub(crate) fn required(self, name: &str) -> Result<Slot<T>, Error> {
        required(self.slot(), name)
    }
}

/// The caller's variable for a new object.
pub(crate) struct Slot<T>(*mut *mut T);

impl<T> Slot<T> {
    /// Gives the object to the caller, who frees it.
    pub(crate) fn fill(self, object: T) {
        let object = Box::into_raw(Box::new(object));
        // SAFETY: it is not NULL, and the caller promises a variable of this type.
        unsafe { self.0.write(object) };
    }
}

/// A text of an object; `""` if the object is NULL.
pub(crate) fn text<T>(object: Option<&T>, field: impl FnOnce(&T) -> &CStr) -> *const c_char {
    answer(c"".as_ptr(), || object.map_or(c"", field).as_ptr())
}

/// A text that an object may have; NULL if not, or if the object is NULL.
pub(crate) fn optional_text<T>(
    object: Option<&T>,
    field: impl FnOnce(&T) -> Option<&CStr>,
) -> *const c_char {
    answer(std::ptr::null(), || {
        object
            .and_then(field)
            .map_or(std::ptr::null(), CStr::as_ptr)
    })
}

/// A number of an object; 0 if the object is NULL.
pub(crate) fn number<T, N: Default>(object: Option<&T>, field: impl FnOnce(&T) -> N) -> N {
    answer(N::default(), || object.map(field).unwrap_or_default())
}

/// Text as C keeps it. A NUL inside would end it early, so that it becomes U+FFFD, the replacement character.
pub(crate) fn c_string(text: &str) -> CString {
    let replaced;
    let whole = if text.contains('\0') {
        replaced = Zeroizing::new(text.replace('\0', "\u{fffd}"));
        replaced.as_str()
    } else {
        text
    };
    CString::new(whole).expect("no NUL is left")
}

/// The start of bytes that may hold NULs; `""` if the object is NULL.
pub(crate) fn bytes<T>(object: Option<&T>, field: impl FnOnce(&T) -> &[u8]) -> *const c_char {
    answer(c"".as_ptr(), || {
        object.map_or(c"".as_ptr(), |object| field(object).as_ptr().cast())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_for_c_never_ends_early() {
        assert_eq!(c_string("Zoë"), c"Zoë".to_owned());
        assert_eq!(c_string("a\0b\0"), c"a\u{fffd}b\u{fffd}".to_owned());
    }

    #[test]
    fn a_length_that_no_memory_has_is_refused() {
        let byte = 0;
        for len in [usize::MAX, isize::MAX.cast_unsigned() + 1] {
            let error = Bytes(&raw const byte).required(len, "body").unwrap_err();
            assert!(error.message().starts_with("body: its length"));
        }
    }

    /// Callers compiled with this version of the header pass exactly this layout.
    #[test]
    fn layout_of_structs_never_changes() {
        use crate::create_vaulting_session::antom_create_vaulting_session_request as Request;
        use std::mem::offset_of;

        let word = size_of::<usize>();
        assert_eq!(offset_of!(Request, struct_size), 0);
        assert_eq!(offset_of!(Request, payment_method_type), word);
        assert_eq!(offset_of!(Request, vaulting_request_id), 2 * word);
        assert_eq!(offset_of!(Request, vaulting_notification_url), 3 * word);
        assert_eq!(offset_of!(Request, redirect_url), 4 * word);
        assert_eq!(offset_of!(Request, pass_through_metadata), 5 * word);
        assert_eq!(offset_of!(Request, merchant_region), 6 * word);
        assert_eq!(offset_of!(Request, is_3ds_authentication), 7 * word);
    }

    #[test]
    fn only_this_file_handles_pointers() {
        for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
            let path = file.unwrap().path();
            if path.ends_with("boundary.rs") || path.ends_with("panics.rs") {
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            assert!(!source.contains("unsafe {"), "{}", path.display());
        }
    }
}
