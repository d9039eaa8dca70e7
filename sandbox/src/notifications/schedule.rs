//! When a notification is sent again: how long after which attempt. Nothing here waits or sends.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How often a notification that is not acknowledged is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Once, as Antom's own sandbox does.
    #[default]
    Sandbox,
    /// Eight times within 24 h 22 min, as Antom does in production.
    Production,
}

/// The waits before each attempt, the first included.
/// See <https://docs.antom.com/ac/ams/notification>.
const WAITS: [Duration; 8] = [
    Duration::ZERO,
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_mins(10),
    Duration::from_hours(1),
    Duration::from_hours(2),
    Duration::from_hours(6),
    Duration::from_hours(15),
];

impl Profile {
    /// How long after the attempt before it attempt number `attempt` is due, counted from 1; `None` if there is none.
    pub(super) fn wait_before(self, attempt: usize) -> Option<Duration> {
        let attempts = match self {
            Self::Sandbox => 1,
            Self::Production => WAITS.len(),
        };
        WAITS[..attempts].get(attempt.checked_sub(1)?).copied()
    }
}

impl FromStr for Profile {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sandbox" => Ok(Self::Sandbox),
            "production" => Ok(Self::Production),
            _ => Err("expected sandbox (one attempt) or production (eight within 24 h 22 min)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_tries_eight_times_within_24_hours_and_22_minutes() {
        let waits: Vec<_> = (1..20)
            .map_while(|n| Profile::Production.wait_before(n))
            .map(|wait| wait.as_secs() / 60)
            .collect();
        assert_eq!(waits, [0, 2, 10, 10, 60, 120, 360, 900]);
        assert_eq!(waits.iter().sum::<u64>(), 24 * 60 + 22);
    }

    #[test]
    fn the_sandbox_tries_once() {
        assert_eq!(Profile::Sandbox.wait_before(1), Some(Duration::ZERO));
        assert_eq!(Profile::Sandbox.wait_before(2), None);
        assert_eq!(Profile::Sandbox.wait_before(0), None);
    }

    #[test]
    fn a_profile_is_read_by_its_name() {
        assert_eq!("production".parse(), Ok(Profile::Production));
        assert_eq!("sandbox".parse(), Ok(Profile::Sandbox));
        assert!("real".parse::<Profile>().is_err());
    }
}
