//! A receiver for those who have no server yet: verifies notifications with libantom, acknowledges them, and keeps
//! the last ones. It does not act on them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use antom_core::signature::KeyRing;
use antom_core::{Notification, NotificationVerifier, VaultingOutcome, ack};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::control::{refuse, write};
use crate::exchange::plain;
use crate::journal::Message;
use crate::world::World;

/// Where it is; a name may follow.
pub(super) const PATH: &str = "/__sandbox/inbox";
/// How many messages are kept.
const MOST: usize = 100;
/// The largest body, in bytes.
const LARGEST_BODY: usize = 64 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What came, the oldest in front.
#[derive(Default)]
pub(crate) struct Inbox(Mutex<VecDeque<Letter>>);

/// A message that came.
#[derive(Clone, Serialize)]
struct Letter {
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    /// With the query.
    path: String,
    /// Whether it was a notification with a valid signature; it was acknowledged if so.
    acknowledged: bool,
    /// What it says, or why it was refused.
    what: String,
    #[serde(flatten)]
    message: Message,
}

impl Inbox {
    pub(super) fn reset(&self) {
        self.letters().clear();
    }

    fn keep(&self, letter: Letter) {
        let mut letters = self.letters();
        if letters.len() >= MOST {
            letters.pop_front();
        }
        letters.push_back(letter);
    }

    fn letters(&self) -> std::sync::MutexGuard<'_, VecDeque<Letter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn routes() -> Router<Arc<World>> {
    let receiver = || get(list).post(receive);
    Router::new()
        .route("/__sandbox/inbox", receiver())
        .route("/__sandbox/inbox/{*name}", receiver())
}

async fn list(State(world): State<Arc<World>>) -> Response {
    #[derive(Serialize)]
    struct Listed {
        inbox: Vec<Letter>,
    }
    let inbox = world
        .notifications
        .inbox
        .letters()
        .iter()
        .rev()
        .cloned()
        .collect();
    write(StatusCode::OK, &Listed { inbox })
}

async fn receive(State(world): State<Arc<World>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(Ok(body)) = timeout(BODY_TIMEOUT, to_bytes(body, LARGEST_BODY)).await else {
        return refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body is larger than 64 kB or did not arrive: no notification is so large",
        );
    };
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let verdict = verify(&world, &head, path, &body);
    let mut message = Message::of(&head.headers, &body);
    if let Some(token) = &world.settings.listen_anywhere {
        message.hide(token.expose());
    }
    world.notifications.inbox.keep(Letter {
        time: world.clock.now(),
        path: plain(path),
        acknowledged: verdict.is_ok(),
        what: verdict.clone().unwrap_or_else(|problem| problem),
        message,
    });
    match verdict {
        Ok(_) => acknowledgement(),
        Err(problem) => refuse(StatusCode::UNAUTHORIZED, &problem),
    }
}

/// What a good notification says.
fn verify(world: &World, head: &Parts, path: &str, body: &Bytes) -> Result<String, String> {
    let headers: Vec<_> = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    let [test, live] = &world.client_ids;
    let is_live = head.headers.get("client-id").is_some_and(|id| id == live);
    let client_id = if is_live { live } else { test };
    let verifier = NotificationVerifier::new(client_id, KeyRing::new(world.key.verifying_key()));
    let notification = verifier
        .verify(head.method.as_str(), path, &headers, body)
        .map_err(|error| error.message().to_owned())?;
    Ok(match notification {
        Notification::Vaulting(event) => {
            let outcome = match &event.outcome {
                VaultingOutcome::Succeeded(_) => "the card was vaulted".to_owned(),
                VaultingOutcome::Failed(failure) => format!("failed: {}", plain(&failure.code)),
                VaultingOutcome::Processing(_) => "still processing".to_owned(),
                other => format!("{other:?}"),
            };
            format!("{}: {outcome}", plain(&event.request_id))
        }
        Notification::Other { .. } => "a notification that is not about a vaulting".to_owned(),
    })
}

fn acknowledgement() -> Response {
    let mut response = Response::new(Body::from(ack().body));
    let json = HeaderValue::from_static(ack().content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
