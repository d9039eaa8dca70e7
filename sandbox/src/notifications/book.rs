//! The notifications that wait, are being sent, or were sent: bounded, and when each is due. Nothing here sends.

use std::collections::VecDeque;

use serde::Serialize;
use time::OffsetDateTime;

use super::destination::Destination;
use super::message::Letter;
use super::switches::{Change, Switches};
use crate::mask::mask;

/// How many notifications are remembered, those that wait included.
pub(super) const MOST_NOTICES: usize = 1_000;

/// One notification: the same body at every attempt.
pub(super) struct Notice {
    /// Counts from 1.
    number: u64,
    pub(super) vaulting: u64,
    pub(super) request_id: String,
    pub(super) url: String,
    pub(super) url_from: UrlFrom,
    /// Where it goes, or why it can go nowhere.
    pub(super) destination: Result<Destination, String>,
    pub(super) letter: Letter,
    /// All attempts, those by hand included.
    attempts: u32,
    /// The attempts of the schedule.
    scheduled: usize,
    /// When the schedule's next attempt is due.
    next: Option<OffsetDateTime>,
    /// An attempt by hand was asked for.
    by_hand: bool,
    is_being_sent: bool,
    acknowledged: bool,
    /// What became of the last attempt.
    outcome: Option<String>,
}

/// Who named the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UrlFrom {
    /// The merchant's request.
    Request,
    /// The settings, which stand in for Antom's Dashboard: the request named none.
    Settings,
    /// Nobody did, so it is the sandbox's own inbox.
    Nobody,
}

/// There was a reset while it was on its way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Forgotten;

/// An attempt that is to be made now.
pub(super) struct Attempt {
    pub(super) notice: u64,
    /// Counts from 1.
    pub(super) number: u32,
    pub(super) vaulting: u64,
    pub(super) request_id: String,
    pub(super) url: String,
    pub(super) url_from: UrlFrom,
    pub(super) destination: Result<Destination, String>,
    pub(super) letter: Letter,
    pub(super) switches: Switches,
    /// Not to be sent, but to be counted.
    pub(super) is_dropped: bool,
    /// When the schedule had planned it; `None` by hand.
    planned: Option<OffsetDateTime>,
}

/// A notification as the control API shows it.
#[derive(Serialize)]
pub(crate) struct Shown {
    number: u64,
    vaulting: u64,
    request_id: String,
    url: String,
    /// `waiting`, `sending`, `acknowledged` or `given_up`.
    state: &'static str,
    attempts: u32,
    #[serde(with = "time::serde::rfc3339::option")]
    next: Option<OffsetDateTime>,
    outcome: Option<String>,
}

/// Why an attempt by hand is not made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ResendProblem {
    Unknown,
    BeingSent,
}

#[derive(Default)]
pub(super) struct Book {
    newest: u64,
    /// The oldest in front.
    notices: VecDeque<Notice>,
    pub(super) switches: Switches,
}

impl Notice {
    pub(super) fn new(
        vaulting: u64,
        request_id: String,
        (url, url_from): (String, UrlFrom),
        destination: Result<Destination, String>,
        letter: Letter,
    ) -> Self {
        Self {
            number: 0,
            vaulting,
            request_id,
            url,
            url_from,
            destination,
            letter,
            attempts: 0,
            scheduled: 0,
            next: None,
            by_hand: false,
            is_being_sent: false,
            acknowledged: false,
            outcome: None,
        }
    }

    fn waits(&self) -> bool {
        self.by_hand || self.next.is_some()
    }

    fn is_due(&self, now: OffsetDateTime) -> bool {
        !self.is_being_sent && (self.by_hand || self.next.is_some_and(|next| next <= now))
    }

    fn shown(&self) -> Shown {
        Shown {
            number: self.number,
            vaulting: self.vaulting,
            request_id: mask(&self.request_id).into_owned(),
            url: mask(&self.url).into_owned(),
            state: match self {
                Self {
                    is_being_sent: true,
                    ..
                } => "sending",
                _ if self.waits() => "waiting",
                Self {
                    acknowledged: true, ..
                } => "acknowledged",
                _ => "given_up",
            },
            attempts: self.attempts,
            next: self.next,
            outcome: self.outcome.clone(),
        }
    }

    fn attempt(&mut self, switches: Switches, is_dropped: bool) -> Attempt {
        self.is_being_sent = true;
        self.attempts += 1;
        let by_hand = std::mem::take(&mut self.by_hand);
        let planned = if by_hand {
            None
        } else {
            self.scheduled += 1;
            self.next.take()
        };
        Attempt {
            notice: self.number,
            number: self.attempts,
            vaulting: self.vaulting,
            request_id: self.request_id.clone(),
            url: self.url.clone(),
            url_from: self.url_from,
            destination: self.destination.clone(),
            letter: self.letter.clone(),
            switches,
            is_dropped,
            planned,
        }
    }
}

