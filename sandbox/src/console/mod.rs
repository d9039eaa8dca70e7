//! The console: what happened in the sandbox, for people at `/` and for programs at `/journal` and `/events`. It
//! reads the journal and the vaultings; what it changes, it changes through the other parts.

mod events;
mod exact;
mod filter;
mod har;
mod json;
mod message;
mod pages;
mod replay;
mod snippets;
mod summary;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::gateway;
use crate::world::World;
pub(crate) use events::MOST_LISTENERS;

/// The longest form, in bytes.
const LONGEST_FORM: usize = 4 * 1024;

/// The pages, the live events and the journal in JSON.
pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        // Who posts there has forgotten the path of an API, and is told so by the gateway.
        .route("/", get(pages::list).fallback(gateway::receive))
        .route("/calls/{number}", get(pages::call))
        .route("/calls/{number}/replay", post(pages::replay))
        .route("/vaultings/{number}", get(pages::vaulting))
        .route("/vaultings/{number}/card", post(pages::enter_card))
        .route(
            "/vaultings/{number}/challenge",
            post(pages::answer_challenge),
        )
        .route("/notifications/{number}", get(pages::notification))
        .route("/controls", get(pages::controls))
        .route("/events", get(events::events))
        .route("/journal", get(json::list))
        .route("/journal/export.har", get(json::export))
        .route("/journal/{number}", get(json::entry))
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
}
