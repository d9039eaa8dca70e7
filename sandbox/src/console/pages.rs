//! The pages of the console: reads what they show, and leaves how it looks to the templates.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use time::OffsetDateTime;

use super::filter::{self, Filter, Status};
use super::json::Page;
use super::message::MessageView;
use super::replay;
use super::snippets::{self, Snippet};
use super::summary::{self, Kind, Summary, Tone};
use crate::Span;
use crate::cards::{Behaviour, CHALLENGE_CODE, TEST_CARDS, TestCard};
use crate::clock;
use crate::faults;
use crate::journal::{Call, Delivery, Entry, Event};
use crate::literal;
use crate::mask::mask;
use crate::pages::page;
use crate::paste::{ClientSettings, Paste};
use crate::vaulting::{CardEntry, Locator, Origin, Problem, Stage, Vaulting};
use crate::world::World;

/// How many lines a timeline has at most: the newest.
const MOST_STEPS: usize = 50;

/// What the frame of a page shows.
struct Frame {
    here: &'static str,
    /// The sandbox's time.
    now: String,
    /// For example `15h ahead`; empty if the clock was not moved.
    ahead: String,
}

impl Frame {
    fn of(world: &World, here: &'static str) -> Self {
        Self {
            here,
            now: clock::text(world.clock.now()),
            ahead: ahead(world.clock.ahead()),
        }
    }

    fn time_of_day(&self) -> &str {
        self.now.get(11..19).unwrap_or(&self.now)
    }
}

/// Empty if the clock was not moved.
fn ahead(by: Duration) -> String {
    if by.is_zero() {
        return String::new();
    }
    format!("{} ahead", Span(by))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

// ---- the list ----

#[derive(Template)]
#[template(path = "console/list.html")]
struct ListPage {
    frame: Frame,
    trouble: Option<String>,
    chips: Vec<Chip>,
    /// Fields that a search keeps.
    hidden: Vec<(&'static str, &'static str)>,
    search: String,
    rows: Vec<Summary>,
    is_live: bool,
    /// Where the live entries of this view come from.
    events: String,
    is_open: bool,
    starters: Vec<Paste>,
    older: Option<String>,
    query: String,
}

impl ListPage {
    /// The day of a row, where the row above it is of another.
    fn day_begun_by(&self, place: usize) -> Option<&str> {
        let day = |place: usize| self.rows.get(place).map(Summary::day);
        let above = place.checked_sub(1).and_then(day);
        day(place).filter(|day| above != Some(*day))
    }
}

struct Chip {
    label: &'static str,
    href: String,
    is_on: bool,
}

pub(super) async fn list(
    State(world): State<Arc<World>>,
    Query(query): Query<filter::Query>,
) -> Response {
    let filter = match Filter::read(&query) {
        Ok(filter) => filter,
        Err(problem) => {
            return gone(
                &world,
                StatusCode::BAD_REQUEST,
                "This address cannot be read",
                &problem,
            );
        }
    };
    // Before the entries are read, so that live events begin with the first that is not there.
    let newest = world.journal.since(u64::MAX).newest;
    let found = Page::of(&world, &filter);
    let query = filter.to_query();
    let join = if query.is_empty() { '?' } else { '&' };
    let [client_id, _] = &world.client_ids;
    let is_empty = found.entries.is_empty();
    let starters = (is_empty && filter.is_open()).then(|| {
        let settings = ClientSettings::new(client_id, &world.files, &world.https_url);
        settings.pastes(&world.browser_url)
    });
    let list = ListPage {
        frame: Frame::of(&world, "/"),
        trouble: found.trouble,
        chips: chips(&filter),
        hidden: hidden_fields(&filter),
        search: filter.search.clone(),
        is_live: filter.before.is_none(),
        events: format!("/events{query}{join}after={newest}"),
        is_open: filter.is_open(),
        starters: starters.unwrap_or_default(),
        older: found
            .next
            .map(|before| format!("/{query}{join}before={before}")),
        rows: found.entries,
        query,
    };
    page(StatusCode::OK, &list)
}

fn chips(filter: &Filter) -> Vec<Chip> {
    let to = |kind, status| {
        let filter = Filter {
            kind,
            status,
            before: None,
            ..filter.clone()
        };
        format!("/{}", filter.to_query())
    };
    let kinds = [
        ("All", None),
        ("Calls", Some(Kind::Call)),
        ("Vaultings", Some(Kind::Vaulting)),
        ("Notifications", Some(Kind::Notification)),
        ("Changes", Some(Kind::Control)),
    ];
    let mut chips: Vec<_> = kinds
        .into_iter()
        .map(|(label, kind)| Chip {
            label,
            href: to(kind, filter.status),
            is_on: filter.kind == kind,
        })
        .collect();
    let only_failures = filter.status == Some(Status::Failed);
    let status = (!only_failures).then_some(Status::Failed);
    chips.push(Chip {
        label: "Failures only",
        href: to(filter.kind, status),
        is_on: only_failures,
    });
    chips
}

fn hidden_fields(filter: &Filter) -> Vec<(&'static str, &'static str)> {
    let fields = [
        ("kind", filter.kind.map(Kind::name)),
        ("status", filter.status.map(Status::name)),
    ];
    let present = |(name, value): (_, Option<_>)| value.map(|value| (name, value));
    fields.into_iter().filter_map(present).collect()
}

// ---- a call ----

#[derive(Template)]
#[template(path = "console/call.html")]
struct CallPage<'a> {
    frame: Frame,
    row: Summary,
    call: &'a Call,
    sentence: String,
    duration: String,
    problem: Option<&'a str>,
    /// What each fault does that was played.
    played: Vec<&'static str>,
    /// The path without the query, for a fault rule.
    path: &'a str,
    /// The request id, percent-encoded.
    search: String,
    request: MessageView<'a>,
    answer: MessageView<'a>,
    no_replay: Option<&'static str>,
    /// The command that compares it with what its sender meant to sign, if it can be copied.
    compare: Option<String>,
    related: Vec<Summary>,
    snippets: Vec<Snippet>,
    is_known: bool,
}

