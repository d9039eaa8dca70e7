//! What happened, in order: every call with both messages, every step of a vaulting, every notification. Bounded;
//! card numbers are masked before anything gets in here. Whoever listens is told at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::sync::broadcast;

use crate::mask::mask_card_data;

/// How many entries are kept.
const MOST_ENTRIES: usize = 1_000;
/// How many bytes of messages are kept in all.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// How much of a body is kept.
const LARGEST_BODY: usize = 64 * 1024;
/// How many entries a slow listener may be behind before it misses some.
const BACKLOG: usize = 256;

/// One thing that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Counts from 1.
    pub(crate) number: u64,
    /// On the sandbox's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) time: OffsetDateTime,
    #[serde(flatten)]
    pub(crate) event: Event,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Event {
    /// A request to the gateway and its answer.
    Call(Box<Call>),
    /// A vaulting came to another stage.
    Vaulting(Step),
    /// An attempt to deliver a notification.
    Notification(Box<Delivery>),
    /// The clock was moved, a fault was set, everything was reset: what somebody did to the sandbox, in a sentence.
    Control { what: String },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// The path with its query, as it was signed.
    pub(crate) target: String,
    pub(crate) client_id: Option<String>,
    pub(crate) request_id: Option<String>,
    /// [`Vaulting::number`](crate::vaulting::Vaulting::number), if the call was about one.
    pub(crate) vaulting: Option<u64>,
    /// The `resultCode` of the answer.
    pub(crate) code: String,
    /// `S`, `F` or `U`.
    pub(crate) status: String,
    /// Why, in the sandbox's own words.
    pub(crate) reason: Option<String>,
    /// Why the signature did not verify.
    pub(crate) doctor: Option<Explanation>,
    /// What was tried on the caller on purpose.
    pub(crate) fault: Option<String>,
    /// The checks that were made, in their order; the last one failed if the request was refused by one.
    pub(crate) checks: Vec<Check>,
    pub(crate) signed: bool,
    pub(crate) request: Message,
    pub(crate) answer: Message,
    pub(crate) http_status: u16,
    /// From the request's head to the answer.
    pub(crate) duration_micros: u64,
}

/// One of the checks that a request passes before it is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Check {
    /// For example `the signature is valid`.
    pub(crate) name: String,
    pub(crate) passed: bool,
}

/// The doctor's finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Explanation {
    pub(crate) id: String,
    pub(crate) what: String,
    pub(crate) fix: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Step {
    /// [`Vaulting::number`](crate::vaulting::Vaulting::number).
    pub(crate) vaulting: u64,
    pub(crate) request_id: String,
    /// What happened, in a sentence without a card number.
    pub(crate) what: String,
    /// `PROCESSING`, `SUCCESS` or `FAIL`.
    pub(crate) status: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) vaulting: Option<u64>,
    pub(crate) request_id: Option<String>,
    pub(crate) url: String,
    /// Counts from 1.
    pub(crate) attempt: u32,
    /// Whether the answer was the acknowledgement.
    pub(crate) acknowledged: bool,
    /// What happened, and what to do if it is not acknowledged.
    pub(crate) outcome: String,
    /// When it is sent again, if it is.
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) next: Option<OffsetDateTime>,
    pub(crate) request: Message,
    pub(crate) answer: Option<Message>,
    pub(crate) http_status: Option<u16>,
    pub(crate) duration_micros: u64,
}

/// Headers and body of a message, as they came but for what is masked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Whether [`body`](Self::body) is byte for byte what was on the wire: neither masked, cut nor mended.
    pub(crate) is_exact: bool,
}

impl Message {
    pub(crate) fn new(headers: Vec<(String, String)>, body: &[u8]) -> Self {
        let kept = &body[..body.len().min(LARGEST_BODY)];
        let masked = mask_card_data(kept);
        let text = String::from_utf8_lossy(&masked).into_owned();
        Self {
            is_exact: text.as_bytes() == body,
            body: text,
            headers,
        }
    }

    /// Of an HTTP message.
    pub(crate) fn of(headers: &axum::http::HeaderMap, body: &[u8]) -> Self {
        let headers = headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        Self::new(headers.collect(), body)
    }

    fn size(&self) -> usize {
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        headers + self.body.len()
    }
}

