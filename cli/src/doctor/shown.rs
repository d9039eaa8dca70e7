//! Bytes of a message as text that cannot steer a terminal.

use std::fmt::Write as _;
/// Letters and digits of every script as they are, with the ASCII that can be printed; everything else escaped.
///
/// A backslash is doubled, so that the bytes can be told from what is shown.
pub(super) fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '\\' => text.push_str("\\\\"),
                ' '..='~' => text.push(c),
                '\0'..='\x7f' => hex(&mut text, c as u8),
                c if c.is_alphanumeric() => text.push(c),
                c => {
                    let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
                }
            }
        }
        for byte in chunk.invalid() {
            hex(&mut text, *byte);
        }
    }
    text
}

fn hex(text: &mut String, byte: u8) {
    let _ = write!(text, "\\x{byte:02x}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        for (bytes, shown) in [
            (
                b"a\\n\n\r\t\x1b[2J\x7f\0".as_slice(),
                r"a\\n\n\r\t\x1b[2J\x7f\x00",
            ),
            ("é客1".as_bytes(), "é客1"),
            (
                "\u{9b}2J\u{202e}\u{200b}\u{feff}".as_bytes(),
                r"\u{9b}2J\u{202e}\u{200b}\u{feff}",
            ),
            (b"caf\xe9", r"caf\xe9"),
        ] {
            assert_eq!(escaped(bytes), shown);
        }
    }
}
