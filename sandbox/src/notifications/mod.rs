//! notifyVaulting: tells the merchant what became of a vaulting, as Antom does, and says what is wrong with the
//! merchant's answer. What a notification is about is decided elsewhere.

mod acknowledgement;
mod book;
mod control;
mod destination;
mod inbox;
mod message;
mod sample;
mod schedule;
mod sender;
mod switches;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use antom_core::signature::SigningKey;
use axum::Router;
use time::OffsetDateTime;
use tokio::sync::{Notify, OnceCell, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::Span;
use crate::clock;
use crate::exchange::{Exchange, Verdict, plain};
use crate::journal::{Delivery, Event, Message};
use crate::vaulting::{Locator, Origin, Vaulting};
use crate::world::World;
use acknowledgement::{ACKNOWLEDGED, Outcome, judge};
use book::{Attempt, Book, MOST_NOTICES, Notice, UrlFrom};
use destination::{Allowed, Destination};
use inbox::Inbox;
use message::{Letter, Signed, corrupted};
use sender::{Received, Sender};
use switches::Switches;

pub(crate) use book::Shown;
pub use sample::{Sample, SampleVerdict};
pub use schedule::Profile;

/// How many notifications are being sent at the same time.
const MOST_AT_ONCE: usize = 16;
/// How long the answer to vaultPaymentMethod waits for its notification to be taken up.
const TAKEN_UP: Duration = Duration::from_millis(200);
/// How long it waits for the first attempt, which has its own time limits.
const FIRST_ATTEMPT: Duration = Duration::from_secs(30);

/// Where notifications go, and how often.
#[derive(Clone, Debug, Default)]
pub struct NotificationSettings {
    /// How often a notification that is not acknowledged is sent. Default: once, as in Antom's own sandbox.
    pub profile: Profile,
    /// Hosts other than this machine that notifications may go to: names, or addresses without brackets. Default:
    /// none.
    pub allowed_hosts: Vec<String>,
    /// Where notifications of requests without a `vaultingNotificationUrl` go, as if it were set in Antom's
    /// Dashboard. Default: the sandbox's own inbox.
    pub dashboard_url: Option<String>,
}

impl NotificationSettings {
    /// What cannot be used, with what to do.
    pub(crate) fn check(&self) -> Result<(), String> {
        for host in &self.allowed_hosts {
            if !destination::is_host(host) {
                return Err(format!(
                    "{host} is not the name or the address of a host: give it without scheme, port and path, for \
                     example shop.example"
                ));
            }
        }
        match &self.dashboard_url {
            Some(url) => Destination::parse(url).map(|_| ()),
            None => Ok(()),
        }
    }
}

/// The notifications of a sandbox.
pub(crate) struct Notifications {
    profile: Profile,
    /// Where notifications go whose request names no URL.
    default_url: (String, UrlFrom),
    sender: Sender,
    pub(crate) inbox: Inbox,
    book: Mutex<Book>,
    /// For the courier: there may be something to do.
    wake: Notify,
    /// For those who wait for an attempt: one was taken up or ended.
    progress: watch::Sender<()>,
    /// Not the gateway's.
    other_key: OnceCell<SigningKey>,
}

/// The control API of notifications, and the inbox.
pub(crate) fn routes() -> Router<Arc<World>> {
    control::routes().merge(inbox::routes())
}

/// Sends what is due, until the sandbox stops.
pub(crate) async fn deliver(
    world: Arc<World>,
    mut ended: mpsc::UnboundedReceiver<Vaulting>,
    mut stopped: watch::Receiver<()>,
) {
    let notifications = &world.notifications;
    let mut attempts = JoinSet::new();
    loop {
        while attempts.len() < MOST_AT_ONCE
            && let Some(attempt) = notifications.next_attempt(world.clock.now())
        {
            attempts.spawn(make(world.clone(), attempt));
        }
        let due = notifications.book().next_due();
        let something_due = async {
            match due {
                Some(due) => world.clock.wait_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(vaulting) = ended.recv() => world.notify_of_the_end(&vaulting),
            () = something_due, if attempts.len() < MOST_AT_ONCE => {}
            () = notifications.wake.notified() => {}
            Some(_) = attempts.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    attempts.shutdown().await;
}

impl World {
    /// Takes up the notification about this vaulting, unless it was forgotten meanwhile and another has its number.
    fn notify_of_the_end(&self, ended: &Vaulting) {
        self.vaultings
            .with(&Locator::Number(ended.number), |known| {
                if Arc::ptr_eq(&known.key, &ended.key) {
                    self.notify(ended);
                }
            });
    }

    /// Takes up a notification about a vaulting that ended, and returns its number; `None` while it runs.
    fn notify(&self, vaulting: &Vaulting) -> Option<u64> {
        let notifications = &self.notifications;
        let body = message::body(vaulting)?;
        let (url, url_from) = match &vaulting.notification_url {
            Some(url) => (url.clone(), UrlFrom::Request),
            None => notifications.default_url.clone(),
        };
        let destination = Destination::parse(&url);
        let letter = Letter {
            client_id: vaulting.key.client_id.clone(),
            path: destination
                .as_ref()
                .map_or_else(|_| "/".to_owned(), Destination::path_and_query),
            body,
        };
        let request_id = vaulting.key.request_id.clone();
        let url = (url, url_from);
        let notice = Notice::new(vaulting.number, request_id, url, destination, letter);
        let (number, given_up) = {
            let mut book = notifications.book();
            let Span(delay) = book.switches.delay;
            book.add(notice, self.clock.now() + delay)
        };
        if let Some(notice) = given_up {
            let what = format!(
                "the notification of {} was given up: more than {MOST_NOTICES} wait",
                notice.request_id
            );
            self.journal
                .write(self.clock.now(), Event::Control { what });
        }
        notifications.wake.notify_one();
        notifications.progress.send_replace(());
        Some(number)
    }
}

impl Notifications {
    /// The newest notification about a vaulting.
    pub(crate) fn about(&self, vaulting: u64) -> Option<Shown> {
        self.book().about(vaulting)
    }

    /// `inbox_url` is where notifications go whose request names no URL, unless the settings name another.
    pub(crate) fn new(
        settings: &NotificationSettings,
        ca_certificate: PathBuf,
        inbox_url: String,
        own_ports: &[u16],
    ) -> Self {
        let allowed = Allowed::new(&settings.allowed_hosts, "--allow-notify", own_ports);
        let notifications = Self {
            profile: settings.profile,
            default_url: match &settings.dashboard_url {
                Some(url) => (url.clone(), UrlFrom::Settings),
                None => (inbox_url, UrlFrom::Nobody),
            },
            sender: Sender::new(allowed, Some(ca_certificate)),
            inbox: Inbox::default(),
            book: Mutex::default(),
            wake: Notify::new(),
            progress: watch::Sender::new(()),
            other_key: OnceCell::new(),
        };
        notifications.reset();
        notifications
    }

    /// Forgets every notification and what came to the inbox, and sets every switch to what the sandbox was started
    /// with.
    pub(crate) fn reset(&self) {
        self.book().reset(Switches {
            profile: self.profile,
            ..Switches::default()
        });
        self.inbox.reset();
    }

    fn next_attempt(&self, now: OffsetDateTime) -> Option<Attempt> {
        self.book().next_attempt(now)
    }

    async fn other_key(&self) -> &SigningKey {
        let make = || async {
            let made = tokio::task::spawn_blocking(SigningKey::generate).await;
            made.expect("making a key does not panic").signing_key
        };
        self.other_key.get_or_init(make).await
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for the first attempt to notify of a vaulting by vaultPaymentMethod, if the switch for that is on.
pub(crate) async fn before_the_answer(world: &World, vaulting: Option<u64>) {
    let Some(number) = vaulting else { return };
    if !world.notifications.book().switches.before_the_answer {
        return;
    }
    let vaulting = world.vaultings.get(&Locator::Number(number));
    let concerns = |v: Vaulting| matches!(v.origin, Origin::Direct) && v.stage.is_final();
    if !vaulting.is_some_and(concerns) {
        return;
    }
    let mut progress = world.notifications.progress.subscribe();
    let mut wait = async |limit, reached: fn(Option<bool>) -> bool| {
        let reached = async {
            while !reached(world.notifications.book().was_attempted(number)) {
                if progress.changed().await.is_err() {
                    return;
                }
            }
        };
        timeout(limit, reached).await.is_ok()
    };
    if wait(TAKEN_UP, |attempted| attempted.is_some()).await {
        wait(FIRST_ATTEMPT, |attempted| attempted != Some(false)).await;
    }
}

/// One message that went out or should have.
struct Posted {
    started_at: OffsetDateTime,
    message: Signed,
    answer: Option<Received>,
    outcome: Outcome,
    duration: Duration,
}

/// Makes an attempt, and tells the book and the journal what became of it.
async fn make(world: Arc<World>, attempt: Attempt) {
    let mut sent = vec![post(&world, &attempt).await];
    if attempt.switches.duplicate && !attempt.is_dropped {
        let mut second = post(&world, &attempt).await;
        second
            .outcome
            .text
            .push_str(" (the second of two on purpose)");
        sent.push(second);
    }
    let acknowledged = sent.iter().any(|posted| posted.outcome.acknowledged);
    let outcome = sent.last().map_or("", |posted| &posted.outcome.text);
    let next = world
        .notifications
        .book()
        .finish(&attempt, acknowledged, outcome);
    // After a reset nothing of before is to appear.
    if let Ok(next) = next {
        for posted in sent {
            let time = posted.started_at;
            (world.settings.on_exchange)(&posted.exchange(&attempt));
            let delivery = posted.into_delivery(&attempt, next);
            world
                .journal
                .write(time, Event::Notification(Box::new(delivery)));
        }
    }
    world.notifications.progress.send_replace(());
}

async fn post(world: &World, attempt: &Attempt) -> Posted {
    let (started, started_at) = (Instant::now(), world.clock.now());
    let message = sign(world, attempt, &clock::text(started_at)).await;
    let (outcome, answer) = if attempt.is_dropped {
        (
            Outcome::not_sent("not sent: dropped on purpose by the setting drop"),
            None,
        )
    } else {
        let answered = match &attempt.destination {
            Ok(destination) => world.notifications.sender.send(destination, &message).await,
            Err(problem) => Err(sender::SendError::NotSent(problem.clone())),
        };
        let forgery = attempt.switches.forgery();
        (
            judge(&answered).of_forgery(forgery.as_deref()),
            answered.ok(),
        )
    };
    Posted {
        started_at,
        message,
        answer,
        outcome,
        duration: started.elapsed(),
    }
}

/// The message, with what is wrong about it on purpose.
async fn sign(world: &World, attempt: &Attempt, time: &str) -> Signed {
    let switches = &attempt.switches;
    let mut letter = attempt.letter.clone();
    if switches.wrong_client_id {
        letter.client_id.push('9');
    }
    let key = if switches.wrong_key {
        world.notifications.other_key().await
    } else {
        &world.key
    };
    let mut signed = letter.sign(key, time);
    if switches.corrupt_body {
        signed.body = corrupted(&signed.body);
    }
    signed
}

impl Posted {
    /// For the log.
    fn exchange(&self, attempt: &Attempt) -> Exchange {
        let url = attempt.destination.as_ref().map(Destination::for_log);
        let acknowledged = self.outcome.acknowledged;
        Exchange {
            time: self.started_at,
            method: "POST".to_owned(),
            path: plain(url.as_deref().unwrap_or("-")),
            client_id: Some(plain(&attempt.letter.client_id)),
            request_id: Some(plain(&attempt.request_id)),
            verdict: Verdict {
                code: if acknowledged {
                    "NOTIFICATION_ACKNOWLEDGED"
                } else {
                    "NOTIFICATION_NOT_ACKNOWLEDGED"
                }
                .into(),
                reason: (self.outcome.text != ACKNOWLEDGED).then(|| self.outcome.text.clone()),
                http_status: self.answer.as_ref().map_or(0, |answer| answer.status),
                signed: true,
            },
            fault: None,
            duration: self.duration,
        }
    }

    fn into_delivery(self, attempt: &Attempt, next: Option<OffsetDateTime>) -> Delivery {
        let mut outcome = self.outcome.text;
        outcome.push_str(match attempt.url_from {
            UrlFrom::Request => "",
            UrlFrom::Settings => {
                " (the request had no vaultingNotificationUrl: it goes to the URL of --notify-url)"
            }
            UrlFrom::Nobody => {
                " (the request had no vaultingNotificationUrl: it goes to the sandbox's own inbox)"
            }
        });
        let headers = self.message.headers.into_iter().collect();
        let answer = self.answer.as_ref();
        Delivery {
            notification: Some(attempt.notice),
            vaulting: Some(attempt.vaulting),
            request_id: Some(attempt.request_id.clone()),
            url: attempt.url.clone(),
            attempt: attempt.number,
            acknowledged: self.outcome.acknowledged,
            outcome,
            next,
            request: Message::new(headers, &self.message.body),
            answer: answer.map(|answer| Message::of(&answer.headers, &answer.body)),
            http_status: answer.map(|answer| answer.status),
            duration_micros: self.duration.as_micros().try_into().unwrap_or(u64::MAX),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
