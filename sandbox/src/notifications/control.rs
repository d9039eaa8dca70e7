//! The control API of notifications, under `/__sandbox/notifications`: what waits and was sent, sending by hand, and
//! the switches.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::book::{ResendProblem, Shown};
use super::switches::Change;
use crate::control::{Problem, in_words, ok, read};
use crate::vaulting::Locator;
use crate::world::World;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/__sandbox/notifications", get(list).post(notify))
        .route(
            "/__sandbox/notifications/settings",
            get(settings).patch(change),
        )
        .route("/__sandbox/notifications/{number}/resend", post(resend))
}

async fn list(State(world): State<Arc<World>>) -> Response {
    #[derive(Serialize)]
    struct Listed {
        notifications: Vec<Shown>,
    }
    let notifications = world.notifications.book().shown();
    ok(&Listed { notifications })
}

/// Notifies again of a vaulting that ended, as a new notification.
async fn notify(State(world): State<Arc<World>>, body: Bytes) -> Result<Response, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct About {
        vaulting: u64,
    }
    let About { vaulting: number } = read(&body)?;
    let notified = world
        .vaultings
        .with(&Locator::Number(number), |vaulting| world.notify(vaulting));
    let notified = notified.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "there is no vaulting with this number",
        )
    })?;
    let number = notified.ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "this vaulting has not ended, so there is nothing to notify of: complete it first",
        )
    })?;
    Ok(ok(&json!({"number": number})))
}

async fn resend(
    State(world): State<Arc<World>>,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let number = number.parse().map_err(|_| ResendProblem::Unknown)?;
    world.notifications.book().resend(number)?;
    world.notifications.wake.notify_one();
    Ok(ok(&json!({"number": number})))
}

impl From<ResendProblem> for Problem {
    fn from(problem: ResendProblem) -> Self {
        match problem {
            ResendProblem::Unknown => Self::new(
                StatusCode::NOT_FOUND,
                "there is no notification with this number",
            ),
            ResendProblem::BeingSent => Self::new(
                StatusCode::CONFLICT,
                "it is being sent at this moment: try again when the attempt has ended",
            ),
        }
    }
}

async fn settings(State(world): State<Arc<World>>) -> Response {
    let switches = world.notifications.book().switches.clone();
    ok(&switches)
}

async fn change(State(world): State<Arc<World>>, body: Bytes) -> Result<Response, Problem> {
    let change: Change = read(&body)?;
    let switches = {
        let mut book = world.notifications.book();
        book.change(&change).map_err(Problem::wrong)?;
        book.switches.clone()
    };
    world.note(format!("notifications: {}", in_words(&body)));
    world.notifications.wake.notify_one();
    Ok(ok(&switches))
}
