//! The vaulting sessions that were created, by the request that created them. In memory and bounded.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// What makes a request a repetition: the same merchant and the same `vaultingRequestId`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RequestKey {
    pub(super) client_id: String,
    pub(super) request_id: String,
}

struct Session {
    /// Of the fields that created it.
    fingerprint: [u8; 32],
    /// The body of the answer.
    answer: Vec<u8>,
}

/// What became of a request for a session. Each holds the body of the answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Created(Vec<u8>),
    Repeated(Vec<u8>),
    RepeatedWithChanges(Vec<u8>),
}

pub(super) struct Sessions {
    most: usize,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    sessions: HashMap<Arc<RequestKey>, Session>,
    /// The oldest in front.
    by_age: VecDeque<Arc<RequestKey>>,
}

impl Sessions {
    /// Remembers at most this many.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            book: Mutex::default(),
        }
    }

    /// The session of this request; `create` makes the answer of a new one.
    pub(super) fn find_or_create(
        &self,
        key: RequestKey,
        fingerprint: [u8; 32],
        create: impl FnOnce() -> Vec<u8>,
    ) -> Outcome {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = book.sessions.get(&key) {
            let answer = session.answer.clone();
            return if session.fingerprint == fingerprint {
                Outcome::Repeated(answer)
            } else {
                Outcome::RepeatedWithChanges(answer)
            };
        }
        let answer = create();
        let session = Session {
            fingerprint,
            answer: answer.clone(),
        };
        let key = Arc::new(key);
        book.by_age.push_back(key.clone());
        book.sessions.insert(key, session);
        while book.sessions.len() > self.most {
            let Some(oldest) = book.by_age.pop_front() else {
                break;
            };
            book.sessions.remove(&oldest);
        }
        Outcome::Created(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(sessions: &Sessions, id: &str) -> Outcome {
        let key = RequestKey {
            client_id: "client".into(),
            request_id: id.into(),
        };
        sessions.find_or_create(key, [0; 32], || id.into())
    }

    #[test]
    fn the_oldest_session_is_forgotten_first() {
        let sessions = Sessions::new(2);
        for id in ["1", "2", "3"] {
            assert_eq!(create(&sessions, id), Outcome::Created(id.into()));
        }
        assert_eq!(create(&sessions, "2"), Outcome::Repeated("2".into()));
        assert_eq!(create(&sessions, "1"), Outcome::Created("1".into()));
        assert_eq!(create(&sessions, "2"), Outcome::Created("2".into()));
        let book = sessions.book.lock().unwrap();
        assert_eq!((book.sessions.len(), book.by_age.len()), (2, 2));
    }
}
