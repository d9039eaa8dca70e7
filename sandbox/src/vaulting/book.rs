//! Every vaulting that the sandbox remembers, found by any of its names. In memory and bounded.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Origin, RequestKey, Vaulting};

/// A name of a vaulting.
#[derive(Clone, Debug)]
pub(crate) enum Locator<'a> {
    /// The merchant and the `vaultingRequestId`.
    Request(&'a RequestKey),
    /// `vaultingSessionId`.
    SessionId(&'a str),
    /// `vaultingSessionData`.
    SessionData(&'a str),
    /// [`Vaulting::number`].
    Number(u64),
}

/// Whether a vaulting was there before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<T> {
    New(T),
    Repeated(T),
    RepeatedWithChanges(T),
}

/// The vaultings; the oldest are forgotten first.
pub(crate) struct Vaultings {
    most: usize,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    newest: u64,
    /// By number, the oldest in front.
    vaultings: VecDeque<Vaulting>,
    by_request: HashMap<RequestKey, u64>,
    by_session_id: HashMap<String, u64>,
    by_session_data: HashMap<String, u64>,
}

impl Vaultings {
    /// Remembers at most this many, but always one.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            book: Mutex::default(),
        }
    }

    /// Reads the vaulting of this request; `create` makes a new one, and is given its number.
    pub(crate) fn find_or_create<T>(
        &self,
        key: &RequestKey,
        fingerprint: [u8; 32],
        create: impl FnOnce(u64) -> Vaulting,
        read: impl FnOnce(&Vaulting) -> T,
    ) -> Found<T> {
        let mut book = self.book();
        if let Some(vaulting) = book.find(&Locator::Request(key)) {
            let same = vaulting.fingerprint == fingerprint;
            let value = read(vaulting);
            return if same {
                Found::Repeated(value)
            } else {
                Found::RepeatedWithChanges(value)
            };
        }
        let vaulting = create(book.newest + 1);
        let value = read(&vaulting);
        book.add(vaulting);
        while book.vaultings.len() > self.most {
            book.forget_oldest();
        }
        Found::New(value)
    }

    /// Does something with the vaulting of this name, if there is one.
    pub(crate) fn with<T>(
        &self,
        locator: &Locator<'_>,
        act: impl FnOnce(&mut Vaulting) -> T,
    ) -> Option<T> {
        self.book().find(locator).map(act)
    }

    /// A copy of the vaulting of this name.
    pub(crate) fn get(&self, locator: &Locator<'_>) -> Option<Vaulting> {
        self.with(locator, |vaulting| vaulting.clone())
    }

    /// Does something with each, the newest first.
    pub(crate) fn for_each(&self, act: impl FnMut(&mut Vaulting)) {
        self.book().vaultings.iter_mut().rev().for_each(act);
    }

    /// Forgets all of them; numbers begin with 1 again.
    pub(crate) fn reset(&self) {
        *self.book() = Book::default();
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn find(&mut self, locator: &Locator<'_>) -> Option<&mut Vaulting> {
        let number = match *locator {
            Locator::Request(key) => *self.by_request.get(key)?,
            Locator::SessionId(id) => *self.by_session_id.get(id)?,
            Locator::SessionData(data) => *self.by_session_data.get(data)?,
            Locator::Number(number) => number,
        };
        let oldest = self.vaultings.front()?.number;
        let place = usize::try_from(number.checked_sub(oldest)?).ok()?;
        self.vaultings.get_mut(place)
    }

    fn add(&mut self, vaulting: Vaulting) {
        self.newest = vaulting.number;
        self.by_request
            .insert(vaulting.key.clone(), vaulting.number);
        if let Origin::Session { id, data } = &vaulting.origin {
            self.by_session_id.insert(id.clone(), vaulting.number);
            self.by_session_data.insert(data.clone(), vaulting.number);
        }
        self.vaultings.push_back(vaulting);
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.vaultings.pop_front() else {
            return;
        };
        self.by_request.remove(&oldest.key);
        if let Origin::Session { id, data } = &oldest.origin {
            self.by_session_id.remove(id);
            self.by_session_data.remove(data);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::vaulting;
    use super::*;

    fn key(id: &str) -> RequestKey {
        RequestKey {
            client_id: "SANDBOX_1".into(),
            request_id: id.into(),
        }
    }

    fn create(vaultings: &Vaultings, id: &str, fingerprint: u8) -> Found<u64> {
        vaultings.find_or_create(
            &key(id),
            [fingerprint; 32],
            |number| Vaulting {
                number,
                key: key(id),
                origin: Origin::Session {
                    id: format!("id {number}"),
                    data: format!("data {number}"),
                },
                fingerprint: [fingerprint; 32],
                ..vaulting()
            },
            |vaulting| vaulting.number,
        )
    }

    #[test]
    fn a_repeated_request_finds_its_vaulting() {
        let vaultings = Vaultings::new(10);
        assert_eq!(create(&vaultings, "a", 0), Found::New(1));
        assert_eq!(create(&vaultings, "b", 0), Found::New(2));
        assert_eq!(create(&vaultings, "a", 0), Found::Repeated(1));
        assert_eq!(create(&vaultings, "a", 1), Found::RepeatedWithChanges(1));
    }

    #[test]
    fn every_name_leads_to_the_same_vaulting() {
        let vaultings = Vaultings::new(10);
        create(&vaultings, "a", 0);
        create(&vaultings, "b", 0);
        for locator in [
            Locator::Request(&key("b")),
            Locator::SessionId("id 2"),
            Locator::SessionData("data 2"),
            Locator::Number(2),
        ] {
            assert_eq!(
                vaultings.get(&locator).map(|v| v.number),
                Some(2),
                "{locator:?}"
            );
        }
        for nothing in [
            Locator::Number(0),
            Locator::Number(3),
            Locator::SessionId("id 3"),
        ] {
            assert!(vaultings.get(&nothing).is_none(), "{nothing:?}");
        }
    }

    #[test]
    fn the_oldest_are_forgotten_first_and_wholly() {
        let vaultings = Vaultings::new(2);
        for id in ["a", "b", "c"] {
            create(&vaultings, id, 0);
        }
        assert!(vaultings.get(&Locator::Number(1)).is_none());
        assert!(vaultings.get(&Locator::SessionData("data 1")).is_none());
        assert_eq!(create(&vaultings, "b", 0), Found::Repeated(2));
        assert_eq!(create(&vaultings, "a", 0), Found::New(4));
        let book = vaultings.book();
        assert_eq!((book.vaultings.len(), book.by_request.len()), (2, 2));
        assert_eq!(
            (book.by_session_id.len(), book.by_session_data.len()),
            (2, 2)
        );
    }
}
