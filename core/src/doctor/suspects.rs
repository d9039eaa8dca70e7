//! Everything that is known to go wrong with the content of a signature, one change at a time.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::json::{Escapes, Layout, rewrite};
use super::{Cause, Received};
use crate::signature::Content;

/// What may have been signed in place of what came, and what to say if it was.
pub(super) struct Suspect {
    pub(super) cause: Cause,
    pub(super) content: Vec<u8>,
}

/// How far the signed time may be from the one in the header to be found by trying.
const TRIED_MILLISECONDS: i128 = 5000;

type Suspects<'a> = Box<dyn Iterator<Item = Suspect> + 'a>;

/// All suspects, the cheap and frequent ones first.
pub(super) fn all<'a>(received: &'a Received<'a>) -> impl Iterator<Item = Suspect> + 'a {
    [
        paths(received),
        origins(received),
        joints(received),
        methods(received),
        client_ids(received),
        bodies(received),
        rewritten_bodies(received),
        encodings(received),
        times(received),
        meant(received),
    ]
    .into_iter()
    .flatten()
}

fn suspect(
    content: &Content<'_>,
    id: &'static str,
    what: impl Into<String>,
    fix: &'static str,
) -> Suspect {
    Suspect {
        cause: Cause::new(id, what, fix),
        content: content.to_bytes(),
    }
}

/// One part as it was meant, the rest as it came. Last, because a named mistake says more than "another path".
fn meant<'a>(received: &'a Received<'a>) -> Suspects<'a> {
    let came = received.content();
    Box::new(received.meant.into_iter().flat_map(move |meant| {
        let Content {
            method,
            path,
            client_id,
            time,
            body,
        } = *meant;
        [
            ("method", Content { method, ..came }),
            ("path", Content { path, ..came }),
            ("client id", Content { client_id, ..came }),
            ("time", Content { time, ..came }),
            ("body", Content { body, ..came }),
        ]
        .map(|(part, content)| {
            suspect(
                &content,
                "part_differs",
                format!("another {part} was signed than came"),
                "find out what changes it on the way",
            )
        })
    }))
}

fn paths<'a>(received: &'a Received<'a>) -> Suspects<'a> {
    let path = received.path;
    let bare = path.split('?').next().unwrap_or(path);
    let query = &path[bare.len()..];
    let trimmed = bare.trim_end_matches('/');
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    // A query that was lost cannot be guessed, but what was meant may have it.
    let meant = received.meant.and_then(|meant| meant.path.split_once('?'));
    let with_lost_query = meant.map(|(_, query)| {
        (
            format!("{bare}?{query}"),
            "path_query",
            "with a query, which was lost on the way",
        )
    });
    let fix = "sign the path exactly as it is sent, with its query; /ams/sandbox/api/... with a client id that begins with SANDBOX_, /ams/api/... with any other; no slash at the end of the gateway's URL";
    let tried = [
        (
            path.replacen("/ams/sandbox/api", "/ams/api", 1),
            "path_sandbox",
            "without /sandbox",
        ),
        (
            path.replacen("/ams/api", "/ams/sandbox/api", 1),
            "path_sandbox",
            "with /sandbox",
        ),
        (bare.to_owned(), "path_query", "without its query"),
        (
            format!("{bare}?"),
            "path_query",
            "with a question mark at its end",
        ),
        (
            format!("{trimmed}/{query}"),
            "path_slash",
            "with a slash at its end",
        ),
        (
            format!("{trimmed}{query}"),
            "path_slash",
            "without the slash at its end",
        ),
        (
            format!("/{path}"),
            "path_slash",
            "with two slashes at its beginning",
        ),
        (
            path.replace("//", "/"),
            "path_slash",
            "with one slash where two came",
        ),
        (
            path.trim_start_matches('/').to_owned(),
            "path_slash",
            "without the slash at its beginning",
        ),
        (path.to_lowercase(), "path_case", "in lower case"),
        (
            decoded.into_owned(),
            "path_escapes",
            "with its percent escapes decoded",
        ),
    ];
    let content = received.content();
    Box::new(
        tried
            .into_iter()
            .chain(with_lost_query)
            .map(move |(path, id, how)| {
                let what = format!("the path was signed {how}");
                suspect(
                    &Content {
                        path: &path,
                        ..content
                    },
                    id,
                    what,
                    fix,
                )
            }),
    )
}

