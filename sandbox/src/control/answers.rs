//! `/__sandbox/answers`: sets the answers of APIs.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Problem, ok, read};
use crate::gateway::script::{ScriptProblem, ScriptedAnswer};
use crate::world::World;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAnswer {
    path: String,
    #[serde(default)]
    body: Map<String, Value>,
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

pub(super) async fn list(State(world): State<Arc<World>>) -> Response {
    ok(&json!({"answers": world.script.list()}))
}

pub(super) async fn add(State(world): State<Arc<World>>, body: Bytes) -> Result<Response, Problem> {
    let NewAnswer { path, body, times } = read(&body)?;
    let what = format!("an answer was set for {}", crate::exchange::plain(&path));
    let answer = ScriptedAnswer::new(path, body, times).map_err(Problem::wrong)?;
    world.script.add(answer).map_err(|problem| match problem {
        ScriptProblem::TooMany => Problem::new(StatusCode::CONFLICT, problem),
        problem => Problem::wrong(problem),
    })?;
    world.note(what);
    Ok(list(State(world)).await)
}

pub(super) async fn clear(State(world): State<Arc<World>>) -> Response {
    let removed = world.script.clear();
    world.note("the set answers were taken back");
    ok(&json!({ "removed": removed }))
}
