//! `/__sandbox/sessions`: shows vaultings, and plays the buyer.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Problem, ok, read};
use crate::clock;
use crate::mask::mask;
use crate::notifications::Shown as Notification;
use crate::vaulting::{
    CardEntry, Locator, Origin, Problem as Wrong, Progress, RequestKey, Stage, Vaulting,
};
use crate::world::World;

/// How many are listed.
const MOST_LISTED: usize = 100;

/// A vaulting, without the session's data and without the card's token.
#[derive(Serialize)]
struct Shown {
    number: u64,
    vaulting_request_id: String,
    client_id: String,
    vaulting_session_id: Option<String>,
    status: &'static str,
    result_code: &'static str,
    /// In a sentence.
    stage: String,
    created_at: String,
    expires_at: String,
    /// Where the buyer goes on, while it is not finished.
    page: Option<String>,
    vaulting_notification_url: Option<String>,
    redirect_url: Option<String>,
    /// The newest about it.
    notification: Option<Notification>,
}

impl World {
    fn shown(&self, vaulting: &Vaulting) -> Shown {
        let masked = |url: &Option<String>| url.as_deref().map(|url| mask(url).into_owned());
        let session_id = match &vaulting.origin {
            Origin::Session { id, .. } => Some(id.to_string()),
            Origin::Direct => None,
        };
        Shown {
            number: vaulting.number,
            vaulting_request_id: mask(&vaulting.key.request_id).into_owned(),
            client_id: vaulting.key.client_id.clone(),
            status: vaulting.stage.status(),
            result_code: vaulting.stage.outcome().code,
            stage: vaulting.stage.to_string(),
            created_at: clock::text(vaulting.created_at),
            expires_at: clock::text(vaulting.expires_at),
            page: self.page_of(vaulting),
            vaulting_notification_url: masked(&vaulting.notification_url),
            redirect_url: masked(&vaulting.redirect_url),
            notification: self.notifications.about(vaulting.number),
            vaulting_session_id: session_id,
        }
    }

    /// The vaulting with this number, session id or `vaultingRequestId`, the first that there is.
    fn find(&self, name: &str) -> Result<Vaulting, Problem> {
        let number = name.parse().ok().map(Locator::Number);
        let keys = self.client_ids.each_ref().map(|client_id| RequestKey {
            client_id: client_id.clone(),
            request_id: name.to_owned(),
        });
        number
            .into_iter()
            .chain([Locator::SessionId(name)])
            .chain(keys.iter().map(Locator::Request))
            .find_map(|locator| self.vaulting(&locator))
            .ok_or_else(|| {
                Problem::new(
                    StatusCode::NOT_FOUND,
                    "there is no vaulting with this number, session id or vaultingRequestId; GET /__sandbox/sessions lists them",
                )
            })
    }

    fn after(&self, progress: Progress, number: u64) -> Result<Response, Problem> {
        let vaulting = self.find(&number.to_string())?;
        let (progress, what_next) = match progress {
            Progress::Challenge => (
                "challenge",
                "the buyer is on the 3-D Secure page: complete it with challenge_code",
            ),
            Progress::Ended if vaulting.redirect_url.is_some() => {
                ("ended", "the buyer goes to the redirectUrl")
            }
            Progress::Ended => (
                "ended",
                "the buyer stays on the sandbox's page: there is no redirectUrl",
            ),
            Progress::EndedUnseen => (
                "ended_unseen",
                "it ended, but the buyer's page got no answer in time",
            ),
            Progress::Abandoned => ("abandoned", "the buyer left; the session stays open"),
        };
        Ok(ok(&json!({
            "progress": progress,
            "what_next": what_next,
            "session": self.shown(&vaulting),
        })))
    }
}

pub(super) async fn list(State(world): State<Arc<World>>) -> Response {
    let mut newest = Vec::new();
    world.vaultings.for_each(|vaulting| {
        if newest.len() < MOST_LISTED {
            newest.push(vaulting.clone());
        }
    });
    let sessions: Vec<_> = newest
        .iter()
        .map(|vaulting| world.shown(vaulting))
        .collect();
    ok(&json!({ "sessions": sessions }))
}

pub(super) async fn show(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let vaulting = world.find(&name)?;
    Ok(ok(&world.shown(&vaulting)))
}

/// What the buyer does. No `Debug`: it has a card number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Completion {
    card: Option<String>,
    expiry: Option<String>,
    security_code: Option<String>,
    challenge_code: Option<String>,
}

pub(super) async fn complete(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let completion: Completion = read(&body)?;
    let vaulting = world.find(&name)?;
    let locator = Locator::Number(vaulting.number);
    let mut progress = Progress::Challenge;
    if let Some(card) = &completion.card {
        progress = world.enter(&locator, card, &completion)?;
    } else if !matches!(vaulting.stage, Stage::Challenged(_)) || completion.challenge_code.is_none()
    {
        return Err(match vaulting.stage {
            Stage::AwaitingCard => Problem::wrong("this session waits for a card: give card"),
            Stage::Challenged(_) => Problem::wrong(
                "the buyer is on the 3-D Secure page: give challenge_code, or another card",
            ),
            ended => refused(Wrong::Ended(ended.status())),
        });
    }
    if let (Progress::Challenge, Some(code)) = (progress, &completion.challenge_code) {
        let answered = world.answer_challenge(&locator, Some(code));
        progress = answered.ok_or_else(gone)?.map_err(refused)?;
    }
    world.after(progress, vaulting.number)
}

impl World {
    fn enter(
        &self,
        locator: &Locator<'_>,
        card: &str,
        completion: &Completion,
    ) -> Result<Progress, Problem> {
        // A date that is always good, for those who only care about the card.
        let next_year = format!("12/{:02}", (self.clock.now().year() + 1) % 100);
        let expiry = completion.expiry.as_deref().unwrap_or(&next_year);
        let (month, year) = expiry
            .split_once('/')
            .ok_or_else(|| Problem::wrong("expiry is not a month and a year, for example 02/29"))?;
        let entry = CardEntry {
            number: card,
            expiry_month: month.trim(),
            expiry_year: year.trim(),
            security_code: completion.security_code.as_deref().unwrap_or("123"),
        };
        let entered = self.enter_card(locator, &entry);
        entered.ok_or_else(gone)?.map_err(refused)
    }
}

pub(super) async fn cancel(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let number = world.find(&name)?.number;
    let cancelled = world.cancel(&Locator::Number(number));
    let progress = cancelled.ok_or_else(gone)?.map_err(refused)?;
    world.after(progress, number)
}

/// The card or the code is wrong, or the vaulting is not where it could take one.
fn refused(wrong: Wrong) -> Problem {
    match wrong {
        Wrong::Expired | Wrong::Ended(_) | Wrong::NotChallenged => {
            Problem::new(StatusCode::CONFLICT, wrong)
        }
        Wrong::NumberWrong
        | Wrong::NotATestCard
        | Wrong::MonthWrong
        | Wrong::ExpiryWrong
        | Wrong::SecurityCodeWrong
        | Wrong::ChallengeCodeWrong => Problem::wrong(wrong),
    }
}

fn gone() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "this vaulting was forgotten meanwhile: begin a new one",
    )
}
