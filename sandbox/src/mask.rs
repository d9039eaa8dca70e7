//! Hides card numbers, security codes and tokens in what is shown or kept. Every byte stays in its place.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::cards::passes_luhn;

/// JSON members that hold card data. Names in other upper and lower case count too.
const CARD_MEMBERS: &[&str] = &["cardNo", "cardPasswordDigest", "cvv"];

/// Members with which somebody could pay.
const TOKEN_MEMBERS: &[&str] = &[
    "accountNo",
    "acquirerCardToken",
    "assetToken",
    "cardToken",
    "paymentMethodId",
    "token",
    "vaultingSessionData",
];

const MASK: u8 = b'*';

/// How many digits a card number has, and how many of them stay.
const LENGTHS: RangeInclusive<usize> = 13..=19;
const KEPT: usize = 4;

/// The same number of bytes, with card numbers and the values of members that hold card data replaced by asterisks.
/// Of a card number the last four digits stay.
pub fn mask_card_data(bytes: &[u8]) -> Vec<u8> {
    hide(bytes, &[CARD_MEMBERS])
}

/// As [`mask_card_data`], and the values of members that hold a token or the data of a session as well.
pub fn mask_secrets(bytes: &[u8]) -> Vec<u8> {
    hide(bytes, &[CARD_MEMBERS, TOKEN_MEMBERS])
}

/// Text without card data; borrowed where there is none in it.
pub(crate) fn mask(text: &str) -> Cow<'_, str> {
    let masked = mask_card_data(text.as_bytes());
    if masked == text.as_bytes() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(String::from_utf8_lossy(&masked).into_owned())
}

fn hide(bytes: &[u8], members: &[&[&str]]) -> Vec<u8> {
    let mut masked = bytes.to_vec();
    mask_members(&mut masked, members);
    mask_card_numbers(&mut masked, |_| false);
    // People also write them in groups.
    mask_card_numbers(&mut masked, |byte| matches!(byte, b' ' | b'-'));
    masked
}

/// Runs of 13 to 19 digits with a right check digit that do not begin with 0, 1, 7 or 8, as no card does, but times in
/// milliseconds do; `joins` says what may stand between two digits.
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
    let is_card = LENGTHS.contains(&digits.len())
        && !matches!(bytes[digits[0]], b'0' | b'1' | b'7' | b'8')
        && passes_luhn(digits.iter().map(|at| bytes[*at] - b'0'));
    if is_card {
        for at in &digits[..digits.len() - KEPT] {
            bytes[*at] = MASK;
        }
    }
}

/// JSON members, also in JSON that is itself a text of JSON. Not parsed, because what is shown is often damaged.
fn mask_members(bytes: &mut [u8], members: &[&[&str]]) {
    let mut at = 0;
    while at < bytes.len() {
        let Some(value) = value_after_name(bytes, at, members) else {
            at += 1;
            continue;
        };
        let end = value_end(bytes, &value);
        let is_whole = end - value.start >= *LENGTHS.start();
        let kept = if value.is_card_number && is_whole {
            KEPT
        } else {
            0
        };
        bytes[value.start..end - kept].fill(MASK);
        at = end.max(at + 1);
    }
}

struct Value {
    start: usize,
    /// Whether it is a card number, maybe a mistyped one, and not a secret as a whole.
    is_card_number: bool,
    /// How many backslashes stand before its quotes; `None` if it has none.
    quoted: Option<usize>,
}

/// Where the value begins, if a secret member's name begins at `at`.
fn value_after_name(bytes: &[u8], at: usize, members: &[&[&str]]) -> Option<Value> {
    if at == 0 || bytes[at - 1] != b'"' {
        return None;
    }
    let name = members.iter().copied().flatten().find(|name| {
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
        is_card_number: *name == "cardNo",
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
        String::from_utf8(mask_secrets(text.as_bytes())).unwrap()
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
            ("VAULT_1755403200127", "VAULT_1755403200127"),
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
                r#"{"cardNo":"4111 1111 1111 1112"}"#,
                r#"{"cardNo":"***************1112"}"#,
            ),
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
    fn tokens_stay_where_only_card_data_is_hidden() {
        let text = br#"{"cardToken":"ALIPAY","cardNo":"1"}"#;
        assert_eq!(
            mask_card_data(text),
            br#"{"cardToken":"ALIPAY","cardNo":"*"}"#
        );
    }

    #[test]
    fn masking_keeps_every_position() {
        let bytes = b"\xff\"cvv\":\"\\\\\"4111111111111111\xe9\"cardNo\":";
        assert_eq!(mask_secrets(bytes).len(), bytes.len());
    }
}
