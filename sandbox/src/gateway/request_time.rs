//! The forms of `request-time` that Antom's gateway is known to take. Any time passes: no allowed skew is documented.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Whether the text has one of the forms, or what is wrong with it.
pub(super) fn check(text: &str) -> Result<(), &'static str> {
    let digits = text.chars().all(|c| c.is_ascii_digit());
    match (digits, text.len()) {
        (_, 0) => Err("the request-time header is empty"),
        (true, 13) => Ok(()),
        (true, 10) => {
            Err("request-time looks like seconds since 1970: milliseconds are expected, 13 digits")
        }
        (true, _) => {
            Err("request-time is not milliseconds since 1970, which have 13 digits in our time")
        }
        (false, _) if is_date_time(text) => Ok(()),
        (false, _) => Err(
            "request-time is neither milliseconds since 1970 nor a date and time with an offset, such as 2026-08-17T03:54:19+00:00",
        ),
    }
}

/// ISO 8601 with any number of fraction digits; the offset with or without a colon.
fn is_date_time(text: &str) -> bool {
    let offset_at = text.len().saturating_sub("+0800".len());
    let with_colon = match text.get(offset_at..) {
        Some(offset)
            if offset.starts_with(['+', '-'])
                && offset[1..].bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            format!("{}{}:{}", &text[..offset_at], &offset[..3], &offset[3..])
        }
        _ => text.to_owned(),
    };
    OffsetDateTime::parse(&with_colon, &Rfc3339).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_form_is_taken() {
        for time in [
            "1685599933871",
            "2026-08-17T03:54:19+00:00",
            "2026-08-17T10:00:00+0800",
            "2026-08-17T03:54:19.1234567Z",
            "2026-08-17T03:54:19.123Z",
        ] {
            assert_eq!(check(time), Ok(()), "{time}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for time in [
            "",
            "1685599933",
            "16855999338710",
            "-685599933871",
            "2026-08-17 03:54:19",
            "2026-08-17T03:54:19",
            "2026-02-30T03:54:19Z",
            "2026-08-17",
            "Mon, 17 Aug 2026 03:54:19 GMT",
            "+0800",
            "é0800",
        ] {
            assert!(check(time).is_err(), "{time}");
        }
    }
}
