//! From a request to its answer: admission, the API, the signature on the answer, one line about it.

mod admission;
mod answer;
mod create_vaulting_session;
mod fields;
mod incoming;
mod request_time;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

use crate::exchange::{Exchange, plain};
use crate::journal::{Call, Check, Event, Message};
use crate::world::World;
use answer::{Answer, Refusal};
use incoming::{Api, Incoming};

/// The only `keyVersion`, of the merchant's key and of the gateway's.
const KEY_VERSION: &str = "1";

/// Everything under Antom's paths, and all that no other part of the sandbox serves.
pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().fallback(receive)
}

impl World {
    fn answer(&self, request: &Incoming, checks: &mut Vec<Check>) -> Result<Answer, Refusal> {
        match self.admit(request, checks)? {
            Api::CreateVaultingSession => self.create_vaulting_session(request),
        }
    }
}

/// Answers one request.
pub(crate) async fn receive(State(world): State<Arc<World>>, request: Request) -> Response {
    let (started, time) = (Instant::now(), world.clock.now());
    let (request, refusal) = Incoming::receive(request).await;
    let mut checks = Vec::new();
    let answer = match refusal {
        None => world.answer(&request, &mut checks),
        Some(refusal) => Err(refusal),
    };
    let answer = answer.unwrap_or_else(Answer::refusal);
    let verdict = answer.verdict().clone();
    let (sealed, details) = answer.seal(&request, &world);
    let exchange = Exchange {
        time,
        method: plain(request.method()),
        path: plain(request.path()),
        client_id: request.header("client-id").ok().map(plain),
        request_id: request.vaulting_request_id().as_deref().map(plain),
        verdict,
        duration: started.elapsed(),
    };
    (world.settings.on_exchange)(&exchange);
    let call = Call {
        method: exchange.method,
        target: plain(request.path_and_query()),
        client_id: exchange.client_id,
        request_id: exchange.request_id,
        vaulting: details.vaulting,
        code: exchange.verdict.code.to_owned(),
        status: details.status.letter().to_owned(),
        reason: exchange.verdict.reason,
        doctor: details.diagnosis,
        fault: None,
        checks,
        signed: exchange.verdict.signed,
        request: request.message(),
        answer: Message::of(&sealed.headers, &sealed.body),
        http_status: exchange.verdict.http_status,
        duration_micros: exchange.duration.as_micros().try_into().unwrap_or(u64::MAX),
    };
    world.journal.write(time, Event::Call(Box::new(call)));
    sealed.into_response()
}
