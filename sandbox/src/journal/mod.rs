//! What happened, in order: every call with both messages, every step of a vaulting, every notification. Bounded;
//! card numbers are masked before anything gets in here. Whoever listens is told at once.

mod file;
mod message;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::sync::broadcast;

use crate::mask::mask;
use file::JournalFile;
pub(crate) use message::{Headers, Message};

/// How many entries are kept.
const MOST_ENTRIES: usize = 1_000;
/// How many bytes of messages are kept in all.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// What stands in place of a secret.
pub(crate) const HIDDEN: &str = "***";
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
    pub(crate) name: Cow<'static, str>,
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
    /// As the control API numbers notifications; not known of earlier versions.
    #[serde(default)]
    pub(crate) notification: Option<u64>,
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

impl Event {
    /// Without card numbers where none belong. Messages are masked when they are made.
    fn masked(mut self) -> Self {
        match &mut self {
            Self::Call(call) => {
                let is_whole = !hide(&mut call.target);
                call.request.is_exact &= is_whole;
                let texts = [
                    &mut call.client_id,
                    &mut call.request_id,
                    &mut call.reason,
                    &mut call.fault,
                ];
                for text in texts.into_iter().flatten() {
                    hide(text);
                }
                if let Some(doctor) = &mut call.doctor {
                    hide(&mut doctor.what);
                    hide(&mut doctor.fix);
                }
            }
            Self::Vaulting(step) => {
                hide(&mut step.request_id);
            }
            Self::Notification(delivery) => {
                hide(&mut delivery.url);
                hide(&mut delivery.outcome);
                delivery.request_id.as_mut().map(hide);
            }
            Self::Control { what } => {
                hide(what);
            }
        }
        self
    }

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

/// Masks the text, and says whether there was something to mask.
fn hide(text: &mut String) -> bool {
    match mask(text) {
        Cow::Borrowed(_) => false,
        Cow::Owned(masked) => {
            *text = masked;
            true
        }
    }
}

/// The journal of a sandbox.
pub(crate) struct Journal {
    kept: Mutex<Kept>,
}

struct Kept {
    newest: u64,
    bytes: usize,
    /// The oldest in front; their numbers rise, but some may be missing.
    entries: VecDeque<Arc<Entry>>,
    /// The newest number when the sandbox started.
    before_start: u64,
    /// The newest number when the journal was last emptied.
    forgotten: u64,
    /// `None` once nobody is told any more.
    news: Option<broadcast::Sender<Arc<Entry>>>,
    /// `None` if the journal is only in memory.
    file: Option<JournalFile>,
}

/// What came after an entry.
pub(crate) struct News {
    /// The oldest first.
    pub(crate) entries: Vec<Arc<Entry>>,
    /// How many more there were that are not kept any more.
    pub(crate) missed: u64,
    /// The newest number when the journal was last emptied; 0 if it never was.
    pub(crate) forgotten: u64,
    /// The newest number of all.
    pub(crate) newest: u64,
}

impl Journal {
    /// A journal in memory.
    pub(crate) fn new() -> Self {
        Self {
            kept: Mutex::new(Kept {
                newest: 0,
                bytes: 0,
                entries: VecDeque::new(),
                before_start: 0,
                forgotten: 0,
                news: Some(broadcast::Sender::new(BACKLOG)),
                file: None,
            }),
        }
    }

    /// A journal that goes on where this file ends. What is odd about the file is its next entry.
    pub(crate) fn open(path: &Path, now: OffsetDateTime) -> io::Result<Self> {
        let journal = Self::new();
        let (file, back) = JournalFile::open(path, MOST_ENTRIES)?;
        let mut kept = journal.kept();
        for entry in back.entries {
            kept.newest = entry.number;
            kept.keep(Arc::new(entry));
        }
        kept.before_start = kept.newest;
        kept.file = Some(file);
        drop(kept);
        if back.damaged > 0 {
            let lines = if back.damaged == 1 { "line" } else { "lines" };
            let what = format!("{} damaged {lines} of journal.jsonl left out", back.damaged);
            journal.write(now, Event::Control { what });
        }
        Ok(journal)
    }

