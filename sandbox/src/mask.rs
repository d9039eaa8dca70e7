//! Hides card numbers and security codes in what is shown or kept.

use std::borrow::Cow;

use crate::cards::is_luhn_valid;

/// How many digits a card number has.
const NUMBER: std::ops::RangeInclusive<usize> = 13..=19;
/// JSON members whose whole text is hidden.
const SECRET_MEMBERS: &[&str] = &["\"cvv\"", "\"cardPasswordDigest\""];

/// The text with all but the last four digits of each card number, and every security code, replaced by `*`.
///
/// A card number is 13 to 19 digits that keep Luhn's formula and do not begin with 0, 1, 7 or 8, as no card does.
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut hidden = card_numbers(text);
    hidden.extend(
        SECRET_MEMBERS
            .iter()
            .flat_map(|member| member_texts(text, member)),
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

/// Where the text of each member of this name is, between its quotation marks.
fn member_texts(text: &str, member: &str) -> Vec<std::ops::Range<usize>> {
    text.match_indices(member)
        .filter_map(|(at, _)| {
            let after = text[at + member.len()..].trim_start().strip_prefix(':')?;
            let inner = after.trim_start().strip_prefix('"')?;
            let start = text.len() - inner.len();
            let length = inner.find('"').unwrap_or(inner.len());
            Some(start..start + length)
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
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "VAULT_1755403200123",
            "1755403200123",
            "4054695723100769",
            "405469572310",
            "40546957231007684054695723100768",
            r#"{"cvv":123,"cvvResultRaw":"M"}"#,
            "",
        ] {
            assert_eq!(mask(text), text);
        }
    }
}
