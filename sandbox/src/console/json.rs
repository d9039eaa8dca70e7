//! The journal for programs: `/journal`, `/journal/N` and `/journal/export.har`.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use super::filter::{self, Filter};
use super::har;
use super::summary::Summary;
use crate::control::{refuse, write};
use crate::journal::Event;
use crate::world::World;

/// A part of the list, the newest first.
#[derive(Serialize)]
pub(super) struct Page {
    pub(super) entries: Vec<Summary>,
    /// Where the next part begins: the value of `before`.
    pub(super) next: Option<u64>,
    /// What keeps entries from getting to the disk.
    pub(super) trouble: Option<String>,
}

impl Page {
    pub(super) fn of(world: &World, filter: &Filter) -> Self {
        let before = filter.before.unwrap_or(u64::MAX);
        let all = world.journal.entries();
        let mut found = all
            .iter()
            .filter(|entry| entry.number < before && filter.admits(entry));
        let entries: Vec<_> = found
            .by_ref()
            .take(filter.limit)
            .map(|entry| Summary::of(entry, !world.journal.is_of_earlier_run(entry)))
            .collect();
        let next = found
            .next()
            .and_then(|_| entries.last().map(|last| last.number));
        Self {
            entries,
            next,
            trouble: world.journal.trouble(),
        }
    }
}

pub(super) async fn list(
    State(world): State<Arc<World>>,
    Query(query): Query<filter::Query>,
) -> Response {
    match Filter::read(&query) {
        Ok(filter) => write(StatusCode::OK, &Page::of(&world, &filter)),
        Err(problem) => refuse(StatusCode::BAD_REQUEST, &problem),
    }
}

pub(super) async fn entry(State(world): State<Arc<World>>, Path(number): Path<String>) -> Response {
    let entry = number.parse().ok().and_then(|n| world.journal.entry(n));
    match entry {
        Some(entry) => write(StatusCode::OK, &*entry),
        None => refuse(
            StatusCode::NOT_FOUND,
            "no entry of this number is kept; /journal lists those that are",
        ),
    }
}

pub(super) async fn export(
    State(world): State<Arc<World>>,
    Query(query): Query<filter::Query>,
) -> Response {
    let filter = match Filter::read(&query) {
        Ok(filter) => filter,
        Err(problem) => return refuse(StatusCode::BAD_REQUEST, &problem),
    };
    let entries = world.journal.entries();
    let calls = entries
        .iter()
        .rev()
        .filter(|entry| filter.admits(entry))
        .filter_map(|entry| match &entry.event {
            Event::Call(call) => Some((entry.time, &**call)),
            _ => None,
        });
    let mut response = write(StatusCode::OK, &har::of(calls, &world.browser_url));
    response.headers_mut().insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"antom-sandbox.har\""),
    );
    response
}
