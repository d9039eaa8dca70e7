//! One vaulting from its request to its outcome: a state machine without input, output or a clock of its own.

mod book;
mod wire;

use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use time::OffsetDateTime;

use crate::cards::{Behaviour, CHALLENGE_CODE, TestCard, is_luhn_valid, test_card};

pub(crate) use book::{Found, Locator, Vaultings};
pub(crate) use wire::PaymentMethodDetail;

/// What makes a request a repetition: the same merchant and the same `vaultingRequestId`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequestKey {
    pub(crate) client_id: String,
    pub(crate) request_id: String,
}

/// Which API began it.
#[derive(Clone)]
pub(crate) enum Origin {
    /// createVaultingSession: a page collects the card.
    Session {
        /// `vaultingSessionId`.
        id: Arc<str>,
        /// `vaultingSessionData`. Never shown.
        data: Arc<str>,
    },
    /// vaultPaymentMethod: the card came with the request.
    Direct,
}

/// What a merchant asked for, and what became of it.
#[derive(Clone)]
pub(crate) struct Vaulting {
    /// Counts from 1: a short name for people.
    pub(crate) number: u64,
    pub(crate) key: Arc<RequestKey>,
    pub(crate) origin: Origin,
    /// Of the fields that began it: the same request has the same.
    pub(crate) fingerprint: [u8; 32],
    /// The body of the answer to createVaultingSession, for repetitions. Holds the session's data.
    pub(crate) answer: Bytes,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) notification_url: Option<String>,
    pub(crate) redirect_url: Option<String>,
    /// The merchant's own text, which comes back in answers and notifications.
    pub(crate) metadata: Option<String>,
    /// Whether the merchant asked for 3-D Secure.
    pub(crate) asks_for_3ds: bool,
    pub(crate) stage: Stage,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The buyer has not entered a card.
    AwaitingCard,
    /// The buyer is on the 3-D Secure page.
    Challenged(Card),
    /// Vaulted.
    Succeeded {
        card: Card,
        /// `cardToken`.
        token: CardToken,
    },
    /// Not vaulted, and never will be.
    Failed {
        /// `vaultingResultCode`.
        code: &'static str,
    },
    /// The buyer gave up before there was a card. The merchant is told the code of a session that expired.
    Cancelled,
}

impl Stage {
    /// `vaultingStatus`.
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Self::AwaitingCard | Self::Challenged(_) => "PROCESSING",
            Self::Succeeded { .. } => "SUCCESS",
            Self::Failed { .. } | Self::Cancelled => "FAIL",
        }
    }

    pub(crate) fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Succeeded { .. } | Self::Failed { .. } | Self::Cancelled
        )
    }
}

impl fmt::Display for Stage {
    /// For people, without a card number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AwaitingCard => f.write_str("waiting for a card"),
            Self::Challenged(card) => write!(f, "the buyer is on the 3-D Secure page with {card}"),
            Self::Succeeded { card, .. } => write!(f, "vaulted: {card}"),
            Self::Failed { code: EXPIRED } => write!(f, "failed: {EXPIRED}, the session expired"),
            Self::Failed { code } => write!(f, "failed: {code}"),
            Self::Cancelled => write!(f, "failed: {EXPIRED}, the buyer gave up"),
        }
    }
}

/// A test card as it was entered, without its security code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Card {
    pub(crate) test_card: &'static TestCard,
    /// Two digits.
    pub(crate) expiry_month: String,
    /// Two digits.
    pub(crate) expiry_year: String,
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.test_card.brand, self.test_card.masked())
    }
}

/// A `cardToken`, hidden in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CardToken(pub(crate) String);

impl fmt::Debug for CardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardToken")
    }
}

/// What a buyer types. Not shown by `Debug`, never stored.
pub(crate) struct CardEntry<'a> {
    pub(crate) number: &'a str,
    /// `1` to `12`, one or two digits.
    pub(crate) expiry_month: &'a str,
    /// Two or four digits.
    pub(crate) expiry_year: &'a str,
    /// Three digits; four with AMEX.
    pub(crate) security_code: &'a str,
}

