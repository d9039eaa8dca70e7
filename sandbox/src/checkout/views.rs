//! What stands on a buyer's pages, in words.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use time::OffsetDateTime;
use time::macros::format_description;
use url::Url;

use super::form::{CardForm, Field, SECURITY_CODE, good_expiry, grouped};
use super::ticket::Ticket;
use crate::cards::{Behaviour, CHALLENGE_CODE, TEST_CARDS, TestCard};
use crate::mask::mask;
use crate::pages;
use crate::vaulting::{Card, EXPIRED, Problem, Stage, Vaulting};

/// A page without a form.
pub(super) fn show(status: StatusCode, page: &impl Template) -> Response {
    pages::page(status, page)
}

/// Where the shop wants the buyer back, if a browser may be sent there.
pub(super) fn way_back(vaulting: &Vaulting) -> Option<Url> {
    let url = Url::parse(vaulting.redirect_url.as_deref()?).ok()?;
    ["http", "https"].contains(&url.scheme()).then_some(url)
}

/// Whether the buyer's page was told nothing of the outcome.
pub(super) fn is_unseen(vaulting: &Vaulting) -> bool {
    matches!(&vaulting.stage, Stage::Succeeded { card, .. } if card.test_card.behaviour == Behaviour::TimesOut)
}

/// What every page says about its vaulting.
struct About {
    number: u64,
    request_id: String,
    expires_at: String,
}

impl About {
    fn of(vaulting: &Vaulting) -> Self {
        Self {
            number: vaulting.number,
            request_id: mask(&vaulting.key.request_id).into_owned(),
            expires_at: time_of_day(vaulting.expires_at),
        }
    }
}

/// As the sandbox's clock shows it.
fn time_of_day(time: OffsetDateTime) -> String {
    time.format(format_description!(
        "[hour]:[minute] (UTC[offset_hour sign:mandatory padding:none]), [day padding:none] [month repr:short] [year]"
    ))
    .expect("a time has these parts")
}

fn brand_name(brand: &str) -> &'static str {
    match brand {
        "VISA" => "Visa",
        "MASTERCARD" => "Mastercard",
        "HYUNDAI" => "Hyundai",
        _ => "Card",
    }
}

/// Where the issuer is, if that is part of the test.
fn country_name(country: &str) -> Option<&'static str> {
    match country {
        "KR" => Some("South Korea"),
        "BR" => Some("Brazil"),
        "MX" => Some("Mexico"),
        "CL" => Some("Chile"),
        "PE" => Some("Peru"),
        _ => None,
    }
}

/// A kind of test cards.
struct Group {
    title: &'static str,
    /// The class of its colour.
    verdict: &'static str,
    cards: Vec<Offer>,
}

/// A test card that can be chosen.
struct Offer {
    /// In `TEST_CARDS`.
    place: usize,
    number: String,
    name: String,
    what: String,
}

impl Offer {
    fn new(place: usize, card: &TestCard) -> Self {
        let what = match card.behaviour {
            Behaviour::Succeeds => "Saved".to_owned(),
            Behaviour::Fails(code) => format!("Refused with {code}"),
            Behaviour::Challenges => format!("Asks for 3-D Secure, code {CHALLENGE_CODE}"),
            Behaviour::TimesOut => "Saved, but this page gets no answer".to_owned(),
            Behaviour::Abandons => "The buyer leaves, the session stays open".to_owned(),
        };
        let brand = brand_name(card.brand);
        Self {
            place,
            number: grouped(card.number),
            name: match country_name(card.country) {
                Some(country) => format!("{brand}, {country}"),
                None => brand.to_owned(),
            },
            what,
        }
    }
}