/// Scheme and host, which do not belong to the path.
fn origins<'a>(received: &'a Received<'a>) -> Suspects<'a> {
    const HOSTS: [&str; 5] = [
        "open-na-global.alipay.com",
        "open-sea-global.alipay.com",
        "open-de-global.alipay.com",
        "open-na.alipay.com",
        "open-sea.alipay.com",
    ];
    let path = received.path;
    let alone = path
        .split_once("://")
        .and_then(|(_, rest)| Some(rest[rest.find('/')?..].to_owned()));
    let content = received.content();
    Box::new(
        HOSTS
            .into_iter()
            .flat_map(move |host| [format!("https://{host}{path}"), format!("{host}{path}")])
            .chain(alone)
            .map(move |path| {
                suspect(
                    &Content {
                        path: &path,
                        ..content
                    },
                    "path_origin",
                    "scheme or host stand before the path on one side only",
                    "sign the path alone, without scheme and host",
                )
            }),
    )
}

/// The separators between the parts.
fn joints<'a>(received: &'a Received<'a>) -> Suspects<'a> {
    let fix =
        "build it as METHOD + \" \" + PATH + \"\\n\" + CLIENT_ID + \".\" + TIME + \".\" + BODY";
    let form = |space: &str, line: &str, dot1: &str, dot2: &str, end: &str| {
        [
            received.method.as_bytes(),
            space.as_bytes(),
            received.path.as_bytes(),
            line.as_bytes(),
            received.client_id.as_bytes(),
            dot1.as_bytes(),
            received.time.as_bytes(),
            dot2.as_bytes(),
            received.body,
            end.as_bytes(),
        ]
        .concat()
    };
    Box::new([
        (form(" ", "", ".", ".", ""), "joint_newline", "the newline after the path is missing in the string that was signed"),
        (form(" ", "\r\n", ".", ".", ""), "joint_newline", "the string that was signed has CRLF after the path in place of LF"),
        (form(" ", "\\n", ".", ".", ""), "joint_newline", "the string that was signed has a backslash and an n after the path in place of a newline"),
        (form(" ", " ", ".", ".", ""), "joint_newline", "the string that was signed has a space after the path in place of a newline"),
        (form(" ", "\n", "", ".", ""), "joint_dot", "the dot after the client id is missing in the string that was signed"),
        (form(" ", "\n", ".", "", ""), "joint_dot", "the dot after the time is missing in the string that was signed"),
        (form(" ", "\n", "", "", ""), "joint_dot", "both dots are missing in the string that was signed"),
        (form("", "\n", ".", ".", ""), "joint_space", "the space after the method is missing in the string that was signed"),
        (form(" ", "\n", ".", ".", "\n"), "joint_end", "the string that was signed has a newline at its end"),
        (form(" ", "\n", "\n", "\n", ""), "joint_dot", "the string that was signed has newlines in place of the dots"),
    ]
    .into_iter()
    .map(move |(content, id, what)| Suspect {
        cause: Cause::new(id, what, fix),
        content,
    }))
}

fn methods<'a>(received: &'a Received<'a>) -> Suspects<'a> {
    let content = received.content();
    Box::new(
        ["post", "Post", "GET", "PUT", ""]
            .into_iter()
            .map(move |method| {
                suspect(
                    &Content { method, ..content },
                    "method",
                    format!("the method was signed as \"{method}\""),
                    "sign the method that is sent, in capitals: POST",
                )
            }),
    )
}

fn client_ids<'a>(received: &'a Received<'a>) -> Suspects<'a> {
    let id = received.client_id;
    let content = received.content();
    let bare = id.strip_prefix("SANDBOX_").unwrap_or(id);
    Box::new(
        [
            (id.to_lowercase(), "in lower case"),
            (id.to_uppercase(), "in upper case"),
            (bare.to_owned(), "without SANDBOX_"),
            (format!("SANDBOX_{bare}"), "with SANDBOX_ before it"),
            (id.trim().to_owned(), "without the white space around it"),
            (format!("{id} "), "with a space after it"),
            (format!("{id}\n"), "with a newline after it"),
            (format!("\"{id}\""), "with quotes around it"),
            (String::new(), "as nothing"),
        ]
        .into_iter()
        .map(move |(client_id, how)| {
            suspect(
                &Content {
                    client_id: &client_id,
                    ..content
                },
                "client_id",
                format!("the client id was signed {how}"),
                "sign the client id exactly as the client-id header has it",
            )
        }),
    )
}

