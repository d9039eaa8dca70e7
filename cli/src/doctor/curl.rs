//! A curl command line, as browsers and consoles copy it: the request that curl would send.

use std::path::Path;

use super::saved::{Headers, Line, Message, Request, path_of};
use super::shell;

/// Options that do not change what a signature covers, and have no value.
const FLAGS: &[&str] = &[
    "-#",
    "-0",
    "-4",
    "-6",
    "-L",
    "-N",
    "-O",
    "-S",
    "-f",
    "-g",
    "-i",
    "-k",
    "-s",
    "-v",
    "--compressed",
    "--fail",
    "--fail-with-body",
    "--globoff",
    "--http1.0",
    "--http1.1",
    "--http2",
    "--http2-prior-knowledge",
    "--http3",
    "--include",
    "--insecure",
    "--ipv4",
    "--ipv6",
    "--location",
    "--no-buffer",
    "--no-keepalive",
    "--no-progress-meter",
    "--path-as-is",
    "--progress-bar",
    "--remote-name",
    "--show-error",
    "--silent",
    "--ssl-no-revoke",
    "--tlsv1.2",
    "--tlsv1.3",
    "--verbose",
];

/// Options that do not change what a signature covers, and have a value.
const IGNORED: &[&str] = &[
    "-A",
    "-D",
    "-E",
    "-b",
    "-c",
    "-e",
    "-m",
    "-o",
    "-u",
    "-w",
    "-x",
    "--cacert",
    "--capath",
    "--cert",
    "--cert-type",
    "--ciphers",
    "--connect-timeout",
    "--connect-to",
    "--cookie",
    "--cookie-jar",
    "--dump-header",
    "--key",
    "--key-type",
    "--limit-rate",
    "--max-redirs",
    "--max-time",
    "--noproxy",
    "--output",
    "--pass",
    "--pinnedpubkey",
    "--proxy",
    "--proxy-user",
    "--referer",
    "--resolve",
    "--retry",
    "--retry-delay",
    "--retry-max-time",
    "--tls-max",
    "--user",
    "--user-agent",
    "--write-out",
];

/// Whether a text begins as a curl command line does, perhaps with the prompt before it.
pub(super) fn is_command(text: &[u8]) -> bool {
    let mut words = without_prompt(text).split(u8::is_ascii_whitespace);
    words.next().is_some_and(is_curl)
}

fn without_prompt(text: &[u8]) -> &[u8] {
    let unprompted = text
        .strip_prefix(b"$ ")
        .or_else(|| text.strip_prefix(b"% "))
        .or_else(|| text.strip_prefix(b"# "))
        .or_else(|| text.strip_prefix(b"> "));
    unprompted.unwrap_or(text).trim_ascii_start()
}

fn is_curl(word: &[u8]) -> bool {
    let name = word.rsplit(|byte| matches!(byte, b'/' | b'\\')).next();
    matches!(name, Some(b"curl" | b"curl.exe"))
}

/// Reads a command line; `read_file` gives the content of a file that it names.
pub(super) fn parse(
    text: &[u8],
    read_file: impl Fn(&Path) -> Result<Vec<u8>, String>,
) -> Result<Message, String> {
    if !is_command(text) {
        return Err("the command line does not begin with curl".into());
    }
    let mut words = shell::split(without_prompt(text))?.into_iter().skip(1);
    let mut command = Command::default();
    let mut only_urls = false;
    while let Some(word) = words.next() {
        if only_urls || !word.starts_with(b"-") || word == b"-" {
            command.add_url(&word)?;
        } else if word == b"--" {
            only_urls = true;
        } else if word.starts_with(b"--") {
            let name = text_of(&word, "an option")?;
            command.option(&name, &mut || words.next(), &read_file)?;
        } else {
            let letters = text_of(&word[1..], "an option")?;
            command.short_options(&letters, &mut || words.next(), &read_file)?;
        }
    }
    command.message()
}

#[derive(Default)]
struct Command {
    url: Option<String>,
    method: Option<String>,
    headers: Headers,
    body: Option<Vec<u8>>,
    notes: Vec<String>,
}