    /// Writes an entry, and tells it to whoever listens.
    pub(crate) fn write(&self, time: OffsetDateTime, event: Event) -> Arc<Entry> {
        let event = event.masked();
        let mut kept = self.kept();
        kept.newest += 1;
        let entry = Arc::new(Entry {
            number: kept.newest,
            time,
            event,
        });
        kept.keep(entry.clone());
        // Both inside the lock, so that the file and listeners get the entries in their order.
        if let Some(file) = &kept.file {
            file.write(entry.clone());
        }
        if let Some(news) = &kept.news {
            // Nobody may be listening.
            let _ = news.send(entry.clone());
        }
        entry
    }

    /// Every entry that is kept, the newest first.
    pub(crate) fn entries(&self) -> Vec<Arc<Entry>> {
        self.kept().entries.iter().rev().cloned().collect()
    }

    pub(crate) fn entry(&self, number: u64) -> Option<Arc<Entry>> {
        let kept = self.kept();
        let place = kept.entries.binary_search_by_key(&number, |e| e.number);
        kept.entries.get(place.ok()?).cloned()
    }

    /// What came after the entry of this number.
    pub(crate) fn since(&self, number: u64) -> News {
        let kept = self.kept();
        let seen = number.max(kept.forgotten);
        let place = kept.entries.partition_point(|entry| entry.number <= seen);
        let oldest = kept.entries.front().map_or(kept.newest, |e| e.number);
        News {
            entries: kept.entries.range(place..).cloned().collect(),
            missed: oldest.saturating_sub(seen.saturating_add(1)),
            forgotten: kept.forgotten,
            newest: kept.newest,
        }
    }

    /// Whether the entry is of an earlier run of the sandbox, whose vaultings are not known any more.
    pub(crate) fn is_of_earlier_run(&self, entry: &Entry) -> bool {
        entry.number <= self.kept().before_start
    }

    /// What keeps entries from getting to the disk, in a sentence.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.kept().file.as_ref().and_then(JournalFile::trouble)
    }

    /// Hears every entry from now on, until the sandbox stops.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<Entry>> {
        match &self.kept().news {
            Some(news) => news.subscribe(),
            None => broadcast::channel(1).1,
        }
    }

    /// Tells nobody any more: those who listen come to an end.
    pub(crate) fn end_news(&self) {
        self.kept().news = None;
    }

    /// Writes what is not on disk yet, and nothing from then on. Takes as long as the disk does.
    pub(crate) fn close(&self) {
        let file = self.kept().file.take();
        drop(file);
    }

    /// Forgets every entry, on disk too. Numbers go on, so that no number means two things.
    pub(crate) fn reset(&self) {
        let mut kept = self.kept();
        kept.entries.clear();
        kept.bytes = 0;
        kept.forgotten = kept.newest;
        if let Some(file) = &kept.file {
            file.empty();
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, entry: Arc<Entry>) {
        self.bytes += entry.event.size();
        self.entries.push_back(entry);
        while self.entries.len() > MOST_ENTRIES || self.bytes > MOST_BYTES {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= oldest.event.size();
        }
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
    fn news_tell_what_came_what_was_missed_and_what_was_forgotten() {
        let journal = Journal::new();
        for _ in 0..MOST_ENTRIES + 10 {
            write(&journal, "x");
        }
        let newest = MOST_ENTRIES as u64 + 10;
        let news = journal.since(newest - 2);
        let numbers: Vec<_> = news.entries.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, [newest - 1, newest]);
        assert_eq!((news.missed, news.forgotten), (0, 0));
        assert_eq!(journal.since(3).missed, 7);
        assert_eq!(journal.since(newest).missed, 0);
        journal.reset();
        let news = journal.since(3);
        assert_eq!(
            (news.entries.len(), news.missed, news.forgotten),
            (0, 0, newest)
        );
    }

    #[tokio::test]
    async fn those_who_listen_come_to_an_end() {
        let journal = Journal::new();
        let mut early = journal.listen();
        journal.end_news();
        assert!(early.recv().await.is_err());
        assert!(journal.listen().recv().await.is_err());
    }

    #[test]
    fn a_journal_goes_on_where_its_file_ends() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("journal.jsonl");
        let now = datetime!(2026-08-17 12:00 +8);
        let first = Journal::open(&path, now).unwrap();
        write(&first, "one");
        first.reset();
        write(&first, "two");
        first.close();
        write(&first, "three");
        let second = Journal::open(&path, now).unwrap();
        assert_eq!(write(&second, "four"), 3);
        let entries = second.entries();
        assert_eq!(entries.len(), 2);
        assert!(second.is_of_earlier_run(&entries[1]));
        assert!(!second.is_of_earlier_run(&entries[0]));
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
