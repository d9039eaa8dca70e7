//! The pages that a buyer sees: the card form, which plays Antom's front-end SDK, 3-D Secure, and the end. They work
//! without a script; only a POST changes something. What a card does is decided elsewhere.

mod form;
mod ticket;
mod views;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::cards::TEST_CARDS;
use crate::pages::{FormTarget, page_with_forms};
use crate::vaulting::{Problem, Progress, Stage, Vaulting};
use crate::world::World;
use form::{CardForm, Fields};
use ticket::Ticket;
use views::{CardPage, ChallengePage, ClosedPage, LeftPage, ResultPage, UnknownPage};

/// The largest form that is looked at, in bytes.
const LARGEST_FORM: usize = 16 * 1024;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/checkout", get(card_page))
        .route("/checkout/card", post(enter_card))
        .route(
            "/checkout/challenge",
            get(challenge_page).post(answer_challenge),
        )
        .route("/checkout/left", get(left_page))
        .route("/checkout/result", get(result_page))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
}

/// A vaulting that a request names, and the name.
struct Visit {
    ticket: Ticket,
    vaulting: Vaulting,
}

impl Visit {
    /// Finds the vaulting that these fields name; otherwise a page that says so.
    #[expect(
        clippy::result_large_err,
        reason = "the answer of the handlers that call it"
    )]
    fn find(world: &World, fields: &Fields) -> Result<Self, Response> {
        let unknown = || views::show(StatusCode::NOT_FOUND, &UnknownPage {});
        let ticket = Ticket::read(fields).ok_or_else(unknown)?;
        let vaulting = world.vaulting(&ticket.locator()).ok_or_else(unknown)?;
        let ticket = ticket.exchange(&vaulting).ok_or_else(unknown)?;
        Ok(Self { ticket, vaulting })
    }

    /// The same vaulting as it is now, after something was done to it.
    fn again(self, world: &World) -> Self {
        let vaulting = world.vaulting(&self.ticket.locator());
        Self {
            vaulting: vaulting.unwrap_or(self.vaulting),
            ticket: self.ticket,
        }
    }

    fn redirect_to(&self, page: &str) -> Response {
        see_other(&format!("{page}?{}", self.ticket.query()))
    }

    /// Where the buyer goes when it is over: back to the shop, or to our own page where there is no way back.
    fn leave(&self) -> Response {
        match views::way_back(&self.vaulting) {
            Some(url) => see_other(url.as_str()),
            None => self.redirect_to("/checkout/result"),
        }
    }

    /// A page whose form may lead back to the shop, if there is a shop.
    fn show(&self, status: StatusCode, page: &impl Template) -> Response {
        let target = match views::way_back(&self.vaulting) {
            Some(_) => FormTarget::AnyPage,
            None => FormTarget::Sandbox,
        };
        page_with_forms(status, page, target)
    }

    fn closed(&self) -> Response {
        views::show(StatusCode::GONE, &ClosedPage::of(&self.vaulting))
    }
}