pub(super) async fn call(State(world): State<Arc<World>>, Path(number): Path<String>) -> Response {
    match find(&world, &number) {
        Some(entry) => call_page(&world, &entry, StatusCode::OK, None),
        None => no_entry(&world),
    }
}

fn call_page(
    world: &World,
    entry: &Entry,
    status: StatusCode,
    problem: Option<&'static str>,
) -> Response {
    let Event::Call(call) = &entry.event else {
        return no_entry(world);
    };
    let is_known = !world.journal.is_of_earlier_run(entry);
    let found = CallPage {
        frame: Frame::of(world, ""),
        row: Summary::of(entry, is_known),
        sentence: sentence(call),
        duration: summary::duration(call.duration_micros),
        problem,
        played: faults::named_in(call.fault.as_deref().unwrap_or_default())
            .map(|fault| fault.what)
            .collect(),
        path: call.target.split('?').next().unwrap_or_default(),
        search: encoded(call.request_id.as_deref().unwrap_or_default()),
        request: MessageView::request_of(call),
        answer: MessageView::answer_of(call),
        no_replay: replay::is_possible(call).err(),
        related: related(world, entry, call.vaulting, call.request_id.as_deref()),
        compare: compare(call, world),
        snippets: snippets::of(call, world),
        call,
        is_known,
    };
    page(status, &found)
}

/// The command that finds the first byte that differs from what was meant, where other bytes were signed than came.
fn compare(call: &Call, world: &World) -> Option<String> {
    let doctor = call.doctor.as_ref()?;
    let is_about_bytes = doctor.id == "other_content" || doctor.id.starts_with("body_");
    if !is_about_bytes || replay::is_possible(call).is_err() {
        return None;
    }
    let key = world.files.merchant_public_key().display().to_string();
    let key = literal::shell(&key).ok()?;
    Some(format!(
        "antom doctor call.curl --merchant-key {key} --meant-body body.json"
    ))
}

/// The verdict in one sentence.
fn sentence(call: &Call) -> String {
    let outcome = match call.status.as_str() {
        "S" => "It was carried out",
        "U" => "The outcome is unknown to the caller, who should ask again",
        _ => "It was refused",
    };
    let failed = call.checks.iter().find(|check| !check.passed);
    // What the doctor found stands below, at more length.
    let reason = call.reason.as_ref().filter(|_| call.doctor.is_none());
    let end = if summary::is_spoilt(call) && call.status != "F" {
        ", but its client got another answer, on purpose."
    } else {
        "."
    };
    match (failed, reason) {
        (Some(check), Some(reason)) => {
            format!(
                "{outcome} at the check \u{201c}{}\u{201d}: {reason}.",
                check.name
            )
        }
        (Some(check), None) => format!("{outcome} at the check \u{201c}{}\u{201d}.", check.name),
        (None, Some(reason)) if call.status == "F" => format!("{outcome}: {reason}."),
        (None, Some(reason)) => format!("{outcome} ({reason}){end}"),
        (None, None) => format!("{outcome}{end}"),
    }
}

