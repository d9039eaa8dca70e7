//! Which faults a request meets: read from text like `delay=2s,http-503`, written as such, and told apart by what
//! they change. Plays nothing itself.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::list::{Bytes, Change, FAULTS, Fault, Outcome, Parameter, Play, Time, Unit, find};
use crate::Span;
use crate::exchange::plain;

/// The longest text that is read, in bytes.
const LONGEST: usize = 200;
/// How many names are suggested for a wrong one.
const MOST_NEAR: usize = 5;

/// The faults that a request meets: at most one of when, one of what, and one of how it is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    chosen: Vec<Chosen>,
}

/// A fault and the value of its parameter, 0 where it has none.
#[derive(Clone, Copy, Debug)]
struct Chosen {
    fault: &'static Fault,
    amount: u64,
}

impl PartialEq for Chosen {
    fn eq(&self, other: &Self) -> bool {
        (self.fault.name, self.amount) == (other.fault.name, other.amount)
    }
}

impl Eq for Chosen {}

/// Why a text names no faults.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}; \"antom sandbox faults\" lists every fault")]
pub struct WrongFault {
    problem: String,
}

impl WrongFault {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
        }
    }

    fn unknown(name: &str) -> Self {
        let question = match near(name).as_slice() {
            [] => String::new(),
            near => format!("; did you mean {}?", near.join(", ")),
        };
        Self::new(format!("there is no fault \"{}\"{question}", plain(name)))
    }
}

impl Plan {
    pub(crate) fn is_empty(&self) -> bool {
        self.chosen.is_empty()
    }

    /// Whether the request must not be carried out.
    pub(crate) fn skips_processing(&self) -> bool {
        self.chosen.iter().any(|chosen| !chosen.fault.processed)
    }

    pub(super) fn time(&self) -> Option<(Time, Duration)> {
        self.chosen
            .iter()
            .find_map(|chosen| match chosen.fault.play {
                Play::Time(time) => Some((time, Duration::from_millis(chosen.amount))),
                Play::Answer(_) | Play::Bytes(_) => None,
            })
    }

    pub(super) fn change(&self) -> Option<(Change, u64)> {
        self.chosen
            .iter()
            .find_map(|chosen| match chosen.fault.play {
                Play::Answer(change) => Some((change, chosen.amount)),
                Play::Time(_) | Play::Bytes(_) => None,
            })
    }

    pub(super) fn bytes(&self) -> Option<(Bytes, Duration)> {
        self.chosen
            .iter()
            .find_map(|chosen| match chosen.fault.play {
                Play::Bytes(bytes) => Some((bytes, Duration::from_millis(chosen.amount))),
                Play::Time(_) | Play::Answer(_) => None,
            })
    }

    /// Leaves the gateway's own result as it is.
    pub(crate) fn leave_result(&mut self) {
        self.chosen.retain(|chosen| {
            !matches!(
                chosen.fault.play,
                Play::Answer(Change::Refuse(_) | Change::RefuseAtFirst(_))
            )
        });
    }

    fn add(&mut self, chosen: Chosen) -> Result<(), WrongFault> {
        let same_kind = |other: &&Chosen| {
            matches!(
                (other.fault.play, chosen.fault.play),
                (Play::Time(_), Play::Time(_))
                    | (Play::Answer(_), Play::Answer(_))
                    | (Play::Bytes(_), Play::Bytes(_))
            )
        };
        if let Some(other) = self.chosen.iter().find(same_kind) {
            return Err(WrongFault::new(format!(
                "{} and {} exclude each other: choose one",
                other.fault.name, chosen.fault.name
            )));
        }
        self.chosen.push(chosen);
        Ok(())
    }
}

impl FromStr for Plan {
    type Err = WrongFault;

    fn from_str(text: &str) -> Result<Self, WrongFault> {
        if text.len() > LONGEST {
            return Err(WrongFault::new(format!(
                "the list of faults is longer than {LONGEST} characters"
            )));
        }
        let mut plan = Self::default();
        for part in text.split(',') {
            plan.add(part.trim().parse()?)?;
        }
        Ok(plan)
    }
}

impl FromStr for Chosen {
    type Err = WrongFault;

    fn from_str(text: &str) -> Result<Self, WrongFault> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(value.trim_start())),
            None => (text, None),
        };
        let fault = find(name).ok_or_else(|| WrongFault::unknown(name))?;
        let amount = match (fault.parameter, value) {
            (None, None) => 0,
            (None, Some(_)) => {
                return Err(WrongFault::new(format!("the fault {name} takes no value")));
            }
            (Some(parameter), None) => parameter.default,
            (Some(parameter), Some(value)) => parameter.read(value).ok_or_else(|| {
                let unit = match parameter.unit {
                    Unit::Duration => ", with its unit, for example 2s",
                    Unit::Calls | Unit::Mebibytes => "",
                };
                WrongFault::new(format!(
                    "{name}={} is not valid: expected {parameter}{unit}",
                    plain(value)
                ))
            })?,
        };
        Ok(Self { fault, amount })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, chosen) in self.chosen.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(f, "{comma}{}", chosen.fault.name)?;
            if let Some(parameter) = chosen.fault.parameter {
                write!(f, "={}", parameter.unit.write(chosen.amount))?;
            }
        }
        Ok(())
    }
}

