//! `/__sandbox/faults`: rules are set, shown and removed. Plays nothing.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

use super::MOST_RULES;
use super::rule::{FaultRule, Wanted};
use crate::control::{Problem, ok, read, write};
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
    ok(&json!({"rules": world.faults.shown()}))
}

async fn set(State(world): State<Arc<World>>, body: Bytes) -> Result<Response, Problem> {
    let wanted: Wanted = read(&body)?;
    let rule: FaultRule = wanted.try_into().map_err(Problem::wrong)?;
    let text = rule.to_string();
    let id = world.faults.add(rule).ok_or_else(|| {
        let text = format!("there are {MOST_RULES} rules already: remove some");
        Problem::new(StatusCode::CONFLICT, text)
    })?;
    world.note(format!("fault rule {id} was set: {text}"));
    let shown = world.faults.shown();
    Ok(match shown.iter().find(|rule| rule.id == id) {
        Some(rule) => write(StatusCode::CREATED, rule),
        // Used up by a request that came at the same time.
        None => write(StatusCode::CREATED, &json!({"id": id})),
    })
}

async fn remove(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if id.parse().is_ok_and(|id| world.faults.remove(id)) {
        world.note(format!("fault rule {id} was removed"));
        return Ok(StatusCode::NO_CONTENT);
    }
    let text = "there is no fault rule with this id: it was removed or is used up";
    Err(Problem::new(StatusCode::NOT_FOUND, text))
}

async fn remove_all(State(world): State<Arc<World>>) -> StatusCode {
    world.faults.remove_all();
    world.note("every fault rule was removed");
    StatusCode::NO_CONTENT
}
