//! `/__sandbox/faults`: rules are set, shown and removed. Plays nothing.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use serde_json::json;

use super::MOST_RULES;
use super::plan::WrongFault;
use super::rule::{FaultRule, Wanted};
use crate::journal::Event;
use crate::world::World;

/// The longest body of a rule, in bytes.
const LONGEST_BODY: usize = 4 * 1024;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/__sandbox/faults", get(show).post(set).delete(remove_all))
        .route("/__sandbox/faults/{id}", axum::routing::delete(remove))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(from_fn(refuse_other_pages))
}

async fn show(State(world): State<Arc<World>>) -> Response {
    answer(StatusCode::OK, &json!({"rules": world.faults.shown()}))
}

async fn set(State(world): State<Arc<World>>, body: Bytes) -> Response {
    let wanted: Wanted = match serde_json::from_slice(&body) {
        Ok(wanted) => wanted,
        Err(error) => {
            let text = format!(
                "{error}; expected for example {{\"fault\":\"http-503\",\"path\":\"createVaultingSession\",\"times\":2}}"
            );
            return problem(StatusCode::BAD_REQUEST, &text);
        }
    };
    let rule: FaultRule = match wanted.try_into() {
        Ok(rule) => rule,
        Err(wrong) => return wrong_fault(&wrong),
    };
    let text = rule.to_string();
    let Some(id) = world.faults.add(rule) else {
        let text = format!("there are {MOST_RULES} rules already: remove some");
        return problem(StatusCode::CONFLICT, &text);
    };
    note(&world, format!("fault rule {id} was set: {text}"));
    let shown = world.faults.shown();
    match shown.iter().find(|rule| rule.id == id) {
        Some(rule) => answer(StatusCode::CREATED, rule),
        // Used up by a request that came at the same time.
        None => answer(StatusCode::CREATED, &json!({"id": id})),
    }
}

async fn remove(State(world): State<Arc<World>>, Path(id): Path<String>) -> Response {
    if id.parse().is_ok_and(|id| world.faults.remove(id)) {
        note(&world, format!("fault rule {id} was removed"));
        return StatusCode::NO_CONTENT.into_response();
    }
    let text = "there is no fault rule with this id: it was removed or is used up";
    problem(StatusCode::NOT_FOUND, text)
}

async fn remove_all(State(world): State<Arc<World>>) -> Response {
    world.faults.remove_all();
    note(&world, "every fault rule was removed".to_owned());
    StatusCode::NO_CONTENT.into_response()
}

fn note(world: &World, what: String) {
    let event = Event::Control { what };
    world.journal.write(world.clock.now(), event);
}

fn wrong_fault(wrong: &WrongFault) -> Response {
    let body = json!({"error": wrong.to_string(), "near": wrong.near});
    answer(StatusCode::BAD_REQUEST, &body)
}

fn problem(status: StatusCode, text: &str) -> Response {
    answer(status, &json!({"error": text}))
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).expect("text and numbers always serialise");
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// A web page from elsewhere must not set faults.
async fn refuse_other_pages(request: Request, next: Next) -> Response {
    if is_from_another_page(request.headers()) {
        let text = "only the sandbox's own pages, and programs, may do this";
        return problem(StatusCode::FORBIDDEN, text);
    }
    next.run(request).await
}

fn is_from_another_page(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(HOST).unwrap_or_default();
    let is_own = |origin: &str| {
        ["http://", "https://"]
            .iter()
            .any(|scheme| origin.strip_prefix(scheme) == Some(host))
    };
    let site = headers.get("sec-fetch-site");
    text(ORIGIN).is_some_and(|origin| !is_own(origin))
        || site.is_some_and(|site| site != "same-origin" && site != "none")
}
