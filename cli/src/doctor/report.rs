//! What the doctor found, for people and for programs. Shows no card number and no token.

use std::fmt::Write as _;
use std::io;

use antom_core::doctor::{Cause, Diagnosis};
use antom_core::signature::Content;
use serde::Serialize;

use super::SignedMessage;
use super::keys::{Keys, Party};
use super::shown::{escaped, masked};
use crate::output::{block, print, print_json};

/// How many bytes are shown before and after the first difference.
const BEFORE: usize = 20;
const AFTER: usize = 28;

/// Everything in it is safe to show. Its members are those of `--json`.
#[derive(Serialize)]
pub(super) struct Report {
    verifies: bool,
    message: &'static str,
    expected: Party,
    cause: Option<CauseMembers>,
    method: String,
    path: String,
    client_id: Option<String>,
    time: Option<String>,
    body_bytes: usize,
    keys: Vec<KeyMembers>,
    first_difference: Option<Difference>,
    string_to_sign: Option<StringToSign>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct CauseMembers {
    id: &'static str,
    what: String,
    fix: &'static str,
}

#[derive(Serialize)]
struct KeyMembers {
    name: String,
    fingerprint: String,
}

#[derive(Serialize)]
struct Difference {
    /// From 0.
    byte: usize,
    part: &'static str,
    came: String,
    meant: String,
}

#[derive(Serialize)]
struct StringToSign {
    bytes: usize,
    shown_bytes: usize,
    text: String,
}

impl Report {
    /// For a message that lacks what a signature covers.
    pub(super) fn of_incomplete(message: &SignedMessage, party: Party, cause: &Cause) -> Self {
        Self {
            cause: Some(CauseMembers::of(cause)),
            ..Self::of_message(message, party)
        }
    }

    /// For a message that was examined; `meant` is what the sender says that it signed.
    pub(super) fn of_examined(
        message: &SignedMessage,
        party: Party,
        keys: &Keys,
        content: &Content<'_>,
        meant: Option<&Content<'_>>,
        diagnosis: &Diagnosis,
    ) -> Self {
        let came = masked_content(content);
        let first_difference = meant
            .zip(diagnosis.first_difference)
            .map(|(meant, byte)| Difference::at(byte, content, &came, &masked_content(meant)));
        let shown_keys = keys.iter().map(|key| KeyMembers {
            name: key.name.clone(),
            fingerprint: key.key.fingerprint(),
        });
        let mut report = Self {
            verifies: diagnosis.cause.is_none(),
            cause: diagnosis.cause.as_ref().map(CauseMembers::of),
            client_id: Some(escaped(content.client_id.as_bytes())),
            time: Some(escaped(content.time.as_bytes())),
            keys: shown_keys.collect(),
            first_difference,
            string_to_sign: Some(StringToSign::of(&came, message.shown)),
            ..Self::of_message(message, party)
        };
        let mixed_up = keys.mixed_up().map(|(merchant, antom)| {
            format!(
                "{} and {} are the same key: one of them is not what it is taken for",
                merchant.name, antom.name
            )
        });
        report.notes.extend(mixed_up);
        report
    }

    fn of_message(message: &SignedMessage, party: Party) -> Self {
        Self {
            verifies: false,
            message: message.kind.name(),
            expected: party,
            cause: None,
            method: escaped(message.request.method.as_bytes()),
            path: escaped(&masked(message.request.path.as_bytes())),
            client_id: None,
            time: None,
            body_bytes: message.body.len(),
            keys: Vec::new(),
            first_difference: None,
            string_to_sign: None,
            notes: message
                .notes
                .iter()
                .map(|note| escaped(note.as_bytes()))
                .collect(),
        }
    }

    pub(super) fn verifies(&self) -> bool {
        self.verifies
    }

    pub(super) fn print(&self, json: bool) -> io::Result<()> {
        if json {
            print_json(self)
        } else {
            print(&self.for_people())
        }
    }

