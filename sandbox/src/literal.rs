//! Text as a literal of a language, so that whatever is in it stays text.

use std::fmt::Write as _;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    Php,
    C,
}

/// Whether the language can hold this text.
pub(crate) fn check(text: &str, language: Language) -> Result<(), &'static str> {
    if language == Language::C && text.contains('\0') {
        return Err("a field holds a NUL character, which ends a string in C");
    }
    Ok(())
}

/// One word of a POSIX shell.
pub(crate) fn shell(text: &str) -> Result<String, &'static str> {
    if text.contains('\0') {
        return Err("the request holds a NUL character, which no command can be given");
    }
    // A terminal would take some of them for keys that are pressed: even quotes would not hold them.
    if text.contains(|c: char| c.is_control() && c != '\n') {
        return Err("the request holds control characters, which are not safe to paste");
    }
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

pub(crate) fn python(text: &str) -> String {
    quoted(text, |out, c| match c {
        '"' | '\\' => {
            out.push('\\');
            out.push(c);
        }
        c if is_unseen(c) => {
            let _ = write!(out, "\\U{:08x}", u32::from(c));
        }
        c => out.push(c),
    })
}

pub(crate) fn php(text: &str) -> String {
    if text.contains(is_unseen) {
        return quoted(text, |out, c| match c {
            '"' | '\\' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c if is_unseen(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        });
    }
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

pub(crate) fn c(text: &str) -> String {
    quoted(text, |out, c| match c {
        // Two question marks would begin a trigraph.
        '"' | '\\' | '?' => {
            out.push('\\');
            out.push(c);
        }
        c if is_unseen(c) => {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                // Three octal digits: hexadecimal ones would take in what follows.
                let _ = write!(out, "\\{byte:03o}");
            }
        }
        c => out.push(c),
    })
}

fn quoted(text: &str, mut write: impl FnMut(&mut String, char)) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        write(&mut out, c);
    }
    out.push('"');
    out
}

/// Characters that do something to a line instead of standing in it: controls, line ends, changes of direction.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &str = "a\"b'c\\d$e\n\t??/\u{202e}é`$(x)";

    #[test]
    fn text_stays_text() {
        assert_eq!(shell("it's $HOME").unwrap(), r"'it'\''s $HOME'");
        assert_eq!(shell("a\nb").unwrap(), "'a\nb'");
        for unsafe_text in [
            "a\0b",
            "\u{1b}[201~\nx",
            "a\u{3}",
            "a\rb",
            "a\tb",
            "\u{9b}201~",
        ] {
            assert!(shell(unsafe_text).is_err(), "{unsafe_text:?}");
        }
        assert_eq!(
            python(NASTY),
            r#""a\"b'c\\d$e\U0000000a\U00000009??/\U0000202eé`$(x)""#
        );
        assert_eq!(php(NASTY), r#""a\"b'c\\d\$e\u{a}\u{9}??/\u{202e}é`\$(x)""#);
        assert_eq!(php("it's \\ $x"), r"'it\'s \\ $x'");
        assert_eq!(
            c(NASTY),
            "\"a\\\"b'c\\\\d$e\\012\\011\\?\\?/\\342\\200\\256é`$(x)\""
        );
        assert!(check("a\0", Language::C).is_err());
        assert!(check("a\0", Language::Python).is_ok());
    }
}