const SAME_BYTES: &str = "sign, send and check the same bytes: serialise once, and read the raw body before anything parses it";

fn bodies<'a>(received: &'a Received<'a>) -> Suspects<'a> {
    let body = received.body;
    let content = received.content();
    let unix = replace(body, b"\r\n", b"\n");
    let windows = replace(&unix, b"\n", b"\r\n");
    let unmarked = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    Box::new(
        [
            (
                [body, b"\n"].concat(),
                "body_newline",
                "with a newline at its end",
            ),
            (
                [body, b"\r\n"].concat(),
                "body_newline",
                "with CRLF at its end",
            ),
            (
                body.trim_ascii_end().to_vec(),
                "body_newline",
                "without the white space at its end",
            ),
            (
                body.trim_ascii().to_vec(),
                "body_newline",
                "without the white space around it",
            ),
            (
                [b"\xef\xbb\xbf", body].concat(),
                "body_bom",
                "with a byte order mark before it",
            ),
            (
                unmarked.to_vec(),
                "body_bom",
                "without the byte order mark before it",
            ),
            (unix, "body_crlf", "with LF line ends where CRLF came"),
            (windows, "body_crlf", "with CRLF line ends where LF came"),
            (Vec::new(), "body_empty", "as nothing"),
            (
                [b"\"", body, b"\""].concat(),
                "body_quoted",
                "with quotes around it",
            ),
        ]
        .into_iter()
        .map(move |(body, id, how)| {
            let what = format!("the body was signed {how}");
            suspect(
                &Content {
                    body: &body,
                    ..content
                },
                id,
                what,
                SAME_BYTES,
            )
        }),
    )
}

/// The same JSON, as other programs write it.
fn rewritten_bodies<'a>(received: &'a Received<'a>) -> Suspects<'a> {
    const LAYOUTS: [(Layout, &str); 7] = [
        (Layout::Kept, ""),
        (Layout::Compact, "without white space"),
        (Layout::Spaced, "with a space after each comma and colon"),
        (Layout::Indented(2), "indented by two spaces"),
        (Layout::Indented(3), "indented by three spaces"),
        (Layout::Indented(4), "indented by four spaces"),
        (Layout::Indented(0), "indented by tabs"),
    ];
    const ESCAPES: [(Escapes, &str); 6] = [
        (Escapes::Kept, ""),
        (Escapes::Fewest, "with fewer escapes"),
        (Escapes::Slash, "with \\/ for each slash"),
        (Escapes::Unicode, "with \\uXXXX for what is not ASCII"),
        (
            Escapes::SlashAndUnicode,
            "with \\/ for slashes and \\uXXXX for what is not ASCII",
        ),
        (Escapes::Html, "with \\uXXXX for <, > and &"),
    ];
    let content = received.content();
    let text = std::str::from_utf8(received.body).unwrap_or_default();
    let sorted = serde_json::from_str::<serde_json::Value>(text)
        .map(|value| value.to_string())
        .unwrap_or_default();
    let orders = [
        (text.to_owned(), ""),
        (sorted, "with its members in another order"),
    ];
    Box::new(orders.into_iter().flat_map(move |(text, order)| {
        LAYOUTS.into_iter().flat_map(move |(layout, spaces)| {
            let text = text.clone();
            ESCAPES.into_iter().filter_map(move |(form, escapes)| {
                let body = rewrite(&text, layout, form)?;
                let how = [order, spaces, escapes].map(str::to_owned);
                let how: Vec<_> = how.into_iter().filter(|how| !how.is_empty()).collect();
                let what = format!(
                    "the body was written anew between signing and checking: it was signed {}",
                    how.join(", ")
                );
                let content = Content {
                    body: body.as_bytes(),
                    ..content
                };
                Some(suspect(&content, "body_reserialised", what, SAME_BYTES))
            })
        })
    }))
}

