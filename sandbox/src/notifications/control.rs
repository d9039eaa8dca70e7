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

use super::book::{ResendProblem, Shown};
use super::switches::{Change, Switches};
use crate::control::{refuse, write};
use crate::journal::Event;
use crate::vaulting::Locator;
use crate::world::World;

const PATH: &str = "/__sandbox/notifications";

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route(PATH, get(list).post(notify))
        .route(&format!("{PATH}/settings"), get(settings).patch(change))
        .route(&format!("{PATH}/{{number}}/resend"), post(resend))
}

async fn list(State(world): State<Arc<World>>) -> Response {
    #[derive(Serialize)]
    struct Listed {
        notifications: Vec<Shown>,
    }
    let notifications = world.notifications.book().shown();
    write(StatusCode::OK, &Listed { notifications })
}

/// Notifies again of a vaulting that ended, as a new notification.
async fn notify(State(world): State<Arc<World>>, body: Bytes) -> Response {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct About {
        vaulting: u64,
    }
    let Ok(About { vaulting: number }) = serde_json::from_slice(&body) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "send {\"vaulting\": NUMBER}, with the number of a vaulting",
        );
    };
    let notified = world
        .vaultings
        .with(&Locator::Number(number), |vaulting| world.notify(vaulting));
    let Some(notified) = notified else {
        return refuse(
            StatusCode::NOT_FOUND,
            "there is no vaulting with this number",
        );
    };
    match notified {
        Some(number) => write(StatusCode::OK, &serde_json::json!({"number": number})),
        None => refuse(
            StatusCode::CONFLICT,
            "this vaulting has not ended, so there is nothing to notify of: complete it first",
        ),
    }
}

async fn resend(State(world): State<Arc<World>>, Path(number): Path<String>) -> Response {
    let unknown = || {
        refuse(
            StatusCode::NOT_FOUND,
            "there is no notification with this number",
        )
    };
    let Ok(number) = number.parse() else {
        return unknown();
    };
    let outcome = world.notifications.book().resend(number);
    match outcome {
        Ok(()) => {
            world.notifications.wake.notify_one();
            write(StatusCode::OK, &serde_json::json!({"number": number}))
        }
        Err(ResendProblem::Unknown) => unknown(),
        Err(ResendProblem::BeingSent) => refuse(
            StatusCode::CONFLICT,
            "it is being sent at this moment: try again when the attempt has ended",
        ),
    }
}

async fn settings(State(world): State<Arc<World>>) -> Response {
    let switches = world.notifications.book().switches.clone();
    write(StatusCode::OK, &switches)
}

async fn change(State(world): State<Arc<World>>, body: Bytes) -> Response {
    let change: Change = match serde_json::from_slice(&body) {
        Ok(change) => change,
        Err(problem) => {
            let problem = format!("{problem}; GET shows the settings that there are");
            return refuse(StatusCode::BAD_REQUEST, &problem);
        }
    };
    let changed = {
        let mut book = world.notifications.book();
        book.change(&change).map(|()| book.switches.clone())
    };
    match changed {
        Ok(switches) => {
            world.journal.write(
                world.clock.now(),
                Event::Control {
                    what: format!("notifications: {}", described(&switches)),
                },
            );
            world.notifications.wake.notify_one();
            write(StatusCode::OK, &switches)
        }
        Err(problem) => refuse(StatusCode::BAD_REQUEST, problem),
    }
}

fn described(switches: &Switches) -> String {
    serde_json::to_string(switches).expect("flags and numbers always serialise")
}
