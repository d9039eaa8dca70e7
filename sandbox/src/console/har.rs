//! Calls as a HAR file (HTTP Archive 1.2), which browsers, proxies and `antom doctor` read.

use serde::Serialize;
use time::OffsetDateTime;

use crate::clock;
use crate::journal::{Call, Message};

#[derive(Serialize)]
pub(super) struct Har {
    log: Log,
}

#[derive(Serialize)]
struct Log {
    version: &'static str,
    creator: Creator,
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Creator {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    started_date_time: String,
    time: f64,
    request: Request,
    response: Response,
    cache: Empty,
    timings: Timings,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct Timings {
    send: f64,
    wait: f64,
    receive: f64,
}

#[derive(Serialize)]
struct Pair {
    name: String,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    http_version: &'static str,
    cookies: [(); 0],
    headers: Vec<Pair>,
    query_string: Vec<Pair>,
    post_data: Content,
    headers_size: i64,
    body_size: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status: u16,
    status_text: &'static str,
    http_version: &'static str,
    cookies: [(); 0],
    headers: Vec<Pair>,
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: &'static str,
    headers_size: i64,
    body_size: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    mime_type: String,
    text: String,
    size: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'static str>,
}

/// The calls, as a client saw them that reached the sandbox at this URL.
pub(super) fn of<'c>(
    calls: impl Iterator<Item = (OffsetDateTime, &'c Call)>,
    base_url: &str,
) -> Har {
    Har {
        log: Log {
            version: "1.2",
            creator: Creator {
                name: "antom sandbox",
                version: env!("CARGO_PKG_VERSION"),
            },
            entries: calls
                .map(|(time, call)| entry(time, call, base_url))
                .collect(),
        },
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the microseconds of a call fit into 52 bits"
)]
fn entry(time: OffsetDateTime, call: &Call, base_url: &str) -> Entry {
    let milliseconds = call.duration_micros as f64 / 1_000.0;
    Entry {
        started_date_time: clock::text(time),
        time: milliseconds,
        request: Request {
            method: call.method.clone(),
            url: format!("{base_url}{}", call.target),
            http_version: "HTTP/1.1",
            cookies: [],
            headers: pairs(&call.request),
            query_string: query(&call.target),
            post_data: content(&call.request),
            headers_size: -1,
            body_size: size(&call.request),
        },
        response: Response {
            status: call.http_status,
            status_text: "",
            http_version: "HTTP/1.1",
            cookies: [],
            headers: pairs(&call.answer),
            content: content(&call.answer),
            redirect_url: "",
            headers_size: -1,
            body_size: size(&call.answer),
        },
        cache: Empty {},
        timings: Timings {
            send: 0.0,
            wait: milliseconds,
            receive: 0.0,
        },
        comment: call.reason.clone(),
    }
}

fn pairs(message: &Message) -> Vec<Pair> {
    let pair = |(name, value): (&str, &str)| Pair {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    message.headers.iter().map(pair).collect()
}

fn query(target: &str) -> Vec<Pair> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let parts = query.split('&').filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        Pair {
            name: name.to_owned(),
            value: value.to_owned(),
        }
    };
    parts.map(pair).collect()
}

fn content(message: &Message) -> Content {
    Content {
        mime_type: message.header("content-type").unwrap_or_default().into(),
        text: message.body.clone(),
        size: size(message),
        comment: (!message.is_exact).then_some("masked, cut or mended: not what was on the wire"),
    }
}

/// Of the body on the wire; -1, for "not known", if that is not what was kept.
fn size(message: &Message) -> i64 {
    if !message.is_exact {
        return -1;
    }
    i64::try_from(message.body.len()).unwrap_or(-1)
}
