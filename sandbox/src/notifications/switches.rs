//! What is done to notifications on purpose, so that a receiver can be tried: kept, read and changed, not carried
//! out here.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Profile;
use crate::Span;

const LONGEST_DELAY: Duration = Duration::from_hours(7 * 24);

/// The settings of every notification that is sent from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, and all go together"
)]
pub(crate) struct Switches {
    pub(crate) profile: Profile,
    /// Every attempt is sent twice.
    pub(crate) duplicate: bool,
    /// How long after the end of the vaulting the first attempt is due, on the sandbox's clock.
    pub(crate) delay: Span,
    /// So many of the next attempts are not sent.
    pub(crate) drop: u32,
    /// The body is changed after it was signed.
    pub(crate) corrupt_body: bool,
    /// Signed with a key that is not the gateway's.
    pub(crate) wrong_key: bool,
    /// Addressed to another client id, and signed so.
    pub(crate) wrong_client_id: bool,
    /// The answer to vaultPaymentMethod waits until the first attempt was made.
    pub(crate) before_the_answer: bool,
}

/// The switches to change; the others stay.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    pub(super) profile: Option<Profile>,
    duplicate: Option<bool>,
    delay: Option<Span>,
    drop: Option<u32>,
    corrupt_body: Option<bool>,
    wrong_key: Option<bool>,
    wrong_client_id: Option<bool>,
    before_the_answer: Option<bool>,
}

impl Switches {
    /// Changes what `change` names, all of it or, with an error, nothing.
    pub(super) fn change(&mut self, change: &Change) -> Result<(), &'static str> {
        if change
            .delay
            .is_some_and(|Span(delay)| delay > LONGEST_DELAY)
        {
            return Err("the delay can be a week at most: 7d");
        }
        set(&mut self.profile, change.profile);
        set(&mut self.duplicate, change.duplicate);
        set(&mut self.delay, change.delay);
        set(&mut self.drop, change.drop);
        set(&mut self.corrupt_body, change.corrupt_body);
        set(&mut self.wrong_key, change.wrong_key);
        set(&mut self.wrong_client_id, change.wrong_client_id);
        set(&mut self.before_the_answer, change.before_the_answer);
        Ok(())
    }

    /// What is wrong on purpose with a notification, so that a receiver must refuse it.
    pub(super) fn forgery(&self) -> Option<String> {
        let wrongs: Vec<_> = [
            (
                self.corrupt_body,
                "its body was changed after it was signed",
            ),
            (self.wrong_key, "it was signed with another key"),
            (self.wrong_client_id, "it was for another client id"),
        ]
        .into_iter()
        .filter_map(|(is_on, wrong)| is_on.then_some(wrong))
        .collect();
        (!wrongs.is_empty()).then(|| wrongs.join(", and "))
    }
}

fn set<T>(to: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *to = value;
    }
}
