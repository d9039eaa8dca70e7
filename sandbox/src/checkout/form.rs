//! What a buyer typed: read from a form, asked about field by field. Nothing of it is kept.

use time::OffsetDateTime;
use url::form_urlencoded;

use crate::cards::{TEST_CARDS, TestCard, test_card};
use crate::vaulting::{CardEntry, CardToken, Problem, Stage, Vaulting};

/// The security code that is filled in.
pub(super) const SECURITY_CODE: &str = "123";

/// The fields of a form or of a query; of two with one name the first counts.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn read(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(present, _)| present == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A field of the card form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Number,
    Expiry,
    SecurityCode,
}

/// What is in the card form.
#[derive(Default)]
pub(super) struct CardForm {
    number: String,
    expiry: String,
    expiry_month: String,
    expiry_year: String,
    security_code: String,
}

impl CardForm {
    pub(super) fn read(fields: &Fields) -> Self {
        let text = |name| fields.get(name).unwrap_or_default().trim().to_owned();
        Self::new(text("number"), text("expiry"), text("security_code"))
    }

    /// A card that can be sent as it is.
    pub(super) fn filled_with(card: &TestCard, now: OffsetDateTime) -> Self {
        Self::new(
            card.number.to_owned(),
            good_expiry(now),
            SECURITY_CODE.to_owned(),
        )
    }

    fn new(number: String, expiry: String, security_code: String) -> Self {
        let (month, year) = month_and_year(&expiry);
        Self {
            number,
            expiry_month: month.to_owned(),
            expiry_year: year.to_owned(),
            expiry,
            security_code,
        }
    }

    pub(super) fn entry(&self) -> CardEntry<'_> {
        CardEntry {
            number: &self.number,
            expiry_month: &self.expiry_month,
            expiry_year: &self.expiry_year,
            security_code: &self.security_code,
        }
    }

    /// The number as it may be shown again, in groups: only that of a test card.
    pub(super) fn shown_number(&self) -> String {
        test_card(&self.number).map_or_else(String::new, |card| grouped(card.number))
    }

    pub(super) fn shown_expiry(&self) -> &str {
        &self.expiry
    }

    /// The security code as it may be shown again: only that which we filled in ourselves.
    pub(super) fn shown_security_code(&self) -> &str {
        if self.security_code == SECURITY_CODE {
            SECURITY_CODE
        } else {
            ""
        }
    }

    /// Everything that is wrong with the fields, in their order.
    pub(super) fn problems(
        &self,
        vaulting: &Vaulting,
        now: OffsetDateTime,
    ) -> Vec<(Field, Problem)> {
        let expiry = good_expiry(now);
        let (expiry_month, expiry_year) = month_and_year(&expiry);
        let good = || CardEntry {
            number: TEST_CARDS[0].number,
            expiry_month,
            expiry_year,
            security_code: SECURITY_CODE,
        };
        let typed = self.entry();
        let number = CardEntry {
            number: typed.number,
            ..good()
        };
        let expiry = CardEntry {
            expiry_month: typed.expiry_month,
            expiry_year: typed.expiry_year,
            ..good()
        };
        let security_code = CardEntry {
            security_code: typed.security_code,
            ..good()
        };
        [
            (Field::Number, number),
            (Field::Expiry, expiry),
            (Field::SecurityCode, security_code),
        ]
        .into_iter()
        .filter_map(|(field, entry)| Some((field, refusal(vaulting, &entry, now)?)))
        .collect()
    }
}

/// What a vaulting like this one would say to a card.
fn refusal(vaulting: &Vaulting, entry: &CardEntry<'_>, now: OffsetDateTime) -> Option<Problem> {
    let mut copy = Vaulting {
        stage: Stage::AwaitingCard,
        ..vaulting.clone()
    };
    copy.enter_card(entry, now, CardToken(String::new())).err()
}

/// `12/29`, some years ahead.
pub(super) fn good_expiry(now: OffsetDateTime) -> String {
    format!("12/{:02}", (now.year() + 3) % 100)
}

/// From `12/29`, `12 / 2029`, `12-29` or `1229`.
fn month_and_year(expiry: &str) -> (&str, &str) {
    let is_digits = expiry.bytes().all(|byte| byte.is_ascii_digit());
    let (month, year) = match expiry.split_once(['/', '-', ' ']) {
        Some(parts) => parts,
        None if is_digits && [4, 6].contains(&expiry.len()) => expiry.split_at(2),
        None => (expiry, ""),
    };
    (month.trim(), year.trim_matches([' ', '/', '-']))
}

/// `4054 6957 2310 0768`.
pub(super) fn grouped(number: &str) -> String {
    let groups: Vec<_> = number
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vaulting::tests::vaulting;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-08-17 12:00 +8);

    fn form(number: &str, expiry: &str, security_code: &str) -> CardForm {
        CardForm::new(number.into(), expiry.into(), security_code.into())
    }

    #[test]
    fn an_expiry_date_is_read_in_every_usual_form() {
        for text in ["02/29", "02 / 29", "02-29", "02 29", "0229"] {
            assert_eq!(month_and_year(text), ("02", "29"), "{text}");
        }
        assert_eq!(month_and_year("2/2029"), ("2", "2029"));
        assert_eq!(month_and_year("022029"), ("02", "2029"));
        for text in ["", "2", "229", "x"] {
            assert_eq!(month_and_year(text), (text, ""));
        }
        assert_eq!(month_and_year("ééé"), ("ééé", ""));
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let problems = form("", "13/29", "12").problems(&vaulting(), NOW);
        let expected = [
            (Field::Number, Problem::NumberWrong),
            (Field::Expiry, Problem::MonthWrong),
            (Field::SecurityCode, Problem::SecurityCodeWrong),
        ];
        assert_eq!(problems, expected);
        let real = form("4111 1111 1111 1111", "02/29", "123");
        assert_eq!(
            real.problems(&vaulting(), NOW),
            [(Field::Number, Problem::NotATestCard)]
        );
    }

    #[test]
    fn a_card_that_is_filled_in_is_taken_and_no_real_number_is_shown_again() {
        let filled = CardForm::filled_with(&TEST_CARDS[0], NOW);
        assert_eq!(filled.problems(&vaulting(), NOW), []);
        assert_eq!(filled.shown_number(), "4054 6957 2310 0768");
        let typed = form("4111111111111111", "02/29", "999");
        assert_eq!(typed.shown_number(), "");
        assert_eq!(typed.shown_security_code(), "");
    }
}
