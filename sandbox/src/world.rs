//! All that a running sandbox is made of: one for its life, shared by every connection. What one part does that
//! another must hear of goes through here.

use std::num::NonZeroU32;
use std::sync::Arc;

use antom_core::signature::{SigningKey, VerifyingKey};
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::identity::Files;
use crate::journal::{Event, Journal, Step};
use crate::random::Random;
use crate::rate_limit::RateLimit;
use crate::settings::{Settings, TEST_PREFIX, live_client_id};
use crate::vaulting::{CardEntry, CardToken, Locator, Problem, Progress, Vaulting, Vaultings};

/// The state of a sandbox, and what it was started with.
pub(crate) struct World {
    pub(crate) settings: Settings,
    /// The merchant's client ids in test and in live mode.
    pub(crate) client_ids: [String; 2],
    /// Verifies requests.
    pub(crate) merchant: VerifyingKey,
    /// Signs answers and notifications.
    pub(crate) key: SigningKey,
    /// Where a buyer's browser finds this sandbox, for example `http://127.0.0.1:8080`.
    pub(crate) browser_url: String,
    /// Where clients find it, for example `https://127.0.0.1:8443`.
    pub(crate) https_url: String,
    /// Keys and certificates, for the settings of a client.
    pub(crate) files: Files,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) vaultings: Vaultings,
    pub(crate) journal: Journal,
    /// Vaultings that ended, for whoever posts the notifications.
    outcomes: mpsc::UnboundedSender<Vaulting>,
}

impl World {
    /// A world, and the vaultings in it as they end.
    pub(crate) fn new(
        settings: Settings,
        merchant: VerifyingKey,
        key: SigningKey,
        [browser_url, https_url]: [String; 2],
        files: Files,
        journal: Journal,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Vaulting>) {
        let live = live_client_id(&settings.client_id);
        let (outcomes, ended) = mpsc::unbounded_channel();
        let world = Self {
            client_ids: [format!("{TEST_PREFIX}{live}"), live.to_owned()],
            merchant,
            key,
            browser_url,
            https_url,
            files,
            clock: Clock::new(),
            random: Random::new(settings.seed),
            rate_limit: settings.rate_limit.map(RateLimit::new),
            vaultings: Vaultings::new(settings.most_sessions),
            journal,
            outcomes,
            settings,
        };
        (Arc::new(world), ended)
    }

    /// The buyer enters a card; `None` if there is no such vaulting.
    pub(crate) fn enter_card(
        &self,
        vaulting: &Locator<'_>,
        entry: &CardEntry<'_>,
    ) -> Option<Result<Progress, Problem>> {
        let token = self.card_token();
        self.step(vaulting, |vaulting| {
            vaulting.enter_card(entry, self.clock.now(), token)
        })
    }

    /// The buyer answers the 3-D Secure page, or cancels; `None` if there is no such vaulting.
    pub(crate) fn answer_challenge(
        &self,
        vaulting: &Locator<'_>,
        code: Option<&str>,
    ) -> Option<Result<Progress, Problem>> {
        let token = self.card_token();
        self.step(vaulting, |vaulting| {
            vaulting.answer_challenge(code, self.clock.now(), token)
        })
    }

    /// A vaulting as it is now, expired if its time is over.
    pub(crate) fn vaulting(&self, locator: &Locator<'_>) -> Option<Vaulting> {
        self.step(locator, |vaulting| {
            vaulting.expire(self.clock.now());
            vaulting.clone()
        })
    }

    /// Does something to a vaulting, and tells the journal and the notifications what came of it.
    fn step<T>(&self, locator: &Locator<'_>, act: impl FnOnce(&mut Vaulting) -> T) -> Option<T> {
        let (value, changed) = self.vaultings.with(locator, |vaulting| {
            let before = vaulting.stage.clone();
            let value = act(vaulting);
            (value, (before != vaulting.stage).then(|| vaulting.clone()))
        })?;
        if let Some(vaulting) = changed {
            self.journal.write(
                self.clock.now(),
                Event::Vaulting(Step {
                    vaulting: vaulting.number,
                    request_id: vaulting.key.request_id.clone(),
                    what: vaulting.stage.to_string(),
                    status: vaulting.stage.status().to_owned(),
                }),
            );
            if vaulting.stage.is_final() {
                // Nobody listens when the sandbox is stopping.
                let _ = self.outcomes.send(vaulting);
            }
        }
        Some(value)
    }

    /// In the form of Antom's: `ALIPAY` and base64.
    fn card_token(&self) -> CardToken {
        CardToken(format!("ALIPAY{}", self.random.base64::<64>()))
    }

    /// How many requests a second are let through, if there is a limit.
    pub(crate) fn limit(&self) -> Option<NonZeroU32> {
        self.rate_limit.as_ref().map(RateLimit::per_second)
    }
}