fn groups() -> [Group; 3] {
    let offers = |is_wanted: fn(Behaviour) -> bool| {
        let cards = TEST_CARDS.iter().enumerate();
        cards
            .filter(|(_, card)| is_wanted(card.behaviour))
            .map(|(place, card)| Offer::new(place, card))
            .collect()
    };
    [
        Group {
            title: "Success",
            verdict: "good",
            cards: offers(|behaviour| behaviour == Behaviour::Succeeds),
        },
        Group {
            title: "Failure",
            verdict: "bad",
            cards: offers(|behaviour| matches!(behaviour, Behaviour::Fails(_))),
        },
        Group {
            title: "Something else",
            verdict: "wait",
            cards: offers(|behaviour| {
                matches!(
                    behaviour,
                    Behaviour::Challenges | Behaviour::TimesOut | Behaviour::Abandons
                )
            }),
        },
    ]
}

/// What the script says about a field before the form is sent: the same sentences.
struct Messages {
    number: String,
    not_a_test_card: String,
    month: String,
    expiry: String,
    security_code: String,
}

/// The card form.
#[derive(Template)]
#[template(path = "checkout/card.html")]
pub(super) struct CardPage {
    about: About,
    ticket_field: &'static str,
    ticket_value: String,
    number: String,
    expiry: String,
    security_code: String,
    number_problem: Option<String>,
    expiry_problem: Option<String>,
    security_code_problem: Option<String>,
    messages: Messages,
    good_expiry: String,
    good_security_code: &'static str,
    /// On the sandbox's clock, for the script: months since year 0.
    this_month: i32,
    groups: [Group; 3],
}

impl CardPage {
    pub(super) fn new(
        vaulting: &Vaulting,
        ticket: &Ticket,
        form: &CardForm,
        problems: &[(Field, Problem)],
        now: OffsetDateTime,
    ) -> Self {
        let problem = |field| {
            let found = problems.iter().find(|(wrong, _)| *wrong == field);
            found.map(|(_, problem)| sentence(*problem))
        };
        Self {
            about: About::of(vaulting),
            ticket_field: ticket.field(),
            ticket_value: ticket.value(),
            number: form.shown_number(),
            expiry: form.shown_expiry().to_owned(),
            security_code: form.shown_security_code().to_owned(),
            number_problem: problem(Field::Number),
            expiry_problem: problem(Field::Expiry),
            security_code_problem: problem(Field::SecurityCode),
            messages: Messages {
                number: sentence(Problem::NumberWrong),
                not_a_test_card: sentence(Problem::NotATestCard),
                month: sentence(Problem::MonthWrong),
                expiry: sentence(Problem::ExpiryWrong),
                security_code: sentence(Problem::SecurityCodeWrong),
            },
            good_expiry: good_expiry(now),
            good_security_code: SECURITY_CODE,
            this_month: now.year() * 12 + i32::from(u8::from(now.month())),
            groups: groups(),
        }
    }

    fn has_problems(&self) -> bool {
        self.number_problem.is_some()
            || self.expiry_problem.is_some()
            || self.security_code_problem.is_some()
    }
}

