//! Raw HTTP: the request or answer as it was on the wire, or as a program printed it.

use super::saved::{Found, Headers, Line, Message, Request, path_of};

const MOST_HEADERS: usize = 200;
/// How every gzip file begins.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Reads a request or an answer. The body is what follows the first blank line, byte for byte.
pub(super) fn parse(bytes: &[u8]) -> Result<Message, String> {
    let (first, rest) = first_line(bytes)?;
    let mut notes = Vec::new();
    let line = if first.starts_with("HTTP/") {
        Line::Answer(None)
    } else {
        Line::Request(request(first, &mut notes)?)
    };
    let mut parsed = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let (end, parsed) = match httparse::parse_headers(rest, &mut parsed) {
        Ok(httparse::Status::Complete(complete)) => complete,
        Ok(httparse::Status::Partial) => {
            return Err("there is no blank line between the headers and the body".into());
        }
        Err(problem) => return Err(format!("the headers cannot be read: {problem}")),
    };
    let mut headers = Headers::default();
    for header in parsed {
        headers.add(header.name, header.value);
    }
    let after_head = &rest[end..];
    // curl -i prints what came before the answer as well: 100 Continue, or a proxy's word.
    if line == Line::Answer(None) && after_head.starts_with(b"HTTP/") {
        return parse(after_head);
    }
    let body = body(&headers, after_head, &mut notes)?;
    Ok(Message {
        line,
        headers,
        body,
        notes,
    })
}

fn first_line(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let end = end.ok_or("there is only one line: the headers are missing")?;
    let line = std::str::from_utf8(&bytes[..end]).map_err(|_| "the first line is not text")?;
    Ok((line.trim_end_matches('\r'), &bytes[end + 1..]))
}

fn request(line: &str, notes: &mut Vec<String>) -> Result<Request, String> {
    let (method, rest) = line
        .split_once(' ')
        .ok_or("the first line is not METHOD PATH HTTP/1.1")?;
    let (target, version) = rest
        .rsplit_once(' ')
        .ok_or("the first line is not METHOD PATH HTTP/1.1")?;
    if !version.starts_with("HTTP/") {
        return Err("the first line does not end with HTTP/1.1".into());
    }
    let path = if target.contains("://") && !target.starts_with('/') {
        notes.push(
            "the first line has a whole URL, as for a proxy: its path is examined".to_owned(),
        );
        path_of(target)
    } else {
        target.to_owned()
    };
    Ok(Request {
        method: method.to_owned(),
        path,
    })
}

fn body(headers: &Headers, rest: &[u8], notes: &mut Vec<String>) -> Result<Vec<u8>, String> {
    let chunked = headers
        .only("transfer-encoding")
        .is_some_and(|value| value.to_ascii_lowercase().contains("chunked"));
    let body = if chunked {
        unchunked(rest, notes)?
    } else {
        of_content_length(headers, rest, notes)?.to_vec()
    };
    if body.starts_with(GZIP) {
        return Err("the body is compressed: save the message without compression".into());
    }
    Ok(body)
}

fn of_content_length<'b>(
    headers: &Headers,
    rest: &'b [u8],
    notes: &mut Vec<String>,
) -> Result<&'b [u8], String> {
    let value = match headers.find("content-length")? {
        Found::Never => return Ok(rest),
        Found::Often => return Err("there is more than one content-length header".into()),
        Found::Once(value) => value,
    };
    let length: usize = value
        .parse()
        .map_err(|_| "the content-length header is not a number")?;
    let there = rest.len();
    if there > length {
        notes.push(format!(
            "content-length says {length} bytes, but {there} follow the headers: the first {length} are examined. If the body was changed after it was saved, remove the content-length line"
        ));
    } else if there < length {
        notes.push(format!(
            "content-length says {length} bytes, but only {there} follow the headers: the body was cut or changed when it was saved"
        ));
    }
    Ok(&rest[..length.min(there)])
}

