//! `/__sandbox/faults`: rules are set, shown and removed. Plays nothing.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::MOST_RULES;
use super::plan::WrongFault;
use super::rule::{FaultRule, Wanted};
use crate::control::{refuse, write};
use crate::mask::mask;
use crate::world::World;

/// The longest body of a rule, in bytes.
const LONGEST_BODY: usize = 4 * 1024;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/__sandbox/faults", get(show).post(set).delete(remove_all))
        .route("/__sandbox/faults/{id}", axum::routing::delete(remove))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
}

async fn show(State(world): State<Arc<World>>) -> Response {
    write(StatusCode::OK, &json!({"rules": world.faults.shown()}))
}

async fn set(State(world): State<Arc<World>>, body: Bytes) -> Response {
    let wanted: Wanted = match serde_json::from_slice(&body) {
        Ok(wanted) => wanted,
        Err(error) => {
            let text = format!(
                "{error}; expected for example {{\"fault\":\"http-503\",\"path\":\"createVaultingSession\",\"times\":2}}"
            );
            return refuse(StatusCode::BAD_REQUEST, &text);
        }
    };
    let rule: FaultRule = match wanted.try_into() {
        Ok(rule) => rule,
        Err(wrong) => return wrong_fault(&wrong),
    };
    let text = rule.to_string();
    let Some(id) = world.faults.add(rule) else {
        let text = format!("there are {MOST_RULES} rules already: remove some");
        return refuse(StatusCode::CONFLICT, &text);
    };
    world.note(format!("fault rule {id} was set: {text}"));
    let shown = world.faults.shown();
    match shown.iter().find(|rule| rule.id == id) {
        Some(rule) => write(StatusCode::CREATED, rule),
        // Used up by a request that came at the same time.
        None => write(StatusCode::CREATED, &json!({"id": id})),
    }
}

async fn remove(State(world): State<Arc<World>>, Path(id): Path<String>) -> Response {
    if id.parse().is_ok_and(|id| world.faults.remove(id)) {
        world.note(format!("fault rule {id} was removed"));
        return StatusCode::NO_CONTENT.into_response();
    }
    let text = "there is no fault rule with this id: it was removed or is used up";
    refuse(StatusCode::NOT_FOUND, text)
}

async fn remove_all(State(world): State<Arc<World>>) -> Response {
    world.faults.remove_all();
    world.note("every fault rule was removed");
    StatusCode::NO_CONTENT.into_response()
}

fn wrong_fault(wrong: &WrongFault) -> Response {
    let body = json!({"error": mask(&wrong.to_string()), "near": wrong.near});
    write(StatusCode::BAD_REQUEST, &body)
}