/// Text in another character encoding.
fn encodings<'a>(received: &'a Received<'a>) -> Suspects<'a> {
    let content = received.content();
    Box::new(
        [
            (encoding_rs::WINDOWS_1252, "Latin-1"),
            (encoding_rs::GBK, "GBK"),
        ]
        .into_iter()
        .flat_map(move |(encoding, name)| {
            let signed_so = std::str::from_utf8(content.body)
                .ok()
                .map(|text| encoding.encode(text))
                .filter(|(_, _, lost)| !lost)
                .map(|(body, _, _)| {
                    (
                        body.into_owned(),
                        format!("the body came in UTF-8, but was signed in {name}"),
                    )
                });
            let (decoded, _, lost) = encoding.decode(content.body);
            let came_so = (!lost).then(|| {
                (
                    decoded.into_owned().into_bytes(),
                    format!("the body came in {name}, but was signed in UTF-8"),
                )
            });
            signed_so.into_iter().chain(came_so)
        })
        .map(move |(body, what)| {
            suspect(
                &Content {
                    body: &body,
                    ..content
                },
                "body_encoding",
                what,
                "use UTF-8 everywhere",
            )
        }),
    )
}

/// Another time than the header's: another unit, another way to write it, or some moments apart.
fn times<'a>(received: &'a Received<'a>) -> Suspects<'a> {
    let content = received.content();
    let same =
        "take the time once, and put the same text into the header and into the string to sign";
    let milliseconds: Option<i128> = received.time.parse().ok();
    let moment = milliseconds
        .and_then(|ms| OffsetDateTime::from_unix_timestamp_nanos(ms.checked_mul(1_000_000)?).ok())
        .or_else(|| OffsetDateTime::parse(received.time, &Rfc3339).ok());
    let units = milliseconds.into_iter().flat_map(|time| {
        let in_seconds = (
            (time / 1000).to_string(),
            "time_unit",
            "the time was signed in seconds",
        );
        // Whoever cut the milliseconds off has not said which they were.
        let in_milliseconds = (0..1000).map(move |rest| {
            (
                time.saturating_mul(1000).saturating_add(rest).to_string(),
                "time_unit",
                "the time came in seconds, but was signed in milliseconds",
            )
        });
        std::iter::once(in_seconds).chain(in_milliseconds)
    });
    let written = moment.into_iter().flat_map(move |moment| {
        let seconds = moment.replace_nanosecond(0).unwrap_or(moment);
        let millis = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        let z = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let offset = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second][offset_hour sign:mandatory]:[offset_minute]");
        let basic = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second][offset_hour sign:mandatory][offset_minute]");
        let utc = moment.checked_to_offset(time::UtcOffset::UTC).unwrap_or(moment);
        [
            utc.format(millis).ok(),
            utc.format(z).ok(),
            seconds.format(offset).ok(),
            seconds.format(basic).ok(),
            utc.format(offset).ok(),
            Some((moment.unix_timestamp_nanos() / 1_000_000).to_string()),
            Some(moment.unix_timestamp().to_string()),
        ]
        .into_iter()
        .flatten()
        .map(|time| (time, "time_form", "the time was signed in another form than the header has"))
    });
    let near = milliseconds.into_iter().flat_map(|time| {
        (1..=TRIED_MILLISECONDS).flat_map(move |apart| {
            [time.saturating_sub(apart), time.saturating_add(apart)].map(|other| {
                (
                    other.to_string(),
                    "time_apart",
                    "the time in the header is not the time that was signed",
                )
            })
        })
    });
    let near_text = moment
        .filter(move |_| milliseconds.is_none())
        .into_iter()
        .flat_map(|moment| {
            (1..=TRIED_MILLISECONDS / 1000).flat_map(move |apart| {
                let apart = time::Duration::seconds(i64::try_from(apart).unwrap_or_default());
                [moment.checked_sub(apart), moment.checked_add(apart)]
                    .into_iter()
                    .flatten()
                    .filter_map(|other| other.format(&Rfc3339).ok())
                    .map(|time| {
                        (
                            time,
                            "time_apart",
                            "the time in the header is not the time that was signed",
                        )
                    })
            })
        });
    let spaced = [
        (
            format!("{} ", received.time),
            "time_form",
            "the time was signed with a space after it",
        ),
        (String::new(), "time_form", "the time was signed as nothing"),
    ];
    Box::new(
        units
            .chain(written)
            .chain(spaced)
            .chain(near)
            .chain(near_text)
            .map(move |(time, id, what)| {
                suspect(
                    &Content {
                        time: &time,
                        ..content
                    },
                    id,
                    what,
                    same,
                )
            }),
    )
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}
