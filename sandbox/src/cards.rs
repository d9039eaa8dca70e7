//! The cards that the sandbox knows: Antom's test cards, and some of its own for what Antom's cannot show.
//! No other number is ever taken.

/// What happens to a card that is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// It is vaulted.
    Succeeds,
    /// It is refused with this `vaultingResultCode`.
    Fails(&'static str),
    /// The buyer must first enter [`CHALLENGE_CODE`] on a 3-D Secure page.
    Challenges,
    /// The buyer's page gets no answer in time, but the card is vaulted all the same.
    TimesOut,
    /// The buyer leaves: nothing happens until the session expires.
    Abandons,
}

/// The code that passes the sandbox's 3-D Secure page.
pub(crate) const CHALLENGE_CODE: &str = "123456";

/// A card that is no card.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestCard {
    pub(crate) number: &'static str,
    /// As `brand` is written in answers.
    pub(crate) brand: &'static str,
    /// `issuingCountry`; empty where Antom's page says "Global".
    pub(crate) country: &'static str,
    pub(crate) behaviour: Behaviour,
    /// Whether it is one of Antom's documented test cards, and not one of the sandbox's own.
    pub(crate) is_antoms: bool,
}

impl TestCard {
    /// The number with all but the last four digits hidden, as Antom writes it.
    pub(crate) fn masked(&self) -> String {
        format!("************{}", self.last_four())
    }

    pub(crate) fn last_four(&self) -> &'static str {
        &self.number[self.number.len() - 4..]
    }

    /// The first six digits.
    pub(crate) fn bin(&self) -> &'static str {
        &self.number[..6]
    }
}

macro_rules! test_cards {
    ($($number:literal $brand:literal $country:literal $behaviour:expr, $is_antoms:literal;)+) => {
        /// Antom's test cards (<https://docs.antom.com/ac/ref/card>), then the sandbox's own.
        pub(crate) const TEST_CARDS: &[TestCard] = &[$(TestCard {
            number: $number,
            brand: $brand,
            country: $country,
            behaviour: $behaviour,
            is_antoms: $is_antoms,
        },)+];
    };
}

test_cards! {
    "4054695723100768" "VISA" "" Behaviour::Succeeds, true;
    "5162774114974622" "MASTERCARD" "" Behaviour::Succeeds, true;
    "9490220011669217" "HYUNDAI" "KR" Behaviour::Succeeds, true;
    "4294097400915107" "VISA" "BR" Behaviour::Succeeds, true;
    "4006055482525268" "VISA" "MX" Behaviour::Succeeds, true;
    "4600729331819383" "VISA" "CL" Behaviour::Succeeds, true;
    "4310377720003234" "VISA" "PE" Behaviour::Succeeds, true;
    "4054692760174822" "VISA" "" Behaviour::Fails("DO_NOT_HONOR"), true;
    "5162770472561357" "MASTERCARD" "" Behaviour::Fails("DO_NOT_HONOR"), true;
    "4000000000000309" "VISA" "" Behaviour::Challenges, false;
    "4000000000000408" "VISA" "" Behaviour::TimesOut, false;
    "4000000000000507" "VISA" "" Behaviour::Abandons, false;
    "4000000000000606" "VISA" "" Behaviour::Fails("CARD_EXPIRED"), false;
}

/// The test card with this number, which may be grouped by spaces or hyphens.
pub(crate) fn test_card(number: &str) -> Option<&'static TestCard> {
    let digits = digits(number);
    TEST_CARDS.iter().find(|card| card.number == digits)
}

/// Whether it is digits, and the last one is what Luhn's formula makes of the others.
pub(crate) fn is_luhn_valid(number: &str) -> bool {
    let digits = digits(number);
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits && passes_luhn(digits.bytes().map(|byte| byte - b'0'))
}

/// Whether the last digit is what Luhn's formula makes of the others.
pub(crate) fn passes_luhn(digits: impl DoubleEndedIterator<Item = u8>) -> bool {
    let sum: u32 = digits
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit) {
            (1, 5..) => digit * 2 - 9,
            (1, _) => digit * 2,
            _ => digit,
        })
        .map(u32::from)
        .sum();
    sum.is_multiple_of(10)
}

fn digits(number: &str) -> String {
    number.replace([' ', '-'], "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_test_card_is_a_well_formed_number_and_stands_once() {
        let mut seen = HashSet::new();
        for card in TEST_CARDS {
            assert!(is_luhn_valid(card.number), "{}", card.number);
            assert!(seen.insert(card.number), "{}", card.number);
        }
    }

    #[test]
    fn a_number_may_be_grouped() {
        assert_eq!(test_card("4054 6957-2310 0768").unwrap().bin(), "405469");
        assert_eq!(
            test_card("4054695723100768").unwrap().masked(),
            "************0768"
        );
        assert!(test_card("4111111111111111").is_none());
    }

    #[test]
    fn a_mistyped_number_is_seen() {
        for wrong in [
            "4054695723100769",
            "4054695723100786",
            "",
            "x",
            "405469572310076８",
        ] {
            assert!(!is_luhn_valid(wrong), "{wrong}");
        }
        assert!(is_luhn_valid("4111 1111 1111 1111"));
    }
}
