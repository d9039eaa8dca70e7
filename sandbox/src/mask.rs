//! Hides card numbers and security codes in what is shown or kept.

use std::borrow::Cow;

use crate::cards::is_luhn_valid;

/// How many digits a card number has.
const NUMBER: std::ops::RangeInclusive<usize> = 13..=19;
/// JSON members whose whole value is hidden, and how many characters of it stay: a card number may be mistyped,
/// or divided into groups.
const SECRET_MEMBERS: &[(&str, usize)] = &[
    ("\"cvv\"", 0),
    ("\"cardPasswordDigest\"", 0),
    ("\"cardNo\"", 4),
];

/// The text with all but the last four digits of each card number, and every security code, replaced by `*`.
///
/// A card number is 13 to 19 digits that keep Luhn's formula and do not begin with 0, 1, 7 or 8, as no card does.
///
/// # Panics
/// Never: only whole characters are replaced.
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut hidden = card_numbers(text);
    hidden.extend(
        SECRET_MEMBERS
            .iter()
            .flat_map(|(member, kept)| member_values(text, member, *kept)),
    );
    if hidden.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    for range in hidden {
        bytes[range].fill(b'*');
    }
    Cow::Owned(String::from_utf8(bytes).expect("only whole characters were replaced"))
}

/// Where the digits to hide are.
fn card_numbers(text: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let run = &text[at..at + length];
        if NUMBER.contains(&length) && !run.starts_with(['0', '1', '7', '8']) && is_luhn_valid(run)
        {
            found.push(at..at + length - 4);
        }
        at += length.max(1);
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    found
}

/// Where the value of each member of this name is, if it is text or a number: but for the last `kept` characters.
fn member_values(text: &str, member: &str, kept: usize) -> Vec<std::ops::Range<usize>> {
    text.match_indices(member)
        .filter_map(|(at, _)| {
            let after = text[at + member.len()..].trim_start().strip_prefix(':')?;
            let after = after.trim_start();
            let (from, length) = match after.strip_prefix('"') {
                Some(inner) => (inner, inner.find('"').unwrap_or(inner.len())),
                None => (after, after.bytes().take_while(u8::is_ascii_digit).count()),
            };
            let (start, value) = (text.len() - from.len(), &from[..length]);
            let hidden = value
                .char_indices()
                .rev()
                .nth(kept)
                .map(|(last, c)| last + c.len_utf8());
            hidden.map(|length| start..start + length)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_and_security_codes_are_hidden() {
        let body =
            r#"{"card":{"cardNo":"4054695723100768","cvv" : "987"},"n":5162774114974622,"é":"✓"}"#;
        assert_eq!(
            mask(body),
            r#"{"card":{"cardNo":"************0768","cvv" : "***"},"n":************4622,"é":"✓"}"#
        );
        assert_eq!(mask(r#"{"cvv":"9é"#), r#"{"cvv":"***"#);
        assert_eq!(mask(r#"{"cvv": 123}"#), r#"{"cvv": ***}"#);
        assert_eq!(
            mask(r#"{"cardNo":"4111 1111 1111 1112"}"#),
            r#"{"cardNo":"***************1112"}"#
        );
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "VAULT_1755403200123",
            "1755403200123",
            "4054695723100769",
            "405469572310",
            "40546957231007684054695723100768",
            r#"{"cvvResultRaw":"M"}"#,
            "",
        ] {
            assert_eq!(mask(text), text);
        }
    }
}
