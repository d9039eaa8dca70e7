//! `/__sandbox/settings`: the settings that can be changed while the sandbox runs.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{Problem, in_words, ok, read};
use crate::Span;
use crate::settings::{Tuning, session_lifetime};
use crate::world::World;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    accept_changed_repeats: Option<bool>,
    session_lifetime: Option<Span>,
    #[serde(default, deserialize_with = "to_limit")]
    rate_limit: LimitChange,
}

#[derive(Clone, Copy, Default)]
enum LimitChange {
    /// It was not given.
    #[default]
    Keep,
    /// `None`, which is null in JSON, takes the limit away.
    To(Option<NonZeroU32>),
}

fn to_limit<'de, D: Deserializer<'de>>(member: D) -> Result<LimitChange, D::Error> {
    Option::deserialize(member).map(LimitChange::To)
}

pub(super) async fn show(State(world): State<Arc<World>>) -> Response {
    ok(&json_of(world.tuning()))
}

pub(super) async fn change(
    State(world): State<Arc<World>>,
    body: Bytes,
) -> Result<Response, Problem> {
    let change: Change = read(&body)?;
    let lifetime = change.session_lifetime.map(session_lifetime).transpose();
    let lifetime = lifetime.map_err(Problem::wrong)?;
    let now = world.tune(|tuning| {
        tuning.session_lifetime = lifetime.unwrap_or(tuning.session_lifetime);
        if let Some(accept) = change.accept_changed_repeats {
            tuning.accept_changed_repeats = accept;
        }
        if let LimitChange::To(limit) = change.rate_limit {
            tuning.rate_limit = limit;
        }
    });
    if let LimitChange::To(_) = change.rate_limit {
        world.rate_limit.reset();
    }
    world.note(format!("settings: {}", in_words(&body)));
    Ok(ok(&json_of(now)))
}

fn json_of(tuning: Tuning) -> Value {
    json!({
        "accept_changed_repeats": tuning.accept_changed_repeats,
        "session_lifetime": Span(tuning.session_lifetime),
        "rate_limit": tuning.rate_limit,
    })
}