pub(super) async fn replay(
    State(world): State<Arc<World>>,
    Path(number): Path<String>,
) -> Response {
    let Some(entry) = find(&world, &number) else {
        return no_entry(&world);
    };
    let Event::Call(call) = &entry.event else {
        return no_entry(&world);
    };
    match replay::send(&world, call).await {
        Ok(again) => Redirect::to(&format!("/calls/{again}")).into_response(),
        Err(reason) => call_page(&world, &entry, StatusCode::CONFLICT, Some(reason)),
    }
}

// ---- a vaulting ----

#[derive(Template)]
#[template(path = "console/vaulting.html")]
struct VaultingPage {
    frame: Frame,
    number: u64,
    /// The newest entry when the page was made: later ones may change it.
    newest: u64,
    request_id: String,
    /// The request id, percent-encoded.
    search: String,
    status: &'static str,
    tone: Tone,
    sentence: String,
    problem: Option<String>,
    facts: Vec<(&'static str, String)>,
    steps: Vec<Summary>,
    checkout_url: Option<String>,
    stage: Stage,
    has_address: bool,
    cards: Vec<(&'static str, String)>,
    challenge_code: &'static str,
}

pub(super) async fn vaulting(
    State(world): State<Arc<World>>,
    Path(number): Path<String>,
) -> Response {
    match number.parse() {
        Ok(number) => vaulting_page(&world, number, StatusCode::OK, None),
        Err(_) => no_vaulting(&world),
    }
}

fn vaulting_page(
    world: &World,
    number: u64,
    status: StatusCode,
    problem: Option<String>,
) -> Response {
    let newest = world.journal.since(u64::MAX).newest;
    let Some(vaulting) = world.vaulting(&Locator::Number(number)) else {
        return no_vaulting(world);
    };
    let now = world.clock.now();
    let found = VaultingPage {
        frame: Frame::of(world, ""),
        number,
        newest,
        request_id: mask(&vaulting.key.request_id).into_owned(),
        search: encoded(&mask(&vaulting.key.request_id)),
        status: vaulting.stage.status(),
        tone: tone(&vaulting.stage),
        sentence: how_far(&vaulting, now),
        problem,
        facts: facts(&vaulting, now),
        steps: steps(world, number),
        checkout_url: match &vaulting.origin {
            Origin::Session { id, .. } => Some(world.checkout_url(id)),
            Origin::Direct => None,
        },
        has_address: vaulting.notification_url.is_some(),
        stage: vaulting.stage,
        cards: TEST_CARDS.iter().map(offered).collect(),
        challenge_code: CHALLENGE_CODE,
    };
    page(status, &found)
}

fn tone(stage: &Stage) -> Tone {
    match stage {
        Stage::AwaitingCard | Stage::Challenged(_) => Tone::Wait,
        Stage::Succeeded { .. } => Tone::Good,
        Stage::Failed { .. } | Stage::Cancelled => Tone::Bad,
    }
}

fn how_far(vaulting: &Vaulting, now: OffsetDateTime) -> String {
    let stage = vaulting.stage.to_string();
    let mut sentence: String = stage.chars().take(1).flat_map(char::to_uppercase).collect();
    sentence.extend(stage.chars().skip(1));
    if !vaulting.stage.is_final() {
        sentence.push_str("; ");
        sentence.push_str(&remaining(vaulting, now));
    }
    sentence.push('.');
    sentence
}

fn remaining(vaulting: &Vaulting, now: OffsetDateTime) -> String {
    let left = (vaulting.expires_at - now).whole_seconds();
    match u64::try_from(left) {
        Ok(left) => format!(
            "expires in {} on the sandbox's clock",
            Span(Duration::from_secs(left))
        ),
        Err(_) => "expired".to_owned(),
    }
}

fn facts(vaulting: &Vaulting, now: OffsetDateTime) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        (
            "vaultingRequestId",
            mask(&vaulting.key.request_id).into_owned(),
        ),
        ("client-id", vaulting.key.client_id.clone()),
        ("Made", clock::text(vaulting.created_at)),
    ];
    let expiry = clock::text(vaulting.expires_at);
    facts.push(if vaulting.stage.is_final() {
        ("Expiry", expiry)
    } else {
        ("Expiry", format!("{expiry}, {}", remaining(vaulting, now)))
    });
    match &vaulting.origin {
        Origin::Session { id, .. } => facts.push(("vaultingSessionId", id.to_string())),
        Origin::Direct => facts.push(("Began with", "vaultPaymentMethod".to_owned())),
    }
    match &vaulting.stage {
        Stage::Challenged(card) | Stage::Succeeded { card, .. } => {
            facts.push(("Card", card.to_string()));
        }
        Stage::Failed { .. } | Stage::Cancelled => {
            let code = vaulting.stage.outcome().code;
            facts.push(("vaultingResultCode", code.to_owned()));
        }
        Stage::AwaitingCard => {}
    }
    let asked = [
        ("vaultingNotificationUrl", &vaulting.notification_url),
        ("redirectUrl", &vaulting.redirect_url),
        ("metadata", &vaulting.metadata),
    ];
    for (name, value) in asked {
        if let Some(value) = value {
            facts.push((name, mask(value).into_owned()));
        }
    }
    if vaulting.asks_for_3ds {
        facts.push(("is3DSAuthentication", "true".to_owned()));
    }
    facts
}