/// Why a step is not taken. The vaulting stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("this session has expired: ask the shop for a new one")]
    Expired,
    #[error("this session is already used: it ended with {0}")]
    Ended(&'static str),
    #[error("the card number is not complete or has a wrong digit")]
    NumberWrong,
    #[error(
        "this is not a test card, and the sandbox takes no other: never enter a real card here"
    )]
    NotATestCard,
    #[error("the month must be 01 to 12")]
    MonthWrong,
    #[error("the expiry date is not a month of the next 20 years")]
    ExpiryWrong,
    #[error("the security code has 3 digits")]
    SecurityCodeWrong,
    #[error("the code is not {CHALLENGE_CODE}, the code of the sandbox")]
    ChallengeCodeWrong,
    #[error("there is no 3-D Secure page for this session")]
    NotChallenged,
}

/// What the buyer's page shows after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The 3-D Secure page.
    Challenge,
    /// It ended: send the buyer to the `redirectUrl`.
    Ended,
    /// It ended, but the page is told nothing in time.
    EndedUnseen,
    /// Nothing happened: the buyer left.
    Abandoned,
}

impl Vaulting {
    /// The buyer enters a card, with `token` for what it may become.
    pub(crate) fn enter_card(
        &mut self,
        entry: &CardEntry<'_>,
        now: OffsetDateTime,
        token: CardToken,
    ) -> Result<Progress, Problem> {
        self.expire(now);
        match &self.stage {
            Stage::AwaitingCard | Stage::Challenged(_) => {}
            Stage::Failed { code: EXPIRED } => return Err(Problem::Expired),
            ended => return Err(Problem::Ended(ended.status())),
        }
        let card = entry.check(now)?;
        let (stage, progress) = match card.test_card.behaviour {
            Behaviour::Challenges => (Stage::Challenged(card), Progress::Challenge),
            Behaviour::Succeeds if self.asks_for_3ds => {
                (Stage::Challenged(card), Progress::Challenge)
            }
            Behaviour::Succeeds => (Stage::Succeeded { card, token }, Progress::Ended),
            Behaviour::TimesOut => (Stage::Succeeded { card, token }, Progress::EndedUnseen),
            Behaviour::Fails(code) => (Stage::Failed { code }, Progress::Ended),
            Behaviour::Abandons => (Stage::AwaitingCard, Progress::Abandoned),
        };
        self.stage = stage;
        Ok(progress)
    }

    /// The buyer answers the 3-D Secure page: with a code, or, with `None`, by cancelling, which ends it.
    pub(crate) fn answer_challenge(
        &mut self,
        code: Option<&str>,
        now: OffsetDateTime,
        token: CardToken,
    ) -> Result<Progress, Problem> {
        self.expire(now);
        let card = match &self.stage {
            Stage::Challenged(card) => card.clone(),
            Stage::Failed { code: EXPIRED } => return Err(Problem::Expired),
            Stage::AwaitingCard => return Err(Problem::NotChallenged),
            ended => return Err(Problem::Ended(ended.status())),
        };
        self.stage = match code {
            Some(CHALLENGE_CODE) => Stage::Succeeded { card, token },
            Some(_) => return Err(Problem::ChallengeCodeWrong),
            None => Stage::Failed { code: NOT_VERIFIED },
        };
        Ok(Progress::Ended)
    }

    /// The buyer gives up: on the 3-D Secure page this is a failed verification, before it the session is closed.
    pub(crate) fn cancel(&mut self, now: OffsetDateTime) -> Result<Progress, Problem> {
        self.expire(now);
        self.stage = match &self.stage {
            Stage::AwaitingCard => Stage::Cancelled,
            Stage::Challenged(_) => Stage::Failed { code: NOT_VERIFIED },
            Stage::Failed { code: EXPIRED } => return Err(Problem::Expired),
            ended => return Err(Problem::Ended(ended.status())),
        };
        Ok(Progress::Ended)
    }