    fn for_people(&self) -> String {
        let verdict = if self.verifies {
            "the signature verifies"
        } else {
            "the signature does not verify"
        };
        let mut lines = vec![
            ("verdict", verdict.to_owned()),
            (
                "message",
                format!("{}, to be signed by {}", self.message, self.expected.name()),
            ),
        ];
        if let Some(cause) = &self.cause {
            lines.push(("cause", format!("{}: {}", cause.id, cause.what)));
            lines.push(("fix", cause.fix.to_owned()));
        }
        if let Some(difference) = &self.first_difference {
            let Difference {
                byte,
                part,
                came,
                meant,
            } = difference;
            lines.push(("first difference", format!("byte {byte}, in the {part}")));
            lines.push(("  came", came.clone()));
            lines.push(("  meant", meant.clone()));
        }
        for key in &self.keys {
            lines.push(("key", format!("{}  {}", key.fingerprint, key.name)));
        }
        for note in &self.notes {
            lines.push(("note", note.clone()));
        }
        let mut text = block(&lines);
        if let Some(string) = &self.string_to_sign {
            let _ = writeln!(text, "\n{}:\n{}", string.title(), string.text);
        }
        text
    }
}

impl CauseMembers {
    fn of(cause: &Cause) -> Self {
        Self {
            id: cause.id,
            what: cause.what.clone(),
            fix: cause.fix,
        }
    }
}

impl Difference {
    fn at(byte: usize, content: &Content<'_>, came: &[u8], meant: &[u8]) -> Self {
        Self {
            byte,
            part: part_at(byte, content),
            came: excerpt(came, byte),
            meant: excerpt(meant, byte),
        }
    }
}

/// The part of the string to sign in which a byte stands.
fn part_at(byte: usize, content: &Content<'_>) -> &'static str {
    let mut end = 0;
    let parts = [
        ("method", content.method),
        ("path", content.path),
        ("client id", content.client_id),
        ("time", content.time),
    ];
    for (name, text) in parts {
        // With the separator that follows it.
        end += text.len() + 1;
        if byte < end {
            return name;
        }
    }
    "body"
}

fn excerpt(bytes: &[u8], at: usize) -> String {
    let start = at.saturating_sub(BEFORE);
    let end = bytes.len().min(at + AFTER);
    let before = if start > 0 { "…" } else { "" };
    let after = if end < bytes.len() { "…" } else { "" };
    format!("{before}{}{after}", escaped(&bytes[start.min(end)..end]))
}

impl StringToSign {
    fn of(masked: &[u8], limit: Option<usize>) -> Self {
        let mut shown = limit.unwrap_or(masked.len()).min(masked.len());
        // Not in the middle of a character.
        while shown < masked.len() && masked[shown] & 0xc0 == 0x80 && shown > 0 {
            shown -= 1;
        }
        Self {
            bytes: masked.len(),
            shown_bytes: shown,
            text: escaped(&masked[..shown]),
        }
    }

    fn title(&self) -> String {
        let Self {
            bytes, shown_bytes, ..
        } = self;
        if shown_bytes < bytes {
            format!(
                "string to sign, {bytes} bytes, of which --full shows more than the first {shown_bytes}"
            )
        } else {
            format!("string to sign, {bytes} bytes")
        }
    }
}

/// The string to sign with every byte in its place. Client ids and times may look like card numbers, but are none.
fn masked_content(content: &Content<'_>) -> Vec<u8> {
    [
        content.method.as_bytes(),
        b" ",
        &masked(content.path.as_bytes()),
        b"\n",
        content.client_id.as_bytes(),
        b".",
        content.time.as_bytes(),
        b".",
        &masked(content.body),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENT: Content<'_> = Content {
        method: "POST",
        path: "/p?card=4111111111111111",
        client_id: "5X00000000000000",
        time: "1755403200123",
        body: br#"{"cardNo":"4111111111111111"}"#,
    };

    #[test]
    fn the_masked_string_has_every_byte_in_its_place() {
        let masked = masked_content(&CONTENT);
        assert_eq!(masked.len(), CONTENT.to_bytes().len());
        assert_eq!(
            escaped(&masked),
            r#"POST /p?card=************1111\n5X00000000000000.1755403200123.{"cardNo":"****************"}"#
        );
    }

    #[test]
    fn a_byte_is_found_in_its_part() {
        let string = CONTENT.to_bytes();
        let at = |text: &str| {
            let start = string
                .windows(text.len())
                .position(|bytes| bytes == text.as_bytes());
            part_at(start.unwrap(), &CONTENT)
        };
        assert_eq!(at("POST"), "method");
        assert_eq!(at("/p?"), "path");
        assert_eq!(at("5X"), "client id");
        assert_eq!(at("1755"), "time");
        assert_eq!(at("{"), "body");
        assert_eq!(part_at(string.len(), &CONTENT), "body");
    }

    #[test]
    fn a_long_string_is_cut_between_characters() {
        let string = StringToSign::of("aéé".as_bytes(), Some(4));
        assert_eq!((string.bytes, string.shown_bytes), (5, 3));
        assert_eq!(string.text, "aé");
        assert_eq!(StringToSign::of(b"\x80\x80", Some(1)).shown_bytes, 0);
        assert_eq!(StringToSign::of(b"abc", None).shown_bytes, 3);
    }

    #[test]
    fn an_excerpt_says_where_it_was_cut() {
        let bytes: Vec<u8> = (b'a'..=b'z').cycle().take(100).collect();
        let text = excerpt(&bytes, 50);
        assert!(text.starts_with('…') && text.ends_with('…'), "{text}");
        assert_eq!(excerpt(b"abc", 1), "abc");
        assert_eq!(excerpt(b"abc", 90), "…");
    }
}
