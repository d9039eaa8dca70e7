//! All that a running sandbox is made of: one for its life, shared by every connection. What one part does that
//! another must hear of goes through here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use antom_core::signature::{SigningKey, VerifyingKey};
use tokio::sync::{Semaphore, mpsc};

use crate::clock::Clock;
use crate::console::MOST_LISTENERS;
use crate::faults::Faults;
use crate::gateway::script::Script;
use crate::identity::Files;
use crate::journal::{Event, Journal, Step};
use crate::notifications::Notifications;
use crate::random::Random;
use crate::rate_limit::RateLimit;
use crate::settings::{Settings, TEST_PREFIX, Tuning, live_client_id};
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
    pub(crate) rate_limit: RateLimit,
    pub(crate) vaultings: Vaultings,
    /// Answers that were set for APIs.
    pub(crate) script: Script,
    tuning: Mutex<Tuning>,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) notifications: Notifications,
    /// Seats for those who listen to the journal over HTTP.
    pub(crate) listeners: Arc<Semaphore>,
    /// Vaultings that ended, for whoever posts the notifications.
    outcomes: mpsc::UnboundedSender<Vaulting>,
}

/// What a world stands on: the fields of [`World`] that are made before it.
pub(crate) struct Foundation {
    pub(crate) merchant: VerifyingKey,
    pub(crate) key: SigningKey,
    pub(crate) files: Files,
    pub(crate) browser_url: String,
    pub(crate) https_url: String,
    pub(crate) journal: Journal,
    pub(crate) notifications: Notifications,
}

impl World {
    /// A world, and the vaultings in it as they end.
    pub(crate) fn new(
        settings: Settings,
        foundation: Foundation,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Vaulting>) {
        let Foundation {
            merchant,
            key,
            files,
            browser_url,
            https_url,
            journal,
            notifications,
        } = foundation;
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
            rate_limit: RateLimit::default(),
            vaultings: Vaultings::new(settings.most_sessions),
            script: Script::default(),
            tuning: Mutex::new(Tuning::of(&settings)),
            faults: Faults::new(settings.faults.clone()),
            journal,
            notifications,
            listeners: Arc::new(Semaphore::new(MOST_LISTENERS)),
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

    /// The buyer gives up; `None` if there is no such vaulting.
    pub(crate) fn cancel(&self, vaulting: &Locator<'_>) -> Option<Result<Progress, Problem>> {
        self.step(vaulting, |vaulting| vaulting.cancel(self.clock.now()))
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
        self.vaultings.with(locator, |vaulting| {
            let before = vaulting.stage.clone();
            let value = act(vaulting);
            if before != vaulting.stage {
                self.announce(vaulting);
            }
            value
        })
    }

    /// Tells the journal and the notifications to which stage a vaulting has come. While nobody else can reach it, so
    /// that a reset forgets all of this or none.
    pub(crate) fn announce(&self, vaulting: &Vaulting) {
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
            let _ = self.outcomes.send(vaulting.clone());
        }
    }

    /// Ends each vaulting when its time is over, also if nobody asks for it. Never returns.
    pub(crate) async fn close_overdue_vaultings(&self) {
        loop {
            match self.vaultings.next_expiry() {
                None => self.vaultings.next_expiry_changed().await,
                Some(next) => tokio::select! {
                    () = self.clock.wait_until(next) => {}
                    () = self.vaultings.next_expiry_changed() => {}
                },
            }
            while let Some(number) = self.vaultings.take_overdue(self.clock.now()) {
                self.vaulting(&Locator::Number(number));
            }
        }
    }

    /// The settings as they are now.
    pub(crate) fn tuning(&self) -> Tuning {
        *self.tuning_lock()
    }

    /// Changes settings, and returns them as they are then.
    pub(crate) fn tune(&self, change: impl FnOnce(&mut Tuning)) -> Tuning {
        let mut tuning = self.tuning_lock();
        change(&mut tuning);
        *tuning
    }

    fn tuning_lock(&self) -> MutexGuard<'_, Tuning> {
        self.tuning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long a new vaulting lives.
    pub(crate) fn lifetime(&self) -> Duration {
        self.tuning().session_lifetime
    }

    /// Makes everything as it was at the start, but for keys and addresses. The vaultings go first: nothing is told of
    /// one that is forgotten.
    pub(crate) fn reset(&self) {
        self.vaultings.reset();
        self.notifications.reset();
        self.script.clear();
        self.faults.reset();
        self.rate_limit.reset();
        self.tune(|tuning| *tuning = Tuning::of(&self.settings));
        self.random.reset();
        self.clock.reset();
        self.journal.reset();
        self.note("everything was reset");
    }

    /// Writes into the journal what somebody did to the sandbox.
    pub(crate) fn note(&self, what: impl Into<String>) {
        let event = Event::Control { what: what.into() };
        self.journal.write(self.clock.now(), event);
    }

    /// The page where a buyer passes the 3-D Secure check of this vaulting.
    pub(crate) fn challenge_url(&self, vaulting: u64) -> String {
        format!(
            "{}/checkout/challenge?vaulting={vaulting}",
            self.browser_url
        )
    }

    /// In the form of Antom's: `ALIPAY` and base64.
    pub(crate) fn card_token(&self) -> CardToken {
        CardToken(format!("ALIPAY{}", self.random.base64::<64>()))
    }
}

#[cfg(test)]
impl Foundation {
    /// With new keys, without files, for nobody to reach.
    pub(crate) fn for_tests(settings: &Settings) -> Self {
        let key = SigningKey::generate().signing_key;
        Self {
            merchant: key.verifying_key(),
            key,
            files: Files::kept_in(std::path::Path::new("nowhere")),
            browser_url: "http://127.0.0.1:1".to_owned(),
            https_url: "https://127.0.0.1:1".to_owned(),
            journal: Journal::new(),
            notifications: crate::notifications::tests::notifications(&settings.notifications),
        }
    }
}