impl Unit {
    /// An amount in the form that is read again.
    pub fn write(self, amount: u64) -> String {
        match self {
            Self::Calls | Self::Mebibytes => amount.to_string(),
            Self::Duration => Span(Duration::from_millis(amount)).to_string(),
        }
    }

    fn read(self, text: &str) -> Option<u64> {
        match self {
            Self::Duration => {
                let Span(duration) = text.parse().ok()?;
                duration.as_millis().try_into().ok()
            }
            Self::Calls | Self::Mebibytes => text.parse().ok(),
        }
    }
}

impl Parameter {
    /// The amount that a text stands for, if it is within the bounds.
    pub(super) fn read(&self, text: &str) -> Option<u64> {
        let amount = self.unit.read(text)?;
        (self.least..=self.most).contains(&amount).then_some(amount)
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = (self.unit.write(self.least), self.unit.write(self.most));
        match self.unit {
            Unit::Duration => write!(f, "{least} to {most}"),
            Unit::Calls => write!(f, "{least} to {most} calls"),
            Unit::Mebibytes => write!(f, "{least} to {most} MiB"),
        }
    }
}

impl Fault {
    /// The [`Outcome`] as the list tells it.
    pub fn outcome_text(&self) -> String {
        let text = self.outcome.to_string();
        match (self.outcome, self.play) {
            (Outcome::Fails { again: true, .. }, Play::Answer(Change::RefuseAtFirst(_))) => {
                format!("{text}; the value, if there are enough of them")
            }
            _ => text,
        }
    }
}

/// The faults that a text names which a [`Plan`] was written as.
pub(crate) fn named_in(written: &str) -> impl Iterator<Item = &'static Fault> {
    written
        .split(',')
        .filter_map(|part| find(part.split('=').next()?))
}

/// The names that are most like this one.
fn near(name: &str) -> Vec<&'static str> {
    let name: String = name.chars().take(40).collect::<String>().to_lowercase();
    let mut near: Vec<_> = FAULTS
        .iter()
        .filter_map(|fault| {
            let is_part = fault.name.contains(&name) || name.contains(fault.name);
            let far = if name.len() > 2 && is_part {
                1
            } else {
                distance(&name, fault.name)
            };
            (far <= 1 + fault.name.len() / 4).then_some((far, fault.name))
        })
        .collect();
    near.sort_by_key(|(far, _)| *far);
    near.truncate(MOST_NEAR);
    near.into_iter().map(|(_, name)| name).collect()
}

/// How many characters must be changed, added or left out to make one text the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, c) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for place in 0..other.len() {
            let changed = diagonal + usize::from(other[place] != c);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(row[place] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<String, String> {
        text.parse()
            .map(|plan: Plan| plan.to_string())
            .map_err(|wrong: WrongFault| wrong.to_string())
    }

    #[test]
    fn a_list_is_read_and_written() {
        for (text, expected) in [
            ("http-503", "http-503"),
            (" delay = 2s , http-503,drip", "delay=2s,http-503,drip=2s"),
            ("delay=1500ms", "delay=1s500ms"),
            ("delay=60s", "delay=1m"),
            ("delay=0s", "delay=0s"),
            ("old-response-time=PT36H", "old-response-time=1d12h"),
            ("old-response-time", "old-response-time=1d"),
            ("unknown-then-success=3", "unknown-then-success=3"),
            ("huge=5", "huge=5"),
        ] {
            assert_eq!(written(text).unwrap(), expected);
            assert_eq!(written(expected).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_wrong_with_a_list_is_said() {
        for (text, expected) in [
            ("", "there is no fault \"\""),
            ("http-530", "did you mean http-500"),
            ("Reset-befor", "did you mean reset-before"),
            ("http-503-after", "did you mean http-503"),
            ("reset", "did you mean reset-before, reset-after"),
            ("http-503=1", "the fault http-503 takes no value"),
            ("delay=11m", "delay=11m is not valid: expected 0s to 10m"),
            ("delay=2 weeks", "expected 0s to 10m"),
            ("delay=2", "expected 0s to 10m"),
            ("delay=", "expected 0s to 10m"),
            ("delay=99999999999999999d", "expected 0s to 10m"),
            ("huge=0", "expected 1 to 64 MiB"),
            ("huge=2s", "expected 1 to 64 MiB"),
            ("unknown-then-success=0", "expected 1 to 1000 calls"),
            (
                "http-503,http-500",
                "http-503 and http-500 exclude each other",
            ),
            ("delay,silence", "delay and silence exclude each other"),
            (
                "drip,surplus-bytes",
                "drip and surplus-bytes exclude each other",
            ),
        ] {
            let message = written(text).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
            assert!(message.ends_with("\"antom sandbox faults\" lists every fault"));
        }
        assert!(written(&"x".repeat(201)).unwrap_err().contains("longer"));
    }

    #[test]
    fn a_name_that_is_like_none_has_no_suggestions() {
        let wrong = "completely-different-words".parse::<Plan>().unwrap_err();
        assert!(!wrong.to_string().contains("did you mean"), "{wrong}");
    }

    #[test]
    fn whatever_is_in_a_name_cannot_steer_a_terminal() {
        let message = written("\u{1b}[2J\r\n").unwrap_err();
        assert!(!message.contains(char::is_control), "{message}");
    }
}
