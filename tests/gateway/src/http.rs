//! Just enough HTTP/1.1 to read a request, and to write any answer, right or wrong.

use std::fmt::Write as _;
use std::io::{self, BufRead, Read};

/// The longest head or body that is read.
const LARGEST: u64 = 64 * 1024;

/// A request as it arrived.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Reads the next request of a connection; `None` when the other side has ended it.
    pub(crate) fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let first = reader.fill_buf()?.first().copied();
        match first {
            None => return Ok(None),
            Some(byte) if !byte.is_ascii_uppercase() => return Err(not_http()),
            Some(_) => {}
        }
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let left = LARGEST - head.len() as u64;
            if reader.by_ref().take(left).read_until(b'\n', &mut head)? == 0 {
                return Err(not_http());
            }
        }
        let head = String::from_utf8(head).map_err(|_| not_http())?;
        let mut lines = head.split_terminator("\r\n");
        let start: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        let [method, target, "HTTP/1.1"] = start[..] else {
            return Err(not_http());
        };
        let headers = lines
            .take_while(|line| !line.is_empty())
            .map(|line| {
                let (name, value) = line.split_once(':').ok_or_else(not_http)?;
                Ok((name.to_ascii_lowercase(), value.trim().to_owned()))
            })
            .collect::<io::Result<_>>()?;
        let mut request = Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers,
            body: Vec::new(),
        };
        let length = match request.header("content-length") {
            Some(length) => length.parse().map_err(|_| not_http())?,
            None => 0,
        };
        if length > LARGEST {
            return Err(not_http());
        }
        request.body = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        reader.read_exact(&mut request.body)?;
        Ok(Some(request))
    }

    /// The value of a header that stands exactly once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(given, _)| given == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// Whether a header stands at least once.
    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(given, _)| given == name)
    }
}

fn not_http() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not an HTTP request")
}

/// The head of an answer: header by header as written.
pub(crate) fn head(status: u16, headers: &[(String, String)]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} Scripted\r\n");
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// A body in chunks of seven bytes, so that no character or number is safe from being cut.
pub(crate) fn chunks(body: &[u8]) -> Vec<u8> {
    let mut chunked = Vec::new();
    for chunk in body.chunks(7) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    chunked
}

/// `Response-Time` for `response-time`.
pub(crate) fn title_case(name: &str) -> String {
    name.split('-')
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect::<Vec<_>>()
        .join("-")
}
