//! The time that an answer names, beside this machine's. What may be trusted is decided elsewhere.

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// When Antom says that it answered: the `response-time` header, which the answer's signature covers.
///
/// See <https://docs.antom.com/ac/ams/digital_signature>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseTime {
    text: String,
    time: Option<OffsetDateTime>,
    received: OffsetDateTime,
}

impl ResponseTime {
    /// `text` is the header, `received` is this machine's time when the answer was complete.
    pub(crate) fn new(text: &str, received: OffsetDateTime) -> Self {
        Self {
            text: text.to_owned(),
            time: read(text),
            received,
        }
    }

    /// The header exactly as Antom sent it, for example `2026-08-17T11:00:00+08:00`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same as a time, with the offset that Antom gave it; `None` if it is not ISO 8601 with an offset.
    pub fn time(&self) -> Option<OffsetDateTime> {
        self.time
    }

    /// By how much that time differs from this machine's when the answer was complete: positive where Antom's clock is
    /// ahead of ours, negative where it is behind or the answer is old. `None` if the time cannot be read.
    ///
    /// Antom gives whole seconds, and the answer has travelled: -2 to 0 seconds are usual.
    pub fn clock_skew(&self) -> Option<Duration> {
        Some(self.time? - self.received)
    }
}

/// A time as Antom writes it: ISO 8601 with an offset, or milliseconds since 1970.
///
/// Year 0 is a date to this library, but not to every language above it.
pub(crate) fn read(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .or_else(|| {
            let milliseconds: i128 = text.parse().ok()?;
            OffsetDateTime::from_unix_timestamp_nanos(milliseconds.checked_mul(1_000_000)?).ok()
        })
        .filter(|time| time.year() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_skew_is_positive_where_antoms_clock_is_ahead() {
        let received = datetime!(2026-08-17 03:00:10 UTC);
        let skew = |text| ResponseTime::new(text, received).clock_skew();
        assert_eq!(
            skew("2026-08-17T11:00:00+08:00"),
            Some(Duration::seconds(-10))
        );
        assert_eq!(skew("2026-08-17T03:00:15Z"), Some(Duration::seconds(5)));
        assert_eq!(skew("1786935610000"), Some(Duration::ZERO));
        assert_eq!(skew("2026-08-17T03:00:15"), None);
    }

    #[test]
    fn the_text_and_the_offset_are_kept() {
        let time = ResponseTime::new("2026-08-17T11:00:00.5+08:00", OffsetDateTime::UNIX_EPOCH);
        assert_eq!(time.text(), "2026-08-17T11:00:00.5+08:00");
        assert_eq!(time.time(), Some(datetime!(2026-08-17 11:00:00.5 +8)));
    }

    #[test]
    fn what_is_not_a_time_is_not_read() {
        for text in [
            "",
            "yesterday",
            "2026-08-17",
            "2026-13-17T11:00:00Z",
            "0000-01-01T00:00:00Z",
            "99999999999999999999999999999999999999",
            "-170141183460469231731687303715884105728",
        ] {
            let time = ResponseTime::new(text, OffsetDateTime::UNIX_EPOCH);
            assert_eq!((time.time(), time.clock_skew()), (None, None), "{text}");
            assert_eq!(time.text(), text);
        }
    }
}