/// A test card in the list to choose from: its number, and what it is for.
fn offered(card: &TestCard) -> (&'static str, String) {
    let what = match card.behaviour {
        Behaviour::Succeeds => "vaulted".to_owned(),
        Behaviour::Fails(code) => format!("fails with {code}"),
        Behaviour::Challenges => "3-D Secure".to_owned(),
        Behaviour::TimesOut => "vaulted, but the page hears nothing".to_owned(),
        Behaviour::Abandons => "the buyer leaves".to_owned(),
    };
    let country = match card.country {
        "" => String::new(),
        country => format!(" {country}"),
    };
    let label = format!("{}{country} …{}: {what}", card.brand, card.last_four());
    (card.number, label)
}

#[derive(Deserialize)]
pub(super) struct ChosenCard {
    number: String,
}

pub(super) async fn enter_card(
    State(world): State<Arc<World>>,
    Path(number): Path<String>,
    Form(chosen): Form<ChosenCard>,
) -> Response {
    let year = (world.clock.now().year() + 2).to_string();
    let entry = CardEntry {
        number: &chosen.number,
        expiry_month: "12",
        expiry_year: &year,
        security_code: "123",
    };
    step(&world, &number, |locator| {
        Some(world.enter_card(locator, &entry)?.map(|_| ()))
    })
}

#[derive(Deserialize)]
pub(super) struct ChallengeAnswer {
    #[serde(default)]
    code: String,
    cancel: Option<String>,
}

pub(super) async fn answer_challenge(
    State(world): State<Arc<World>>,
    Path(number): Path<String>,
    Form(answer): Form<ChallengeAnswer>,
) -> Response {
    let code = answer.cancel.is_none().then_some(answer.code.trim());
    step(&world, &number, |locator| {
        Some(world.answer_challenge(locator, code)?.map(|_| ()))
    })
}

/// Does something to a vaulting and goes back to its page, which says so if it could not be done.
fn step(
    world: &World,
    number: &str,
    act: impl FnOnce(&Locator<'_>) -> Option<Result<(), Problem>>,
) -> Response {
    let Ok(number) = number.parse() else {
        return no_vaulting(world);
    };
    match act(&Locator::Number(number)) {
        None => no_vaulting(world),
        Some(Ok(())) => Redirect::to(&format!("/vaultings/{number}")).into_response(),
        Some(Err(problem)) => {
            let problem = Some(problem.to_string());
            vaulting_page(world, number, StatusCode::CONFLICT, problem)
        }
    }
}

// ---- a notification ----

#[derive(Template)]
#[template(path = "console/notification.html")]
struct NotificationPage<'a> {
    frame: Frame,
    row: Summary,
    delivery: &'a Delivery,
    duration: String,
    next: Option<String>,
    request: MessageView<'a>,
    answer: Option<MessageView<'a>>,
    attempts: Vec<Summary>,
    is_known: bool,
}

