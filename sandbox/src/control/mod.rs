//! The control API under `/__sandbox/`, for tests and for the `antom` command: JSON in, JSON out. Holds no state of its
//! own, and nothing of it exists at Antom. The requests are listed in `docs/sandbox-control.md`.

mod answers;
mod clock;
mod endpoints;
mod sessions;
mod settings;
mod wrong_body;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::mask::mask;
use crate::world::World;

/// Everything under `/__sandbox/` that no other part of the sandbox serves.
pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/__sandbox", get(endpoints::list))
        .route("/__sandbox/", get(endpoints::list))
        .route("/__sandbox/health", get(health))
        .route("/__sandbox/reset", post(reset))
        .route(
            "/__sandbox/clock",
            get(clock::show).post(clock::advance).delete(clock::reset),
        )
        .route("/__sandbox/sessions", get(sessions::list))
        .route("/__sandbox/sessions/{session}", get(sessions::show))
        .route(
            "/__sandbox/sessions/{session}/complete",
            post(sessions::complete),
        )
        .route(
            "/__sandbox/sessions/{session}/cancel",
            post(sessions::cancel),
        )
        .route(
            "/__sandbox/settings",
            get(settings::show).patch(settings::change),
        )
        .route(
            "/__sandbox/answers",
            get(answers::list).post(answers::add).delete(answers::clear),
        )
        .route("/__sandbox/{*rest}", axum::routing::any(unknown))
}

async fn health() -> Response {
    ok(&json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

async fn reset(State(world): State<Arc<World>>) -> Response {
    world.reset();
    ok(&json!({"status": "reset"}))
}

async fn unknown() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "there is nothing under this path: GET /__sandbox/ lists what there is",
    )
}

/// JSON with status 200.
pub(crate) fn ok(answer: &impl Serialize) -> Response {
    write(StatusCode::OK, answer)
}

/// JSON with this status.
pub(crate) fn write(status: StatusCode, answer: &impl Serialize) -> Response {
    let body = serde_json::to_vec(answer).expect("an answer of ours always serialises");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A refusal in JSON: what happened, and what to do.
pub(crate) fn refuse(status: StatusCode, error: &str) -> Response {
    Problem::new(status, error).into_response()
}

/// Reads a body; an empty one is an empty object.
pub(crate) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    let body = if body.is_empty() { b"{}" } else { &body[..] };
    serde_json::from_slice(body)
        .map_err(|problem| Problem::wrong(wrong_body::explain(&problem, body)))
}

/// What a body that was read asks to change, for the journal: for example `drop 1, profile production`.
pub(crate) fn in_words(body: &Bytes) -> String {
    let members: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let words = members.iter().map(|(name, value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Bool(true) => "on".to_owned(),
            Value::Bool(false) => "off".to_owned(),
            Value::Null => "none".to_owned(),
            other => other.to_string(),
        };
        format!("{} {value}", name.replace('_', " "))
    });
    let words: Vec<_> = words.collect();
    match words.as_slice() {
        [] => "nothing changed".to_owned(),
        words => words.join(", "),
    }
}

/// Why a request to the control API is refused.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    error: String,
}

impl Problem {
    #[expect(clippy::needless_pass_by_value, reason = "map_err hands values over")]
    pub(crate) fn new(status: StatusCode, error: impl ToString) -> Self {
        Self {
            status,
            error: error.to_string(),
        }
    }

    /// The request itself is wrong.
    pub(crate) fn wrong(error: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // It may quote what was sent.
        write(self.status, &json!({ "error": mask(&self.error) }))
    }
}
