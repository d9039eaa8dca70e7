//! Hides card numbers, security codes and tokens in what is shown or kept. Every byte stays in its place.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

use crate::cards::passes_luhn;

/// JSON members that hold card data. Names in other upper and lower case count too.
const CARD_MEMBERS: &[&str] = &[
    "cardNo",
    "cardPasswordDigest",
    "cvc",
    "cvv",
    "cvv2",
    "securityCode",
    "security_code",
];

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
/// Of a card number the last four digits stay. Borrowed where there is nothing to hide.
pub(crate) fn mask_card_data(bytes: &[u8]) -> Cow<'_, [u8]> {
    hide(bytes, &[CARD_MEMBERS])
}

/// The same number of bytes, with card numbers and the values of members that hold card data, a token or the data of a
/// session replaced by asterisks. Of a card number the last four digits stay.
pub fn mask_secrets(bytes: &[u8]) -> Cow<'_, [u8]> {
    hide(bytes, &[CARD_MEMBERS, TOKEN_MEMBERS])
}

/// Text without card data; borrowed where there is none in it.
pub(crate) fn mask(text: &str) -> Cow<'_, str> {
    match mask_card_data(text.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(masked) => Cow::Owned(String::from_utf8_lossy(&masked).into_owned()),
    }
}

fn hide<'b>(bytes: &'b [u8], members: &[&[&str]]) -> Cow<'b, [u8]> {
    let may_hold_a_number = may_hold_a_number(bytes);
    if !may_hold_a_number && !holds_a_member(bytes, members) {
        return Cow::Borrowed(bytes);
    }
    let mut masked = bytes.to_vec();
    mask_members(&mut masked, members);
    if may_hold_a_number {
        mask_card_numbers(&mut masked, Percent::IsText);
        if masked.contains(&b'%') {
            // In a URL the digits of "%20" belong to no number; in other text they may.
            mask_card_numbers(&mut masked, Percent::Encodes);
        }
    }
    if masked == bytes {
        return Cow::Borrowed(bytes);
    }
    Cow::Owned(masked)
}

/// Whether a closer look is needed: digits enough for a card number, with only between them what may stand there. One
/// look at each byte, because every message of a busy sandbox passes here.
fn may_hold_a_number(bytes: &[u8]) -> bool {
    let mut digits = 0;
    // Whether the digits of this group count; `None` between two groups.
    let mut counts = None;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        if byte.is_ascii_digit() {
            // Most groups that are long enough are times in milliseconds.
            if *counts.get_or_insert(digits > 0 || !begins_no_card(*byte)) {
                digits += 1;
            }
            if digits >= *LENGTHS.start() {
                return true;
            }
            continue;
        }
        counts = None;
        match byte {
            // A separator, or text before a number: its digits may count.
            b'%' if is_encoded(&bytes[at - 1..]) => {
                let encoded = bytes[at..at + 2].iter();
                digits += encoded.filter(|byte| byte.is_ascii_digit()).count();
                counts = Some(true);
                at += 2;
            }
            b' ' | b'-' | b'+' | b'.' | b'_' | b'\t' | 0xc2 | 0xa0 => {}
            _ => digits = 0,
        }
    }
    false
}

/// What a percent sign means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Percent {
    IsText,
    Encodes,
}

/// What people and URLs put between the groups of a card number. The last one is a space that breaks no line.
const SEPARATORS: &[&[u8]] = &[b" ", b"-", b"+", b".", b"_", b"\t", b"\xc2\xa0"];
/// The same, as a URL writes it.
const ENCODED_SEPARATORS: &[&[u8]] = &[b"%20", b"%2B", b"%2D", b"%2b", b"%2d", b"%09"];
/// How many of them may stand between two groups.
const MOST_SEPARATORS: usize = 3;
/// The longest group: more digits than that are only written in one piece.
const LONGEST_GROUP: usize = 6;