/// The body out of its chunks; as it is if it has none, because programs print it without.
fn unchunked(mut rest: &[u8], notes: &mut Vec<String>) -> Result<Vec<u8>, String> {
    const BROKEN: &str = "the body is cut in the middle of a chunk";
    if !matches!(
        httparse::parse_chunk_size(rest),
        Ok(httparse::Status::Complete(_))
    ) {
        notes.push(
            "transfer-encoding says chunked, but the body has no chunks: it is examined as it is"
                .to_owned(),
        );
        return Ok(rest.to_vec());
    }
    let mut body = Vec::new();
    loop {
        let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(rest) else {
            return Err(BROKEN.into());
        };
        if size == 0 {
            return Ok(body);
        }
        let size = usize::try_from(size).map_err(|_| BROKEN)?;
        let chunk = rest[start..].get(..size).ok_or(BROKEN)?;
        body.extend_from_slice(chunk);
        rest = rest[start + size..].strip_prefix(b"\r\n").ok_or(BROKEN)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_body_keeps_every_byte() {
        for line_end in ["\r\n", "\n"] {
            let head = ["POST /p?q=1 HTTP/1.1", "Client-Id:  5X ", "", ""].join(line_end);
            let body = b"\n{\"a\":\r\n \"\xe9\"}\n \x00".as_slice();
            let message = parse(&[head.as_bytes(), body].concat()).unwrap();
            assert_eq!(message.body, body);
            assert_eq!(message.headers.only("client-id").as_deref(), Some("5X"));
            let Line::Request(request) = message.line else {
                panic!("not a request");
            };
            assert_eq!(
                (request.method.as_str(), request.path.as_str()),
                ("POST", "/p?q=1")
            );
            assert_eq!(message.notes, [""; 0]);
        }
    }

    #[test]
    fn a_content_length_that_disagrees_is_named() {
        let cut = message("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}\n");
        assert_eq!(cut.body, b"{}");
        assert!(cut.notes[0].contains("but 3 follow"), "{:?}", cut.notes);
        let short = message("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}");
        assert_eq!(short.body, b"{}");
        assert!(
            short.notes[0].contains("only 2 follow"),
            "{:?}",
            short.notes
        );
        for wrong in ["x", "-1", "2\r\nContent-Length: 2"] {
            let text = format!("POST / HTTP/1.1\r\nContent-Length: {wrong}\r\n\r\n{{}}");
            assert!(parse(text.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn chunks_are_joined_and_half_ones_refused() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let whole = message(&format!("{head}3\r\n{{\"a\r\n4;x=y\r\n\":1}}\r\n0\r\n\r\n"));
        assert_eq!(whole.body, b"{\"a\":1}");
        for cut in [
            "3\r\n{\"",
            "3\r\n{\"a\r\n",
            "3\r\n{\"aX",
            "ffffffffffffffff\r\n",
        ] {
            assert!(parse(format!("{head}{cut}").as_bytes()).is_err(), "{cut}");
        }
        let decoded = message(&format!("{head}{{}}"));
        assert_eq!(decoded.body, b"{}");
        assert!(decoded.notes[0].contains("no chunks"));
    }

    #[test]
    fn what_came_before_the_answer_is_skipped() {
        let answer =
            message("HTTP/1.1 100 Continue\r\n\r\nHTTP/2 200\r\nresponse-time: t\r\n\r\n{}");
        assert_eq!(answer.line, Line::Answer(None));
        assert_eq!(answer.headers.only("Response-Time").as_deref(), Some("t"));
        assert_eq!(answer.body, b"{}");
    }

    #[test]
    fn a_whole_url_in_the_first_line_is_reduced_to_its_path() {
        let message = message("POST https://h/ams/api/v1/x HTTP/1.1\r\n\r\n");
        assert!(matches!(&message.line, Line::Request(r) if r.path == "/ams/api/v1/x"));
        assert_eq!(message.notes.len(), 1);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for text in [
            "POST / HTTP/1.1",
            "POST /\r\n\r\n",
            "POST / SPDY/1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\n",
            "POST / HTTP/1.1\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n\u{1f}\u{8b}",
        ] {
            let bytes = text.replace('\u{8b}', "").into_bytes();
            let bytes = if text.contains('\u{8b}') {
                [bytes.as_slice(), b"\x8b"].concat()
            } else {
                bytes
            };
            assert!(parse(&bytes).is_err(), "{text}");
        }
    }

    #[test]
    fn too_many_headers_are_refused() {
        let text = format!(
            "POST / HTTP/1.1\r\n{}\r\n",
            "a: b\r\n".repeat(MOST_HEADERS + 1)
        );
        assert!(parse(text.as_bytes()).is_err());
    }
}
