//! `/__sandbox/clock`: shows and moves the sandbox's time.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::{Problem, ok, read};
use crate::Span;
use crate::clock::text;
use crate::world::World;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    advance: Span,
}

pub(super) async fn show(State(world): State<Arc<World>>) -> Response {
    ok(&json!({
        "now": text(world.clock.now()),
        "ahead": Span(world.clock.ahead()),
    }))
}

pub(super) async fn advance(
    State(world): State<Arc<World>>,
    body: Bytes,
) -> Result<Response, Problem> {
    let Move { advance } = read(&body)?;
    world.clock.advance(advance.0).map_err(Problem::wrong)?;
    world.note(format!("the clock was moved ahead by {advance}"));
    Ok(show(State(world)).await)
}

pub(super) async fn reset(State(world): State<Arc<World>>) -> Response {
    world.clock.reset();
    world.note("the clock was set to the machine's time");
    show(State(world)).await
}
