//! `/events`: the journal as server-sent events, from where the listener left off, until the sandbox stops.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use http_body_util::channel::{Channel, SendError, Sender};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::filter::{self, Filter};
use super::summary::Summary;
use crate::Span;
use crate::clock;
use crate::control::refuse;
use crate::world::World;

/// How long the line is silent at most, so that a browser notices one that broke.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How many may listen at once.
pub(crate) const MOST_LISTENERS: usize = 64;
/// How many events may be on their way to a slow listener before it is waited for.
const ON_THEIR_WAY: usize = 16;

pub(super) async fn events(
    State(world): State<Arc<World>>,
    Query(query): Query<filter::Query>,
    headers: HeaderMap,
) -> Response {
    let filter = match Filter::read(&query) {
        Ok(filter) => filter,
        Err(problem) => return refuse(StatusCode::BAD_REQUEST, &problem),
    };
    let Ok(seat) = world.listeners.clone().try_acquire_owned() else {
        let problem = format!("{MOST_LISTENERS} pages listen already: close some");
        return refuse(StatusCode::SERVICE_UNAVAILABLE, &problem);
    };
    let last_heard = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let after = last_heard.unwrap_or(&query.after).parse().ok();
    let (sender, body) = Channel::new(ON_THEIR_WAY);
    let mut feed = Feed {
        after: after.unwrap_or_else(|| world.journal.since(u64::MAX).newest),
        world,
        filter,
        sender,
    };
    // Dropped with the body, as soon as the connection ends.
    let (listener, mut gone) = oneshot::channel::<()>();
    tokio::spawn(async move {
        let _seat = seat;
        tokio::select! {
            // Fails when the listener is gone.
            _ = feed.run() => {}
            _ = &mut gone => {}
        }
    });
    let body = body.map_frame(move |frame| {
        let _ = &listener;
        frame
    });
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    (kind, Body::new(body)).into_response()
}

/// What goes to one listener.
struct Feed {
    world: Arc<World>,
    filter: Filter,
    /// The number of the last entry that was looked at.
    after: u64,
    sender: Sender<Bytes>,
}

#[derive(Serialize)]
struct Missed {
    count: u64,
}

#[derive(Serialize)]
struct Time {
    now: String,
    ahead: Span,
}

impl Feed {
    async fn run(&mut self) -> Result<(), SendError> {
        // Before the journal is looked at, so that nothing falls in between.
        let mut news = self.world.journal.listen();
        let mut moved = self.world.clock.listen();
        self.tell_time().await?;
        self.tell_news().await?;
        loop {
            tokio::select! {
                heard = news.recv() => match heard {
                    // What the journal has is looked up, so it does not matter how much of it was heard.
                    Ok(_) | Err(RecvError::Lagged(_)) => self.tell_news().await?,
                    Err(RecvError::Closed) => return Ok(()),
                },
                _ = moved.changed() => self.tell_time().await?,
                () = sleep(KEEP_ALIVE) => self.send(": still there\n\n".into()).await?,
            }
        }
    }

    async fn tell_news(&mut self) -> Result<(), SendError> {
        let news = self.world.journal.since(self.after);
        // The listener shows what is gone: entries that were forgotten, or those of a sandbox before this one.
        if self.after < news.forgotten || self.after > news.newest {
            self.send(event("reset", Some(news.forgotten), &())).await?;
            self.after = news.forgotten;
            if news.entries.is_empty() {
                return Ok(());
            }
        }
        if news.missed > 0 {
            let missed = Missed { count: news.missed };
            self.send(event("missed", None, &missed)).await?;
        }
        for entry in news.entries {
            if self.filter.admits(&entry) {
                let is_known = !self.world.journal.is_of_earlier_run(&entry);
                let summary = Summary::of(&entry, is_known);
                let event = event("entry", Some(entry.number), &summary);
                self.send(event).await?;
            }
            self.after = entry.number;
        }
        Ok(())
    }

    async fn tell_time(&mut self) -> Result<(), SendError> {
        let time = Time {
            now: clock::text(self.world.clock.now()),
            ahead: Span(self.world.clock.ahead()),
        };
        self.send(event("clock", None, &time)).await
    }

    async fn send(&mut self, text: String) -> Result<(), SendError> {
        self.sender.send_data(text.into()).await
    }
}

/// One event. JSON has no raw line ends, so it is one line of data.
fn event(name: &str, id: Option<u64>, value: &impl Serialize) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    let json = serde_json::to_string(value).expect("text and numbers always serialise");
    format!("{id}event: {name}\ndata: {json}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_few_lines_whatever_is_in_it() {
        let missed = event("missed", None, &Missed { count: 3 });
        assert_eq!(missed, "event: missed\ndata: {\"count\":3}\n\n");
        let text = event("x", Some(7), &"a\n\nevent: y\r\u{2028}");
        assert_eq!(text.lines().count(), 4);
        assert!(text.starts_with("id: 7\nevent: x\ndata: \"a\\n"));
    }
}
