//! Every vaulting that the sandbox remembers, found by any of its names. In memory and bounded.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use tokio::sync::Notify;

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
    /// Told when another vaulting has become the next to expire.
    next_expiry_changed: Notify,
}

#[derive(Default)]
struct Book {
    newest: u64,
    /// By number, the oldest in front.
    vaultings: VecDeque<Vaulting>,
    by_request: HashMap<Arc<RequestKey>, u64>,
    by_session_id: HashMap<Arc<str>, u64>,
    by_session_data: HashMap<Arc<str>, u64>,
    /// When each that nobody closed yet expires.
    expiries: BTreeSet<(OffsetDateTime, u64)>,
}

impl Vaultings {
    /// Remembers at most this many, but always one.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            book: Mutex::default(),
            next_expiry_changed: Notify::new(),
        }
    }

    /// Reads the vaulting of this request; `create` makes a new one, and is given its number, or refuses to.
    pub(crate) fn find_or_create<T, E>(
        &self,
        key: &RequestKey,
        fingerprint: [u8; 32],
        create: impl FnOnce(u64) -> Result<Vaulting, E>,
        read: impl FnOnce(&Vaulting) -> T,
    ) -> Result<Found<T>, E> {
        let mut book = self.book();
        if let Some(vaulting) = book.find(&Locator::Request(key)) {
            let same = vaulting.fingerprint == fingerprint;
            let value = read(vaulting);
            return Ok(if same {
                Found::Repeated(value)
            } else {
                Found::RepeatedWithChanges(value)
            });
        }
        let vaulting = create(book.newest + 1)?;
        let value = read(&vaulting);
        let next_expiry = book.next_expiry();
        book.add(vaulting);
        while book.vaultings.len() > self.most {
            book.forget_oldest();
        }
        if book.next_expiry() != next_expiry {
            self.next_expiry_changed.notify_one();
        }
        Ok(Found::New(value))
    }

    /// When the next vaulting expires, if nobody completes it before.
    pub(crate) fn next_expiry(&self) -> Option<OffsetDateTime> {
        self.book().next_expiry()
    }

    /// Returns when [`next_expiry`](Self::next_expiry) may have become another. Only one task may wait for it.
    pub(crate) async fn next_expiry_changed(&self) {
        self.next_expiry_changed.notified().await;
    }

    /// The number of a vaulting whose time is over at `now`. Each is given out once.
    pub(crate) fn take_overdue(&self, now: OffsetDateTime) -> Option<u64> {
        let mut book = self.book();
        let (expires_at, number) = *book.expiries.first()?;
        if expires_at > now {
            return None;
        }
        book.expiries.pop_first();
        Some(number)
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
        if !vaulting.stage.is_final() {
            self.expiries.insert((vaulting.expires_at, vaulting.number));
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
        self.expiries.remove(&(oldest.expires_at, oldest.number));
    }

    fn next_expiry(&self) -> Option<OffsetDateTime> {
        self.expiries.first().map(|(expires_at, _)| *expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::vaulting;
    use super::*;
    use std::convert::Infallible;
    use std::time::Duration;

    fn key(id: &str) -> RequestKey {
        RequestKey {
            client_id: "SANDBOX_1".into(),
            request_id: id.into(),
        }
    }

    fn create(vaultings: &Vaultings, id: &str, fingerprint: u8) -> Found<u64> {
        let found = vaultings.find_or_create(
            &key(id),
            [fingerprint; 32],
            |number| {
                Ok::<_, Infallible>(Vaulting {
                    number,
                    key: key(id).into(),
                    origin: Origin::Session {
                        id: format!("id {number}").into(),
                        data: format!("data {number}").into(),
                    },
                    fingerprint: [fingerprint; 32],
                    expires_at: vaulting().expires_at - Duration::from_secs(number),
                    ..vaulting()
                })
            },
            |vaulting| vaulting.number,
        );
        let Ok(found) = found;
        found
    }

    #[test]
    fn a_refused_creation_leaves_nothing_behind() {
        let vaultings = Vaultings::new(10);
        let refused: Result<Found<()>, _> =
            vaultings.find_or_create(&key("a"), [0; 32], |_| Err("no"), |_| ());
        assert_eq!(refused, Err("no"));
        assert_eq!(create(&vaultings, "a", 0), Found::New(1));
    }

    #[test]
    fn each_expiry_is_given_out_once_and_in_its_order() {
        let vaultings = Vaultings::new(2);
        for id in ["a", "b", "c"] {
            create(&vaultings, id, 0);
        }
        let end = vaulting().expires_at;
        let at = |seconds| end - Duration::from_secs(seconds);
        assert_eq!(vaultings.next_expiry(), Some(at(3)));
        assert_eq!(vaultings.take_overdue(at(4)), None);
        assert_eq!(vaultings.take_overdue(at(3)), Some(3));
        assert_eq!(vaultings.take_overdue(at(3)), None);
        assert_eq!(vaultings.take_overdue(end), Some(2));
        assert_eq!(
            vaultings.take_overdue(end),
            None,
            "the oldest was forgotten"
        );
        assert_eq!(vaultings.next_expiry(), None);
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
