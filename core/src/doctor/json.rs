//! Writes a JSON text in the ways in which other programs would have written it.

use std::fmt::Write as _;

/// Where white space goes.
#[derive(Clone, Copy)]
pub(super) enum Layout {
    /// As it came.
    Kept,
    /// None at all.
    Compact,
    /// A space after each comma and colon.
    Spaced,
    /// A line for each member, indented by this many spaces; 0 is a tab.
    Indented(usize),
}

/// How characters in strings are written.
#[derive(Clone, Copy)]
pub(super) enum Escapes {
    /// As they came.
    Kept,
    /// As few escapes as JSON allows.
    Fewest,
    /// `\/` for a slash.
    Slash,
    /// `\uXXXX` for what is not ASCII.
    Unicode,
    /// Both.
    SlashAndUnicode,
    /// `\uXXXX` for `<`, `>` and `&`.
    Html,
}

/// How many times longer than the text its other forms may be. Deeply nested text would grow with the square of its
/// depth when it is indented.
const LARGEST_GROWTH: usize = 16;

/// The text in that form, or `None` if it is not JSON or grows beyond measure.
pub(super) fn rewrite(text: &str, layout: Layout, escapes: Escapes) -> Option<String> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let mut written = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if written.len() > LARGEST_GROWTH * text.len() {
            return None;
        }
        if first == '"' {
            let end = string_end(rest)?;
            write_string(&mut written, &rest[..end], escapes)?;
            rest = &rest[end..];
            continue;
        }
        rest = &rest[first.len_utf8()..];
        if matches!(layout, Layout::Kept) {
            written.push(first);
            continue;
        }
        match first {
            c if c.is_whitespace() => {}
            '{' | '[' => {
                written.push(first);
                let closing = if first == '{' { '}' } else { ']' };
                if let Some(after) = rest.trim_start().strip_prefix(closing) {
                    written.push(closing);
                    rest = after;
                } else {
                    depth += 1;
                    break_line(&mut written, layout, depth);
                }
            }
            '}' | ']' => {
                depth = depth.checked_sub(1)?;
                break_line(&mut written, layout, depth);
                written.push(first);
            }
            ',' => {
                written.push(first);
                if matches!(layout, Layout::Spaced) {
                    written.push(' ');
                }
                break_line(&mut written, layout, depth);
            }
            ':' => {
                written.push(first);
                if !matches!(layout, Layout::Compact) {
                    written.push(' ');
                }
            }
            other => written.push(other),
        }
    }
    Some(written)
}

fn break_line(written: &mut String, layout: Layout, depth: usize) {
    if let Layout::Indented(width) = layout {
        written.push('\n');
        let indent = if width == 0 {
            "\t".to_owned()
        } else {
            " ".repeat(width)
        };
        (0..depth).for_each(|_| written.push_str(&indent));
    }
}

/// The length of the string literal that `text` begins with.
fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at + 1)
    })
}

fn write_string(written: &mut String, literal: &str, escapes: Escapes) -> Option<()> {
    if matches!(escapes, Escapes::Kept) {
        written.push_str(literal);
        return Some(());
    }
    let plain: String = serde_json::from_str(literal).ok()?;
    let fewest = serde_json::to_string(&plain).ok()?;
    let slash = matches!(escapes, Escapes::Slash | Escapes::SlashAndUnicode);
    let unicode = matches!(escapes, Escapes::Unicode | Escapes::SlashAndUnicode);
    let html = matches!(escapes, Escapes::Html);
    for c in fewest.chars() {
        match c {
            '/' if slash => written.push_str("\\/"),
            '<' | '>' | '&' if html => escape(written, c),
            c if unicode && !c.is_ascii() => escape(written, c),
            c => written.push(c),
        }
    }
    Some(())
}

fn escape(written: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(written, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_as_other_programs_would() {
        let text = r#"{"a":[1,2.50,{}],"ü":"x/y <é>"}"#;
        let rewritten = |layout, escapes| rewrite(text, layout, escapes).unwrap();
        assert_eq!(rewritten(Layout::Compact, Escapes::Kept), text);
        assert_eq!(
            rewritten(Layout::Spaced, Escapes::Unicode),
            r#"{"a": [1, 2.50, {}], "\u00fc": "x/y <\u00e9>"}"#
        );
        assert_eq!(
            rewritten(Layout::Compact, Escapes::SlashAndUnicode),
            r#"{"a":[1,2.50,{}],"\u00fc":"x\/y <\u00e9>"}"#
        );
        assert_eq!(
            rewritten(Layout::Indented(2), Escapes::Html),
            "{\n  \"a\": [\n    1,\n    2.50,\n    {}\n  ],\n  \"ü\": \"x/y \\u003cé\\u003e\"\n}"
        );
        assert_eq!(rewrite("{", Layout::Compact, Escapes::Kept), None);
    }

    #[test]
    fn deep_nesting_does_not_grow_beyond_measure() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(rewrite(&deep, Layout::Indented(4), Escapes::Kept), None);
        assert_eq!(rewrite(&deep, Layout::Compact, Escapes::Kept), Some(deep));
    }
}
