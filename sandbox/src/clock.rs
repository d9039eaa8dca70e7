//! The sandbox's clock: the machine's time and how far it was moved ahead, written as Antom writes it, with the
//! offset of Singapore.

use std::time::Duration;

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use tokio::sync::watch;
use tokio::time::sleep;

/// How far the clock can be moved in all, so that every time has a year of four digits.
pub(crate) const FURTHEST: Duration = Duration::from_hours(100 * 365 * 24);

/// The longest nap before the clock is looked at again, because the machine's own clock may be set.
const NAP: Duration = Duration::from_mins(1);

/// A clock that can be moved ahead while others wait for it.
pub(crate) struct Clock {
    ahead: watch::Sender<Duration>,
}

/// The clock would be more than [`FURTHEST`] ahead of the machine.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clock can be moved ahead by 100 years in all")]
pub(crate) struct TooFar;

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            ahead: watch::Sender::new(Duration::ZERO),
        }
    }

    /// The time now, to the second.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let singapore = UtcOffset::from_hms(8, 0, 0).expect("8 hours is an offset");
        (OffsetDateTime::now_utc() + self.ahead())
            .to_offset(singapore)
            .replace_nanosecond(0)
            .expect("0 is a nanosecond")
    }

    /// How far it is ahead of the machine.
    pub(crate) fn ahead(&self) -> Duration {
        *self.ahead.borrow()
    }

    /// Hears when it is moved.
    pub(crate) fn listen(&self) -> watch::Receiver<Duration> {
        self.ahead.subscribe()
    }

    /// Moves it ahead; it never goes back but to the machine's time, by [`reset`](Self::reset).
    pub(crate) fn advance(&self, by: Duration) -> Result<(), TooFar> {
        let mut moved = false;
        self.ahead.send_if_modified(|ahead| {
            let further = ahead.checked_add(by).filter(|sum| *sum <= FURTHEST);
            moved = further.is_some();
            *ahead = further.unwrap_or(*ahead);
            moved
        });
        if moved { Ok(()) } else { Err(TooFar) }
    }

    /// Sets it to the machine's time.
    pub(crate) fn reset(&self) {
        self.ahead.send_replace(Duration::ZERO);
    }

    /// Returns when the clock shows this time or later, by waiting or by being moved.
    pub(crate) async fn wait_until(&self, time: OffsetDateTime) {
        let mut ahead = self.ahead.subscribe();
        loop {
            let now = OffsetDateTime::now_utc() + *ahead.borrow_and_update();
            let Ok(left) = Duration::try_from(time - now) else {
                return;
            };
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = sleep(left.min(NAP)) => {}
                _ = ahead.changed() => {}
            }
        }
    }
}

/// For example `2026-08-17T13:00:00+08:00`.
pub(crate) fn text(time: OffsetDateTime) -> String {
    time.format(&Rfc3339)
        .expect("a time between 1970 and 9999 has this form")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_goes_on_when_the_clock_is_moved() {
        let clock = Clock::new();
        let later = clock.now() + Duration::from_hours(15);
        let waiting = clock.wait_until(later);
        let moving = async {
            tokio::task::yield_now().await;
            clock.advance(Duration::from_hours(15)).unwrap();
        };
        tokio::join!(waiting, moving);
        assert!(clock.now() >= later);
    }

    #[tokio::test]
    async fn a_time_that_has_passed_is_not_waited_for() {
        let clock = Clock::new();
        clock.wait_until(clock.now() - Duration::from_secs(1)).await;
    }

    #[test]
    fn the_clock_stays_within_four_digits_of_a_year() {
        let clock = Clock::new();
        clock.advance(FURTHEST).unwrap();
        assert_eq!(clock.advance(Duration::from_secs(1)), Err(TooFar));
        assert_eq!(clock.advance(Duration::MAX), Err(TooFar));
        assert_eq!(clock.ahead(), FURTHEST);
        clock.reset();
        assert_eq!(clock.ahead(), Duration::ZERO);
    }
}