    /// Ends it if its time is over, and says whether this was the moment.
    pub(crate) fn expire(&mut self, now: OffsetDateTime) -> bool {
        let expires = !self.stage.is_final() && now >= self.expires_at;
        if expires {
            self.stage = Stage::Failed { code: EXPIRED };
        }
        expires
    }
}

/// The `vaultingResultCode` of a session that nobody completed: its time was over, or the buyer gave up.
pub(crate) const EXPIRED: &str = "ORDER_IS_CLOSED";
/// The `vaultingResultCode` of a buyer who did not pass 3-D Secure.
const NOT_VERIFIED: &str = "USER_PAYMENT_VERIFICATION_FAILED";

impl CardEntry<'_> {
    /// The card, if everything about it could be true.
    fn check(&self, now: OffsetDateTime) -> Result<Card, Problem> {
        let card = Card::check(self.number, self.expiry_month, self.expiry_year, now)?;
        check_security_code(self.security_code)?;
        Ok(card)
    }
}

impl Card {
    /// The test card with this number and expiry date, in the forms of [`CardEntry`].
    pub(crate) fn check(
        card_number: &str,
        expiry_month: &str,
        expiry_year: &str,
        now: OffsetDateTime,
    ) -> Result<Self, Problem> {
        if !is_luhn_valid(card_number) {
            return Err(Problem::NumberWrong);
        }
        let test_card = test_card(card_number).ok_or(Problem::NotATestCard)?;
        let month = number(expiry_month, &[1, 2])
            .filter(|month| (1..=12).contains(month))
            .ok_or(Problem::MonthWrong)?;
        let year = number(expiry_year, &[2, 4])
            .map(|year| if year < 100 { 2000 + year } else { year })
            .ok_or(Problem::ExpiryWrong)?;
        let this_month = now.year() * 12 + i32::from(u8::from(now.month()));
        if !(this_month..this_month + 20 * 12).contains(&(year * 12 + month)) {
            return Err(Problem::ExpiryWrong);
        }
        Ok(Self {
            test_card,
            expiry_month: format!("{month:02}"),
            expiry_year: format!("{:02}", year % 100),
        })
    }

    /// What becomes of it where no page collects it: the merchant's server sent it. Whoever would leave the page
    /// leaves the 3-D Secure page.
    pub(crate) fn without_page(self, asks_for_3ds: bool, token: CardToken) -> Stage {
        match self.test_card.behaviour {
            Behaviour::Challenges | Behaviour::Abandons => Stage::Challenged(self),
            Behaviour::Succeeds if asks_for_3ds => Stage::Challenged(self),
            Behaviour::Succeeds | Behaviour::TimesOut => Stage::Succeeded { card: self, token },
            Behaviour::Fails(code) => Stage::Failed { code },
        }
    }
}

/// Three digits.
pub(crate) fn check_security_code(text: &str) -> Result<(), Problem> {
    number(text, &[3])
        .map(|_| ())
        .ok_or(Problem::SecurityCodeWrong)
}

