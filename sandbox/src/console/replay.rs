//! Sends a call of the journal to the gateway again: the same bytes, without a socket.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use crate::gateway;
use crate::journal::{Call, Entry, Event};
use crate::world::World;

/// The longest target that the journal keeps whole, in characters.
const LONGEST_TARGET: usize = 200;

/// Whether the journal has every byte that was signed, or why it cannot be sent again.
pub(super) fn is_possible(call: &Call) -> Result<(), &'static str> {
    let request = &call.request;
    if !request.is_exact {
        return Err("the journal does not have the exact request: it was masked, cut or not UTF-8");
    }
    if call.target.chars().count() >= LONGEST_TARGET {
        return Err("the journal does not have the whole path");
    }
    let has_lost_bytes = |(_, value): (_, &str)| value.contains(char::REPLACEMENT_CHARACTER);
    if request.headers.iter().any(has_lost_bytes) {
        return Err("a header was not UTF-8, and the journal does not have its bytes");
    }
    let length = request.header("content-length");
    if length.is_some_and(|length| length != request.body.len().to_string()) {
        return Err("the body did not arrive as a whole");
    }
    Ok(())
}

/// Sends it, and returns the number of the new call's entry.
pub(super) async fn send(world: &Arc<World>, call: &Call) -> Result<u64, &'static str> {
    is_possible(call)?;
    let mut request = Request::builder()
        .method(call.method.as_str())
        .uri(&call.target);
    for (name, value) in call.request.headers.iter() {
        request = request.header(name, value);
    }
    let request = request
        .body(Body::from(call.request.body.clone()))
        .map_err(|_| "the journal does not have a request that can be sent")?;
    let news = world.journal.listen();
    // What became of it stands in the journal.
    let _ = gateway::receive(State(world.clone()), request).await;
    entry_of(news, call)
        .map(|entry| entry.number)
        .ok_or("it was sent, but so much else happened that its entry is lost")
}

fn entry_of(mut news: Receiver<Arc<Entry>>, sent: &Call) -> Option<Arc<Entry>> {
    loop {
        match news.try_recv() {
            Ok(entry) => match &entry.event {
                Event::Call(call) if is_same_request(call, sent) => return Some(entry),
                _ => {}
            },
            Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
        }
    }
}

fn is_same_request(one: &Call, other: &Call) -> bool {
    one.target == other.target
        && one.method == other.method
        && one.request.headers == other.request.headers
        && one.request.body == other.request.body
}
