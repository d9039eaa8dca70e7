//! Splits a command line into words as a POSIX shell does, with the `$'..'` strings of bash.
//!
//! Expands nothing: what a shell would replace by something else is refused, because its bytes are not known here.

/// The words of the first command.
pub(super) fn split(text: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut scanner = Scanner { rest: text };
    let mut words = Vec::new();
    loop {
        scanner.skip_blanks();
        match scanner.rest.first() {
            None | Some(b'|') => return Ok(words),
            Some(b'\n' | b'\r' | b';') => {
                let after = scanner.rest.trim_ascii_start();
                let after = after.strip_prefix(b";").unwrap_or(after);
                return if after.trim_ascii().is_empty() {
                    Ok(words)
                } else {
                    Err("there is more than one command: keep the one with the message".into())
                };
            }
            Some(_) => words.push(scanner.word()?),
        }
    }
}

struct Scanner<'t> {
    rest: &'t [u8],
}

impl Scanner<'_> {
    fn take(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// Takes `bytes` if they come next.
    fn accept(&mut self, bytes: &[u8]) -> bool {
        self.rest
            .strip_prefix(bytes)
            .map(|rest| self.rest = rest)
            .is_some()
    }

    /// A line that goes on; with CRLF too, because files travel.
    fn accept_continuation(&mut self) -> bool {
        self.accept(b"\\\n") || self.accept(b"\\\r\n")
    }

    fn skip_blanks(&mut self) {
        while self.accept(b" ") || self.accept(b"\t") || self.accept_continuation() {}
    }

    fn word(&mut self) -> Result<Vec<u8>, String> {
        let mut word = Vec::new();
        loop {
            if self.accept_continuation() {
                continue;
            }
            match self.rest.first() {
                None | Some(b' ' | b'\t' | b'\n' | b'\r' | b';' | b'|') => return Ok(word),
                _ if self.accept(b"$'") => self.ansi_c(&mut word)?,
                // bash translates this for the user's language; without a translation it is the text itself.
                _ if self.accept(b"$\"") || self.accept(b"\"") => self.double_quoted(&mut word)?,
                _ if self.accept(b"'") => self.single_quoted(&mut word)?,
                _ if self.accept(b"\\") => word.extend(self.take()),
                Some(b'$' | b'`') => return Err(EXPANSION.into()),
                Some(b'^') if word.is_empty() => {
                    return Err(
                        "this is written for the command prompt of Windows: copy it as cURL (bash)"
                            .into(),
                    );
                }
                Some(sign @ (b'&' | b'<' | b'>' | b'(' | b')')) => {
                    return Err(format!(
                        "{} has a meaning for the shell: put quotes around the word, or leave it out",
                        char::from(*sign)
                    ));
                }
                Some(_) => word.extend(self.take()),
            }
        }
    }

    fn single_quoted(&mut self, word: &mut Vec<u8>) -> Result<(), String> {
        loop {
            match self.take().ok_or(OPEN)? {
                b'\'' => return Ok(()),
                byte => word.push(byte),
            }
        }
    }

    fn double_quoted(&mut self, word: &mut Vec<u8>) -> Result<(), String> {
        loop {
            if self.accept_continuation() {
                continue;
            }
            match self.take().ok_or(OPEN)? {
                b'"' => return Ok(()),
                b'$' | b'`' => return Err(EXPANSION.into()),
                b'\\' => match self.take().ok_or(OPEN)? {
                    escaped @ (b'$' | b'`' | b'"' | b'\\') => word.push(escaped),
                    other => word.extend([b'\\', other]),
                },
                byte => word.push(byte),
            }
        }
    }

    fn ansi_c(&mut self, word: &mut Vec<u8>) -> Result<(), String> {
        loop {
            match self.take().ok_or(OPEN)? {
                b'\'' => return Ok(()),
                b'\\' => self.escape(word)?,
                byte => word.push(byte),
            }
        }
    }

    fn escape(&mut self, word: &mut Vec<u8>) -> Result<(), String> {
        let byte = match self.take().ok_or(OPEN)? {
            b'a' => 0x07,
            b'b' => 0x08,
            b'e' | b'E' => 0x1b,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            quoted @ (b'\\' | b'\'' | b'"' | b'?') => quoted,
            digit @ b'0'..=b'7' => self.octal(digit),
            b'x' => match u8::try_from(self.hex(2)?) {
                Ok(byte) => byte,
                Err(_) => return Err(ESCAPE.into()),
            },
            b'u' => return self.unicode(4, word),
            b'U' => return self.unicode(8, word),
            b'c' => self.take().ok_or(OPEN)? & 0x1f,
            other => {
                word.push(b'\\');
                other
            }
        };
        word.push(byte);
        Ok(())
    }

    /// Up to three digits, of which bash keeps the lower eight bits.
    fn octal(&mut self, first: u8) -> u8 {
        let mut value = u16::from(first - b'0');
        for _ in 0..2 {
            let Some(digit @ b'0'..=b'7') = self.rest.first().copied() else {
                break;
            };
            self.take();
            value = value * 8 + u16::from(digit - b'0');
        }
        value.to_le_bytes()[0]
    }

    /// At least one and at most `most` digits.
    fn hex(&mut self, most: usize) -> Result<u32, String> {
        let mut value = None;
        for _ in 0..most {
            let digit = self.rest.first().and_then(|b| char::from(*b).to_digit(16));
            let Some(digit) = digit else { break };
            self.take();
            value = Some(value.unwrap_or(0) * 16 + digit);
        }
        value.ok_or_else(|| ESCAPE.to_owned())
    }

    /// A character as UTF-8. Browsers write one beyond U+FFFF as the two halves that UTF-16 has for it.
    fn unicode(&mut self, digits: usize, word: &mut Vec<u8>) -> Result<(), String> {
        let first = self.hex(digits)?;
        let value = if (0xd800..0xdc00).contains(&first) && self.accept(b"\\u") {
            let second = self.hex(4)?;
            let low = second.wrapping_sub(0xdc00);
            if low >= 0x400 {
                return Err(ESCAPE.into());
            }
            0x1_0000 + ((first - 0xd800) << 10) + low
        } else {
            first
        };
        let c = char::from_u32(value).ok_or(ESCAPE)?;
        word.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }
}