/// Card numbers in one piece or in groups.
fn mask_card_numbers(bytes: &mut [u8], percent: Percent) {
    let mut groups = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if percent == Percent::Encodes && is_encoded(&bytes[at..]) {
            at += "%20".len();
            continue;
        }
        let digits = digits_at(bytes, at);
        if digits == 0 {
            at += 1;
            continue;
        }
        groups.push(at..at + digits);
        let next = after_separators(bytes, at + digits, percent);
        if next == at + digits || digits_at(bytes, next) == 0 {
            mask_groups(bytes, &groups);
            groups.clear();
            at += digits;
        } else {
            at = next;
        }
    }
    mask_groups(bytes, &groups);
}

fn digits_at(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn is_encoded(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', one, other, ..] if one.is_ascii_hexdigit() && other.is_ascii_hexdigit())
}

fn after_separators(bytes: &[u8], mut at: usize, percent: Percent) -> usize {
    for _ in 0..MOST_SEPARATORS {
        let encoded = match percent {
            Percent::IsText => &[],
            Percent::Encodes => ENCODED_SEPARATORS,
        };
        let mut known = SEPARATORS.iter().chain(encoded);
        let Some(separator) = known.find(|separator| bytes[at..].starts_with(separator)) else {
            break;
        };
        at += separator.len();
    }
    at
}

/// Looks for card numbers in groups of digits that stand next to each other, the longest first.
fn mask_groups(bytes: &mut [u8], groups: &[Range<usize>]) {
    let mut first = 0;
    while first < groups.len() {
        let longest = groups.len().min(first + LENGTHS.end());
        let end = (first + 1..=longest)
            .rev()
            .find(|end| is_card_number(bytes, &groups[first..*end]));
        if let Some(end) = end {
            let digits: Vec<_> = groups[first..end].iter().cloned().flatten().collect();
            for at in &digits[..digits.len() - KEPT] {
                bytes[*at] = MASK;
            }
        }
        first = end.unwrap_or(first + 1);
    }
}

fn is_card_number(bytes: &[u8], groups: &[Range<usize>]) -> bool {
    let length: usize = groups.iter().map(ExactSizeIterator::len).sum();
    let is_grouped = groups.len() > 1;
    if !LENGTHS.contains(&length)
        || (is_grouped && groups.iter().any(|group| group.len() > LONGEST_GROUP))
    {
        return false;
    }
    let digits: Vec<u8> = groups
        .iter()
        .flat_map(|group| &bytes[group.clone()])
        .map(|byte| byte - b'0')
        .collect();
    if begins_no_card(bytes[groups[0].start]) {
        return false;
    }
    let lengths: Vec<_> = groups.iter().map(ExactSizeIterator::len).collect();
    let as_on_cards = matches!(lengths[..], [_] | [4, 4, 4, 4] | [4, 6, 5]);
    passes_luhn(digits.iter().copied()) || (as_on_cards && has_issuer(&digits))
}

/// Times in milliseconds begin with 1; 0 and 7 begin no card either.
fn begins_no_card(digit: u8) -> bool {
    matches!(digit, b'0' | b'1' | b'7')
}

/// Whether a number, maybe mistyped, is as long as those of the large card schemes that begin as it does.
fn has_issuer(digits: &[u8]) -> bool {
    let start = digits[..4]
        .iter()
        .fold(0_u16, |start, digit| start * 10 + u16::from(*digit));
    match digits.len() {
        15 => matches!(start / 100, 34 | 37),
        16 => {
            matches!(start, 2221..=2720 | 3528..=3589 | 4000..=4999 | 5100..=5599 | 6011 | 6200..=6299 | 6440..=6599)
        }
        _ => false,
    }
}

/// JSON members, also in JSON that is itself a text of JSON. Not parsed, because what is shown is often damaged.
fn mask_members(bytes: &mut [u8], members: &[&[&str]]) {
    let mut at = 0;
    while let Some(value) = next_member(bytes, at, members) {
        let end = value_end(bytes, &value);
        let is_whole = end - value.start >= *LENGTHS.start();
        let kept = if value.is_card_number && is_whole {
            KEPT
        } else {
            0
        };
        bytes[value.start..end - kept].fill(MASK);
        at = end;
    }
}

fn holds_a_member(bytes: &[u8], members: &[&[&str]]) -> bool {
    next_member(bytes, 0, members).is_some()
}

/// The value of the first secret member whose name begins behind `from`.
fn next_member(bytes: &[u8], from: usize, members: &[&[&str]]) -> Option<Value> {
    let mut quotes = (from..bytes.len()).filter(|at| bytes[*at] == b'"');
    quotes.find_map(|quote| value_after_name(bytes, quote + 1, members))
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
    let name = members.iter().copied().flatten().find(|name| {
        let start = bytes.get(at..at + name.len());
        start.is_some_and(|start| {
            start[0].eq_ignore_ascii_case(&name.as_bytes()[0])
                && start.eq_ignore_ascii_case(name.as_bytes())
        })
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
        String::from_utf8(mask_secrets(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn card_numbers_keep_four_digits() {
        for (text, shown) in [
            ("4111111111111111", "************1111"),
            ("x378282246310005y", "x***********0005y"),
            ("4111 1111-1111 1111", "**** ****-**** 1111"),
            ("1234 4111111111111111", "1234 ************1111"),
            ("6304 0000 0000 0000 000", "**** **** **** ***0 000"),
            ("4111111111111112", "************1112"),
            ("4111 1111 1111 1112", "**** **** **** 1112"),
            ("3782 822463 10006", "**** ****** *0006"),
            ("2026081712345670", "2026081712345670"),
            ("20260817-123456", "20260817-123456"),
            ("VAULT_1755403200127", "VAULT_1755403200127"),
            ("411111111111", "411111111111"),
            ("41111111111111114111", "41111111111111114111"),
            ("411111111111111141111111", "411111111111111141111111"),
            ("4111  1111 1111 1111", "****  **** **** 1111"),
            ("4111    1111 1111 1111", "4111    1111 1111 1111"),
            (
                "order 12 4111 1111 1111 1111 on 12",
                "order 12 **** **** **** 1111 on 12",
            ),
            ("4111+1111+1111+1111", "****+****+****+1111"),
            ("4111.1111.1111.1111", "****.****.****.1111"),
            (
                "?n=4111%201111%201111%201111&",
                "?n=****%20****%20****%201111&",
            ),
            ("?n=%204111111111111111", "?n=%20************1111"),
            ("100%4111111111111111", "100%************1111"),
            (
                "4111\u{a0}1111\u{a0}1111\u{a0}1111",
                "****\u{a0}****\u{a0}****\u{a0}1111",
            ),
            ("8600000000000007", "************0007"),
        ] {
            assert_eq!(mask(text), shown);
        }
    }

    #[test]
    fn secret_members_are_masked_wherever_they_stand() {
        for (text, shown) in [
            (r#"{"cvv":"123"}"#, r#"{"cvv":"***"}"#),
            (r#"{"CVV" : 123 }"#, r#"{"CVV" : *** }"#),
            (
                r#"{"security_code":"123","cvc":"456"}"#,
                r#"{"security_code":"***","cvc":"***"}"#,
            ),
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
            br#"{"cardToken":"ALIPAY","cardNo":"*"}"#.as_slice()
        );
    }

    #[test]
    fn the_first_look_misses_no_number_that_the_closer_one_finds() {
        // Text of the signs that matter, the same in every run.
        let mut random = fastrand::Rng::with_seed(1);
        let signs = [
            "4111", "1111", "1111", "1111", "4", "1", "0", "7", " ", "-", "%20", "%2B", "%4",
            "%a4", "%", "a", "\u{a0}",
        ];
        let mut hidden = 0;
        for _ in 0..20_000 {
            let count = random.usize(3..14);
            let text: String = (0..count).map(|_| random.choice(signs).unwrap()).collect();
            let mut masked = text.clone().into_bytes();
            mask_card_numbers(&mut masked, Percent::IsText);
            mask_card_numbers(&mut masked, Percent::Encodes);
            if masked != text.as_bytes() {
                hidden += 1;
                assert!(may_hold_a_number(text.as_bytes()), "{text}");
            }
        }
        assert!(hidden > 100, "{hidden}");
    }

    #[test]
    fn masking_keeps_every_position() {
        let bytes = b"\xff\"cvv\":\"\\\\\"4111111111111111\xe9\"cardNo\":";
        assert_eq!(mask_secrets(bytes).len(), bytes.len());
    }
}
