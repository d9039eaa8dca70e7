//! The gateway's clock: the machine's time, written as Antom writes it, with the offset of Singapore.

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// The time now, to the second.
pub(crate) fn now() -> OffsetDateTime {
    let singapore = UtcOffset::from_hms(8, 0, 0).expect("8 hours is an offset");
    OffsetDateTime::now_utc()
        .to_offset(singapore)
        .replace_nanosecond(0)
        .expect("0 is a nanosecond")
}

/// For example `2026-08-17T13:00:00+08:00`.
pub(crate) fn text(time: OffsetDateTime) -> String {
    time.format(&Rfc3339)
        .expect("a time between 1970 and 9999 has this form")
}
