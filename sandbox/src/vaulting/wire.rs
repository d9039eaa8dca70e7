//! A vaulting as Antom writes it in answers and notifications: what was vaulted, and what became of it. Adds no
//! envelope and no signature.

use serde::Serialize;

use super::{EXPIRED, Stage, Vaulting};

/// `vaultingResultCode` and its message: what became of a vaulting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
    /// The `resultStatus` that a notification of it has: `S`, `F`, or `U` while it is not decided.
    pub(crate) result_status: &'static str,
}

/// The messages of the codes that a vaulting can fail with here. Antom publishes the codes, but no messages.
const FAILURES: &[(&str, &str)] = &[
    ("CARD_EXPIRED", "The card has expired."),
    (
        "DO_NOT_HONOR",
        "The card issuer declined the card without a reason.",
    ),
    (
        "ORDER_IS_CLOSED",
        "The vaulting is closed: it was not completed in time.",
    ),
    (
        "USER_PAYMENT_VERIFICATION_FAILED",
        "The buyer did not pass the verification.",
    ),
];

impl Stage {
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::AwaitingCard | Self::Challenged(_) => Outcome {
                code: "VERIFICATION_IN_PROCESS",
                message: "The verification is still under process.",
                result_status: "U",
            },
            Self::Succeeded { .. } => Outcome {
                code: "SUCCESS",
                message: "success.",
                result_status: "S",
            },
            Self::Failed { code } => Outcome {
                code,
                message: FAILURES
                    .iter()
                    .find(|(known, _)| known == code)
                    .map_or("A general business failure occurred.", |(_, message)| {
                        message
                    }),
                result_status: "F",
            },
            Self::Cancelled => Outcome {
                code: EXPIRED,
                message: "The vaulting is closed: the buyer gave up.",
                result_status: "F",
            },
        }
    }
}

/// `paymentMethodDetail`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentMethodDetail<'v> {
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<Card<'v>>,
    payment_method_type: &'static str,
}

/// `card`, without its number.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Card<'v> {
    bin: &'static str,
    brand: &'static str,
    card_token: &'v str,
    expiry_month: &'v str,
    expiry_year: &'v str,
    funding: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    issuing_country: &'static str,
    last_four: &'static str,
    masked_card_no: String,
}

impl std::fmt::Debug for Card<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card").finish_non_exhaustive()
    }
}

impl Vaulting {
    /// With the card and its token if it was vaulted; a notification of a failure has only the type.
    pub(crate) fn payment_method_detail(&self) -> PaymentMethodDetail<'_> {
        let card = match &self.stage {
            Stage::Succeeded { card, token } => Some(Card {
                bin: card.test_card.bin(),
                brand: card.test_card.brand,
                card_token: &token.0,
                expiry_month: &card.expiry_month,
                expiry_year: &card.expiry_year,
                funding: "CREDIT",
                issuing_country: card.test_card.country,
                last_four: card.test_card.last_four(),
                masked_card_no: card.test_card.masked(),
            }),
            Stage::AwaitingCard
            | Stage::Challenged(_)
            | Stage::Failed { .. }
            | Stage::Cancelled => None,
        };
        PaymentMethodDetail {
            card,
            payment_method_type: "CARD",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::vaulting;
    use super::super::{Card, CardToken};
    use super::*;
    use crate::cards::{Behaviour, TEST_CARDS, test_card};
    use serde_json::json;

    fn with(stage: Stage) -> Vaulting {
        Vaulting {
            stage,
            ..vaulting()
        }
    }

    fn card(number: &str) -> Card {
        Card {
            test_card: test_card(number).unwrap(),
            expiry_month: "02".into(),
            expiry_year: "29".into(),
        }
    }

    #[test]
    fn a_vaulted_card_has_the_members_of_antoms_samples() {
        let vaulting = with(Stage::Succeeded {
            card: card("4294097400915107"),
            token: CardToken("ALIPAYx".into()),
        });
        let detail = serde_json::to_value(vaulting.payment_method_detail()).unwrap();
        assert_eq!(
            detail,
            json!({"paymentMethodType": "CARD", "card": {
                "cardToken": "ALIPAYx", "brand": "VISA", "lastFour": "5107", "bin": "429409",
                "maskedCardNo": "************5107", "expiryMonth": "02", "expiryYear": "29",
                "funding": "CREDIT", "issuingCountry": "BR"}})
        );
    }

    #[test]
    fn what_is_not_vaulted_has_no_card() {
        for stage in [
            Stage::AwaitingCard,
            Stage::Challenged(card("4000000000000309")),
            Stage::Failed { code: EXPIRED },
            Stage::Cancelled,
        ] {
            let vaulting = with(stage);
            let detail = serde_json::to_value(vaulting.payment_method_detail()).unwrap();
            assert_eq!(detail, json!({"paymentMethodType": "CARD"}));
        }
    }

    #[test]
    fn every_failure_that_a_card_can_cause_has_its_own_message() {
        let general = Stage::Failed {
            code: "PROCESS_FAIL",
        }
        .outcome()
        .message;
        let codes = TEST_CARDS.iter().filter_map(|card| match card.behaviour {
            Behaviour::Fails(code) => Some(code),
            _ => None,
        });
        for code in codes.chain([EXPIRED, "USER_PAYMENT_VERIFICATION_FAILED"]) {
            let outcome = Stage::Failed { code }.outcome();
            assert_eq!((outcome.code, outcome.result_status), (code, "F"));
            assert_ne!(outcome.message, general, "{code}");
        }
    }
}
