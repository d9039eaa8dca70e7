//! The console: what happened in the sandbox, for people at `/` and for programs at `/journal` and `/events`. It
//! reads the journal and the vaultings; what it changes, it changes through the other parts.

mod events;
mod filter;
mod har;
mod json;
mod replay;
mod snippets;
mod summary;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::world::World;

/// The pages, the live events and the journal in JSON.
pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/events", get(events::events))
        .route("/journal", get(json::list))
        .route("/journal/export.har", get(json::export))
        .route("/journal/{number}", get(json::entry))
}
