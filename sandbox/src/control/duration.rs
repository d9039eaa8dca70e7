//! Durations as people write them, `2h30m`, and as ISO 8601 does, `PT2H30M`. Whole seconds only.

use std::time::Duration;

/// The text is no duration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a duration: write it like 90s, 15m, 2h30m, 1d or PT15H")]
pub(super) struct NotADuration;

const UNITS: [(char, u64); 4] = [('d', 24 * 60 * 60), ('h', 60 * 60), ('m', 60), ('s', 1)];

/// Numbers with units, the largest unit first and each at most once.
pub(super) fn parse(text: &str) -> Result<Duration, NotADuration> {
    let units = units_of(text).ok_or(NotADuration)?;
    let mut rest = units.as_str();
    let mut larger_first = UNITS.iter();
    let mut seconds = 0_u64;
    if rest.is_empty() {
        return Err(NotADuration);
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().map_err(|_| NotADuration)?;
        let unit = rest[digits..].chars().next().ok_or(NotADuration)?;
        let (_, factor) = larger_first
            .find(|(name, _)| *name == unit)
            .ok_or(NotADuration)?;
        let part = number.checked_mul(*factor).ok_or(NotADuration)?;
        seconds = seconds.checked_add(part).ok_or(NotADuration)?;
        rest = &rest[digits + 1..];
    }
    Ok(Duration::from_secs(seconds))
}

/// Both forms in the first one. ISO 8601 has days before a T and the rest after it, and M is a month before it.
fn units_of(text: &str) -> Option<String> {
    let Some(iso) = text.strip_prefix('P') else {
        return Some(text.to_owned());
    };
    let (days, time) = iso.split_once('T').unwrap_or((iso, ""));
    let has_empty_time = iso.ends_with('T');
    let only_days = days.is_empty() || days.ends_with('D');
    let only_time = !time.contains('D');
    (only_days && only_time && !has_empty_time && !iso.contains(|c: char| c.is_ascii_lowercase()))
        .then(|| format!("{days}{time}").to_ascii_lowercase())
}

/// For example `1d2h`, or `0s`.
pub(super) fn text(duration: Duration) -> String {
    let mut rest = duration.as_secs();
    let mut text = String::new();
    for (name, factor) in UNITS {
        let number = rest / factor;
        rest %= factor;
        if number > 0 {
            text.push_str(&number.to_string());
            text.push(name);
        }
    }
    if text.is_empty() { "0s".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for (written, seconds) in [
            ("90s", 90),
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
            let duration = Duration::from_secs(seconds);
            assert_eq!(parse(written), Ok(duration), "{written}");
            assert_eq!(parse(&text(duration)), Ok(duration), "{written}");
        }
        assert_eq!(text(Duration::from_mins(150)), "2h30m");
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
            assert_eq!(parse(wrong), Err(NotADuration), "{wrong}");
        }
    }
}
