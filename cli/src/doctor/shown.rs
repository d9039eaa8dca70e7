//! Bytes of a message as text that is safe to show: no card number, no token, nothing that steers a terminal.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

/// Members whose value nobody needs to see. Names in other upper and lower case count too.
const SECRET_MEMBERS: &[&str] = &[
    "accountNo",
    "acquirerCardToken",
    "assetToken",
    "cardNo",
    "cardToken",
    "cvv",
    "paymentMethodId",
    "token",
    "vaultingSessionData",
];

const MASK: u8 = b'*';

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

/// The same number of bytes, with card numbers and the values of secret members replaced by asterisks. Of a card
/// number the last four digits stay.
pub(super) fn masked(bytes: &[u8]) -> Vec<u8> {
    let mut masked = bytes.to_vec();
    mask_members(&mut masked);
    mask_card_numbers(&mut masked, |_| false);
    // People also write them in groups.
    mask_card_numbers(&mut masked, |byte| matches!(byte, b' ' | b'-'));
    masked
}

/// Runs of 13 to 19 digits with a right check digit; `joins` says what may stand between two digits.
fn mask_card_numbers(bytes: &mut [u8], joins: impl Fn(u8) -> bool) {
    const LONGEST: usize = 19;
    let mut run = Vec::with_capacity(LONGEST + 1);
    let mut after_digit = false;
    for at in 0..=bytes.len() {
        let byte = bytes.get(at).copied().unwrap_or_default();
        if byte.is_ascii_digit() {
            // One more than the longest says that the run is too long, however long it is.
            if run.len() <= LONGEST {
                run.push(at);
            }
            after_digit = true;
            continue;
        }
        let goes_on =
            after_digit && joins(byte) && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        after_digit = false;
        if !goes_on {
            mask_if_card_number(bytes, &run);
            run.clear();
        }
    }
}

fn mask_if_card_number(bytes: &mut [u8], digits: &[usize]) {
    const LENGTHS: RangeInclusive<usize> = 13..=19;
    const KEPT: usize = 4;
    if LENGTHS.contains(&digits.len()) && passes_luhn(digits.iter().map(|at| bytes[*at] - b'0')) {
        for at in &digits[..digits.len() - KEPT] {
            bytes[*at] = MASK;
        }
    }
}

fn passes_luhn(digits: impl DoubleEndedIterator<Item = u8>) -> bool {
    let sum: u32 = digits
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit) {
            (1, 5..) => digit * 2 - 9,
            (1, _) => digit * 2,
            _ => digit,
        })
        .map(u32::from)
        .sum();
    sum.is_multiple_of(10)
}

/// JSON members, also in JSON that is itself a text of JSON. Not parsed, because what is shown is often damaged.
fn mask_members(bytes: &mut [u8]) {
    let mut at = 0;
    while at < bytes.len() {
        let Some(value) = value_after_name(bytes, at) else {
            at += 1;
            continue;
        };
        let end = value_end(bytes, &value);
        bytes[value.start..end].fill(MASK);
        at = end.max(at + 1);
    }
}

struct Value {
    start: usize,
    /// How many backslashes stand before its quotes; `None` if it has none.
    quoted: Option<usize>,
}

/// Where the value begins, if a secret member's name begins at `at`.
fn value_after_name(bytes: &[u8], at: usize) -> Option<Value> {
    if at == 0 || bytes[at - 1] != b'"' {
        return None;
    }
    let name = SECRET_MEMBERS.iter().find(|name| {
        bytes[at..]
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
    })?;
    let mut rest = Cursor {
        bytes,
        at: at + name.len(),
    };
    rest.skip(|byte| byte == b'\\');
    rest.accept(b'"')?;
    rest.skip(|byte| byte.is_ascii_whitespace());
    rest.accept(b':')?;
    rest.skip(|byte| byte.is_ascii_whitespace());
    let before_backslashes = rest.at;
    rest.skip(|byte| byte == b'\\');
    let backslashes = rest.at - before_backslashes;
    let quoted = rest.accept(b'"').map(|()| backslashes);
    Some(Value {
        start: rest.at,
        quoted,
    })
}

struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Cursor<'_> {
    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|byte| skipped(*byte)) {
            self.at += 1;
        }
    }

    fn accept(&mut self, byte: u8) -> Option<()> {
        (self.bytes.get(self.at) == Some(&byte)).then(|| self.at += 1)
    }
}

/// A quoted value ends at the next quote that is escaped no more than the first one, another one at the next sign.
fn value_end(bytes: &[u8], value: &Value) -> usize {
    let mut backslashes = 0;
    for (at, byte) in bytes.iter().enumerate().skip(value.start) {
        match (value.quoted, byte) {
            (Some(before), b'"') if backslashes <= before => return at - backslashes,
            (Some(_), b'\\') => backslashes += 1,
            (Some(_), _) => backslashes = 0,
            (None, byte) if !byte.is_ascii_alphanumeric() => return at,
            (None, _) => {}
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(text: &str) -> String {
        String::from_utf8(masked(text.as_bytes())).unwrap()
    }

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

    #[test]
    fn card_numbers_keep_four_digits() {
        for (text, shown) in [
            ("4111111111111111", "************1111"),
            ("x378282246310005y", "x***********0005y"),
            ("4111 1111-1111 1111", "**** ****-**** 1111"),
            ("1234 4111111111111111", "1234 ************1111"),
            ("6304 0000 0000 0000 000", "**** **** **** ***0 000"),
            ("4111111111111112", "4111111111111112"),
            ("411111111111", "411111111111"),
            ("41111111111111114111", "41111111111111114111"),
            ("411111111111111141111111", "411111111111111141111111"),
            ("4111  1111 1111 1111", "4111  1111 1111 1111"),
        ] {
            assert_eq!(mask(text), shown);
        }
    }

    #[test]
    fn secret_members_are_masked_wherever_they_stand() {
        for (text, shown) in [
            (r#"{"cvv":"123"}"#, r#"{"cvv":"***"}"#),
            (r#"{"CVV" : 123 }"#, r#"{"CVV" : *** }"#),
            (r#"{"cardNo":"41","a":"b"}"#, r#"{"cardNo":"**","a":"b"}"#),
            (
                r#"{"cardToken":"a\"b","x":1}"#,
                r#"{"cardToken":"****","x":1}"#,
            ),
            (
                r#"{"m":"{\"cvv\":\"123\",\"x\":\"y\"}"}"#,
                r#"{"m":"{\"cvv\":\"***\",\"x\":\"y\"}"}"#,
            ),
            (r#"{"cvv":"12"#, r#"{"cvv":"**"#),
            (
                r#"{"cvvResultRaw":"M","cvv":""}"#,
                r#"{"cvvResultRaw":"M","cvv":""}"#,
            ),
            (r#"{"cvv":null}"#, r#"{"cvv":****}"#),
            ("\"cvv", "\"cvv"),
        ] {
            assert_eq!(mask(text), shown);
        }
    }

    #[test]
    fn masking_keeps_every_position() {
        let bytes = b"\xff\"cvv\":\"\\\\\"4111111111111111\xe9\"cardNo\":";
        assert_eq!(masked(bytes).len(), bytes.len());
    }
}
