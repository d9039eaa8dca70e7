//! How many requests a second are let through: a bucket that fills evenly and holds one second's worth.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Full at first. The limit itself is given with each request, because it may change.
#[derive(Default)]
pub(crate) struct RateLimit {
    bucket: Mutex<Option<Bucket>>,
}

struct Bucket {
    requests: f64,
    filled_at: Instant,
}

impl RateLimit {
    /// Counts one request; false if there were too many.
    pub(crate) fn admits_one_more(&self, per_second: NonZeroU32) -> bool {
        self.admits_at(Instant::now(), per_second)
    }

    /// Forgets what was counted.
    pub(crate) fn reset(&self) {
        *self.bucket.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn admits_at(&self, now: Instant, per_second: NonZeroU32) -> bool {
        let per_second = f64::from(per_second.get());
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = bucket.get_or_insert(Bucket {
            requests: per_second,
            filled_at: now,
        });
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
        let limit = RateLimit::default();
        let four = NonZeroU32::new(4).unwrap();
        let start = Instant::now();
        let admitted = |after| {
            let now = start + Duration::from_millis(after);
            (0..10).filter(|_| limit.admits_at(now, four)).count()
        };
        assert_eq!(admitted(0), 4);
        assert_eq!(admitted(500), 2);
        assert_eq!(admitted(60_000), 4);
        limit.reset();
        assert_eq!(admitted(60_000), 4);
    }
}
