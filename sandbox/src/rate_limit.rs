//! How many requests a second are let through: a bucket that fills evenly and holds one second's worth.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

pub(crate) struct RateLimit {
    per_second: NonZeroU32,
    bucket: Mutex<Bucket>,
}

struct Bucket {
    requests: f64,
    filled_at: Instant,
}

impl RateLimit {
    pub(crate) fn new(per_second: NonZeroU32) -> Self {
        Self {
            per_second,
            bucket: Mutex::new(Bucket {
                requests: per_second.get().into(),
                filled_at: Instant::now(),
            }),
        }
    }

    pub(crate) fn per_second(&self) -> NonZeroU32 {
        self.per_second
    }

    /// Counts one request; false if there were too many.
    pub(crate) fn admits_one_more(&self) -> bool {
        self.admits_at(Instant::now())
    }

    fn admits_at(&self, now: Instant) -> bool {
        let per_second = f64::from(self.per_second.get());
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let since = now.saturating_duration_since(bucket.filled_at);
        bucket.requests = (bucket.requests + since.as_secs_f64() * per_second).min(per_second);
        bucket.filled_at = now;
        let admitted = bucket.requests >= 1.0;
        if admitted {
            bucket.requests -= 1.0;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_second_holds_as_many_as_the_limit_and_fills_evenly() {
        let limit = RateLimit::new(NonZeroU32::new(4).unwrap());
        let start = Instant::now();
        let admitted = |after| {
            let now = start + Duration::from_millis(after);
            (0..10).filter(|_| limit.admits_at(now)).count()
        };
        assert_eq!(admitted(0), 4);
        assert_eq!(admitted(500), 2);
        assert_eq!(admitted(60_000), 4);
    }
}
