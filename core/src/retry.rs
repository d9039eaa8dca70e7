//! Whether a failed attempt is made again, and after which wait. Pure: it is given the time that is left and a random
//! number, and touches neither clock nor network.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The longest wait before the first retry; it doubles with every further one.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest wait before any retry.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How an attempt failed, as far as trying again is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// Nothing left this machine.
    NotSent,
    /// It may have been processed, or Antom asks to call again. `retry_after` is what the answer asked for.
    Undecided { retry_after: Option<Duration> },
    /// Trying again cannot help, or is not safe.
    Finally,
}

/// What makes a repeated call harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Antom gives the same result for the same request, for example because of its `vaultingRequestId`.
    Harmless,
    /// A second request could act twice: tried again only if nothing was sent.
    OnlyIfNotSent,
}

/// The wait before the next attempt, or `None` if there is none.
///
/// `made` attempts have failed, the last one as `failed` says; `left` is the time until the deadline; `random` is in
/// `0.0..1.0`.
pub(crate) fn wait_before_next(
    made: u32,
    max_retries: u32,
    failed: Failed,
    repeat: Repeat,
    left: Duration,
    random: f64,
) -> Option<Duration> {
    if made > max_retries {
        return None;
    }
    let asked_for = match (failed, repeat) {
        (Failed::NotSent, Repeat::Harmless | Repeat::OnlyIfNotSent) => Duration::ZERO,
        (Failed::Undecided { retry_after }, Repeat::Harmless) => retry_after.unwrap_or_default(),
        (Failed::Undecided { .. }, Repeat::OnlyIfNotSent)
        | (Failed::Finally, Repeat::Harmless | Repeat::OnlyIfNotSent) => return None,
    };
    let doubled = FIRST_WAIT.saturating_mul(1 << (made - 1).min(10));
    let wait = doubled.min(LONGEST_WAIT).mul_f64(random).max(asked_for);
    (wait < left).then_some(wait)
}

/// Keeps a client from answering an outage with a flood: retries cost, successes pay back.
pub(crate) struct Budget(AtomicU32);

impl Budget {
    const FULL: u32 = 100;
    const RETRY: u32 = 10;
    const SUCCESS: u32 = 1;

    pub(crate) fn full() -> Self {
        Self(AtomicU32::new(Self::FULL))
    }

    /// Pays for a retry, if there is enough.
    pub(crate) fn spend(&self) -> bool {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| {
                tokens.checked_sub(Self::RETRY)
            })
            .is_ok()
    }

    pub(crate) fn earn(&self) {
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| {
                (tokens < Self::FULL).then_some(tokens + Self::SUCCESS)
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn failed() -> impl Strategy<Value = Failed> {
        prop_oneof![
            Just(Failed::NotSent),
            Just(Failed::Finally),
            proptest::option::of(0u64..100_000).prop_map(|ms| Failed::Undecided {
                retry_after: ms.map(Duration::from_millis)
            }),
        ]
    }

    fn repeat() -> impl Strategy<Value = Repeat> {
        prop_oneof![Just(Repeat::Harmless), Just(Repeat::OnlyIfNotSent)]
    }

    proptest! {
        #[test]
        fn never_beyond_the_deadline(
            made in 1u32..40, retries in 0u32..40, failed in failed(), repeat in repeat(),
            left in 0u64..60_000, random in 0.0f64..1.0,
        ) {
            let left = Duration::from_millis(left);
            if let Some(wait) = wait_before_next(made, retries, failed, repeat, left, random) {
                prop_assert!(wait < left);
            }
        }

        #[test]
        fn never_more_attempts_than_allowed(
            retries in 0u32..10, failed in failed(), repeat in repeat(), random in 0.0f64..1.0,
        ) {
            let mut made = 1;
            while wait_before_next(made, retries, failed, repeat, Duration::MAX, random).is_some() {
                made += 1;
            }
            prop_assert!(made <= retries + 1);
        }

        #[test]
        fn a_final_failure_is_final(made in 1u32..10, repeat in repeat(), random in 0.0f64..1.0) {
            prop_assert_eq!(wait_before_next(made, 100, Failed::Finally, repeat, Duration::MAX, random), None);
        }

        #[test]
        fn what_may_act_twice_is_repeated_only_if_nothing_was_sent(
            made in 1u32..10, failed in failed(), random in 0.0f64..1.0,
        ) {
            let again = wait_before_next(made, 100, failed, Repeat::OnlyIfNotSent, Duration::MAX, random);
            prop_assert_eq!(again.is_some(), failed == Failed::NotSent);
        }

        #[test]
        fn a_wait_is_any_part_of_a_limit_that_doubles_up_to_five_seconds(
            made in 1u32..40, random in 0.0f64..1.0,
        ) {
            let limit = Duration::from_millis(200 << (made - 1).min(5)).min(Duration::from_secs(5));
            for failed in [Failed::NotSent, Failed::Undecided { retry_after: None }] {
                let wait = wait_before_next(made, 100, failed, Repeat::Harmless, Duration::MAX, random);
                prop_assert_eq!(wait, Some(limit.mul_f64(random)));
            }
        }

        #[test]
        fn retry_after_is_honoured(made in 1u32..10, asked in 0u64..100_000, random in 0.0f64..1.0) {
            let asked = Duration::from_millis(asked);
            let failed = Failed::Undecided { retry_after: Some(asked) };
            let wait = wait_before_next(made, 100, failed, Repeat::Harmless, Duration::MAX, random);
            prop_assert!(wait.unwrap() >= asked);
        }
    }

    #[test]
    fn the_budget_runs_out_and_recovers() {
        let budget = Budget::full();
        let spent = (0..100).filter(|_| budget.spend()).count();
        assert_eq!(spent, 10);
        (0..10).for_each(|_| budget.earn());
        assert!(budget.spend());
        assert!(!budget.spend());
    }
}