fn see_other(url: &str) -> Response {
    let url = HeaderValue::try_from(url).expect("a URL is visible ASCII");
    (StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response()
}

async fn card_page(State(world): State<Arc<World>>, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::read(query.as_deref().unwrap_or_default().as_bytes());
    let visit = match Visit::find(&world, &fields) {
        Ok(visit) => visit,
        Err(unknown) => return unknown,
    };
    if fields.get("sessionData").is_some() {
        // So that the data stays in no history.
        return visit.redirect_to("/checkout");
    }
    match &visit.vaulting.stage {
        Stage::AwaitingCard => {}
        Stage::Challenged(_) => return visit.redirect_to("/checkout/challenge"),
        Stage::Succeeded { .. } | Stage::Failed { .. } | Stage::Cancelled => {
            return visit.closed();
        }
    }
    let chosen = fields.get("use").and_then(|place| place.parse().ok());
    let form = match chosen.and_then(|place: usize| TEST_CARDS.get(place)) {
        Some(card) => CardForm::filled_with(card, world.clock.now()),
        None => CardForm::default(),
    };
    let page = CardPage::new(
        &visit.vaulting,
        &visit.ticket,
        &form,
        &[],
        world.clock.now(),
    );
    visit.show(StatusCode::OK, &page)
}

async fn enter_card(State(world): State<Arc<World>>, body: axum::body::Bytes) -> Response {
    let fields = Fields::read(&body);
    let visit = match Visit::find(&world, &fields) {
        Ok(visit) => visit,
        Err(unknown) => return unknown,
    };
    let form = CardForm::read(&fields);
    match world.enter_card(&visit.ticket.locator(), &form.entry()) {
        Some(Ok(Progress::Challenge)) => visit.redirect_to("/checkout/challenge"),
        // Sent twice, it ends where it ended the first time.
        Some(Ok(Progress::Ended) | Err(Problem::Ended(_))) => finish(&world, visit),
        Some(Ok(Progress::EndedUnseen)) => visit.redirect_to("/checkout/result"),
        Some(Ok(Progress::Abandoned)) => visit.redirect_to("/checkout/left"),
        Some(Err(Problem::Expired)) | None => visit.again(&world).closed(),
        Some(Err(_)) => {
            let now = world.clock.now();
            let problems = form.problems(&visit.vaulting, now);
            let page = CardPage::new(&visit.vaulting, &visit.ticket, &form, &problems, now);
            visit.show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// Lets the buyer go, now that it is over.
fn finish(world: &World, visit: Visit) -> Response {
    let visit = visit.again(world);
    if views::is_unseen(&visit.vaulting) {
        visit.redirect_to("/checkout/result")
    } else {
        visit.leave()
    }
}

async fn challenge_page(State(world): State<Arc<World>>, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::read(query.as_deref().unwrap_or_default().as_bytes());
    let visit = match Visit::find(&world, &fields) {
        Ok(visit) => visit,
        Err(unknown) => return unknown,
    };
    match &visit.vaulting.stage {
        Stage::Challenged(card) => {
            let page = ChallengePage::new(&visit.vaulting, &visit.ticket, card, None);
            visit.show(StatusCode::OK, &page)
        }
        Stage::AwaitingCard => visit.redirect_to("/checkout"),
        Stage::Succeeded { .. } | Stage::Failed { .. } | Stage::Cancelled => visit.closed(),
    }
}

async fn answer_challenge(State(world): State<Arc<World>>, body: axum::body::Bytes) -> Response {
    let fields = Fields::read(&body);
    let visit = match Visit::find(&world, &fields) {
        Ok(visit) => visit,
        Err(unknown) => return unknown,
    };
    let code = match fields.get("action") {
        Some("cancel") => None,
        _ => Some(fields.get("code").unwrap_or_default().trim()),
    };
    match world.answer_challenge(&visit.ticket.locator(), code) {
        Some(Ok(_) | Err(Problem::Ended(_))) => finish(&world, visit),
        Some(Err(Problem::NotChallenged)) => visit.redirect_to("/checkout"),
        Some(Err(problem)) if let Stage::Challenged(card) = &visit.vaulting.stage => {
            let page = ChallengePage::new(&visit.vaulting, &visit.ticket, card, Some(problem));
            visit.show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Some(Err(_)) | None => visit.again(&world).closed(),
    }
}

async fn left_page(State(world): State<Arc<World>>, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::read(query.as_deref().unwrap_or_default().as_bytes());
    match Visit::find(&world, &fields) {
        Ok(visit) if visit.vaulting.stage.is_final() => visit.closed(),
        Ok(visit) => views::show(
            StatusCode::OK,
            &LeftPage::new(&visit.vaulting, &visit.ticket),
        ),
        Err(unknown) => unknown,
    }
}

async fn result_page(State(world): State<Arc<World>>, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::read(query.as_deref().unwrap_or_default().as_bytes());
    match Visit::find(&world, &fields) {
        Ok(visit) if !visit.vaulting.stage.is_final() => visit.redirect_to("/checkout"),
        Ok(visit) => views::show(StatusCode::OK, &ResultPage::of(&visit.vaulting)),
        Err(unknown) => unknown,
    }
}
