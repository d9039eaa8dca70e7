//! A HAR file, as the developer tools of browsers save it: one entry's request or answer.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::saved::{AnsweredRequest, Choice, Headers, Line, Message, Request, path_of};

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: SavedRequest,
    response: Option<SavedResponse>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SavedRequest {
    method: String,
    url: String,
    headers: Vec<Header>,
    post_data: Option<Body>,
    body_size: Option<i64>,
}

#[derive(Deserialize)]
struct SavedResponse {
    headers: Vec<Header>,
    content: Option<Body>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct Body {
    text: Option<String>,
    encoding: Option<String>,
    size: Option<i64>,
}

/// Reads the chosen entry; without a choice the last one to Antom's API.
pub(super) fn parse(bytes: &[u8], choice: Choice) -> Result<Message, String> {
    // serde_json's own words can quote what the file holds.
    let har: Har = serde_json::from_slice(bytes).map_err(|problem| {
        let (line, column) = (problem.line(), problem.column());
        format!("this is not a HAR file: see line {line}, column {column}")
    })?;
    let number = match choice.entry {
        Some(number) => number,
        None => last_to_antom(&har.log.entries)?,
    };
    let count = har.log.entries.len();
    let entry = number
        .checked_sub(1)
        .and_then(|at| har.log.entries.into_iter().nth(at))
        .ok_or_else(|| format!("there is no entry {number}: the file has 1 to {count}"))?;
    let mut notes = vec![format!("entry {number} of {count}")];
    let message = if choice.answer {
        answer(entry, &mut notes)
    } else {
        request(entry.request, &mut notes)
    };
    message.map(|message| Message { notes, ..message })
}

fn last_to_antom(entries: &[Entry]) -> Result<usize, String> {
    entries
        .iter()
        .rposition(|entry| path_of(&entry.request.url).contains("/ams/"))
        .map(|at| at + 1)
        .ok_or_else(|| {
            "no entry goes to a path with /ams/ in it: choose one with --entry N".to_owned()
        })
}

fn request(request: SavedRequest, notes: &mut Vec<String>) -> Result<Message, String> {
    let said = request.body_size;
    let body = request.post_data.map_or(Ok(Vec::new()), |body| {
        body.bytes()?
            .ok_or_else(|| "the entry has no text of the request's body".to_owned())
    })?;
    compare_size(said, &body, notes);
    Ok(Message {
        line: Line::Request(Request {
            path: path_of(&request.url),
            method: request.method,
        }),
        headers: headers(request.headers),
        body,
        notes: Vec::new(),
    })
}

fn answer(entry: Entry, notes: &mut Vec<String>) -> Result<Message, String> {
    let response = entry.response.ok_or("the entry has no answer")?;
    let content = response.content.ok_or("the entry's answer has no body")?;
    let said = content.size;
    let body = content
        .bytes()?
        .ok_or("the entry has no text of the answer's body: save the file with content")?;
    compare_size(said, &body, notes);
    let client_id = headers(entry.request.headers).only("client-id");
    Ok(Message {
        line: Line::Answer(Some(AnsweredRequest {
            request: Request {
                path: path_of(&entry.request.url),
                method: entry.request.method,
            },
            client_id,
        })),
        headers: headers(response.headers),
        body,
        notes: Vec::new(),
    })
}

fn headers(list: Vec<Header>) -> Headers {
    let mut headers = Headers::default();
    for Header { name, value } in list {
        headers.add(name, value);
    }
    headers
}

impl Body {
    fn bytes(self) -> Result<Option<Vec<u8>>, String> {
        match (self.text, self.encoding.as_deref()) {
            (None, _) => Ok(None),
            (Some(text), None | Some("")) => Ok(Some(text.into_bytes())),
            (Some(text), Some("base64")) => BASE64_STANDARD
                .decode(text)
                .map(Some)
                .map_err(|_| "the entry's body is not base64, although it says so".to_owned()),
            (Some(_), Some(_)) => {
                Err("the entry's body is encoded in another way than base64".to_owned())
            }
        }
    }
}

/// A HAR file keeps text: bytes that are none, or a conversion, show in the length.
fn compare_size(said: Option<i64>, body: &[u8], notes: &mut Vec<String>) {
    let there = body.len();
    if let Some(said) = said.and_then(|said| usize::try_from(said).ok())
        && said != there
    {
        notes.push(format!(
            "the body had {said} bytes, but the file keeps {there}: a HAR file keeps text, not bytes. Save the raw message if you can"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn entry(path: &str, body: &Value) -> Value {
        json!({
            "request": {
                "method": "POST", "url": format!("https://h{path}"), "httpVersion": "h2",
                "headers": [{"name": ":method", "value": "POST"}, {"name": "client-id", "value": "5X"}],
                "postData": body, "bodySize": -1,
            },
            "response": {
                "headers": [{"name": "response-time", "value": "t"}],
                "content": {"text": "e30=", "encoding": "base64", "size": 2},
            },
        })
    }

    fn har(entries: &[Value]) -> Vec<u8> {
        json!({"log": {"version": "1.2", "entries": entries}})
            .to_string()
            .into_bytes()
    }

    #[test]
    fn the_last_entry_to_antom_is_the_default() {
        let file = har(&[
            entry("/ams/api/v1/a", &json!({"text": "1"})),
            entry("/ams/api/v1/b", &json!({"text": "é"})),
            entry("/favicon.ico", &Value::Null),
        ]);
        let message = parse(&file, Choice::default()).unwrap();
        assert!(matches!(&message.line, Line::Request(r) if r.path == "/ams/api/v1/b"));
        assert_eq!(message.body, "é".as_bytes());
        assert_eq!(message.notes, ["entry 2 of 3"]);
        let choice = Choice {
            entry: Some(1),
            answer: false,
        };
        assert_eq!(parse(&file, choice).unwrap().body, b"1");
        for (entry, named) in [(0, "1 to 3"), (4, "1 to 3")] {
            let choice = Choice {
                entry: Some(entry),
                answer: false,
            };
            assert!(parse(&file, choice).unwrap_err().contains(named));
        }
        assert!(
            parse(&har(&[]), Choice::default())
                .unwrap_err()
                .contains("--entry")
        );
    }

    #[test]
    fn an_answer_comes_with_the_path_and_client_id_of_its_request() {
        let file = har(&[entry("/ams/api/v1/a", &Value::Null)]);
        let choice = Choice {
            entry: None,
            answer: true,
        };
        let message = parse(&file, choice).unwrap();
        let Line::Answer(Some(to)) = message.line else {
            panic!("not an answer");
        };
        assert_eq!(to.request.path, "/ams/api/v1/a");
        assert_eq!(to.client_id.as_deref(), Some("5X"));
        assert_eq!(message.body, b"{}");
        assert_eq!(message.headers.only("Response-Time").as_deref(), Some("t"));
    }

    #[test]
    fn a_body_that_lost_bytes_is_named() {
        let mut one = entry("/ams/api/v1/a", &json!({"text": "\u{fffd}"}));
        one["request"]["bodySize"] = 1.into();
        let message = parse(&har(&[one]), Choice::default()).unwrap();
        assert!(
            message.notes[1].contains("had 1 bytes"),
            "{:?}",
            message.notes
        );
    }

    #[test]
    fn what_has_no_body_text_is_refused() {
        for body in [
            json!({"params": []}),
            json!({"text": "*", "encoding": "base64"}),
            json!({"text": "", "encoding": "rot13"}),
        ] {
            let file = har(&[entry("/ams/x", &body)]);
            assert!(parse(&file, Choice::default()).is_err(), "{body}");
        }
        assert!(parse(b"{}", Choice::default()).is_err());
    }
}
