//! What programs may ask the sandbox for, as a list: `/__sandbox/`. `docs/sandbox-control.md` says more of each.

use axum::response::Response;
use serde::Serialize;
use serde_json::json;

use super::ok;

/// Requests, and what each is for. A test holds the routes and the documentation to it.
const ENDPOINTS: &[(&str, &str)] = &[
    ("GET /__sandbox/", "this list"),
    ("GET /__sandbox/health", "says that the sandbox answers"),
    ("GET /__sandbox/clock", "the sandbox's time"),
    ("POST /__sandbox/clock", "moves it ahead"),
    ("DELETE /__sandbox/clock", "back to the machine's time"),
    (
        "POST /__sandbox/reset",
        "makes everything as it was at the start",
    ),
    ("GET /__sandbox/sessions", "the newest vaultings"),
    ("GET /__sandbox/sessions/{session}", "one of them"),
    (
        "POST /__sandbox/sessions/{session}/complete",
        "plays the buyer",
    ),
    (
        "POST /__sandbox/sessions/{session}/cancel",
        "the buyer gives up",
    ),
    ("GET /__sandbox/notifications", "what is sent and was sent"),
    (
        "POST /__sandbox/notifications",
        "notifies again of a vaulting",
    ),
    (
        "POST /__sandbox/notifications/{number}/resend",
        "sends one again",
    ),
    (
        "GET /__sandbox/notifications/settings",
        "what is done to notifications on purpose",
    ),
    ("PATCH /__sandbox/notifications/settings", "changes it"),
    (
        "GET /__sandbox/inbox",
        "what came to the sandbox's own receiver",
    ),
    ("POST /__sandbox/inbox", "takes a notification"),
    (
        "GET /__sandbox/inbox/{*name}",
        "the same, so that receivers have names",
    ),
    ("POST /__sandbox/inbox/{*name}", "takes a notification"),
    ("GET /__sandbox/faults", "the rules for faults"),
    ("POST /__sandbox/faults", "sets a rule"),
    ("DELETE /__sandbox/faults", "removes all of them"),
    ("DELETE /__sandbox/faults/{id}", "removes one"),
    (
        "GET /__sandbox/settings",
        "what can be changed while it runs",
    ),
    ("PATCH /__sandbox/settings", "changes it"),
    ("GET /__sandbox/answers", "the answers that were set"),
    ("POST /__sandbox/answers", "sets the next answers of an API"),
    ("DELETE /__sandbox/answers", "takes them back"),
    ("GET /journal", "what happened"),
    ("GET /journal/{number}", "one entry with both messages"),
    ("GET /journal/export.har", "the calls as a HAR file"),
    ("GET /events", "what happens, as server-sent events"),
];

pub(super) async fn list() -> Response {
    #[derive(Serialize)]
    struct Endpoint {
        request: &'static str,
        what: &'static str,
    }
    let endpoints: Vec<_> = ENDPOINTS
        .iter()
        .map(|&(request, what)| Endpoint { request, what })
        .collect();
    ok(&json!({"documentation": "docs/sandbox-control.md", "endpoints": endpoints}))
}
