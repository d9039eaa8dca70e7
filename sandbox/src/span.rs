//! Durations as people write them, `2h30m`, and as ISO 8601 does, `PT2H30M`, for everything that the sandbox is told
//! or tells. Knows no bounds.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration in whole milliseconds, written like `90s`, `15m`, `2h30m`, `1d`, `1500ms` or `PT15H`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span(pub Duration);

/// The text is no duration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a duration: write it like 90s, 15m, 2h30m, 1d, 500ms or PT15H")]
pub struct NotASpan;

/// The milliseconds of each unit, the largest unit first.
const UNITS: [(&str, u64); 5] = [
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

impl FromStr for Span {
    type Err = NotASpan;

    /// Numbers with units, the largest unit first and each at most once.
    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let units = units_of(text).ok_or(NotASpan)?;
        let mut rest = units.as_str();
        let mut larger_first = UNITS.iter();
        let mut milliseconds = 0_u64;
        if rest.is_empty() {
            return Err(NotASpan);
        }
        while !rest.is_empty() {
            let (number, after) = rest.split_at(length(rest, |c| c.is_ascii_digit()));
            let (unit, after) = after.split_at(length(after, |c| !c.is_ascii_digit()));
            let number: u64 = number.parse().map_err(|_| NotASpan)?;
            let (_, factor) = larger_first
                .find(|(name, _)| *name == unit)
                .ok_or(NotASpan)?;
            let part = number.checked_mul(*factor).ok_or(NotASpan)?;
            milliseconds = milliseconds.checked_add(part).ok_or(NotASpan)?;
            rest = after;
        }
        Ok(Self(Duration::from_millis(milliseconds)))
    }
}

/// How many bytes of a text come before the first character that is not so.
fn length(text: &str, is_so: fn(char) -> bool) -> usize {
    text.find(|c| !is_so(c)).unwrap_or(text.len())
}

/// Both forms in the first one. ISO 8601 has days before a T and the rest after it, M is a month before it, and it has
/// no milliseconds.
fn units_of(text: &str) -> Option<String> {
    let Some(iso) = text.strip_prefix('P') else {
        return Some(text.to_owned());
    };
    let (days, time) = iso.split_once('T').unwrap_or((iso, ""));
    let has_empty_time = iso.ends_with('T');
    let only_days = days.is_empty() || days.ends_with('D');
    let only_time = !time.contains('D') && !time.contains("MS");
    (only_days && only_time && !has_empty_time && !iso.contains(|c: char| c.is_ascii_lowercase()))
        .then(|| format!("{days}{time}").to_ascii_lowercase())
}

impl fmt::Display for Span {
    /// For example `1d2h`, or `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_millis();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (name, factor) in UNITS {
            let number = rest / u128::from(factor);
            rest %= u128::from(factor);
            if number > 0 {
                write!(f, "{number}{name}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(member: D) -> Result<Self, D::Error> {
        let text = String::deserialize(member)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for (written, seconds) in [
            ("90s", 90),
            ("90000ms", 90),
            ("15m", 900),
            ("2h30m", 9000),
            ("1d", 86_400),
            ("1d1s", 86_401),
            ("0s", 0),
            ("PT15H", 54_000),
            ("PT1H30M", 5400),
            ("P1DT2H", 93_600),
            ("P2D", 172_800),
        ] {
            let span = Span(Duration::from_secs(seconds));
            assert_eq!(written.parse(), Ok(span), "{written}");
            assert_eq!(span.to_string().parse(), Ok(span), "{written}");
        }
        for (milliseconds, written) in [(0, "0s"), (1500, "1s500ms"), (9_000_000, "2h30m")] {
            assert_eq!(
                Span(Duration::from_millis(milliseconds)).to_string(),
                written
            );
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for wrong in [
            "",
            "15",
            "h",
            "-1h",
            "1.5h",
            "1h1h",
            "1m1h",
            "1ms1s",
            "PT1MS",
            "PT1M1MS",
            "1w",
            "1 h",
            "P",
            "PT",
            "P1M",
            "P1H",
            "PT1D",
            "P1DT",
            "pt1h",
            "PT1h",
            "P1Y",
            "é",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert_eq!(wrong.parse::<Span>(), Err(NotASpan), "{wrong}");
        }
    }
}
