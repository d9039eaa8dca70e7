//! From a request to its answer: admission, the API, the signature on the answer, one line about it.

mod admission;
mod answer;
mod create_vaulting_session;
mod fields;
mod incoming;
mod rate_limit;
mod request_time;
mod sessions;

use std::sync::Arc;
use std::time::Instant;

use antom_core::signature::{SigningKey, VerifyingKey};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;

use crate::clock;
use crate::exchange::{Exchange, plain};
use crate::settings::{Settings, TEST_PREFIX, live_client_id};
use answer::{Answer, Refusal};
use incoming::{Api, Incoming};
use rate_limit::RateLimit;
use sessions::Sessions;

/// The only `keyVersion`, of the merchant's key and of the gateway's.
const KEY_VERSION: &str = "1";

/// Everything that answering needs: one for the life of the sandbox, shared by all connections.
pub(crate) struct Gateway {
    settings: Settings,
    /// The merchant's client ids in test and in live mode.
    client_ids: [String; 2],
    /// Verifies requests.
    merchant: VerifyingKey,
    /// Signs answers.
    key: SigningKey,
    sessions: Sessions,
    rate_limit: Option<RateLimit>,
    /// Where a buyer's browser finds this sandbox.
    browser_url: String,
}

impl Gateway {
    pub(crate) fn new(
        settings: Settings,
        merchant: VerifyingKey,
        key: SigningKey,
        browser_url: String,
    ) -> Self {
        let live = live_client_id(&settings.client_id);
        Self {
            client_ids: [format!("{TEST_PREFIX}{live}"), live.to_owned()],
            merchant,
            key,
            sessions: Sessions::new(settings.most_sessions),
            rate_limit: settings.rate_limit.map(RateLimit::new),
            browser_url,
            settings,
        }
    }

    /// Everything that the sandbox serves.
    pub(crate) fn router(self: Arc<Self>) -> Router {
        Router::new().fallback(receive).with_state(self)
    }

    fn answer(&self, request: &Incoming) -> Result<Answer, Refusal> {
        match self.admit(request)? {
            Api::CreateVaultingSession => self.create_vaulting_session(request),
        }
    }
}

async fn receive(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (started, time) = (Instant::now(), clock::now());
    let (request, refusal) = Incoming::receive(request).await;
    let answer = match refusal {
        None => gateway.answer(&request),
        Some(refusal) => Err(refusal),
    };
    let answer = answer.unwrap_or_else(Answer::refusal);
    let verdict = answer.verdict().clone();
    let response = answer.into_response(&request, &gateway.key);
    (gateway.settings.on_exchange)(&Exchange {
        time,
        method: plain(request.method()),
        path: plain(request.path()),
        client_id: request.header("client-id").ok().map(plain),
        request_id: request.vaulting_request_id().as_deref().map(plain),
        verdict,
        duration: started.elapsed(),
    });
    response
}