type NextWord<'n> = dyn FnMut() -> Option<Vec<u8>> + 'n;
type ReadFile<'r> = dyn Fn(&Path) -> Result<Vec<u8>, String> + 'r;

impl Command {
    fn add_url(&mut self, word: &[u8]) -> Result<(), String> {
        match self.url.replace(text_of(word, "the URL")?) {
            None => Ok(()),
            Some(_) => Err("the command line has more than one URL: keep one".into()),
        }
    }

    /// One word may hold several letters, and the value of the last one.
    fn short_options(
        &mut self,
        letters: &str,
        next: &mut NextWord<'_>,
        read_file: &ReadFile<'_>,
    ) -> Result<(), String> {
        for (at, letter) in letters.char_indices() {
            let name = format!("-{letter}");
            if FLAGS.contains(&name.as_str()) {
                continue;
            }
            let value = &letters[at + letter.len_utf8()..];
            let mut given = (!value.is_empty()).then(|| value.as_bytes().to_vec());
            return self.option(&name, &mut || given.take().or_else(&mut *next), read_file);
        }
        Ok(())
    }

    fn option(
        &mut self,
        name: &str,
        next: &mut NextWord<'_>,
        read_file: &ReadFile<'_>,
    ) -> Result<(), String> {
        if FLAGS.contains(&name) {
            return Ok(());
        }
        let mut value = || next().ok_or_else(|| format!("the value of {name} is missing"));
        match name {
            "-X" | "--request" => self.method = Some(text_of(&value()?, "the method")?),
            "-H" | "--header" => self.add_header(&value()?)?,
            "--url" => self.add_url(&value()?)?,
            "-d" | "--data" | "--data-ascii" => {
                let data = self.stripped(value()?, read_file)?;
                self.add_data(&data, b"&");
            }
            "--data-binary" => {
                let data = content(value()?, read_file)?;
                self.add_data(&data, b"&");
            }
            "--data-raw" => self.add_data(&value()?, b"&"),
            "--json" => {
                let data = content(value()?, read_file)?;
                self.add_data(&data, b"");
            }
            ignored if IGNORED.contains(&ignored) => {
                value()?;
            }
            unknown => {
                return Err(format!(
                    "curl's option {unknown} is not known here: leave it out, if what is sent stays the same without it"
                ));
            }
        }
        Ok(())
    }

    fn add_header(&mut self, line: &[u8]) -> Result<(), String> {
        if line.starts_with(b"@") {
            return Err("curl reads headers from a file: write them into the command line".into());
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            // `Name;` is a header without a value, anything else is nothing.
            if let Some(name) = line.strip_suffix(b";") {
                self.headers.add(text_of(name, "a header's name")?, "");
            }
            return Ok(());
        };
        let name = text_of(&line[..colon], "a header's name")?;
        let value = line[colon + 1..].trim_ascii();
        // curl takes `Name:` as an order to leave its own header out.
        if !value.is_empty() {
            self.headers.add(name, value);
        }
        Ok(())
    }

    fn add_data(&mut self, data: &[u8], separator: &[u8]) {
        match &mut self.body {
            None => self.body = Some(data.to_vec()),
            Some(body) => {
                body.extend_from_slice(separator);
                body.extend_from_slice(data);
            }
        }
    }

    /// As `-d` reads a file: without line ends.
    fn stripped(&mut self, value: Vec<u8>, read_file: &ReadFile<'_>) -> Result<Vec<u8>, String> {
        let is_file = value.starts_with(b"@");
        let mut data = content(value, read_file)?;
        let before = data.len();
        if is_file {
            data.retain(|byte| !matches!(byte, b'\r' | b'\n' | 0));
        }
        if data.len() < before {
            self.notes.push(
                "curl -d leaves the line ends of a file out; --data-binary sends it as it is"
                    .to_owned(),
            );
        }
        Ok(data)
    }

    fn message(self) -> Result<Message, String> {
        let url = self.url.ok_or("the command line has no URL")?;
        let default = if self.body.is_some() { "POST" } else { "GET" };
        Ok(Message {
            line: Line::Request(Request {
                method: self.method.unwrap_or_else(|| default.to_owned()),
                path: path_of(&url),
            }),
            headers: self.headers,
            body: self.body.unwrap_or_default(),
            notes: self.notes,
        })
    }
}

