//! A message that somebody saved, whatever the form: what its signature covers, and what was odd about the file.
//!
//! Says nothing about signatures.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use clap::ValueEnum;

use super::{curl, har, raw};

/// The largest file that is read, in bytes: a HAR file holds everything that a browser loaded.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// The form in which a message was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// An HTTP request or answer, byte for byte.
    Raw,
    /// A curl command line.
    Curl,
    /// A HAR file.
    Har,
}

/// Which message of a HAR file is meant.
#[derive(Clone, Copy, Default)]
pub(super) struct Choice {
    /// The number of the entry, from 1.
    pub(super) entry: Option<usize>,
    /// The answer, and not the request.
    pub(super) answer: bool,
}

/// A message as it was saved.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) line: Line,
    pub(super) headers: Headers,
    /// Byte for byte.
    pub(super) body: Vec<u8>,
    /// What a reader of the diagnosis should know of the file.
    pub(super) notes: Vec<String>,
}

/// What the first line of a message says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Request(Request),
    /// The answer to a request, which is known only if it was saved with it.
    Answer(Option<AnsweredRequest>),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    /// With its query, without scheme and host.
    pub(super) path: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct AnsweredRequest {
    pub(super) request: Request,
    pub(super) client_id: Option<String>,
}

/// Headers in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Headers(Vec<(String, Vec<u8>)>);

/// How often a header is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Never,
    Once(String),
    Often,
}

impl Headers {
    pub(super) fn add(&mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.0.push((name.into(), value.into()));
    }

    /// The value of a header, whatever the case of its name, without the white space around it.
    pub(super) fn find(&self, wanted: &str) -> Result<Found, String> {
        let mut values = self
            .0
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value);
        match (values.next(), values.next()) {
            (None, _) => Ok(Found::Never),
            (Some(_), Some(_)) => Ok(Found::Often),
            (Some(value), None) => std::str::from_utf8(value)
                .map(|text| Found::Once(text.trim().to_owned()))
                .map_err(|_| format!("the {wanted} header is not text")),
        }
    }

    /// The value of a header that is there exactly once, as text.
    pub(super) fn only(&self, wanted: &str) -> Option<String> {
        match self.find(wanted) {
            Ok(Found::Once(value)) => Some(value),
            Ok(Found::Never | Found::Often) | Err(_) => None,
        }
    }
}

/// Reads a message in the given form, or in the one that its first bytes show.
pub(super) fn parse(
    bytes: &[u8],
    format: Option<Format>,
    choice: Choice,
) -> Result<Message, String> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("this is UTF-16 text, as PowerShell's > writes it: save it as UTF-8".into());
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bytes = bytes.trim_ascii_start();
    let format = format
        .or_else(|| recognise(bytes))
        .ok_or("this is neither an HTTP message, nor a curl command line, nor a HAR file; --format says which it should be")?;
    if format != Format::Har && (choice.entry.is_some() || choice.answer) {
        return Err("--entry and --response are for HAR files, and this is none".into());
    }
    match format {
        Format::Raw => raw::parse(bytes),
        Format::Curl => curl::parse(bytes, read_file),
        Format::Har => har::parse(bytes, choice),
    }
}

fn recognise(bytes: &[u8]) -> Option<Format> {
    let first_line = bytes.split(|byte| *byte == b'\n').next()?.trim_ascii();
    let is_http = |word: Option<&[u8]>| word.is_some_and(|word| word.starts_with(b"HTTP/"));
    let mut words = first_line.split(|byte| *byte == b' ');
    if bytes.starts_with(b"{") {
        Some(Format::Har)
    } else if curl::is_command(bytes) {
        Some(Format::Curl)
    } else if is_http(words.next()) || is_http(words.next_back()) {
        Some(Format::Raw)
    } else {
        None
    }
}

/// The bytes of a file, or of standard input for `-`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    if path == Path::new("-") {
        return bounded(io::stdin().lock()).map_err(|e| format!("standard input: {e}"));
    }
    File::open(path)
        .map_err(|e| e.to_string())
        .and_then(bounded)
        .map_err(|e| format!("cannot read {}: {e}", path.display()))
}

/// The bytes of a regular file: another kind could keep us waiting.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(format!("cannot read {}: it is not a file", path.display()));
    }
    read(path)
}

fn bounded(from: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    from.take(LARGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| e.to_string())?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(format!(
            "it is larger than {} MiB",
            LARGEST_FILE / 1024 / 1024
        ));
    }
    Ok(bytes)
}

/// The path of a URL with its query, exactly as it is written. A URL without a scheme begins with its host.
pub(super) fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find(['/', '?', '#']).map_or("", |at| &rest[at..]);
    let path = path.split('#').next().unwrap_or_default();
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_recognised_by_the_first_bytes() {
        for (text, format) in [
            ("POST /ams/api/v1/x HTTP/1.1\r\n", Some(Format::Raw)),
            ("POST /ams/api/v1/x HTTP/2\n", Some(Format::Raw)),
            ("HTTP/1.1 200 OK\r\n", Some(Format::Raw)),
            ("curl https://x", Some(Format::Curl)),
            ("$ curl \\\n", Some(Format::Curl)),
            ("/usr/bin/curl -X POST", Some(Format::Curl)),
            ("curl.exe -X POST", Some(Format::Curl)),
            ("{\"log\":{}}", Some(Format::Har)),
            ("curly", None),
            ("wget https://x", None),
            ("", None),
        ] {
            assert_eq!(recognise(text.as_bytes()), format, "{text}");
        }
    }

    #[test]
    fn the_path_of_a_url_is_not_rewritten() {
        for (url, path) in [
            ("https://gateway.example/ams/api/v1/x", "/ams/api/v1/x"),
            ("https://h:1/a%2Fb//c?x=/y#z", "/a%2Fb//c?x=/y"),
            ("h/ams", "/ams"),
            ("https://h?x=1", "/?x=1"),
            ("https://h", "/"),
        ] {
            assert_eq!(path_of(url), path, "{url}");
        }
    }

    #[test]
    fn utf_16_is_named() {
        let problem = parse(b"\xff\xfeP\0", None, Choice::default()).unwrap_err();
        assert!(problem.contains("UTF-16"), "{problem}");
    }
}
