//! `antom vault inquire`: what became of a vaulting, apart from whether the inquiry succeeded.

use antom_core::api::objects::{Card, NextStep, PaymentMethodDetail};
use antom_core::{InquireVaulting, Secret, VaultingInquiry, VaultingOutcome};
use clap::Args;
use serde::Serialize;

use crate::output::{Failure, block, print, print_json};
use crate::settings::ClientArguments;

pub(super) const AFTER_HELP: &str = "\
Exit codes: 0 Antom answered, whatever became of the vaulting, 1 an error of the table in docs/errors.md, 2 the command line is not usable or a setting is missing.";

pub(super) const AFTER_LONG_HELP: &str = "\
Examples:
  antom vault inquire order-7
  antom vault inquire order-7 --json --show-token

An agent token is read from ANTOM_AGENT_TOKEN, other settings from the variables in brackets; a flag wins.

Exit codes: 0 Antom answered, whatever became of the vaulting, 1 an error of the table in docs/errors.md, 2 the command line is not usable or a setting is missing. VAULTING_NOT_EXIST is such an error: Antom never got the request.";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Id that the vaulting was asked for with, at most 64 characters
    #[arg(value_name = "VAULTING_REQUEST_ID")]
    request_id: String,

    /// Merchant's account, at most 64 characters; only with the product ams [default: none]
    #[arg(long, value_name = "ID")]
    merchant_account_id: Option<String>,

    /// Show the card token, which later payments are made with
    #[arg(long)]
    show_token: bool,

    /// Print one line of JSON; without --show-token the token is null
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    client: ClientArguments,
}

pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let inquiry = arguments
        .client
        .client()?
        .inquire_vaulting(&InquireVaulting {
            vaulting_request_id: arguments.request_id,
            merchant_account_id: arguments.merchant_account_id,
        })?;
    let answer = Answer::of(&inquiry, arguments.show_token);
    if arguments.json {
        print_json(&answer)?;
    } else {
        print(&block(&answer.describe()))?;
    }
    Ok(())
}

/// What is shown. Its members are those of `--json`.
#[derive(Serialize)]
struct Answer<'i> {
    request_id: &'i str,
    /// Antom's word: `SUCCESS`, `FAIL`, `PROCESSING`, or another that this version does not know.
    vaulting_status: &'i str,
    payment_method_type: Option<&'i str>,
    card: Option<CardMembers<'i>>,
    failure: Option<FailureMembers<'i>>,
    next_step: Option<NextStepMembers<'i>>,
    metadata: Option<&'i str>,
}

#[derive(Serialize)]
struct CardMembers<'i> {
    brand: Option<&'i str>,
    last_four: Option<String>,
    expiry_month: Option<&'i str>,
    expiry_year: Option<&'i str>,
    card_token: Option<&'i str>,
    #[serde(skip)]
    token_length: Option<usize>,
}

#[derive(Serialize)]
struct FailureMembers<'i> {
    code: &'i str,
    message: Option<&'i str>,
}

#[derive(Serialize)]
struct NextStepMembers<'i> {
    normal_url: Option<&'i str>,
    scheme_url: Option<&'i str>,
    applink_url: Option<&'i str>,
}

impl<'i> Answer<'i> {
    fn of(inquiry: &'i VaultingInquiry, show_token: bool) -> Self {
        let mut answer = Self {
            request_id: &inquiry.request_id,
            vaulting_status: "",
            payment_method_type: None,
            card: None,
            failure: None,
            next_step: None,
            metadata: inquiry.metadata.as_deref(),
        };
        match &inquiry.outcome {
            VaultingOutcome::Succeeded(detail) => {
                let PaymentMethodDetail {
                    payment_method_type,
                    card,
                    ..
                } = &**detail;
                answer.vaulting_status = "SUCCESS";
                answer.payment_method_type = payment_method_type.as_deref();
                answer.card = card.as_ref().map(|card| CardMembers::of(card, show_token));
            }
            VaultingOutcome::Failed(failure) => {
                answer.vaulting_status = "FAIL";
                answer.failure = Some(FailureMembers {
                    code: &failure.code,
                    message: failure.message.as_deref(),
                });
            }
            VaultingOutcome::Processing(next) => {
                answer.vaulting_status = "PROCESSING";
                answer.next_step = Some(NextStepMembers::of(next));
            }
            VaultingOutcome::Unrecognised(status) => answer.vaulting_status = status,
            _ => answer.vaulting_status = "unknown to this version of the command",
        }
        answer
    }

    fn describe(&self) -> Vec<(&'static str, String)> {
        let outcome = match self.vaulting_status {
            "SUCCESS" => "succeeded".to_owned(),
            "FAIL" => "failed".to_owned(),
            "PROCESSING" => "not finished".to_owned(),
            other => format!("{other} (treat it as not finished)"),
        };
        let mut lines = vec![
            ("request id", self.request_id.to_owned()),
            (
                "inquiry",
                "answered by Antom, signature verified".to_owned(),
            ),
            ("vaulting", outcome),
        ];
        let mut add = |name, value: Option<&str>| {
            lines.extend(value.map(|value| (name, value.to_owned())));
        };
        add("method", self.payment_method_type);
        if let Some(card) = &self.card {
            add("brand", card.brand);
            add("last four", card.last_four.as_deref());
            add("expiry", card.expiry().as_deref());
            add("card token", card.shown_token().as_deref());
        }
        if let Some(failure) = &self.failure {
            add("code", Some(failure.code));
            add("reason", failure.message);
        }
        if let Some(next) = &self.next_step {
            add("next url", next.normal_url);
            add("scheme url", next.scheme_url);
            add("applink url", next.applink_url);
        }
        add("metadata", self.metadata);
        lines
    }
}

impl<'i> CardMembers<'i> {
    fn of(card: &'i Card, show_token: bool) -> Self {
        let token = card.card_token.as_ref().map(Secret::expose);
        let last_four = card.last_four.clone().or_else(|| {
            let masked = card.masked_card_no.as_ref()?;
            let start = masked.char_indices().rev().nth(3)?.0;
            Some(masked[start..].to_owned())
        });
        Self {
            brand: card.brand.as_deref(),
            last_four,
            expiry_month: card.expiry_month.as_deref(),
            expiry_year: card.expiry_year.as_deref(),
            card_token: token.filter(|_| show_token).map(String::as_str),
            token_length: token.map(|token| token.chars().count()),
        }
    }

    fn expiry(&self) -> Option<String> {
        match (self.expiry_month, self.expiry_year) {
            (Some(month), Some(year)) => Some(format!("{month}/{year}")),
            (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
            (None, None) => None,
        }
    }

    /// Not even its beginning: nobody recognises a token by it.
    fn shown_token(&self) -> Option<String> {
        match (self.card_token, self.token_length) {
            (Some(token), _) => Some(token.to_owned()),
            (None, Some(length)) => Some(format!("{length} characters; --show-token prints it")),
            (None, None) => None,
        }
    }
}

impl<'i> NextStepMembers<'i> {
    fn of(next: &'i NextStep) -> Self {
        Self {
            normal_url: next.normal_url.as_deref(),
            scheme_url: next.scheme_url.as_deref(),
            applink_url: next.applink_url.as_deref(),
        }
    }
}
