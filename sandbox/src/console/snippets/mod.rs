//! A call as something to paste: a curl command that sends the same bytes again, and small programs with the same
//! fields for libantom. Every text goes through [`literal`] on its way into a language.

mod programs;

use serde_json::{Map, Value};

use antom_core::api::rules::{CREATE_VAULTING_SESSION, Form};

use super::replay;
use crate::journal::Call;
use crate::literal::{self, Language};
use crate::paste::ClientSettings;
use crate::world::World;

/// What ends the paths of the APIs that have an operation of their own here; the others go through the doors' `call`.
const CREATE: &str = "/v1/vaults/createVaultingSession";
const INQUIRE: &str = "/v1/vaults/inquireVaulting";

/// Headers that belong to one connection and not to the request.
const OF_THE_CONNECTION: &[&str] = &[
    "host",
    "content-length",
    "connection",
    "keep-alive",
    "transfer-encoding",
    "expect",
    "te",
    "trailer",
    "upgrade",
];

/// A text to copy, or why there is none.
pub(super) struct Snippet {
    /// For example `python`.
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    pub(super) text: Result<String, &'static str>,
}

/// What a program does.
enum Task {
    Create(Vec<Field>),
    /// Of the vaulting with this id.
    Inquire(String),
    /// The path in live mode, and the request in JSON.
    Call(String, String),
}

impl Task {
    /// Every text that goes into a program.
    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Create(fields) => fields.iter().filter_map(Field::text).collect(),
            Self::Inquire(id) => vec![id],
            Self::Call(path, json) => vec![path, json],
        }
    }
}

/// A field of the request, as it goes into a program.
struct Field {
    /// As it is called on the wire.
    name: &'static str,
    value: FieldValue,
}

enum FieldValue {
    Text(String),
    Flag(bool),
}

impl Field {
    fn text(&self) -> Option<&str> {
        match &self.value {
            FieldValue::Text(text) => Some(text),
            FieldValue::Flag(_) => None,
        }
    }
}

/// The call in each form.
pub(super) fn of(call: &Call, world: &World) -> Vec<Snippet> {
    let settings = settings(call, world);
    let task = task(call);
    let program = |language, write: fn(&ClientSettings, &Task) -> String| {
        let task = task.as_ref().map_err(|problem| *problem)?;
        for text in settings.texts().into_iter().chain(task.texts()) {
            literal::check(text, language)?;
        }
        Ok(write(&settings, task))
    };
    let snippet = |id, label, text| Snippet { id, label, text };
    vec![
        snippet("curl", "curl", curl(call, &world.browser_url)),
        snippet(
            "python",
            "Python",
            program(Language::Python, programs::python),
        ),
        snippet("php", "PHP", program(Language::Php, programs::php)),
        snippet("c", "C", program(Language::C, programs::c)),
    ]
}

/// The client that made the call, as far as it is known here.
fn settings(call: &Call, world: &World) -> ClientSettings {
    let [test, _] = &world.client_ids;
    let known = call.client_id.as_ref();
    let client_id = known.filter(|id| world.client_ids.contains(id));
    ClientSettings::new(client_id.unwrap_or(test), &world.files, &world.https_url)
}

/// What a program does to make this call, or why there can be none.
fn task(call: &Call) -> Result<Task, &'static str> {
    let path = call.target.split('?').next().unwrap_or_default();
    if !path.starts_with("/ams/") {
        return Err("only a call of one of Antom's APIs can be copied as a program");
    }
    if !call.request.is_exact {
        return Err("the request was masked or cut, so there is no program for it");
    }
    let mut members: Map<String, Value> = serde_json::from_str(&call.request.body)
        .map_err(|_| "the body is not a JSON object, so it has no fields")?;
    if path.ends_with(CREATE) {
        return Ok(Task::Create(fields(members)));
    }
    match members.remove("vaultingRequestId") {
        Some(Value::String(id)) if path.ends_with(INQUIRE) => Ok(Task::Inquire(id)),
        _ => {
            let live = path.replacen("/ams/sandbox/api/", "/ams/api/", 1);
            Ok(Task::Call(live, call.request.body.clone()))
        }
    }
}

/// The documented fields of createVaultingSession.
fn fields(mut members: Map<String, Value>) -> Vec<Field> {
    let fields = CREATE_VAULTING_SESSION.iter().filter_map(|rule| {
        let value = match (members.remove(rule.field)?, rule.form) {
            (Value::Bool(flag), Form::Boolean) => FieldValue::Flag(flag),
            (Value::String(text), Form::Boolean) => FieldValue::Flag(text.parse().ok()?),
            (Value::String(text), _) => FieldValue::Text(text),
            _ => return None,
        };
        Some(Field {
            name: rule.field,
            value,
        })
    });
    fields.collect()
}

/// Whether it takes the product AMS, which a client must be told.
fn is_ams(task: &Task) -> bool {
    let is_of_ams = |field: &Field| ["merchantRegion", "is3DSAuthentication"].contains(&field.name);
    matches!(task, Task::Create(fields) if fields.iter().any(is_of_ams))
}

/// Sends the signed request again, byte for byte.
fn curl(call: &Call, base_url: &str) -> Result<String, &'static str> {
    replay::is_possible(call)?;
    let mut words = vec![
        "curl --silent --show-error --globoff --path-as-is".to_owned(),
        format!("--request {}", literal::shell(&call.method)?),
        format!(
            "--url {}",
            literal::shell(&format!("{base_url}{}", call.target))?
        ),
    ];
    let mut has_type = false;
    for (name, value) in call.request.headers.iter() {
        if OF_THE_CONNECTION.contains(&name) {
            continue;
        }
        has_type |= name == "content-type";
        // A header without a value ends with a semicolon, or curl takes it for one to leave out.
        let header = if value.is_empty() {
            format!("{name};")
        } else {
            format!("{name}: {value}")
        };
        words.push(format!("--header {}", literal::shell(&header)?));
    }
    let has_body = !call.request.body.is_empty() || call.request.header("content-length").is_some();
    if has_body {
        if !has_type {
            words.push("--header 'content-type:'".to_owned());
        }
        words.push(format!(
            "--data-raw {}",
            literal::shell(&call.request.body)?
        ));
    }
    Ok(words.join(" \\\n  ") + "\n")
}