/// A number of one of these lengths in digits.
fn number(text: &str, lengths: &[usize]) -> Option<i32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    (is_plain && lengths.contains(&text.len())).then(|| text.parse().ok())?
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-08-17 12:00 +8);

    pub(crate) fn vaulting() -> Vaulting {
        Vaulting {
            number: 1,
            key: RequestKey {
                client_id: "SANDBOX_1".into(),
                request_id: "1".into(),
            }
            .into(),
            origin: Origin::Session {
                id: "id".into(),
                data: "data".into(),
            },
            fingerprint: [0; 32],
            answer: Bytes::new(),
            created_at: NOW,
            expires_at: NOW + time::Duration::HOUR,
            notification_url: None,
            redirect_url: None,
            metadata: None,
            asks_for_3ds: false,
            stage: Stage::AwaitingCard,
        }
    }

    fn token() -> CardToken {
        CardToken("ALIPAY".into())
    }

    fn entry(number: &str) -> CardEntry<'_> {
        CardEntry {
            number,
            expiry_month: "02",
            expiry_year: "29",
            security_code: "123",
        }
    }

    fn enter(vaulting: &mut Vaulting, number: &str) -> Result<Progress, Problem> {
        vaulting.enter_card(&entry(number), NOW, token())
    }

    #[test]
    fn each_test_card_does_what_it_is_for() {
        for (number, progress, status) in [
            ("4054695723100768", Progress::Ended, "SUCCESS"),
            ("4054692760174822", Progress::Ended, "FAIL"),
            ("4000000000000309", Progress::Challenge, "PROCESSING"),
            ("4000000000000408", Progress::EndedUnseen, "SUCCESS"),
            ("4000000000000507", Progress::Abandoned, "PROCESSING"),
            ("4000000000000606", Progress::Ended, "FAIL"),
        ] {
            let mut vaulting = vaulting();
            assert_eq!(enter(&mut vaulting, number), Ok(progress), "{number}");
            assert_eq!(vaulting.stage.status(), status, "{number}");
        }
    }

    #[test]
    fn a_challenge_ends_with_its_code_or_with_a_refusal() {
        let mut challenged = vaulting();
        enter(&mut challenged, "4000000000000309").unwrap();
        let mut cancelled = challenged.clone();
        let answer = |vaulting: &mut Vaulting, code| vaulting.answer_challenge(code, NOW, token());
        assert_eq!(
            answer(&mut challenged, Some("000000")),
            Err(Problem::ChallengeCodeWrong)
        );
        assert_eq!(answer(&mut challenged, Some("123456")), Ok(Progress::Ended));
        assert_eq!(challenged.stage.status(), "SUCCESS");
        assert_eq!(answer(&mut cancelled, None), Ok(Progress::Ended));
        assert_eq!(cancelled.stage.status(), "FAIL");
        assert_eq!(
            answer(&mut cancelled, Some("123456")),
            Err(Problem::Ended("FAIL"))
        );
        assert_eq!(
            answer(&mut vaulting(), Some("123456")),
            Err(Problem::NotChallenged)
        );
    }

    #[test]
    fn a_merchant_who_asks_for_3ds_gets_it_with_every_good_card() {
        let mut vaulting = Vaulting {
            asks_for_3ds: true,
            ..vaulting()
        };
        assert_eq!(
            enter(&mut vaulting, "4054695723100768"),
            Ok(Progress::Challenge)
        );
    }

    #[test]
    fn an_ended_vaulting_takes_no_more_cards() {
        let mut vaulting = vaulting();
        enter(&mut vaulting, "4054695723100768").unwrap();
        assert_eq!(
            enter(&mut vaulting, "4054692760174822"),
            Err(Problem::Ended("SUCCESS"))
        );
    }

    #[test]
    fn a_session_closes_when_its_hour_is_over() {
        let mut vaulting = vaulting();
        assert!(!vaulting.expire(NOW + time::Duration::minutes(59)));
        let late = vaulting.enter_card(&entry("4054695723100768"), vaulting.expires_at, token());
        assert_eq!(late, Err(Problem::Expired));
        assert_eq!(vaulting.stage, Stage::Failed { code: EXPIRED });
    }

    #[test]
    fn a_time_that_is_over_ends_every_stage_but_the_last() {
        let late = NOW + time::Duration::HOUR;
        let expired = Stage::Failed { code: EXPIRED };
        let mut challenged = vaulting();
        enter(&mut challenged, "4000000000000309").unwrap();
        let mut answered = challenged.clone();
        assert!(challenged.expire(late) && challenged.stage == expired);
        assert!(!challenged.expire(late), "only once");
        assert_eq!(
            answered.answer_challenge(Some("123456"), late, token()),
            Err(Problem::Expired)
        );
        let mut vaulted = vaulting();
        enter(&mut vaulted, "4054695723100768").unwrap();
        assert!(!vaulted.expire(late));
        assert_eq!(vaulted.stage.status(), "SUCCESS");
    }

    #[test]
    fn a_buyer_may_give_up_until_the_end_and_not_after() {
        let mut waiting = vaulting();
        assert_eq!(waiting.cancel(NOW), Ok(Progress::Ended));
        assert_eq!(waiting.stage, Stage::Cancelled);
        assert_eq!(waiting.cancel(NOW), Err(Problem::Ended("FAIL")));
        let mut expired = vaulting();
        expired.expire(expired.expires_at);
        assert_eq!(waiting.stage.outcome().code, expired.stage.outcome().code);
        assert!(waiting.stage.to_string().ends_with("the buyer gave up"));
        assert!(expired.stage.to_string().ends_with("the session expired"));
        let mut challenged = vaulting();
        enter(&mut challenged, "4000000000000309").unwrap();
        assert_eq!(challenged.cancel(NOW), Ok(Progress::Ended));
        assert_eq!(challenged.stage, Stage::Failed { code: NOT_VERIFIED });
        let mut vaulted = vaulting();
        enter(&mut vaulted, "4054695723100768").unwrap();
        assert_eq!(vaulted.cancel(NOW), Err(Problem::Ended("SUCCESS")));
    }

    #[test]
    fn another_card_may_follow_one_that_was_challenged_or_left() {
        for first in ["4000000000000309", "4000000000000507"] {
            let mut vaulting = vaulting();
            enter(&mut vaulting, first).unwrap();
            assert_eq!(
                enter(&mut vaulting, "4054695723100768"),
                Ok(Progress::Ended)
            );
        }
    }

    #[test]
    fn a_refused_entry_changes_nothing() {
        let mut vaulting = vaulting();
        enter(&mut vaulting, "4000000000000309").unwrap();
        let before = vaulting.stage.clone();
        enter(&mut vaulting, "4111111111111111").unwrap_err();
        vaulting
            .answer_challenge(Some("654321"), NOW, token())
            .unwrap_err();
        assert_eq!(vaulting.stage, before);
    }

    #[test]
    fn without_a_page_each_test_card_does_the_same() {
        for (number, asks_for_3ds, status) in [
            ("4054695723100768", false, "SUCCESS"),
            ("4054695723100768", true, "PROCESSING"),
            ("4000000000000309", false, "PROCESSING"),
            ("4000000000000408", false, "SUCCESS"),
            ("4000000000000507", false, "PROCESSING"),
            ("4054692760174822", true, "FAIL"),
        ] {
            let card = Card::check(number, "02", "29", NOW).unwrap();
            let stage = card.without_page(asks_for_3ds, token());
            assert_eq!(stage.status(), status, "{number}");
        }
    }

    #[test]
    fn what_is_typed_wrong_is_named() {
        let good = || entry("4054695723100768");
        let wrong = |entry: CardEntry<'_>| vaulting().enter_card(&entry, NOW, token()).unwrap_err();
        let month = |expiry_month| {
            wrong(CardEntry {
                expiry_month,
                ..good()
            })
        };
        let year = |expiry_year| {
            wrong(CardEntry {
                expiry_year,
                ..good()
            })
        };
        let code = |security_code| {
            wrong(CardEntry {
                security_code,
                ..good()
            })
        };
        assert_eq!(wrong(entry("4054695723100767")), Problem::NumberWrong);
        assert_eq!(wrong(entry("4111111111111111")), Problem::NotATestCard);
        for text in ["13", "0", "", "-1", "+1", "002"] {
            assert_eq!(month(text), Problem::MonthWrong, "{text}");
        }
        for text in ["25", "2025", "47", "029", "", "9999"] {
            assert_eq!(year(text), Problem::ExpiryWrong, "{text}");
        }
        for text in ["99", "1234", "12a", ""] {
            assert_eq!(code(text), Problem::SecurityCodeWrong, "{text}");
        }
        let mut this_month = vaulting();
        let entry = CardEntry {
            expiry_month: "8",
            expiry_year: "2026",
            ..good()
        };
        this_month.enter_card(&entry, NOW, token()).unwrap();
    }
}
