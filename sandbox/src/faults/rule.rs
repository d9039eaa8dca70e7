//! A rule: which requests meet which faults, how often and with what chance. Written on one line, or as JSON.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::plan::{Plan, WrongFault};

/// The longest path or request id in a rule, in characters.
const LONGEST: usize = 256;

/// Which requests meet which faults.
///
/// Written `FAULTS[*TIMES][%CHANCE][@PATH][#REQUEST_ID]`: for example `http-503*2@createVaultingSession` for the next
/// two calls of that API, or `delay=2s%10` for one call in ten.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultRule {
    pub(super) plan: Plan,
    /// The path, or the last part of it.
    pub(super) path: Option<String>,
    pub(super) request_id: Option<String>,
    /// How often it is played; without end where there is none.
    pub(super) times: Option<NonZeroU32>,
    /// More than 0 and at most 1.
    pub(super) probability: Option<f64>,
}

/// A rule as the API takes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    fault: String,
    path: Option<String>,
    request_id: Option<String>,
    times: Option<u32>,
    probability: Option<f64>,
}

/// A rule as the API shows it.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    pub(super) id: u64,
    pub(super) fault: String,
    pub(super) path: Option<String>,
    pub(super) request_id: Option<String>,
    /// How often it will still be played.
    pub(super) times: Option<u64>,
    pub(super) probability: Option<f64>,
    /// How often it was played.
    pub(super) played: u64,
}

impl FaultRule {
    /// Whether it is about this request, chance and times aside.
    pub(super) fn is_about(&self, path: &str, request_id: Option<&str>) -> bool {
        let api = path.rsplit('/').next();
        path.starts_with("/ams/")
            && self
                .path
                .as_deref()
                .is_none_or(|wanted| wanted == path || Some(wanted) == api)
            && self
                .request_id
                .as_deref()
                .is_none_or(|wanted| Some(wanted) == request_id)
    }

    fn checked(self) -> Result<Self, WrongFault> {
        if self
            .probability
            .is_some_and(|chance| !(chance > 0.0 && chance <= 1.0))
        {
            return Err(WrongFault::new(
                "the chance must be more than 0, and at most 100 after % or 1 as probability",
            ));
        }
        for (name, text) in [("path", &self.path), ("request id", &self.request_id)] {
            let is_plain = |text: &String| {
                (1..=LONGEST).contains(&text.chars().count()) && !text.contains(char::is_control)
            };
            if !text.as_ref().is_none_or(is_plain) {
                return Err(WrongFault::new(format!(
                    "the {name} is empty, longer than {LONGEST} characters or not plain text"
                )));
            }
        }
        Ok(self)
    }
}

impl TryFrom<Wanted> for FaultRule {
    type Error = WrongFault;

    fn try_from(wanted: Wanted) -> Result<Self, WrongFault> {
        if wanted.fault.contains(['*', '%', '@', '#']) {
            return Err(WrongFault::new(
                "times, probability, path and request_id are members of their own here, and not part of fault",
            ));
        }
        let times = wanted.times.map(|times| {
            NonZeroU32::new(times).ok_or_else(|| WrongFault::new("times must be 1 or more"))
        });
        Self {
            plan: wanted.fault.parse()?,
            path: wanted.path,
            request_id: wanted.request_id,
            times: times.transpose()?,
            probability: wanted.probability,
        }
        .checked()
    }
}

impl FromStr for FaultRule {
    type Err = WrongFault;

    fn from_str(text: &str) -> Result<Self, WrongFault> {
        let (text, request_id) = cut(text, '#');
        let (text, path) = cut(text, '@');
        let (text, percent) = cut(text, '%');
        let (faults, times) = cut(text, '*');
        let times = times.map(|times| {
            times
                .parse()
                .map_err(|_| wrong_mark("after * comes a number of times, 1 or more", times))
        });
        let percent = percent.map(|percent| {
            percent.parse::<f64>().map_err(|_| {
                wrong_mark("after % comes a number, for example %10 for 10 %", percent)
            })
        });
        Self {
            plan: faults.parse()?,
            path: path.map(str::to_owned),
            request_id: request_id.map(str::to_owned),
            times: times.transpose()?,
            probability: percent.transpose()?.map(|percent| percent / 100.0),
        }
        .checked()
    }
}

/// What should come after a mark. If what came has another mark in it, the order is wrong.
fn wrong_mark(expected: &str, came: &str) -> WrongFault {
    if came.contains(['*', '%', '@', '#']) {
        let order = "the order is FAULTS*TIMES%CHANCE@PATH#REQUEST_ID";
        return WrongFault::new(format!("{expected}; {order}"));
    }
    WrongFault::new(expected)
}

/// The text before a mark, and what comes after it.
fn cut(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.plan)?;
        if let Some(times) = self.times {
            write!(f, "*{times}")?;
        }
        if let Some(chance) = self.probability {
            write!(f, "%{}", chance * 100.0)?;
        }
        if let Some(path) = &self.path {
            write!(f, "@{path}")?;
        }
        if let Some(request_id) = &self.request_id {
            write!(f, "#{request_id}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Result<FaultRule, String> {
        text.parse().map_err(|wrong: WrongFault| wrong.to_string())
    }

    #[test]
    fn a_rule_is_read_and_written() {
        for text in [
            "http-503",
            "http-503*2@createVaultingSession",
            "delay=2s%10",
            "delay=2s,http-503*3%50@/ams/api/v1/vaults/inquireVaulting#id@with*marks%and#more",
        ] {
            assert_eq!(rule(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_said() {
        for (text, expected) in [
            ("", "there is no fault"),
            ("http-503*0", "a number of times, 1 or more"),
            ("http-503*x", "a number of times, 1 or more"),
            ("http-503%x", "a number, for example %10"),
            ("http-503%10*2", "the order is FAULTS*TIMES%CHANCE@PATH"),
            ("http-503%0", "the chance must be more than 0"),
            ("http-503%101", "at most 100 after %"),
            ("http-503%NaN", "the chance"),
            ("delay=2", "with its unit, for example 2s"),
            ("http-503@", "the path is empty"),
            ("http-503#", "the request id is empty"),
            ("http-503#a\u{7}b", "not plain text"),
        ] {
            let message = rule(text).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn a_rule_is_about_the_api_by_its_name_or_its_path_and_about_nothing_else() {
        let path = "/ams/sandbox/api/v1/vaults/createVaultingSession";
        for (text, expected) in [
            ("http-503", true),
            ("http-503@createVaultingSession", true),
            (
                "http-503@/ams/sandbox/api/v1/vaults/createVaultingSession",
                true,
            ),
            ("http-503@inquireVaulting", false),
            ("http-503@vaults/createVaultingSession", false),
            ("http-503#1", true),
            ("http-503#2", false),
        ] {
            assert_eq!(
                rule(text).unwrap().is_about(path, Some("1")),
                expected,
                "{text}"
            );
        }
        assert!(!rule("http-503#1").unwrap().is_about(path, None));
        assert!(!rule("http-503").unwrap().is_about("/favicon.ico", None));
    }
}