const OPEN: &str = "a quote is not closed: the command line is cut";
const ESCAPE: &str = "a $'..' string has an escape that is not valid";
const EXPANSION: &str =
    "the command line has a variable or a command in it: replace it by what it stands for";

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let words = split(text.as_bytes()).unwrap_or_else(|problem| panic!("{text}: {problem}"));
        words
            .into_iter()
            .map(|word| String::from_utf8(word).unwrap())
            .collect()
    }

    #[test]
    fn words_are_split_as_a_shell_does() {
        for (text, expected) in [
            ("a  b\tc", &["a", "b", "c"] as &[_]),
            ("a \\\n  b \\\r\n c", &["a", "b", "c"]),
            ("a\\\nb", &["ab"]),
            (r#"'a b'"c d"e\ f"#, &["a bc de f"]),
            (r#"'\n' "\n\"\$\\" \n"#, &[r"\n", r#"\n"$\"#, "n"]),
            ("''", &[""]),
            ("'it'\\''s'", &["it's"]),
            ("\"a\\\nb\"", &["ab"]),
            ("'a\nb'", &["a\nb"]),
            ("a | jq .", &["a"]),
            ("a;\n", &["a"]),
            ("a\n\n", &["a"]),
            ("é 'ü'", &["é", "ü"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
        assert_eq!(split(b"'\xe9\xff'").unwrap(), [b"\xe9\xff"]);
    }

    #[test]
    fn strings_of_bash_are_decoded() {
        for (text, expected) in [
            (
                r"$'a\nb\r\t\\\'\x41\101\u00e9\U0001f600\e'",
                "a\nb\r\t\\'AAé😀\u{1b}",
            ),
            (r"$'\ud83d\ude00\u0021'", "😀!"),
            (r"$'\x4\x41B\q'", "\u{4}AB\\q"),
            (r"x$'y'z", "xyz"),
            ("$\"a b\"", "a b"),
        ] {
            assert_eq!(words(text), [expected], "{text}");
        }
        assert_eq!(split(br"$'\xe9\777'").unwrap(), [b"\xe9\xff"]);
    }

    #[test]
    fn what_a_shell_would_replace_is_refused() {
        for text in [
            "a $X",
            "a \"$X\"",
            "a `b`",
            "a \"`b`\"",
            "a $(b)",
            "a 'b",
            "a \"b",
            "a $'b",
            r"$'\ud83d'",
            r"$'\ud83d\u0041'",
            r"$'\x'",
            "a&b",
            "a < b",
            "a > b",
            "a\nb",
            "a; b",
            "a ^\"b^\"",
        ] {
            assert!(split(text.as_bytes()).is_err(), "{text}");
        }
    }
}
