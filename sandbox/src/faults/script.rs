//! From an answer and a fault to the bytes that go over the wire, and what becomes of the connection after them.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderName, StatusCode};
use time::OffsetDateTime;

use super::answer::{Asked, http_date};
use super::list::Bytes as Fault;
use super::plan::Plan;
use crate::gateway::Sealed;

/// By how much a wrong Content-Length is wrong.
const OFF_BY: usize = 10;
/// How many pieces a dripping answer has at most.
const MOST_PIECES: usize = 50;
/// So that a reset does not overtake the bytes before it.
const BEFORE_RESET: Duration = Duration::from_millis(20);

/// What is sent instead of an answer.
#[derive(Debug)]
pub(crate) struct Script {
    pub(super) steps: VecDeque<Step>,
    pub(super) end: End,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Send(Bytes),
    Wait(Duration),
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It waits for the next request.
    Keep,
    Close,
    /// It breaks with RST.
    Reset,
}

impl Plan {
    /// The bytes of an answer, if faults make them other than HTTP has them.
    pub(super) fn script(&self, sealed: &Sealed, asked: &Asked<'_>) -> Option<Script> {
        let (fault, duration) = self.bytes()?;
        let names = match fault {
            Fault::CapitalisedNames => capitalised,
            _ => as_it_is,
        };
        let length = match fault {
            Fault::LengthTooLarge => sealed.body.len() + OFF_BY,
            Fault::LengthTooSmall => sealed.body.len().saturating_sub(OFF_BY),
            _ => sealed.body.len(),
        };
        let head = head(sealed, asked, names, length);
        let whole = [&head, sealed.body.as_ref()].concat();
        let half_head = head.len() / 2;
        let half_body = head.len() + sealed.body.len() / 2;
        Some(match fault {
            Fault::Drip => Script::drip(&whole, duration),
            Fault::ResetAtOnce => Script::reset(&[]),
            Fault::ResetInHeaders => Script::reset(&whole[..half_head]),
            Fault::ResetInBody => Script::reset(&whole[..half_body]),
            Fault::CloseAtOnce => Script::close(&[]),
            Fault::CloseInBody => Script::close(&whole[..half_body]),
            Fault::LengthTooLarge | Fault::CloseAfterwards => Script::close(&whole),
            Fault::Surplus => Script::keep(&[whole, surplus()].concat()),
            Fault::Interim(status) => Script::keep(&[interim(status), whole].concat()),
            Fault::LengthTooSmall | Fault::CapitalisedNames => Script::keep(&whole),
        })
    }
}

impl Script {
    fn new(bytes: &[u8], end: End) -> Self {
        Self {
            steps: [Step::Send(Bytes::copy_from_slice(bytes))].into(),
            end,
        }
    }

    fn keep(bytes: &[u8]) -> Self {
        Self::new(bytes, End::Keep)
    }

    fn close(bytes: &[u8]) -> Self {
        Self::new(bytes, End::Close)
    }

    fn reset(bytes: &[u8]) -> Self {
        let mut script = Self::new(bytes, End::Reset);
        if !bytes.is_empty() {
            script.steps.push_back(Step::Wait(BEFORE_RESET));
        }
        script
    }

    /// In pieces of the same length, with the same wait before each.
    fn drip(bytes: &[u8], duration: Duration) -> Self {
        let pieces = bytes.chunks(bytes.len().div_ceil(MOST_PIECES).max(1));
        let wait = duration / u32::try_from(pieces.len()).unwrap_or(1).max(1);
        let steps =
            pieces.flat_map(|piece| [Step::Wait(wait), Step::Send(Bytes::copy_from_slice(piece))]);
        Self {
            steps: steps.collect(),
            end: End::Keep,
        }
    }
}

fn head(
    sealed: &Sealed,
    asked: &Asked<'_>,
    names: fn(&HeaderName) -> String,
    length: usize,
) -> Vec<u8> {
    let mut head = start_line(sealed.status).into_bytes();
    let mut line = |name: HeaderName, value: &[u8]| {
        head.extend(names(&name).as_bytes());
        head.extend(b": ");
        head.extend(value);
        head.extend(b"\r\n");
    };
    for (name, value) in &sealed.headers {
        line(name.clone(), value.as_bytes());
    }
    line(
        HeaderName::from_static("content-length"),
        length.to_string().as_bytes(),
    );
    line(
        HeaderName::from_static("date"),
        http_date(OffsetDateTime::now_utc()).as_bytes(),
    );
    if asked.closes {
        line(HeaderName::from_static("connection"), b"close");
    }
    head.extend(b"\r\n");
    head
}

fn start_line(status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or_default();
    format!("HTTP/1.1 {} {reason}\r\n", status.as_u16())
}

fn interim(status: u16) -> Vec<u8> {
    let status = StatusCode::from_u16(status).expect("the statuses of the list are HTTP's");
    let mut head = start_line(status);
    if status != StatusCode::CONTINUE {
        let _ = write!(head, "link: </style.css>; rel=preload\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// Looks like the answer to the next request; whoever takes it for that is told a failure.
fn surplus() -> Vec<u8> {
    let body = r#"{"result":{"resultCode":"SURPLUS_BYTES","resultMessage":"Nobody asked for this answer.","resultStatus":"F"}}"#;
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn as_it_is(name: &HeaderName) -> String {
    name.as_str().to_owned()
}

fn capitalised(name: &HeaderName) -> String {
    let words: Vec<_> = name
        .as_str()
        .split('-')
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            format!("{}{rest}", first.to_ascii_uppercase())
        })
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drip_takes_its_time_and_loses_nothing() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1234).collect();
        let script = Script::drip(&bytes, Duration::from_secs(2));
        let (mut sent, mut waited) = (Vec::<u8>::new(), Duration::ZERO);
        for step in &script.steps {
            match step {
                Step::Send(piece) => sent.extend(piece),
                Step::Wait(wait) => waited += *wait,
            }
        }
        assert_eq!(sent, bytes);
        assert!(script.steps.len() <= 2 * MOST_PIECES);
        let short_by = Duration::from_secs(2).saturating_sub(waited);
        assert!(short_by < Duration::from_millis(1), "{waited:?}");
    }

    #[test]
    fn names_are_capitalised_at_every_word() {
        let name = HeaderName::from_static("response-time");
        assert_eq!(capitalised(&name), "Response-Time");
        let name = HeaderName::from_static("x--y");
        assert_eq!(capitalised(&name), "X--Y");
    }
}