/// A value that may name a file.
fn content(value: Vec<u8>, read_file: &ReadFile<'_>) -> Result<Vec<u8>, String> {
    match value.strip_prefix(b"@") {
        None => Ok(value),
        Some(b"-") => {
            Err("curl reads the body from standard input: save it and name the file".into())
        }
        Some(name) => read_file(Path::new(&text_of(name, "a file's name")?)),
    }
}

fn text_of(bytes: &[u8], what: &str) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| format!("{what} is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Message, String> {
        parse(text.as_bytes(), |path| match path.to_str() {
            Some("body.json") => Ok(b"{\r\n\"a\": 1}\n".to_vec()),
            other => Err(format!("no such file: {other:?}")),
        })
    }

    fn message(text: &str) -> Message {
        read(text).unwrap_or_else(|problem| panic!("{text}: {problem}"))
    }

    fn request(message: &Message) -> (&str, &str) {
        let Line::Request(request) = &message.line else {
            panic!("not a request");
        };
        (&request.method, &request.path)
    }

    #[test]
    fn what_a_browser_copies_is_read() {
        let message = message(concat!(
            "curl 'https://gateway.example/ams/api/v1/x?y=1' \\\n",
            "  -H 'client-id: 5X' \\\n",
            "  -H 'Signature: algorithm=RSA256,keyVersion=1,signature=a%3D' \\\n",
            "  --data-raw $'{\"name\":\"D\\u00e9j\\u00e0 \\'vu\\'\\u0021\"}' \\\n",
            "  --compressed --insecure",
        ));
        assert_eq!(request(&message), ("POST", "/ams/api/v1/x?y=1"));
        assert_eq!(message.headers.only("CLIENT-ID").as_deref(), Some("5X"));
        assert_eq!(message.body, "{\"name\":\"Déjà 'vu'!\"}".as_bytes());
    }

    #[test]
    fn short_options_may_be_joined() {
        let message = message("$ curl -sSXPOST -Hclient-id:5X -kd '{}' -o out -m 5 h/p");
        assert_eq!(request(&message), ("POST", "/p"));
        assert_eq!(message.headers.only("client-id").as_deref(), Some("5X"));
        assert_eq!(message.body, b"{}");
    }

    #[test]
    fn data_is_joined_and_files_are_read_as_curl_does() {
        let body = |text: &str| String::from_utf8(message(text).body).unwrap();
        assert_eq!(body("curl h -d a --data b --data-raw @c"), "a&b&@c");
        assert_eq!(body("curl h --json '{' --json '}'"), "{}");
        assert_eq!(body("curl h --data-binary @body.json"), "{\r\n\"a\": 1}\n");
        let stripped = message("curl h -d @body.json");
        assert_eq!(stripped.body, b"{\"a\": 1}");
        assert_eq!(stripped.notes.len(), 1);
        assert_eq!(body("curl h -d 'a\nb'"), "a\nb");
        assert_eq!(body("curl h"), "");
        assert_eq!(request(&message("curl h")), ("GET", "/"));
        assert_eq!(request(&message("curl -X PUT --url h -- ")), ("PUT", "/"));
    }

    #[test]
    fn headers_may_be_empty_or_taken_away() {
        let message = message("curl h -H 'signature;' -H 'Accept:' -H 'a:b:c'");
        assert_eq!(message.headers.only("signature").as_deref(), Some(""));
        assert_eq!(message.headers.only("accept"), None);
        assert_eq!(message.headers.only("a").as_deref(), Some("b:c"));
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for (text, named) in [
            ("curl", "no URL"),
            ("curl a b", "more than one URL"),
            ("curl h -F a=b", "-F"),
            ("curl h --data-urlencode a", "--data-urlencode"),
            ("curl h -H", "value of -H"),
            ("curl h -d @-", "standard input"),
            ("curl h -d @nowhere", "no such file"),
            ("curl h -H @headers", "headers from a file"),
            ("wget h", "begin with curl"),
            ("curl h -d \"$BODY\"", "variable"),
        ] {
            let problem = read(text).unwrap_err();
            assert!(problem.contains(named), "{text}: {problem}");
        }
    }
}