pub(super) async fn notification(
    State(world): State<Arc<World>>,
    Path(number): Path<String>,
) -> Response {
    let Some(entry) = find(&world, &number) else {
        return no_entry(&world);
    };
    let Event::Notification(delivery) = &entry.event else {
        return no_entry(&world);
    };
    let is_known = !world.journal.is_of_earlier_run(&entry);
    let request_id = delivery.request_id.as_deref();
    let mut attempts = related(&world, &entry, delivery.vaulting, request_id);
    attempts.retain(|row| row.kind == Kind::Notification);
    let found = NotificationPage {
        frame: Frame::of(&world, ""),
        row: Summary::of(&entry, is_known),
        duration: summary::duration(delivery.duration_micros),
        next: delivery.next.map(clock::text),
        request: MessageView::request_of_delivery(delivery),
        answer: MessageView::answer_of_delivery(delivery),
        attempts,
        delivery,
        is_known,
    };
    page(StatusCode::OK, &found)
}

// ---- the controls ----

#[derive(Template)]
#[template(path = "console/controls.html")]
struct ControlsPage {
    frame: Frame,
    base_url: String,
}

pub(super) async fn controls(State(world): State<Arc<World>>) -> Response {
    let controls = ControlsPage {
        frame: Frame::of(&world, "/controls"),
        base_url: world.browser_url.clone(),
    };
    page(StatusCode::OK, &controls)
}

// ---- what several pages need ----

#[derive(Template)]
#[template(path = "console/gone.html")]
struct GonePage<'a> {
    frame: Frame,
    status: u16,
    what: &'a str,
    why: &'a str,
}

fn gone(world: &World, status: StatusCode, what: &str, why: &str) -> Response {
    let gone = GonePage {
        frame: Frame::of(world, ""),
        status: status.as_u16(),
        what,
        why,
    };
    page(status, &gone)
}

fn no_entry(world: &World) -> Response {
    let why = "The journal keeps the last 1,000 entries, and a reset empties it.";
    gone(
        world,
        StatusCode::NOT_FOUND,
        "This entry is not in the journal",
        why,
    )
}

fn no_vaulting(world: &World) -> Response {
    let why = "Vaultings are forgotten when the sandbox is started again or reset.";
    gone(
        world,
        StatusCode::NOT_FOUND,
        "This vaulting is not known",
        why,
    )
}

fn find(world: &World, number: &str) -> Option<Arc<Entry>> {
    world.journal.entry(number.parse().ok()?)
}

/// What happened to a vaulting of the running sandbox, the oldest first.
fn steps(world: &World, vaulting: u64) -> Vec<Summary> {
    let entries = world.journal.entries();
    let of_this_run = |entry: &&Arc<Entry>| !world.journal.is_of_earlier_run(entry);
    let mut found: Vec<_> = entries
        .iter()
        .filter(of_this_run)
        .filter(|entry| vaulting_of(&entry.event) == Some(vaulting))
        .take(MOST_STEPS)
        .map(|entry| Summary::of(entry, true))
        .collect();
    found.reverse();
    found
}

fn vaulting_of(event: &Event) -> Option<u64> {
    match event {
        Event::Call(call) => call.vaulting,
        Event::Vaulting(step) => Some(step.vaulting),
        Event::Notification(delivery) => delivery.vaulting,
        Event::Control { .. } => None,
    }
}

/// What belongs to the same vaulting as an entry, or else to the same request id, the oldest first.
fn related(
    world: &World,
    entry: &Entry,
    vaulting: Option<u64>,
    request_id: Option<&str>,
) -> Vec<Summary> {
    if let Some(vaulting) = vaulting
        && !world.journal.is_of_earlier_run(entry)
    {
        return steps(world, vaulting);
    }
    let Some(request_id) = request_id else {
        return Vec::new();
    };
    let has_id = |event: &Event| match event {
        Event::Call(call) => call.request_id.as_deref() == Some(request_id),
        Event::Vaulting(step) => step.request_id == request_id,
        Event::Notification(delivery) => delivery.request_id.as_deref() == Some(request_id),
        Event::Control { .. } => false,
    };
    let entries = world.journal.entries();
    let mut found: Vec<_> = entries
        .iter()
        .filter(|entry| has_id(&entry.event))
        .take(MOST_STEPS)
        .map(|entry| Summary::of(entry, !world.journal.is_of_earlier_run(entry)))
        .collect();
    found.reverse();
    found
}
