//! From a request to its answer: admission, the API, the signature on the answer, one line about it.

mod admission;
mod answer;
mod create_vaulting_session;
mod fields;
mod incoming;
mod inquire_vaulting;
mod other;
mod repeats;
mod request_time;
pub(crate) mod script;
mod vault_payment_method;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;

use crate::exchange::{Exchange, plain};
use crate::faults::{Asked, Choice, Plan};
use crate::journal::{Call, Check, Event, HIDDEN, Message};
use crate::mask::mask;
use crate::notifications::before_the_answer;
use crate::world::World;
pub(crate) use answer::Sealed;
use answer::{Answer, Refusal};
use incoming::{Api, Incoming};

/// The only `keyVersion`, of the merchant's key and of the gateway's.
pub(crate) const KEY_VERSION: &str = "1";

/// All that no other part of the sandbox serves. Antom's own paths come here without a router.
pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().fallback(receive)
}

impl World {
    fn answer(
        &self,
        request: &Incoming,
        checks: &mut Vec<Check>,
        faults: &mut Plan,
    ) -> Result<Answer, Refusal> {
        let admitted = self.admit(request, checks);
        let api = admitted.inspect_err(|_| faults.leave_result())?;
        match Refusal::by_faults(faults) {
            None => self.carry_out(api, request),
            Some(refusal) => {
                if !faults.skips_processing() {
                    // What it says is not told: the fault's result is.
                    let _ = self.carry_out(api, request);
                }
                Err(refusal)
            }
        }
    }

    fn carry_out(&self, api: Api, request: &Incoming) -> Result<Answer, Refusal> {
        if let Some(answer) = self.scripted_answer(request) {
            return Ok(answer);
        }
        match api {
            Api::CreateVaultingSession => self.create_vaulting_session(request),
            Api::InquireVaulting => self.inquire_vaulting(request),
            Api::VaultPaymentMethod => self.vault_payment_method(request),
            Api::Other => other::answer(request),
        }
    }

    fn faults_of(&self, request: &Incoming, request_id: Option<&str>) -> Result<Plan, Refusal> {
        let choice = Choice {
            header: request.faults(),
            path: request.path(),
            request_id,
        };
        let chosen = self.faults.choose(&choice, &self.random);
        chosen.map_err(|wrong| Refusal::wrong_fault(&wrong))
    }
}

/// Answers one request.
pub(crate) async fn receive(State(world): State<Arc<World>>, request: Request) -> Response {
    let (started, time) = (Instant::now(), world.clock.now());
    let (request, refusal) = Incoming::receive(request).await;
    let request_id = request.vaulting_request_id();
    let faults = match refusal {
        None => world.faults_of(&request, request_id.as_deref()),
        Some(refusal) => Err(refusal),
    };
    let (mut faults, refusal) = match faults {
        Ok(faults) => (faults, None),
        Err(refusal) => (Plan::default(), Some(refusal)),
    };
    let mut checks = Vec::with_capacity(9);
    let answer = match refusal {
        None => world.answer(&request, &mut checks, &mut faults),
        Some(refusal) => Err(refusal),
    };
    let answer = answer.unwrap_or_else(Answer::refusal);
    let mut verdict = answer.verdict().clone();
    // It may quote the request.
    verdict.reason = verdict.reason.map(|reason| mask(&reason).into_owned());
    let (mut sealed, details) = answer.seal(&request, &world);
    before_the_answer(&world, details.vaulting).await;
    let asked = Asked {
        method: request.method(),
        target: request.path_and_query(),
        client_id: request.header("client-id").unwrap_or_default(),
        closes: request.closes(),
        connection: request.connection(),
    };
    faults.alter(&mut sealed, &asked, &world).await;
    verdict.http_status = sealed.status.as_u16();
    verdict.signed = sealed.headers.contains_key("signature");
    let exchange = Exchange {
        time,
        method: plain(request.method()),
        path: plain(request.path()),
        client_id: request.header("client-id").ok().map(plain),
        request_id: request_id.as_deref().map(plain),
        verdict,
        fault: (!faults.is_empty()).then(|| faults.to_string()),
        duration: started.elapsed(),
    };
    (world.settings.on_exchange)(&exchange);
    let mut target = plain(request.path_and_query());
    let mut message = request.message();
    if let Some(token) = &world.settings.listen_anywhere {
        // Whoever is shown a journal is not to be let in.
        message.hide(token.expose());
        target = target.replace(token.expose(), HIDDEN);
    }
    message.is_exact &= target == request.path_and_query();
    let call = Call {
        method: exchange.method,
        target,
        client_id: exchange.client_id,
        request_id: exchange.request_id,
        vaulting: details.vaulting,
        code: exchange.verdict.code.into_owned(),
        status: details.status.letter().to_owned(),
        reason: exchange.verdict.reason,
        doctor: details.diagnosis,
        fault: exchange.fault,
        checks,
        signed: exchange.verdict.signed,
        request: message,
        answer: Message::of(&sealed.headers, &sealed.body),
        http_status: exchange.verdict.http_status,
        duration_micros: exchange.duration.as_micros().try_into().unwrap_or(u64::MAX),
    };
    world.journal.write(time, Event::Call(Box::new(call)));
    faults.send(sealed, &asked).await
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use std::net::Ipv4Addr;

    use super::*;
    use crate::faults::Connection;
    use crate::settings::Settings;
    use crate::world::Foundation;

    #[tokio::test]
    async fn the_journal_says_which_fault_was_played() {
        let settings = Settings::default();
        let foundation = Foundation::for_tests(&settings);
        let (world, _ended) = World::new(settings, foundation);
        for (fault, expected) in [
            ("http-503-before,drip=0s", Some("http-503-before,drip=0s")),
            // Not played: the request is refused for what is wrong with it.
            ("signed-failure", None),
        ] {
            let request = Request::builder()
                .header("host", "localhost")
                .header("x-sandbox-fault", fault)
                .extension(Connection::new(Ipv4Addr::LOCALHOST.into()))
                .body(Body::empty())
                .unwrap();
            receive(State(world.clone()), request).await;
            let entries = world.journal.entries();
            let Event::Call(call) = &entries[0].event else {
                panic!("the newest entry is a call");
            };
            assert_eq!(call.fault.as_deref(), expected);
        }
        assert_eq!(world.journal.entries().len(), 2);
    }
}