/// A problem as a sentence of its own.
fn sentence(problem: Problem) -> String {
    let text = problem.to_string();
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

/// The 3-D Secure page.
#[derive(Template)]
#[template(path = "checkout/challenge.html")]
pub(super) struct ChallengePage {
    about: About,
    ticket_field: &'static str,
    ticket_value: String,
    brand: &'static str,
    last_four: &'static str,
    code: &'static str,
    problem: Option<String>,
}

impl ChallengePage {
    pub(super) fn new(
        vaulting: &Vaulting,
        ticket: &Ticket,
        card: &Card,
        problem: Option<Problem>,
    ) -> Self {
        Self {
            about: About::of(vaulting),
            ticket_field: ticket.field(),
            ticket_value: ticket.value(),
            brand: brand_name(card.test_card.brand),
            last_four: card.test_card.last_four(),
            code: CHALLENGE_CODE,
            problem: problem.map(sentence),
        }
    }
}

/// The buyer left.
#[derive(Template)]
#[template(path = "checkout/left.html")]
pub(super) struct LeftPage {
    about: About,
    form_url: String,
}

impl LeftPage {
    pub(super) fn new(vaulting: &Vaulting, ticket: &Ticket) -> Self {
        Self {
            about: About::of(vaulting),
            form_url: format!("/checkout?{}", ticket.query()),
        }
    }
}

/// How it ended.
enum Outcome {
    Vaulted,
    Unseen,
    Expired,
    Cancelled,
    Refused,
}

impl Outcome {
    fn of(vaulting: &Vaulting) -> Self {
        match &vaulting.stage {
            Stage::Failed { code: EXPIRED } => Self::Expired,
            Stage::Cancelled => Self::Cancelled,
            Stage::Failed { .. } => Self::Refused,
            _ if is_unseen(vaulting) => Self::Unseen,
            _ => Self::Vaulted,
        }
    }
}

/// How it ended, where the shop has no page for it.
#[derive(Template)]
#[template(path = "checkout/result.html")]
pub(super) struct ResultPage {
    about: About,
    outcome: Outcome,
    status: &'static str,
    code: Option<&'static str>,
    card: Option<String>,
    way_back: Option<String>,
    is_notified: bool,
}

impl ResultPage {
    pub(super) fn of(vaulting: &Vaulting) -> Self {
        let (code, card) = match &vaulting.stage {
            Stage::Failed { .. } | Stage::Cancelled => (Some(vaulting.stage.outcome().code), None),
            Stage::Succeeded { card, .. } => (None, Some(card)),
            Stage::AwaitingCard | Stage::Challenged(_) => (None, None),
        };
        Self {
            about: About::of(vaulting),
            outcome: Outcome::of(vaulting),
            status: vaulting.stage.status(),
            code,
            card: card.map(|card| {
                let (brand, last_four) = (card.test_card.brand, card.test_card.last_four());
                format!("{} •••• {last_four}", brand_name(brand))
            }),
            way_back: way_back(vaulting).map(String::from),
            is_notified: vaulting.notification_url.is_some(),
        }
    }
}

/// A session that takes no card any more.
#[derive(Template)]
#[template(path = "checkout/closed.html")]
pub(super) struct ClosedPage {
    about: About,
    is_expired: bool,
    status: &'static str,
    way_back: Option<String>,
}

impl ClosedPage {
    pub(super) fn of(vaulting: &Vaulting) -> Self {
        Self {
            about: About::of(vaulting),
            is_expired: matches!(Outcome::of(vaulting), Outcome::Expired),
            status: vaulting.stage.status(),
            way_back: way_back(vaulting).map(String::from),
        }
    }
}

/// There is no such session.
#[derive(Template)]
#[template(path = "checkout/unknown.html")]
pub(super) struct UnknownPage {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vaulting::tests::vaulting;

    #[test]
    fn a_buyer_is_sent_to_web_pages_only() {
        let back_to = |url: &str| {
            let vaulting = Vaulting {
                redirect_url: Some(url.to_owned()),
                ..vaulting()
            };
            way_back(&vaulting).map(String::from)
        };
        for good in ["https://shop.example/return?a=b", "http://127.0.0.1:3000/"] {
            assert_eq!(back_to(good).as_deref(), Some(good));
        }
        for bad in [
            "javascript:alert(1)//",
            "data:text/html,x",
            "file:///etc/passwd",
            "shop-app://return",
            "/return",
            "//shop.example",
            "",
        ] {
            assert_eq!(back_to(bad), None, "{bad}");
        }
        let line_break = back_to("https://shop.example/\r\nset-cookie: a=b").unwrap();
        assert_eq!(line_break, "https://shop.example/set-cookie:%20a=b");
        assert_eq!(way_back(&vaulting()), None);
    }

    #[test]
    fn a_problem_becomes_a_sentence() {
        assert_eq!(sentence(Problem::MonthWrong), "The month must be 01 to 12.");
    }

    #[test]
    fn every_test_card_is_offered_once() {
        let mut places: Vec<_> = groups()
            .iter()
            .flat_map(|group| group.cards.iter().map(|card| card.place))
            .collect();
        places.sort_unstable();
        assert!(places.into_iter().eq(0..TEST_CARDS.len()));
    }
}