impl Book {
    /// Takes a notification up, with its first attempt at `due`. Returns its number, and the one that was given up
    /// for it, if too many wait.
    pub(super) fn add(&mut self, notice: Notice, due: OffsetDateTime) -> (u64, Option<Notice>) {
        let given_up = self.make_room();
        self.newest += 1;
        self.notices.push_back(Notice {
            number: self.newest,
            next: Some(due),
            ..notice
        });
        (self.newest, given_up)
    }

    /// Forgets the oldest that is done with, or else gives the oldest up that waits.
    fn make_room(&mut self) -> Option<Notice> {
        if self.notices.len() < MOST_NOTICES {
            return None;
        }
        let place = |which: fn(&Notice) -> bool| self.notices.iter().position(which);
        let done = place(|notice| !notice.is_being_sent && !notice.waits());
        let place = done.or_else(|| place(|notice| !notice.is_being_sent));
        let forgotten = self.notices.remove(place.unwrap_or(0))?;
        forgotten.waits().then_some(forgotten)
    }

    /// The next attempt that is due, marked as being sent.
    pub(super) fn next_attempt(&mut self, now: OffsetDateTime) -> Option<Attempt> {
        let notice = self.notices.iter_mut().find(|notice| notice.is_due(now))?;
        let is_dropped = self.switches.drop > 0;
        self.switches.drop = self.switches.drop.saturating_sub(1);
        Some(notice.attempt(self.switches.clone(), is_dropped))
    }

    /// When the next attempt is due, if one is.
    pub(super) fn next_due(&self) -> Option<OffsetDateTime> {
        let free = self.notices.iter().filter(|notice| !notice.is_being_sent);
        free.filter_map(|notice| notice.next).min()
    }

    /// Notes what became of an attempt, and says when the notification is sent again, if it is.
    pub(super) fn finish(
        &mut self,
        attempt: &Attempt,
        acknowledged: bool,
        outcome: &str,
    ) -> Result<Option<OffsetDateTime>, Forgotten> {
        let profile = self.switches.profile;
        let notice = self.find(attempt.notice).ok_or(Forgotten)?;
        notice.is_being_sent = false;
        notice.acknowledged |= acknowledged;
        notice.outcome = Some(outcome.to_owned());
        if notice.acknowledged {
            notice.next = None;
        } else if let Some(planned) = attempt.planned {
            // From the plan and not from now: what a moved clock passed over is due, one after the other.
            let wait = profile.wait_before(notice.scheduled + 1);
            notice.next = wait.map(|wait| planned + wait);
        }
        Ok(notice.next)
    }

    /// Whether an attempt for this vaulting has ended; `None` if no notification of it was taken up.
    pub(super) fn was_attempted(&self, vaulting: u64) -> Option<bool> {
        let notice = self
            .notices
            .iter()
            .rev()
            .find(|notice| notice.vaulting == vaulting)?;
        Some(notice.outcome.is_some())
    }

    /// Asks for an attempt by hand.
    pub(super) fn resend(&mut self, number: u64) -> Result<(), ResendProblem> {
        let notice = self.find(number).ok_or(ResendProblem::Unknown)?;
        if notice.is_being_sent {
            return Err(ResendProblem::BeingSent);
        }
        notice.by_hand = true;
        Ok(())
    }

    /// Changes switches. A schedule that ends now ends for those that wait, too.
    pub(super) fn change(&mut self, change: &Change) -> Result<(), &'static str> {
        self.switches.change(change)?;
        if change.profile == Some(super::Profile::Sandbox) {
            for notice in self
                .notices
                .iter_mut()
                .filter(|notice| notice.scheduled > 0)
            {
                notice.next = None;
            }
        }
        Ok(())
    }

    /// Forgets all. Numbers go on, so that what is still on its way finds nothing of its own.
    pub(super) fn reset(&mut self, switches: Switches) {
        self.notices.clear();
        self.switches = switches;
    }

    /// All of them, the newest first.
    pub(super) fn shown(&self) -> Vec<Shown> {
        self.notices.iter().rev().map(Notice::shown).collect()
    }

    /// The newest about this vaulting.
    pub(super) fn about(&self, vaulting: u64) -> Option<Shown> {
        let mut newest_first = self.notices.iter().rev();
        newest_first
            .find(|notice| notice.vaulting == vaulting)
            .map(Notice::shown)
    }

    fn find(&mut self, number: u64) -> Option<&mut Notice> {
        self.notices
            .iter_mut()
            .find(|notice| notice.number == number)
    }
}