impl Event {
    fn size(&self) -> usize {
        let messages = match self {
            Self::Call(call) => call.request.size() + call.answer.size(),
            Self::Notification(delivery) => {
                delivery.request.size() + delivery.answer.as_ref().map_or(0, Message::size)
            }
            Self::Vaulting(_) | Self::Control { .. } => 0,
        };
        messages + size_of::<Entry>()
    }
}

/// The journal of a sandbox.
pub(crate) struct Journal {
    kept: Mutex<Kept>,
    news: broadcast::Sender<Arc<Entry>>,
}

#[derive(Default)]
struct Kept {
    newest: u64,
    bytes: usize,
    /// The oldest in front.
    entries: VecDeque<Arc<Entry>>,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self {
            kept: Mutex::default(),
            news: broadcast::Sender::new(BACKLOG),
        }
    }

    /// Writes an entry, and tells it to whoever listens.
    pub(crate) fn write(&self, time: OffsetDateTime, event: Event) -> Arc<Entry> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.newest += 1;
        let entry = Arc::new(Entry {
            number: kept.newest,
            time,
            event,
        });
        kept.bytes += entry.event.size();
        kept.entries.push_back(entry.clone());
        while kept.entries.len() > MOST_ENTRIES || kept.bytes > MOST_BYTES {
            let Some(oldest) = kept.entries.pop_front() else {
                break;
            };
            kept.bytes -= oldest.event.size();
        }
        // Inside the lock, so that listeners hear the entries in their order. Nobody may be listening.
        let _ = self.news.send(entry.clone());
        entry
    }

    /// Every entry that is kept, the newest first.
    pub(crate) fn entries(&self) -> Vec<Arc<Entry>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entries.iter().rev().cloned().collect()
    }

    pub(crate) fn entry(&self, number: u64) -> Option<Arc<Entry>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = kept.entries.front()?.number;
        let place = usize::try_from(number.checked_sub(oldest)?).ok()?;
        kept.entries.get(place).cloned()
    }

    /// Hears every entry from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<Entry>> {
        self.news.subscribe()
    }

    /// Forgets every entry. Numbers go on, so that no number means two things.
    pub(crate) fn reset(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entries.clear();
        kept.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn write(journal: &Journal, what: &str) -> u64 {
        let event = Event::Control { what: what.into() };
        journal.write(datetime!(2026-08-17 12:00 +8), event).number
    }

    #[test]
    fn entries_are_numbered_found_and_bounded() {
        let journal = Journal::new();
        for _ in 0..MOST_ENTRIES + 10 {
            write(&journal, "x");
        }
        assert_eq!(journal.entries().len(), MOST_ENTRIES);
        assert!(journal.entry(10).is_none());
        assert_eq!(journal.entry(11).unwrap().number, 11);
        journal.reset();
        assert!(journal.entries().is_empty());
        assert_eq!(write(&journal, "x"), MOST_ENTRIES as u64 + 11);
    }

    #[test]
    fn large_messages_are_cut_and_card_numbers_never_get_in() {
        let large = Message::new(Vec::new(), &vec![b'x'; LARGEST_BODY + 1]);
        assert_eq!((large.body.len(), large.is_exact), (LARGEST_BODY, false));
        let card = Message::new(Vec::new(), b"4054695723100768");
        assert_eq!(
            (card.body.as_str(), card.is_exact),
            ("************0768", false)
        );
        assert!(Message::new(Vec::new(), b"{}").is_exact);
    }

    #[tokio::test]
    async fn a_listener_hears_entries_in_their_order() {
        let journal = Journal::new();
        let mut news = journal.listen();
        write(&journal, "one");
        write(&journal, "two");
        assert_eq!(news.recv().await.unwrap().number, 1);
        assert_eq!(news.recv().await.unwrap().number, 2);
    }

    #[test]
    fn an_entry_survives_json() {
        let journal = Journal::new();
        write(&journal, "x");
        let text = serde_json::to_string(&*journal.entry(1).unwrap()).unwrap();
        assert_eq!(
            text,
            r#"{"number":1,"time":"2026-08-17T12:00:00+08:00","kind":"control","what":"x"}"#
        );
        let back: Entry = serde_json::from_str(&text).unwrap();
        assert_eq!(back.number, 1);
    }
}
