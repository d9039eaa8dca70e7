//! What is wrong with the body of a request to the control API, in words that need no knowledge of Rust. Never says
//! what was sent as a value: it may be a card's security code.

use serde_json::Error;

/// What is wrong, and what is expected.
pub(super) fn explain(error: &Error, body: &[u8]) -> String {
    if !error.is_data() {
        return format!("the body is not JSON: {error}");
    }
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(&*text, |(text, _)| text);
    if let Some(member) = text.strip_prefix("missing field ") {
        return format!("the body lacks the member {}", quoted(member));
    }
    if let Some(rest) = text.strip_prefix("unknown field ") {
        let (member, known) = rest.split_once(", ").unwrap_or((rest, ""));
        let known = known.trim_start_matches("expected ");
        let known = known.trim_start_matches("one of ").replace('`', "");
        return format!("there is no member {}; there are: {known}", quoted(member));
    }
    let member = member_before(error, body).map_or_else(
        || "the body".to_owned(),
        |member| format!("the member \"{member}\""),
    );
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{member} must be {}", json_type(expected)),
        None => format!("{member}: {text}"),
    }
}

fn quoted(name: &str) -> String {
    name.replace('`', "\"")
}

/// What Serde calls a type, as JSON does.
fn json_type(expected: &str) -> String {
    let words = match expected {
        "u32" | "u64" => "a whole number, 0 or more",
        "a nonzero u32" => "a whole number, 1 or more",
        "f64" => "a number",
        "a boolean" => "true or false",
        "a string" => "text in double quotes",
        "a map" => "a JSON object",
        object if object.starts_with("struct ") => "a JSON object",
        other => return other.trim_start_matches("one of ").replace('`', ""),
    };
    words.to_owned()
}

/// The last member that begins before the place of the error.
fn member_before<'b>(error: &Error, body: &'b [u8]) -> Option<&'b str> {
    let lines: usize = body
        .split_inclusive(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    let before = str::from_utf8(body.get(..(lines + error.column()).min(body.len()))?).ok()?;
    let colon = before
        .match_indices(':')
        .rev()
        .find(|(at, _)| before[..*at].trim_end().ends_with('"'))?
        .0;
    let name = before[..colon].trim_end().strip_suffix('"')?;
    let name = &name[name.rfind('"')? + 1..];
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;
    use serde::Deserialize;
    use std::num::NonZeroU32;

    #[expect(dead_code, reason = "only read")]
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        number: u64,
        name: Option<String>,
        flag: Option<bool>,
        chance: Option<f64>,
        limit: Option<NonZeroU32>,
        delay: Option<Span>,
        profile: Option<crate::Profile>,
    }

    #[test]
    fn everything_is_said_without_rust() {
        for (body, expected) in [
            ("{}", "the body lacks the member \"number\""),
            ("[]", "the body must be a JSON object"),
            ("7", "the body must be a JSON object"),
            (
                r#"{"nubmer":1}"#,
                "there is no member \"nubmer\"; there are: number, name, flag, chance, limit, delay, profile",
            ),
            (
                r#"{"number":"1"}"#,
                "the member \"number\" must be a whole number, 0 or more",
            ),
            (
                "{\"name\" : \"a:b\",\n \"number\" :-1}",
                "the member \"number\" must be a whole number, 0 or more",
            ),
            (
                r#"{"number":1,"name":4054695723100768}"#,
                "the member \"name\" must be text in double quotes",
            ),
            (
                r#"{"number":1,"flag":"yes: \"no\""}"#,
                "the member \"flag\" must be true or false",
            ),
            (
                r#"{"number":1,"chance":"1"}"#,
                "the member \"chance\" must be a number",
            ),
            (
                r#"{"number":1,"limit":0}"#,
                "the member \"limit\" must be a whole number, 1 or more",
            ),
            (
                r#"{"number":1,"delay":"5"}"#,
                "the member \"delay\": not a duration: write it like 90s, 15m, 2h30m, 1d, 500ms or PT15H",
            ),
            (
                r#"{"number":1,"profile":"real"}"#,
                "the member \"profile\" must be sandbox or production",
            ),
            (
                "{",
                "the body is not JSON: EOF while parsing an object at line 1 column 1",
            ),
        ] {
            let error = serde_json::from_str::<Body>(body).err().unwrap();
            assert_eq!(explain(&error, body.as_bytes()), expected, "{body}");
        }
    }
}
